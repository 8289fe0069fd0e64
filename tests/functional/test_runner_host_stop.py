"""Stopping, going back and taking away: whose processes and files are touched, and whose never."""

import base64
import json
import random
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from runner_host import SERVER, START, Host, boot

from deployer.backends.runner import command

NPM = """
cd "$DEPLOYER_RELEASE_DIR"
nohup bash -c 'python3 -S app.py; true' >>"$DEPLOYER_LOG" 2>&1 &
echo $! >"$DEPLOYER_PID_FILE"
"""
DAEMON = """
cd "$DEPLOYER_RELEASE_DIR"
setsid nohup env -i APP_PORT=8000 DEPLOYER_RELEASE_ID="$DEPLOYER_RELEASE_ID" python3 -S app.py >>"$DEPLOYER_LOG" 2>&1 &
sleep 0.3
"""
STUBBORN = SERVER.replace(
    "class Handler", "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nclass Handler"
)


@pytest.fixture(name="host")
def booted_host(tmp_path: Path) -> Iterator[Host]:
    yield from boot(tmp_path)


def test_stop_ends_the_whole_family_of_a_wrapper(host: Host) -> None:
    host.release("r1", start=NPM, stop='kill -9 "$(cat /root/app.pid)"\n')
    evidence = host.act("stop")
    assert evidence.ok, evidence.message
    assert host.get() == ""
    assert host.bash("pgrep -f app.py || echo none") == "none"


def test_a_process_that_ignores_the_polite_signal_is_ended_too(host: Host) -> None:
    host.release("r1", files={"app.py": STUBBORN}, stop="true\n")
    assert host.release("r2").ok
    assert host.get() == "r2"


def test_a_daemon_that_left_its_session_and_environment_is_found_by_its_port_and_record(host: Host) -> None:
    start = DAEMON + "echo $(pgrep -f app.py) >$DEPLOYER_PID_FILE\n"
    first = host.release("r1", start=start, stop="true\n")
    assert first.ok, first.message
    assert host.release("r2").ok
    assert host.get() == "r2"


def test_a_stale_pid_file_ends_no_foreign_process(host: Host) -> None:
    host.release("r1", stop="true\n")
    host.bash("(setsid sleep 1000 >/dev/null 2>&1 & echo $! >/root/app.pid); cat /root/app.pid >/run/foreign")
    assert host.release("r2").ok
    assert host.bash("kill -0 $(cat /run/foreign) && echo alive") == "alive"


def test_a_recorded_pid_of_another_boot_or_process_is_not_believed(host: Host) -> None:
    host.release("r1", stop="true\n")
    host.bash(
        "(setsid sleep 1000 >/dev/null 2>&1 & echo $! >/run/foreign); read -r pid </run/foreign; boot=$(cat /proc/sys/kernel/random/boot_id);"
        'printf "%s %s %s %s\\n" $boot $pid 12345 $pid other-boot $pid $(awk "{print \\$22}" /proc/$pid/stat) $pid >>/root/shop/.deployer/processes'
    )
    assert host.release("r2").ok
    assert host.bash("kill -0 $(cat /run/foreign) && echo alive") == "alive"


def test_restart_starts_the_current_release_anew_with_its_own_settings(host: Host) -> None:
    first = host.release("r1", environment={"GREETING": "hello"})
    evidence = host.act("restart")
    assert (evidence.ok, evidence.release_id) == (True, "r1"), evidence.message
    assert evidence.pid != first.pid
    assert evidence.http_status == 200
    assert host.get() == "r1 hello"


def test_a_stopped_application_can_be_started_again(host: Host) -> None:
    host.release("r1")
    assert host.act("stop").ok
    assert host.probe().stopped
    assert host.act("restart").ok
    assert host.get() == "r1"
    assert not host.probe().stopped


def test_rollback_needs_nothing_but_the_instance(host: Host) -> None:
    host.release("r1", environment={"GREETING": "old"})
    host.release("r2", port=8001)
    evidence = host.act("rollback", release_id="r1")
    assert (evidence.ok, evidence.release_id) == (True, "r1"), evidence.message
    assert (host.get(8000), host.get(8001)) == ("r1 old", "")
    assert host.bash("readlink /root/shop/current; ls /root/project_*.zip").split() == [
        "releases/r1",
        "/root/project_r1.zip",
    ]


def test_rollback_works_after_a_bad_release_and_twice(host: Host) -> None:
    host.release("r1")
    host.release("r2")
    assert not host.release("r3", start="exit 1\n").ok
    assert host.get() == "r2"
    assert host.act("rollback", release_id="r1").ok
    assert host.act("rollback", release_id="r1").ok
    assert host.get() == "r1"


def test_rollback_to_what_is_not_there_says_what_is(host: Host) -> None:
    host.release("r1")
    evidence = host.act("rollback", release_id="r7")
    assert (evidence.stage, evidence.code) == ("input", "input.no_release")
    assert evidence.message == "release r7 is not on this instance; it has: r1 "
    assert host.get() == "r1"


def test_a_kept_archive_that_was_changed_is_not_released(host: Host) -> None:
    host.release("r1")
    host.release("r2")
    host.bash("echo x >>/root/shop/.deployer/r1/archive.zip")
    assert host.act("rollback", release_id="r1").code == "hash.mismatch"
    assert host.get() == "r2"


def test_uninstall_leaves_nothing_of_the_application_and_all_of_the_others(host: Host) -> None:
    host.release("b1", application_name="blog", port=8001)
    host.release("r1")
    host.bash("echo mine >/root/notes; mkdir /root/shop2")
    evidence = host.act("uninstall")
    assert evidence.ok, evidence.message
    assert host.bash("ls -A /root").split() == ["blog", "notes", "shop2"]
    assert (
        host.bash("ls -A /run/lock | grep shop.lock.holder; ls -A /etc/logrotate.d 2>/dev/null | grep shop; true") == ""
    )
    assert (host.get(8000), host.get(8001)) == ("", "b1")
    assert host.act("uninstall").message == "shop is not installed here"
    assert host.bash("ls -A /root").split() == ["blog", "notes", "shop2"]


def test_uninstall_keeps_a_folder_that_was_there_before(host: Host) -> None:
    host.bash("mkdir /root/shop; echo mine >/root/shop/notes")
    host.release("r1")
    assert host.act("uninstall").ok
    assert host.bash("ls -A /root/shop").split() == ["notes", "shared"]


def test_a_home_that_is_a_link_is_refused(host: Host) -> None:
    host.bash("mkdir /run/elsewhere; ln -s /run/elsewhere /root/shop")
    assert host.release("r1").code == "space.home"
    assert host.bash("ls -A /run/elsewhere") == ""


def test_the_guard_removes_nothing_for_ten_thousand_hostile_names(host: Host) -> None:
    generator = random.Random(20261122)
    pieces = ["..", ".", "/", "//", "-rf", "*", "?", "~", "$HOME", "$(touch /root/owned)", "`id`", ";", "\n", "\t", " ", "'", '"', "\\", "{a,b}",
              ".ssh", "etc", "root", "\u4f60", "a", "releases", "link", "[a-z]*", "&&", "|", "%00", "\x01"]  # fmt: skip
    names = {"".join(generator.choices(pieces, k=generator.randint(1, 6))) for _ in range(14_000)}
    names |= {"", ".", "..", "...", "/", "/root", "/root/.ssh", "../etc", "a/../../etc", "link", "-", "--", "a" * 129}
    plain = set(string.ascii_letters + string.digits + "._-")
    names = sorted(
        one
        for one in names
        if set(one) - plain or ".." in one or not one[:1].isalnum() or one == "link" or len(one) > 128
    )
    assert len(names) > 10_000
    path = host.folder / "names"
    path.write_bytes(b"\0".join(one.encode() for one in names) + b"\0")
    library = host.folder / "places.sh"
    library.write_text(command._read("places.sh"))
    host.bash(
        "mkdir -p /root/base/a /root/base/releases /root/.ssh /run/canary; ln -s /run/canary /root/base/link; touch /root/.ssh/key /run/canary/x"
    )
    before = host.bash("find /root /run/canary | sort")
    out = host.bash(f"""source {library}; remove_inside /root/base a && echo "without a root of its own"; root=/root
        while IFS= read -r -d '' name; do ! remove_inside /root/base "$name" || printf 'removed %q\\n' "$name"; done <{path}
        for folder in / /etc /run /root/.. /root/base/link relative ''; do ! remove_inside "$folder" canary || echo "removed in $folder"; done""")
    assert out == ""
    assert host.bash("find /root /run/canary | sort") == before
    assert host.bash(f"source {library}; root=/root; remove_inside /root/base a && ls /root/base").split() == [
        "link",
        "releases",
    ]


def test_the_probe_tells_a_running_application_from_a_missing_one(host: Host) -> None:
    nothing = host.probe(port=8000)
    assert (nothing.installed, nothing.alive, nothing.log_found, nothing.release_id, nothing.http_status) == (
        False,
        False,
        False,
        None,
        None,
    )
    evidence = host.release("r1")
    report = host.probe(port=8000)
    assert (report.installed, report.alive, report.pid, report.release_id) == (True, True, evidence.pid, "r1")
    assert (report.http_status, report.listening[0].port, report.kept_release_ids) == (200, 8000, ("r1",))
    host.bash(f"kill -9 {evidence.pid}")
    report = host.probe(port=8000)
    assert (report.alive, report.pid, report.listening, report.http_status) == (False, None, (), None)
    assert "listening" in report.log


def test_the_probe_changes_nothing(host: Host) -> None:
    host.release("r1")
    look = "find /root /run /etc/logrotate.d -newermt @0 -printf '%p %T@ %s\\n' | grep -v app.log | sort"
    before = host.bash(look)
    host.probe(port=8000)
    assert host.bash(look) == before


def test_the_probe_reads_the_log_of_one_release_only(host: Host) -> None:
    start = 'echo "says $DEPLOYER_RELEASE_ID" >>/root/app.log\n' + START
    for release_id in ("r1", "r2", "r3"):
        host.release(release_id, start=start)
    assert "says r3" in host.probe().log
    assert "says r2" not in host.probe().log
    middle = host.probe(release_id="r2").log
    assert "says r2" in middle
    assert "says r1" not in middle
    assert "says r3" not in middle
    assert all(f"says {one}" in host.probe(whole_log=True).log for one in ("r1", "r2", "r3"))


def test_a_long_log_can_be_read_in_pieces_without_losing_a_byte(host: Host) -> None:
    host.release("r1")
    host.bash('for n in $(seq 3000); do echo "line $n \u4f60\u597d"; done >>/root/app.log')
    last = host.probe()
    assert last.log.endswith("line 3000 \u4f60\u597d\n")
    assert (last.log_shown_bytes, last.log_start) == (8000, last.log_bytes - 8000)
    pieces, offset = [], 0
    while offset < last.log_bytes:
        host.probe(log_offset=offset)
        piece = json.loads(host.last_output.splitlines()[-1])
        pieces.append(piece["log_base64"])
        offset += piece["log_shown_bytes"]
    whole = b"".join(base64.b64decode(one) for one in pieces)
    assert whole.decode() == host.bash("cat /root/app.log") + "\n"


def test_a_log_that_was_emptied_is_read_whole(host: Host) -> None:
    host.release("r1")
    host.bash("echo fresh >/root/app.log")
    report = host.probe()
    assert (report.marker_found, report.log) == (False, "fresh\n")


def test_binary_and_foreign_log_bytes_survive(host: Host) -> None:
    host.release("r1")
    host.bash("printf '\\xc4\\xe3\\xba\\xc3 \\x1b[31mred\\x1b[0m\\n' >>/root/app.log")
    assert "你好" in host.probe().log


def test_the_probe_reads_what_the_original_installed(host: Host) -> None:
    host.bash("echo hello >/root/app.log; (setsid sleep 1000 >/dev/null 2>&1 & echo $! >/root/app.pid)")
    report = host.probe()
    assert (report.installed, report.alive, report.log) == (False, True, "hello\n")
