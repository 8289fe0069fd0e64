"""How the CLI is run: its words, its environment, its standard streams, its deadline, and what it costs on top."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from cloud_lab import KEY_ID, KEY_SECRET, REGION
from fake_aliyun import error_line, says, with_exit_code
from processes import ends

from deployer.backends.appmanager.cli import AppmanagerCli, child_environment
from deployer.backends.appmanager.following import Following, Phase
from deployer.backends.appmanager.stream import CliResult
from deployer.clock import SystemClock, VirtualClock
from deployer.cloud.session import Session, StaticKey
from deployer.errors.appmanager import AppmanagerFailed, AppmanagerMissing, AppmanagerUnclear
from deployer.errors.base import DeployerError
from deployer.errors.cloud import WaitedTooLong
from deployer.events import Event, WaitProgressed
from deployer.models.secret import Secret
from deployer.operations.deadline import LimitedClock

STATUS = ("app", "status", "--name", "shop", "--group_name", "g")
GOOD = '{"type":"result","status":"success","data":{"answer":42}}'


def make_session(*, token: str | None = None, clock=None) -> Session:
    key = StaticKey(
        access_key_id=KEY_ID,
        access_key_secret=Secret(KEY_SECRET),
        security_token=Secret(token) if token else None,
    )
    return Session(static_key=key, clock=clock or SystemClock(), session_id="0123456789abcdef0123")


@pytest.fixture
def make_cli(tmp_path: Path) -> Callable[..., AppmanagerCli]:
    """The CLI with a program of one's own, a Python script, for an `aliyun`."""

    def make(program: str, *, session: Session | None = None, **environ: str) -> AppmanagerCli:
        path = tmp_path / "bin" / "aliyun"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable} -SE\nimport json, os, sys, time\n{program}\n")
        path.chmod(0o755)
        return AppmanagerCli(session or make_session(), REGION, {"PATH": str(path.parent)} | environ)

    return make


def environment(environ: Mapping[str, str], session: Session | None = None) -> dict[str, str]:
    return child_environment(session or make_session(), REGION, environ)


def test_the_tool_gets_the_credentials_of_this_run_whatever_else_is_set() -> None:
    """M24, M27: one account a run; a token of other credentials is not sent along."""
    found = environment(
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "another",
            "ALIBABACLOUD_ACCESS_KEY_ID": "another",
            "ALICLOUD_SECURITY_TOKEN": "stale",
            "ALIBABA_CLOUD_SECURITY_TOKEN": "stale",
            "ALIBABA_CLOUD_PROFILE": "another",
            "ALIBABA_CLOUD_REGION_ID": "cn-beijing",
            "DEBUG": "sdk",
            "HTTPS_PROXY": "http://proxy:3128",
            "HOME": "/home/somebody",
        }
    )
    assert found == {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY_ID,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": KEY_SECRET,
        "ALIBABA_CLOUD_REGION_ID": REGION,
        "ALIBABA_CLOUD_IGNORE_PROFILE": "TRUE",
        "ALIBABA_CLOUD_APPMANAGER_COMPAT_MODE": "aliyun appmanager",
        "ALIBABA_CLOUD_USER_AGENT": make_session().user_agent,
        "HTTPS_PROXY": "http://proxy:3128",
        "HOME": "/home/somebody",
    }


def test_a_valid_security_token_is_never_dropped() -> None:
    """D3."""
    assert environment({}, make_session(token="sts-token"))["ALIBABA_CLOUD_SECURITY_TOKEN"] == "sts-token"


def test_the_user_agent_is_set_once_and_holds_the_session() -> None:
    """M30, M31, M32."""
    session = make_session()
    agent = environment({"ALIBABA_CLOUD_USER_AGENT": f"{session.user_agent} {session.user_agent}"})[
        "ALIBABA_CLOUD_USER_AGENT"
    ]
    assert agent == "AlibabaCloud-Agent-Skills/alibabacloud-ecs-code-deploy/0123456789abcdef0123"


@pytest.fixture
def typed() -> Iterator[None]:
    """Somebody has typed something that nobody asked for."""
    reading, writing = os.pipe()
    os.write(writing, b"yes\n")
    os.close(writing)
    kept = os.dup(0)
    os.dup2(reading, 0)
    yield
    os.dup2(kept, 0)
    for descriptor in (reading, kept):
        os.close(descriptor)


def test_words_reach_the_tool_as_they_are_and_no_shell_reads_them(make_cli, tmp_path: Path, typed) -> None:
    cli = make_cli('print(json.dumps({"type": "result", "data": {"words": sys.argv[1:], "input": sys.stdin.read()}}))')
    name = f"$(touch {tmp_path}/made); `id` 'é' \\ \n"
    answer = cli.ask(("app", "status", "--name", name))
    assert answer["words"] == ["appmanager", "app", "status", "--name", name, "--output", "json"]
    assert answer["input"] == ""
    assert not (tmp_path / "made").exists()


def test_a_missing_tool_and_a_broken_one_say_what_to_do(make_cli, tmp_path: Path) -> None:
    with pytest.raises(AppmanagerMissing) as missing:
        AppmanagerCli(make_session(), REGION, {"PATH": str(tmp_path)}).ask(STATUS)
    assert missing.value.next_commands == ("deployer check --backend appmanager",)
    cli = make_cli("")
    (tmp_path / "bin" / "aliyun").write_bytes(b"\x7fELF of another machine")
    with pytest.raises(AppmanagerFailed, match="cannot be run"):
        cli.ask(STATUS)


def test_the_message_of_a_failed_installation_that_is_known_to_be_false_is_no_error(make_cli) -> None:
    """The CLI says `OSS not available` also where it is pip that failed; what follows decides, and the words are kept."""
    noise = 'sys.stderr.write("Installing appmanager-cli...\\nOSS not available, trying PyPI...\\n")\n'
    assert make_cli(f"{noise}print({GOOD!r})").ask(STATUS)["answer"] == 42
    with pytest.raises(AppmanagerFailed) as raised:
        make_cli(f'{noise}sys.exit("failed to install appmanager-cli: both OSS and PyPI unavailable")').ask(STATUS)
    assert "both OSS and PyPI unavailable" in raised.value.message
    assert "OSS not available, trying PyPI" in raised.value.facts["stderr"]


def test_a_megabyte_on_stderr_neither_blocks_nor_is_kept_whole(make_cli) -> None:
    with pytest.raises(AppmanagerUnclear) as raised:
        make_cli('[sys.stderr.write("x" * 999 + "\\n") for _ in range(1000)]').ask(STATUS)
    assert len(raised.value.facts["stderr"]) == 100_000 - 1


def test_a_tool_that_hangs_is_ended_with_all_it_started(make_cli, tmp_path: Path) -> None:
    """M126: a deadline, for a grandchild that holds the pipe, too."""
    hanging = (
        "import subprocess\n"
        'child = subprocess.Popen([sys.executable, "-SEc", "import time; time.sleep(60)"])\n'
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    clock = VirtualClock()
    with make_cli(hanging, session=make_session(clock=clock)).start(STATUS, tmp_path, timeout_seconds=30) as child:
        lines = child.lines()
        grandchild = int(next(lines))
        clock.advance(31)
        with pytest.raises(WaitedTooLong, match="appmanager app status"):
            next(lines)
    assert ends(grandchild)
    assert child.exit_code == -15


def test_rubbish_between_the_lines_is_passed_over(make_cli, tmp_path: Path) -> None:
    """Warnings, half a line of JSON, bytes that are no text, JSON of other kinds."""
    program = (
        'rubbish = [b"Collecting x", b\'{"type":"step","st\', b"\\xff\\x1b[31m 42%\\r", b"[1, 2]", b\'"text"\', b""]\n'
        "for step in range(1, 10):\n"
        '    line = json.dumps({"type": "step", "step": step, "total": 9, "message": f"number {step}"})\n'
        '    os.write(1, rubbish[step % 6] + b"\\n" + line.encode() + b"\\n")\n'
        f"print({GOOD!r})"
    )
    events: list[Event] = []
    with make_cli(program).start(STATUS, tmp_path, timeout_seconds=60) as child:
        following = Following(child, "aliyun", 60, SystemClock(), events.append)
        following.follow(Phase.RELEASE)
    steps = [event.status for event in events if isinstance(event, WaitProgressed)]
    assert steps == [f"{number}/9 number {number}" for number in range(1, 10)]
    assert following.outcome == CliResult(data={"answer": 42})
    assert following.is_over


def test_a_tool_that_never_stops_talking_is_ended_too(make_cli, tmp_path: Path) -> None:
    child = make_cli('while True: print("still here", flush=True); time.sleep(0.01)').start(
        STATUS, tmp_path, timeout_seconds=0.3
    )
    with child, pytest.raises(WaitedTooLong):
        for _ in child.lines():
            pass
    assert child.exit_code == -15


def test_a_tool_in_a_folder_named_by_a_relative_path_is_found_from_anywhere(
    make_cli, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cli = make_cli(f"print({GOOD!r})", PATH="bin")
    assert cli.ask(STATUS)["answer"] == 42


def test_the_end_of_the_run_s_time_ends_the_tool(make_cli, tmp_path: Path) -> None:
    session = make_session(clock=LimitedClock(SystemClock(), 0.2))
    child = make_cli("time.sleep(60)", session=session).start(STATUS, tmp_path, timeout_seconds=60)
    with pytest.raises(WaitedTooLong, match="the whole run"), child:
        list(child.lines())
    assert child.exit_code == -15


def test_leaving_the_block_ends_a_tool_that_does_not_listen(make_cli, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("deployer.backends.appmanager.child.GRACE_SECONDS", 0.3)
    cli = make_cli(
        'import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("ready", flush=True)\ntime.sleep(60)'
    )
    with cli.start(STATUS, tmp_path, timeout_seconds=60) as child:
        assert next(child.lines()) == "ready\n"
    assert child.exit_code == -9


def test_a_minute_of_silence_is_told_and_waited_through(make_cli, tmp_path: Path) -> None:
    """It is not given up: the run's own time and the command's deadline say when."""
    clock, events = VirtualClock(), list[Event]()
    cli = make_cli(f'print("hello", flush=True)\ntime.sleep(0.5)\nprint({GOOD!r})', session=make_session(clock=clock))
    with cli.start(STATUS, tmp_path, timeout_seconds=600, emit=events.append) as child:
        lines = child.lines()
        assert next(lines) == "hello\n"
        clock.advance(61)
        assert list(lines) == [f"{GOOD}\n"]
    assert [event.status for event in events if isinstance(event, WaitProgressed)] == ["says nothing"]


@pytest.mark.parametrize(
    ("interference", "code"),
    [
        (says(error_line("Throttling.User: slow down")), "transient.throttled"),
        (says(error_line("Forbidden.RAM: oos:GetApplicationGroup"), exit_code=1), "access.permission_denied"),
        (says("Error: InvalidSecurityToken.Expired", exit_code=1), "access.credentials_refused"),
        (says("usage: appmanager [OPTIONS]", exit_code=2, stderr="no such option"), "appmanager.failed"),
        (says("", exit_code=0), "appmanager.unclear"),
        (says('{"type":"step","step":1,"total":9,"message":"x"}'), "appmanager.unclear"),
        (with_exit_code(7), "appmanager.failed"),
    ],
)
def test_whatever_the_tool_says_instead_of_an_answer_is_an_error(lab, interference, code: str) -> None:
    """An error is believed with exit code 0, and an exit code without an error."""
    lab.aliyun.interfere("list", interference)
    cli = AppmanagerCli(lab.session, REGION, lab.process_environment)
    with pytest.raises(DeployerError) as raised:
        cli.ask(("app", "list"))
    assert raised.value.code == code


def test_the_backend_adds_little_to_the_tool_s_own_time(make_cli) -> None:
    """At most 150 ms a command: the better of five runs each, in a process of the same kind."""
    cli = make_cli(f"print({GOOD!r})")
    environ = environment({"PATH": os.environ["PATH"]})
    program = Path(cli._environ["PATH"]) / "aliyun"
    cli.ask(STATUS)
    plain = min(
        timed(lambda: subprocess.run([program], env=environ, capture_output=True, check=True)) for _ in range(5)
    )
    asked = min(timed(lambda: cli.ask(STATUS)) for _ in range(5))
    assert asked - plain < 0.15


def timed(act: Callable[[], object]) -> float:
    began = time.monotonic()
    act()
    return time.monotonic() - began
