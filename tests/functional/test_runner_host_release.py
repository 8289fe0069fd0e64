"""Releases that go well, on a real bash with a /root of its own."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from runner_host import SERVER, START, Host, boot

from deployer.backends.runner.command import render_command, render_environment

WORKER = "import time\nprint('working', flush=True)\nwhile True: time.sleep(0.1)\n"


@pytest.fixture(name="host")
def booted_host(tmp_path: Path) -> Iterator[Host]:
    yield from boot(tmp_path)


def test_a_good_release_runs_and_says_so(host: Host) -> None:
    evidence = host.release("r1", alive_seconds=1)
    assert (evidence.ok, evidence.stage, evidence.code) == (True, "done", None), host.last_output
    assert evidence.http_status == 200
    assert [(one.address, one.port) for one in evidence.listening] == [("0.0.0.0", 8000)]
    assert evidence.alive_seconds >= 1
    assert evidence.restarts == 0
    assert "listening" in evidence.log_tail
    assert {"fetch", "hash", "unpack", "stop", "start", "gate"} <= set(evidence.timings)
    assert host.get() == "r1"


def test_files_stand_where_the_contract_of_the_original_says(host: Host) -> None:
    evidence = host.release("r1")
    assert host.bash("readlink /root/app.log /root/app.pid") == "/root/shop/shared/app.log\n/root/shop/shared/app.pid"
    assert host.bash("cat /root/app.pid") == str(evidence.pid)
    assert host.bash("ls /root/project_*.zip") == "/root/project_r1.zip"
    assert host.bash("readlink /root/shop/current") == "releases/r1"
    assert host.bash("head -1 /root/app.log").startswith("=== release r1 20")
    assert host.bash("stat -c '%a %n' /root/shop /root/shop/releases/r1 /root/shop/.deployer /root/shop/shared/app.log").split() == [
        "750", "/root/shop", "750", "/root/shop/releases/r1", "700", "/root/shop/.deployer", "640", "/root/shop/shared/app.log",
    ]  # fmt: skip


def test_a_second_release_replaces_the_first_and_keeps_shared_data(host: Host) -> None:
    host.release("r1", files={"app.py": SERVER, "gone.txt": "old"})
    host.bash("echo precious >/root/shop/shared/data.db")
    evidence = host.release("r2")
    assert evidence.ok, evidence.message
    assert host.get() == "r2"
    assert host.bash("ls /root/project_*.zip; ls /root/shop/current; cat /root/shop/shared/data.db").split() == [
        "/root/project_r2.zip", "app.py", "precious",
    ]  # fmt: skip


def test_only_the_newest_good_releases_are_kept(host: Host) -> None:
    for number in range(1, 5):
        assert host.release(f"r{number}", keep_releases=2).ok
    assert host.bash("ls /root/shop/releases").split() == ["r3", "r4"]
    assert host.bash("ls /root/shop/.deployer | grep '^r'").split() == ["r3", "r4"]


def test_the_same_command_twice_starts_nothing_twice(host: Host) -> None:
    first = host.release("r1")
    again = host.release("r1")
    assert again.ok, again.message
    assert again.pid == first.pid
    assert "runs already" in again.message
    assert host.bash("grep -c '=== release' /root/app.log") == "1"


def test_the_same_release_is_started_again_when_it_died(host: Host) -> None:
    first = host.release("r1")
    host.bash(f"kill -9 {first.pid}")
    again = host.release("r1")
    assert again.ok, again.message
    assert again.pid != first.pid
    assert host.get() == "r1"


def test_a_second_run_of_the_same_release_takes_over_the_result_of_the_first(host: Host) -> None:
    run = host.input("r1", start=f"sleep 3\n{START}")
    first, second = host.start(render_command(run)), host.start(render_command(run))
    outputs = [json.loads(host.finish(one)[1].splitlines()[-1]) for one in (first, second)]
    assert [one["ok"] for one in outputs] == [True, True]
    assert outputs[0]["pid"] == outputs[1]["pid"]
    assert sum("adopted" in one for one in outputs) == 1
    assert host.bash("grep -c '=== release' /root/app.log") == "1"


def test_another_release_does_not_wait_for_ever_for_the_one_that_runs(host: Host) -> None:
    first = host.start(render_command(host.input("r1", start=f"sleep 7\n{START}")))
    host.bash("until grep -q r1 /run/lock/deployer-shop.lock.holder; do sleep 0.05; done 2>/dev/null")
    second = host.release("r2")
    assert (second.ok, second.stage, second.code) == (False, "lock", "lock.held")
    assert "release r1 of shop is being worked on here since 20" in second.message
    first.kill()
    host.finish(first)


def test_a_worker_without_a_port_is_watched_for_its_life_alone(host: Host) -> None:
    evidence = host.release("r1", port=None, files={"app.py": WORKER}, alive_seconds=1)
    assert evidence.ok, evidence.message
    assert evidence.http_status is None
    assert evidence.listening == ()


def test_a_long_script_with_carriage_returns_and_a_byte_order_mark_runs(host: Host) -> None:
    """M82: 30 KB are more than a command may carry; scripts come from OSS."""
    start = "\ufeff" + (START + "# nothing\n" * 3000).replace("\n", "\r\n")
    evidence = host.release("r1", start=start)
    assert evidence.ok, evidence.message


def test_environment_values_arrive_byte_for_byte(host: Host) -> None:
    values = {
        "QUOTES": 'it\'s "quoted" `now` $(date) ${HOME} \\',
        "LINES": "one\ntwo\r\n\tthree\n",
        "BRACES": "{{ACS::InstanceId}} {{ x }} }} ${",
        "CHINESE": "你好，世界 🚀",
        "EMPTY": "",
        "BLANKS": "  both ends  ",
        "OPTION": "-n",
        "LONG": "x" * 3000,
    }
    start = 'python3 -S -c "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], chr(119)))" /root/shop/shared/env\n'
    evidence = host.release("r1", environment=values, start=start + START)
    assert evidence.ok, evidence.message
    assert {key: json.loads(host.bash("cat /root/shop/shared/env"))[key] for key in values} == values
    assert host.bash("stat -c %a /root/shop/.deployer/r1/environment") == "600"


def test_secrets_can_come_as_an_object_instead_of_in_the_command(host: Host) -> None:
    content = render_environment({"GREETING": "hush"})
    evidence = host.release(
        "r1",
        environment_url=host.url(content),
        environment_sha256=hashlib.sha256(content).hexdigest(),
        environment={"A": "b"},
    )
    assert evidence.ok, evidence.message
    assert "hush" not in host.last_output.decode()
    assert host.get() == "r1 hush"


def test_scripts_get_the_documented_variables(host: Host) -> None:
    start = "env | grep -E '^(DEPLOYER|APP)_' | grep -v RUN= | sort >/root/shop/shared/env\n" + START
    assert host.release("r1", start=start).ok
    assert host.bash("cat /root/shop/shared/env").splitlines() == [
        "APP_PORT=8000",
        "DEPLOYER_APPLICATION=shop",
        "DEPLOYER_ARCHIVE=/root/project_r1.zip",
        "DEPLOYER_FAILED_LINE=/root/shop/.deployer/r1/failed_line",
        "DEPLOYER_GROUP=shop-production",
        "DEPLOYER_LOG=/root/shop/shared/app.log",
        "DEPLOYER_PID_FILE=/root/shop/shared/app.pid",
        "DEPLOYER_REGION_ID=cn-hangzhou",
        "DEPLOYER_RELEASE_DIR=/root/shop/releases/r1",
        "DEPLOYER_RELEASE_ID=r1",
        "DEPLOYER_SHARED_DIR=/root/shop/shared",
    ]


def test_scripts_written_for_the_original_run_unchanged_and_lose_no_data(host: Host) -> None:
    start = """#!/bin/bash
set -e
APP_DIR="/root/shop"
ZIP_FILE=$(ls /root/project_*.zip | tail -1)
mkdir -p "$APP_DIR"
unzip -o "$ZIP_FILE" -d "$APP_DIR" >/dev/null
cd "$APP_DIR"
[ -f data.db ] || echo first >data.db
nohup python3 -S app.py >> /root/app.log 2>&1 &
echo $! > /root/app.pid
sleep 0.2 && cat /root/app.log
"""
    stop = """#!/bin/bash
if [ -f /root/app.pid ]; then kill -9 $(cat /root/app.pid) 2>/dev/null || true; rm -f /root/app.pid; fi
APP_DIR="/root/shop"
if [ -n "$APP_DIR" ] && [ "${#APP_DIR}" -gt 6 ] && [ -d "$APP_DIR" ]; then rm -rf "$APP_DIR"; fi
"""
    assert host.release("r9", start=start, stop=stop).ok
    second = host.release("r10", start=start, stop=stop)
    assert second.ok, second.message
    assert host.get() == "r10"
    assert host.bash("cat /root/shop/data.db; ls /root/shop/releases").split() == ["first", "r10", "r9"]


def test_two_applications_live_side_by_side(host: Host) -> None:
    assert host.release("r1").ok
    assert host.release("b1", application_name="blog", port=8001).ok
    assert host.release("r2").ok
    assert (host.get(8000), host.get(8001)) == ("r2", "b1")
    assert host.bash("grep -c === /root/blog/shared/app.log; ls /root/project_*.zip").split() == [
        "1",
        "/root/project_r2.zip",
    ]


def test_files_of_somebody_else_in_root_are_kept(host: Host) -> None:
    host.bash("echo theirs >/root/app.log; echo 1 >/root/app.pid; mkdir /root/shop; echo mine >/root/shop/notes")
    assert host.release("r1").ok
    assert host.bash("cat /root/app.log.before-deployer /root/app.pid.before-deployer /root/shop/notes").split() == [
        "theirs",
        "1",
        "mine",
    ]


def test_an_installation_the_original_made_is_replaced(host: Host) -> None:
    host.bash(
        "mkdir /root/shop && cd /root/shop && (nohup python3 -S -m http.server 8000 >>/root/app.log 2>&1 & echo $! >/root/app.pid)"
        "; until curl -s localhost:8000 >/dev/null; do sleep 0.05; done"
    )
    evidence = host.release("r1")
    assert evidence.ok, evidence.message
    assert host.get() == "r1"


def test_a_child_that_keeps_the_output_open_does_not_hold_the_command(host: Host) -> None:
    evidence = host.release("r1", start=f"sleep 300 &\n{START}")
    assert evidence.ok, evidence.message
    assert evidence.elapsed_seconds < 10


def test_without_python_the_archive_is_unpacked_by_unzip(host: Host) -> None:
    host.bash("mount --bind /bin/false /usr/bin/python3")
    host.hide("python3", "python")
    evidence = host.release(
        "r1", port=None, start="sleep 300 & echo $! >$DEPLOYER_PID_FILE", files={"a b/c d.txt": "x", "ü.txt": "y"}
    )
    assert evidence.ok, evidence.message
    assert host.bash("cat '/root/shop/current/a b/c d.txt' /root/shop/current/*.txt") == "xy"


def test_without_flock_and_setsid_releases_still_replace_each_other(host: Host) -> None:
    host.hide("flock", "setsid")
    assert host.release("r1").ok
    assert host.release("r2").ok
    assert host.get() == "r2"
    assert host.bash("ls -d /run/lock/*.d 2>/dev/null || echo none") == "none"


def test_executable_bits_of_the_archive_are_kept(host: Host) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", SERVER)
        entry = zipfile.ZipInfo("gradlew")
        entry.external_attr = 0o104755 << 16
        archive.writestr(entry, "#!/bin/sh\n")
    assert host.release("r1", archive=buffer.getvalue()).ok
    assert host.bash("stat -c %a /root/shop/current/gradlew") == "755"


def test_after_a_reboot_the_boot_script_starts_the_current_release(host: Host) -> None:
    host.bash("mkdir -p /run/systemd/system; mount --bind /bin/true /bin/systemctl 2>/dev/null; true")
    first = host.release("r1")
    host.bash(f"kill -9 {first.pid}; bash /root/shop/.deployer/boot.sh; sleep 0.5")
    assert host.get() == "r1"
    assert host.bash("grep -c '=== release r1' /root/app.log") == "2"
    assert host.release("r2").ok
    assert host.get() == "r2"


def test_an_application_that_a_daemon_runs_is_judged_by_its_port(host: Host) -> None:
    daemon = """mkfifo /run/daemon
        (setsid bash -c 'cd /root; while read -r what folder; do
            if [ "$what" = up ]; then (cd $folder && exec python3 -S app.py >/dev/null 2>&1) & else pkill -xf "python3 -S app.py"; fi
        done <>/run/daemon' >/dev/null 2>&1 &)"""
    host.bash(f"export APP_PORT=8000; {daemon}")
    start = 'docker() { echo "$2 $DEPLOYER_RELEASE_DIR" >/run/daemon; }\ndocker compose up -d\n'
    stop = "echo down >/run/daemon; sleep 0.3\n"
    for release_id in ("r1", "r2"):
        evidence = host.release(release_id, start=start, stop=stop, alive_seconds=1)
        assert evidence.ok, evidence.message
        assert host.bash(f"readlink /proc/{evidence.pid}/cwd") == f"/root/shop/releases/{release_id}"
    report = host.probe(port=8000)
    assert (report.alive, report.pid) == (True, evidence.pid)
    assert host.act("stop").ok
    assert host.get() == ""
    assert not host.probe(port=8000).alive


def test_signed_urls_and_secrets_never_stand_in_a_process_list(host: Host) -> None:
    server = (
        "import http.server as h, time\n"
        "h.BaseHTTPRequestHandler.do_GET = lambda self: (time.sleep(1), self.send_error(500))\n"
        "h.HTTPServer((str(), 9000), h.BaseHTTPRequestHandler).serve_forever()\n"
    )
    host.bash(f"(setsid python3 -S -c '{server}' >/dev/null 2>&1 &); sleep 0.3")
    url = "http://127.0.0.1:9000/archive.zip?x-oss-signature=canary7"
    run = host.start(render_command(host.input("r1", archive_url=url, environment={"KEY": "canary7"})))
    seen = host.bash("""for n in $(seq 60); do
        cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -E 'curl|canary' | grep -v grep
        sleep 0.02; done | sort -u""")
    output = host.finish(run)[1]
    assert "curl" in seen
    assert "canary7" not in seen
    assert b"canary7" not in output
    assert host.bash("grep -rl canary7 /root /run 2>/dev/null || true") == ""


def test_a_machine_with_systemd_gets_a_unit_and_loses_it_again(host: Host) -> None:
    host.bash(
        "mkdir -p /run/systemd/system /run/stub /etc/systemd/system; printf '#!/bin/sh\\necho $* >>/run/calls\\n' >/run/stub/systemctl"
    )
    host.bash("chmod +x /run/stub/systemctl")
    host.path = f"/run/stub:{host.path}"
    host.release("r1")
    assert "ExecStart=/bin/bash /root/shop/.deployer/boot.sh" in host.bash(
        "cat /etc/systemd/system/deployer-shop.service"
    )
    host.act("uninstall")
    assert host.bash("ls /etc/systemd/system; cat /run/calls").splitlines() == [
        "enable deployer-shop.service",
        "disable deployer-shop.service",
    ]
