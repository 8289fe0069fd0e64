"""Releases that fail: what is said, and that the version before runs again."""

import io
import signal
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from runner_host import SERVER, START, STOP, Host, boot, make_archive

from deployer.backends.runner.command import render_command
from deployer.backends.runner.evidence import parse_output

CRASH = "import sys\nprint('no module named flask', flush=True)\nsys.exit(3)\n"
CRASH_LATER = SERVER.replace(
    'print("listening"', 'import threading\nthreading.Timer(1.2, os._exit, [3]).start()\nprint("listening"'
)


@pytest.fixture(name="host")
def booted_host(tmp_path: Path) -> Iterator[Host]:
    yield from boot(tmp_path)


def assert_first_serves_again(host: Host) -> None:
    assert host.get() == "r1"
    assert host.bash("readlink /root/shop/current; ls /root/project_*.zip").split() == [
        "releases/r1",
        "/root/project_r1.zip",
    ]


def test_an_application_that_dies_at_once_is_a_failure(host: Host) -> None:
    evidence = host.release("r1", files={"app.py": CRASH}, alive_seconds=1)
    assert (evidence.ok, evidence.stage, evidence.code) == (False, "gate", "gate.process_ended")
    assert "no module named flask" in evidence.log_tail
    assert evidence.elapsed_seconds < 3
    assert evidence.restored_release_id is None


def test_an_application_that_dies_after_it_answered_is_a_failure(host: Host) -> None:
    evidence = host.release("r1", files={"app.py": CRASH_LATER}, alive_seconds=3)
    assert (evidence.ok, evidence.code) == (False, "gate.process_ended")
    assert "within" in evidence.message


def test_a_failed_second_release_restores_the_first_and_its_data(host: Host) -> None:
    host.release("r1")
    host.bash("echo precious >/root/shop/shared/data.db")
    evidence = host.release("r2", files={"app.py": CRASH})
    assert (evidence.ok, evidence.stage, evidence.restored_release_id) == (False, "gate", "r1")
    assert "no module named flask" in evidence.log_tail
    assert host.bash("cat /root/shop/shared/data.db") == "precious"
    assert_first_serves_again(host)
    assert host.release("r3").ok


def test_a_start_script_that_fails_names_its_line(host: Host) -> None:
    host.release("r1")
    start = "#!/bin/bash\nset -e\necho installing\ngrep nothing /dev/null\n"
    evidence = host.release("r2", start=start)
    assert (evidence.stage, evidence.code) == ("start", "start.exit_code")
    assert evidence.message.startswith("the start script ended with 1, line 4: grep nothing /dev/null")
    assert "installing" in evidence.log_tail
    assert evidence.restored_release_id == "r1"
    assert_first_serves_again(host)


def test_a_start_script_that_hangs_is_ended_with_all_it_started(host: Host) -> None:
    start = "trap '' TERM\necho waiting\nsleep 301 & tail -f /dev/null\n"
    host.release("r1")
    evidence = host.release("r2", start=start, start_timeout_seconds=1)
    assert (evidence.stage, evidence.code) == ("start", "start.timeout")
    assert "did not end within 1 s, at: " in evidence.message
    assert "tail -f /dev/null" in evidence.message
    assert "waiting" in evidence.log_tail
    assert (
        host.bash("grep -lzE '[s]leep|[t]ail' /proc/[0-9]*/cmdline | wc -l") == "1"
    )  # the machine's own first process
    assert_first_serves_again(host)


def test_a_start_script_that_reads_input_gets_an_end_of_file(host: Host) -> None:
    evidence = host.release("r1", start=f"read -r answer || true\n{START}")
    assert evidence.ok, evidence.message


@pytest.mark.parametrize("stop", ["exit 0\n", "set -e\nfalse\n", "exec true\n", "kill -9 $$\n"])
def test_a_stop_script_that_ends_early_hurts_nobody(host: Host, stop: str) -> None:
    assert host.release("r1", stop=stop).ok
    assert host.release("r2", stop=stop).ok
    assert host.get() == "r2"


def test_exit_codes_that_switch_the_machine_off_never_pass_through(host: Host) -> None:
    evidence = host.release("r1", start="exit 193\n")
    assert evidence.message == "the start script ended with 193"
    assert evidence.raw["exit_code"] == 17


def test_a_port_held_by_a_stranger_is_named_before_anything_stops(host: Host) -> None:
    host.release("r1", port=8001)
    host.bash(
        "(setsid python3 -S -m http.server 8000 --bind 0.0.0.0 >/dev/null 2>&1 &); until curl -s localhost:8000 >/dev/null; do sleep 0.05; done"
    )
    evidence = host.release("r2", port=8000)
    assert (evidence.stage, evidence.code) == ("port", "port.in_use")
    assert "python3 -S -m http.server 8000" in evidence.message
    assert host.get(8001) == "r1"
    assert host.bash("grep -c === /root/app.log") == "1"


@pytest.mark.parametrize(
    ("environment", "code", "words"),
    [
        ({"ADDRESS": "127.0.0.1"}, "gate.loopback_only", "listens on 127.0.0.1:8000 only, not reachable from outside"),
        ({"LISTEN": "3001"}, "gate.wrong_port", "port 3001 is open, 8000 was declared"),
        ({"STATUS": "500"}, "gate.http_status", "/ still answered 500"),
        ({"STATUS": "503"}, "gate.http_status", "/ still answered 503"),
    ],
)
def test_what_is_wrong_with_the_port_is_told_apart(
    host: Host, environment: dict[str, str], code: str, words: str
) -> None:
    evidence = host.release("r1", environment=environment, gate_timeout_seconds=1)
    assert (evidence.stage, evidence.code) == ("gate", code)
    assert words in evidence.message
    assert evidence.listening


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404])
def test_an_answer_below_500_counts_as_running(host: Host, status: int) -> None:
    evidence = host.release("r1", environment={"STATUS": str(status)})
    assert (evidence.ok, evidence.http_status) == (True, status)


def test_a_port_without_http_fails_unless_no_path_is_asked(host: Host) -> None:
    silent = 'import socket\nwith socket.create_server(("", 8000)) as one:\n    while True: one.accept()[0].sendall(b"+PONG\\r\\n")\n'
    evidence = host.release("r1", files={"app.py": silent}, gate_timeout_seconds=1)
    assert (evidence.code, evidence.http_status) == ("gate.no_http", 0)
    assert host.release("r1", files={"app.py": silent}, health_path="").ok


def test_a_server_on_ipv6_alone_answers(host: Host) -> None:
    server = SERVER.replace(
        "http.server.ThreadingHTTPServer((",
        "http.server.ThreadingHTTPServer.address_family = 10\nhttp.server.ThreadingHTTPServer((",
    )
    evidence = host.release("r1", files={"app.py": server}, environment={"ADDRESS": "::"})
    assert evidence.ok, evidence.message
    assert evidence.listening[0].address == "::"


def test_an_application_that_is_restarted_in_a_loop_fails(host: Host) -> None:
    server = SERVER.replace(
        'print("listening"', 'import threading\nthreading.Timer(0.8, os._exit, [3]).start()\nprint("listening"'
    )
    start = 'cd "$DEPLOYER_RELEASE_DIR"\nnohup bash -c "while true; do python3 -S app.py; done" >>$DEPLOYER_LOG 2>&1 &\necho $! >$DEPLOYER_PID_FILE\n'
    evidence = host.release("r1", files={"app.py": server}, start=start, alive_seconds=4, gate_timeout_seconds=6)
    assert (evidence.code, evidence.restarts) == ("gate.restarts", 1)


def test_a_program_that_ends_well_is_no_service(host: Host) -> None:
    evidence = host.release("r1", port=None, start="echo done\n", alive_seconds=1)
    assert evidence.code == "gate.not_a_service"
    assert "ended with 0 after 0." in evidence.message


def test_a_slow_start_is_waited_for(host: Host) -> None:
    evidence = host.release(
        "r1", files={"app.py": SERVER.replace('print("listening"', 'time.sleep(1.5)\nprint("listening"')}
    )
    assert evidence.ok, evidence.message


@pytest.mark.parametrize("part", ["archive", "start", "stop"])
def test_a_wrong_sha256_leaves_the_running_version_alone(host: Host, part: str) -> None:
    first = host.release("r1")
    evidence = host.release("r2", **{f"{part}_sha256": "0" * 64})
    assert (evidence.stage, evidence.code) == ("hash", "hash.mismatch")
    assert host.bash(f"kill -0 {first.pid}; ls -A /root/shop/.deployer | grep -c staging || true") == "0"
    assert_first_serves_again(host)


def test_a_download_that_fails_leaves_the_running_version_alone_and_shows_no_url(host: Host) -> None:
    host.release("r1")
    url = "http://127.0.0.1:9/archive.zip?x-oss-signature=secret"
    evidence = host.release("r2", archive_url=url)
    assert (evidence.stage, evidence.code) == ("fetch", "fetch.unreachable")
    assert "secret" not in host.last_output.decode()
    assert_first_serves_again(host)


@pytest.mark.parametrize("tool", ["curl", "wget", "python3"])
def test_an_expired_url_is_called_so_by_every_tool(host: Host, tool: str) -> None:
    server = "import http.server as h\nh.BaseHTTPRequestHandler.do_GET = lambda self: self.send_error(403)\nh.HTTPServer(('', 9000), h.BaseHTTPRequestHandler).serve_forever()\n"
    host.bash(
        f'(setsid python3 -S -c "{server}" >/dev/null 2>&1 &); until curl -s localhost:9000 >/dev/null; do sleep 0.05; done'
    )
    run = host.input("r1", archive_url="http://127.0.0.1:9000/archive.zip")
    host.hide(*({"curl", "wget"} - {tool}), *(["wget2"] if tool == "python3" else []))
    if tool != "curl":  # wget fetches no file:// URL, so that the runner comes by HTTP as well and is refused first
        run = host.input("r1", runner_url="http://127.0.0.1:9000/runner.sh")
    evidence = host.run(run)
    assert (evidence.stage, evidence.code) == ("fetch", "fetch.refused")
    assert "expired" in evidence.message


def test_a_runner_that_was_changed_on_the_way_is_not_run(host: Host) -> None:
    evidence = host.release("r1", runner_url=host.url("touch /root/owned\n"))
    assert (evidence.stage, evidence.code) == ("hash", "hash.mismatch")
    assert host.bash("ls /root") == ""


OWNED = f"owned-{uuid.uuid4().hex}"  # no other test of this computer makes a file of that name


def hostile(name: str, *, link: str | None = None, then: str | None = None, kind: int = 0o100000) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("fine.txt", "fine")
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        entry.create_system = 3
        entry.external_attr = (0o120777 if link else kind | 0o644) << 16
        archive.writestr(entry, link or OWNED)
        if then:
            archive.writestr(then, OWNED)
    return buffer.getvalue()


HOSTILE = {
    "parent": hostile(f"../../../{OWNED}"),
    "absolute": hostile(f"/root/{OWNED}"),
    "backslash": hostile(f"..\\..\\{OWNED}"),
    "drive": hostile(f"C:{OWNED}"),
    "link out": hostile("link", link="../../.."),
    "absolute link": hostile("link", link="/root"),
    "through a link": hostile("link", link="/root", then=f"link/{OWNED}"),
    "twice": hostile("fine.txt"),
    "device": hostile("null", kind=0o020000),
    "pipe": hostile("pipe", kind=0o010000),
    "cut": hostile("fine2")[:60],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("python", [True, False], ids=["python", "unzip"])
def test_an_archive_that_leaves_its_folder_is_refused_as_a_whole(host: Host, python: bool) -> None:  # noqa: FBT001
    host.release("r1", port=None, start="sleep 300 & echo $! >$DEPLOYER_PID_FILE", files={"a": "b"})
    if not python:
        host.bash("mount --bind /bin/false /usr/bin/python3")
        host.hide("python3", "python")
    for name, archive in HOSTILE.items():
        evidence = host.release("r2", port=None, archive=archive)
        assert (evidence.stage, evidence.code) == ("unpack", "unpack.refused"), (name, evidence)
        assert "the archive was refused" in evidence.message
    assert host.bash(f"find /root /run /tmp /etc -name '*{OWNED}' 2>/dev/null; ls /root/shop/releases") == "r1"


def test_too_little_space_is_seen_before_anything_is_fetched(host: Host) -> None:
    evidence = host.release("r1", archive_size_bytes=2**40)
    assert (evidence.stage, evidence.code) == ("space", "space.disk")
    assert "MiB are needed" in evidence.message


def test_a_disk_that_takes_nothing_any_more_is_named_and_the_running_version_stays(host: Host) -> None:
    host.release("r1")
    host.bash(
        "rm /root/shop/.deployer/processes && mkdir /root/shop/.deployer/processes"
    )  # as unwritable as on a full disk
    evidence = host.release("r2")
    assert (evidence.ok, evidence.stage, evidence.code) == (False, "space", "space.disk")
    assert "the disk may be full" in evidence.message
    assert host.get() == "r1"


def test_an_archive_that_unpacks_to_more_than_the_disk_holds_is_refused(host: Host) -> None:
    archive = bytearray(make_archive({"zeros": "0"}))
    entry = archive.index(b"PK\x01\x02")
    archive[entry + 24 : entry + 28] = (0xF0000000).to_bytes(4, "little")  # its unpacked size in the directory
    evidence = host.release("r1", archive=bytes(archive))
    assert evidence.code == "unpack.refused"
    assert "the disk has room for" in evidence.message


def test_an_interrupted_run_puts_the_first_release_back(host: Host) -> None:
    host.release("r1")
    second = host.start(render_command(host.input("r2", start=f"touch /root/shop/shared/in; sleep 9\n{START}")))
    host.bash("until [ -e /root/shop/shared/in ]; do sleep 0.05; done")
    host.kill(second, signal.SIGTERM)
    evidence = parse_output(host.finish(second)[1])
    assert (evidence.ok, evidence.code, evidence.restored_release_id) == (False, "interrupted", "r1"), host.last_output
    assert_first_serves_again(host)


def test_a_run_that_was_killed_in_the_middle_is_mended_by_the_next(host: Host) -> None:
    host.release("r1", stop=f"[ -e /root/in ] || {{ touch /root/in; sleep 9; }}\n{STOP}")
    second = host.start(render_command(host.input("r2")))
    host.bash("until [ -e /root/in ]; do sleep 0.05; done")
    host.kill(second, signal.SIGKILL)
    assert host.bash("test -d /root/.deployer-aside-shop && echo aside") == "aside"
    assert host.act("rollback", release_id="r1").ok
    assert_first_serves_again(host)
    assert host.bash("ls -d /root/.deployer-aside* 2>/dev/null || echo none") == "none"
