"""The generated scripts, run by real bash on a throw-away `/root` in namespaces of its own (nothing outlives a test)."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from deployer.config.new_file import config_template
from deployer.models.analysis import ProjectAnalysis
from deployer.project.analysis import analyze
from deployer.project.detectors.static import server_program
from deployer.project.project_dir import ProjectDir
from deployer.project.scripts import make_scripts

PROJECTS = Path(__file__).parent.parent / "projects"
UNSHARE = ["unshare", "-Urm", "--pid", "--fork", "--kill-child", "--mount-proc"]
SLEEP = (
    '#!/bin/bash\n[ "$1" != 3 ] || set -- 0.5\nexec /bin/sleep "$@"\n'  # a faster machine: three seconds pass in a half
)

# Applications in bash, so that a machine needs nothing else.
SERVING = 'echo "version VERSION of $DEPLOYER_APPLICATION, port ${APP_PORT:-none}"\nwhile :; do sleep 60 & wait; done\n'
STUBBORN = "trap '' TERM\nbash -c 'trap \"\" TERM; echo child; while :; do sleep 60; done' &\necho ready\nwhile :; do sleep 60 & wait; done\n"
DYING = "echo 'no such table: users'\nexit 3\n"


def _can_unshare() -> bool:
    if sys.platform != "linux" or shutil.which("unshare") is None or shutil.which("unzip") is None:
        return False
    tried = subprocess.run([*UNSHARE, "mount", "--bind", "/tmp", "/mnt"], capture_output=True, check=False)
    return tried.returncode == 0


pytestmark = pytest.mark.skipif(not _can_unshare(), reason="namespaces are not allowed here, or unzip is missing")


class Machine:
    """A directory that becomes `/root`; `run` gives what a series of commands printed there."""

    def __init__(self, path: Path) -> None:
        self.root = path / "root"
        self.tools = path / "tools"
        self.tools.mkdir()
        self.root.mkdir()
        (self.tools / "sleep").write_text(SLEEP)
        (self.tools / "sleep").chmod(0o755)

    def put_archive(self, name: str, program: str, age_seconds: int = 0, also: tuple[str, ...] = ()) -> None:
        path = self.root / name
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("app.sh", program)
            for other in also:
                archive.writestr(other, "")
        then = time.time() - age_seconds
        os.utime(path, (then, then))

    def put_scripts(self, name: str = "shop", port: int | None = 8080) -> None:
        analysis = replace(_bash_analysis(), port=port)
        scripts = make_scripts(analysis, name, port)
        (self.root / f"{name}-start.sh").write_text(scripts.start)
        (self.root / f"{name}-stop.sh").write_text(scripts.stop)

    def run(self, commands: str, **environment: str) -> str:
        prepare = 'mount --bind "$1" /root && cd /root && exec bash -c "$2" 2>&1'
        done = subprocess.run(
            [*UNSHARE, "bash", "-c", prepare, "machine", str(self.root), commands],
            env={"PATH": f"{self.tools}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout


def _bash_analysis() -> ProjectAnalysis:
    worker = analyze(ProjectDir.open(PROJECTS / "worker"))
    return replace(worker, language=None, install_command=None, start_command="bash app.sh")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.put_scripts()
    return made


def test_the_newest_archive_by_time_wins_not_the_last_by_name(machine: Machine) -> None:
    machine.put_archive("project_9.zip", SERVING.replace("VERSION", "old"), age_seconds=600)
    machine.put_archive("project_10.zip", SERVING.replace("VERSION", "new"))
    printed = machine.run("bash shop-start.sh; echo code $?; cat /root/app.log")
    assert "version new of shop, port 8080" in printed
    assert "code 0" in printed
    assert "version old" not in printed


@pytest.mark.parametrize("has_unzip", [True, False])
def test_files_the_project_dropped_go_and_data_made_on_the_machine_stays(machine: Machine, *, has_unzip: bool) -> None:
    machine.put_archive(
        "project_1.zip", SERVING, age_seconds=60, also=("old.py", "lib/a b.py", "lib/kept.py", "中.txt")
    )
    machine.put_archive("project_2.zip", SERVING, also=("lib/kept.py",))
    hide = "" if has_unzip else 'unzip() { return 127; }; command() { [ "$2" != unzip ] && builtin command "$@"; }; '
    hide += "export -f unzip command; dnf() { return 1; }; export -f dnf; " if hide else ""
    printed = machine.run(
        f"{hide}mv project_2.zip later; bash shop-start.sh > /dev/null; echo data > shop/lib/users.db; mv later project_2.zip;"
        "bash shop-start.sh > /dev/null; cd shop; find . -type f -not -name '.deployer*' | LC_ALL=C sort"
    )
    assert printed.split() == ["./app.sh", "./lib/kept.py", "./lib/users.db"]


def test_the_scripts_of_the_template_start_replace_and_stop_for_real(machine: Machine) -> None:
    shown = yaml.safe_load(config_template())["common"]["scripts"]
    (machine.root / "start.sh").write_text(shown["start"])
    (machine.root / "stop.sh").write_text(shown["stop"])
    with zipfile.ZipFile(machine.root / "project_1.zip", "w") as archive:
        archive.writestr("run.sh", SERVING)
    printed = machine.run(
        "for turn in 1 2; do bash stop.sh; bash start.sh > /dev/null; echo code $?; done; echo running $(pgrep -cf '^bash run.sh');"
        "bash stop.sh; echo code $?; pgrep -f '^bash run.sh' > /dev/null || echo ended; sleep 60 & echo $! > app.pid; bash stop.sh; kill -0 $! && echo innocent"
    )
    assert printed == "code 0\ncode 0\nrunning 1\ncode 0\nended\ninnocent\n"


def test_starting_twice_leaves_one_process_and_one_log_with_both_starts(machine: Machine) -> None:
    machine.put_archive("project_1.zip", SERVING.replace("VERSION", "1"))
    printed = machine.run(
        "bash shop-start.sh > /dev/null; first=$(cat app.pid); bash shop-start.sh > /dev/null; second=$(cat app.pid);"
        "echo running $(pgrep -cf '^bash app.sh'); echo markers $(grep -c '^=== release' app.log);"
        "kill -0 $first 2> /dev/null && echo first lives; kill -0 $second && echo second lives; ls -l app.log"
    )
    assert "running 1\n" in printed
    assert "markers 2\n" in printed
    assert "first lives" not in printed
    assert "second lives" in printed
    assert "-rw-------" in printed


def test_the_pid_is_the_applications_own_and_leads_its_session(machine: Machine) -> None:
    machine.put_archive("project_1.zip", SERVING)
    printed = machine.run(
        "bash shop-start.sh > /dev/null; pid=$(cat app.pid); tr '\\0' ' ' < /proc/$pid/cmdline; echo;"
        "[ $(ps -o sid= -p $pid) = $pid ] && echo leads; readlink /proc/$pid/fd/0 /proc/$pid/fd/1 /proc/$pid/cwd"
    )
    assert printed.split("\n")[:5] == ["bash app.sh ", "leads", "/dev/null", "/root/app.log", "/root/shop"]


def test_a_stubborn_process_and_its_children_are_killed(machine: Machine) -> None:
    machine.put_archive("project_1.zip", STUBBORN)
    printed = machine.run(
        "bash shop-start.sh > /dev/null; echo before $(pgrep -cf '^bash (app.sh|-c trap)');"
        "bash shop-stop.sh; echo code $?; pgrep -f '^bash (app.sh|-c trap)' > /dev/null && echo left; ls app.pid"
    )
    assert "before 2\n" in printed
    assert "did not end within 3 seconds" in printed
    assert "code 0" in printed
    assert "left\n" not in printed
    assert "cannot access 'app.pid'" in printed


def test_an_application_that_obeys_is_not_killed(machine: Machine) -> None:
    machine.put_archive("project_1.zip", "trap 'echo goodbye; exit 0' TERM\n" + SERVING)
    printed = machine.run("bash shop-start.sh > /dev/null; bash shop-stop.sh; tail -n 1 app.log")
    assert printed == "goodbye\n"


def test_stop_and_start_run_as_one_script(machine: Machine) -> None:
    machine.put_archive("project_1.zip", SERVING)
    printed = machine.run(
        "cat shop-stop.sh shop-start.sh > both.sh; bash both.sh > /dev/null; echo code $?; bash both.sh > /dev/null;"
        "echo code $?; echo running $(pgrep -cf '^bash app.sh')"
    )
    assert printed == "code 0\ncode 0\nrunning 1\n"


def test_an_application_that_dies_at_once_is_no_success_and_its_log_is_shown(machine: Machine) -> None:
    machine.put_archive("project_1.zip", DYING)
    printed = machine.run("bash shop-start.sh; echo code $?")
    assert "no such table: users" in printed
    assert "ended within 3 seconds" in printed
    assert "code 1" in printed


@pytest.mark.parametrize("content", ["1", "0", "-1", "99999999", "abc", "", "$(touch /root/marker)", "12 13"])
def test_a_useless_pid_file_is_removed_and_nobody_is_hurt(machine: Machine, content: str) -> None:
    printed = machine.run(f"printf %s '{content}' > app.pid; bash shop-stop.sh; echo code $?; ls app.pid marker")
    assert "code 0" in printed
    assert "cannot access 'app.pid'" in printed
    assert "cannot access 'marker'" in printed


def test_a_foreign_process_in_the_pid_file_lives_on(machine: Machine) -> None:
    machine.put_archive("project_1.zip", SERVING)
    printed = machine.run(
        "cd /; setsid sleep 600 & foreign=$!; cd /root; echo $foreign > app.pid; bash shop-stop.sh;"
        "echo $foreign > app.pid; bash shop-start.sh > /dev/null; kill -0 $foreign && echo lives"
    )
    assert printed == "lives\n"


def test_a_process_the_originals_script_started_is_known_by_its_directory(machine: Machine) -> None:
    printed = machine.run(
        "mkdir shop; cd shop; nohup sleep 600 > /dev/null 2>&1 & echo $! > /root/app.pid; cd /root;"
        'while [ "$(readlink /proc/$(cat app.pid)/cwd)" != /root/shop ]; do :; done;'
        "pid=$(cat app.pid); bash shop-stop.sh; kill -0 $pid 2> /dev/null && grep -q 'State:.[RS]' /proc/$pid/status && echo lives"
    )
    assert printed == ""


def test_two_applications_on_one_machine_leave_each_other_alone(machine: Machine) -> None:
    machine.put_scripts("blog", port=8081)
    machine.put_archive("project_1.zip", SERVING.replace("VERSION", "1"))
    printed = machine.run(
        "export DEPLOYER_PID_FILE=/root/blog.pid DEPLOYER_LOG=/root/blog.log; bash blog-start.sh > /dev/null;"
        "unset DEPLOYER_PID_FILE DEPLOYER_LOG; bash shop-start.sh > /dev/null;"
        "cp blog.pid app.pid; bash shop-stop.sh; kill -0 $(cat blog.pid) && echo blog lives; tail -n 1 blog.log"
    )
    assert printed == "blog lives\nversion 1 of blog, port 8081\n"


def test_under_the_runner_the_unpacked_release_is_used_and_the_log_marker_is_the_runners(machine: Machine) -> None:
    machine.put_archive("project_1.zip", SERVING.replace("VERSION", "wrong"))
    release = machine.root / "shop" / "releases" / "r2"
    release.mkdir(parents=True)
    (release / "app.sh").write_text(SERVING.replace("VERSION", "right"))
    printed = machine.run(
        "bash shop-start.sh > /dev/null; echo code $?; while [ ! -s shop.log ]; do sleep 0.05; done; cat shop.log; readlink /proc/$(cat shop.pid)/cwd; ls app.pid; "
        "bash shop-stop.sh; ls shop.pid",
        DEPLOYER_RELEASE_ID="r2",
        DEPLOYER_ARCHIVE="/root/project_r2.zip",
        DEPLOYER_RELEASE_DIR="/root/shop/releases/r2",
        DEPLOYER_LOG="/root/shop.log",
        DEPLOYER_PID_FILE="/root/shop.pid",
        APP_PORT="9999",
    )
    assert "code 0\nversion right of shop, port 9999\n/root/shop/releases/r2\n" in printed
    assert "cannot access 'app.pid'" in printed
    assert "cannot access 'shop.pid'" in printed


def test_without_an_archive_the_start_says_what_it_looked_for(machine: Machine) -> None:
    assert "no archive found: expected /root/project_*.zip\ncode 1\n" in machine.run("bash shop-start.sh; echo code $?")


def test_unzip_is_installed_when_it_is_missing_and_python_stands_in(machine: Machine) -> None:
    machine.put_archive("project_1.zip", SERVING.replace("VERSION", "1"))
    (machine.root / "tools").mkdir()
    (machine.tools / "dnf").write_text('#!/bin/bash\necho "dnf $*" >> /root/dnf.log\nexit 1\n')
    (machine.tools / "dnf").chmod(0o755)
    printed = machine.run(
        "mkdir bin; for tool in bash cat tr grep head tail mkdir touch chmod date basename nohup setsid rm readlink python3;"
        "do ln -s $(command -v $tool) bin/; done; ln -s $(command -v sleep) $(command -v dnf) bin/;"
        "PATH=/root/bin bash shop-start.sh; echo code $?; cat dnf.log"
    )
    assert "version 1 of shop" in printed
    assert "dnf install -y -q unzip" in printed
    assert "files that the project no longer has may be left in /root/shop" in printed
    assert "code 0" in printed


def test_a_failing_install_stops_the_start_and_the_old_application_runs_on(machine: Machine) -> None:
    machine.put_archive("project_1.zip", SERVING)
    scripts = make_scripts(replace(_bash_analysis(), install_command="false && true"), "shop", 8080)
    (machine.root / "bad-start.sh").write_text(scripts.start)
    printed = machine.run(
        "bash shop-start.sh > /dev/null; bash bad-start.sh; echo code $?; kill -0 $(cat app.pid) && echo old lives"
    )
    assert printed == "code 1\nold lives\n"


def test_a_python_project_gets_a_virtual_environment_and_serves(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    release = tmp_path / "release"
    release.mkdir()
    (release / "server.py").write_text(
        "import os, sys, json\nfrom http.server import HTTPServer, BaseHTTPRequestHandler\n"
        "class H(BaseHTTPRequestHandler):\n    def do_GET(self):\n"
        "        self.send_response(200); self.end_headers()\n"
        "        self.wfile.write(json.dumps([sys.prefix, os.environ['PORT']]).encode())\n"
        "HTTPServer(('0.0.0.0', int(os.environ.get('PORT', '8000'))), H).serve_forever()\n"
    )
    analysis = analyze(ProjectDir.open(release))
    assert analysis.port == 8000
    scripts = make_scripts(analysis, "shop", port)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sleep").write_text(SLEEP)
    (tools / "sleep").chmod(0o755)
    environment = {
        "PATH": f"{tools}:{Path(os.path.realpath(sys.executable)).parent}:/usr/bin:/bin",
        "DEPLOYER_RELEASE_DIR": str(release), "DEPLOYER_RELEASE_ID": "r1", "DEPLOYER_LOG": str(tmp_path / "log"),
        "DEPLOYER_PID_FILE": str(tmp_path / "pid"),
    }  # fmt: skip
    try:
        started = subprocess.run(
            ["bash", "-c", scripts.start], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert started.returncode == 0, started.stdout + started.stderr
        answer = _get(f"http://127.0.0.1:{port}/")
        assert json.loads(answer[1]) == [str(release / ".venv"), str(port)]
    finally:
        subprocess.run(["bash", "-c", scripts.stop], env=environment, check=True, timeout=20)
    assert not (tmp_path / "pid").exists()
    assert _get(f"http://127.0.0.1:{port}/", tries=1)[0] == 0


def test_the_static_server_hides_dotfiles_however_they_are_asked_for(tmp_path: Path) -> None:
    for name in ("index.html", ".env", ".git/config", "a/.hidden", "a/page.html"):
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", server_program("site"), str(port)], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        base = f"http://127.0.0.1:{port}"
        assert _get(f"{base}/") == (200, "index.html")
        assert _get(f"{base}/a/page.html")[0] == 200
        for path in ("/.env", "/%2eenv", "/.git/config", "/a/.hidden", "/a/../.env", "//.env", "/x/%2e%2e/.env"):
            assert _get(base + path)[0] == 404
    finally:
        server.kill()
        server.wait()


def _get(url: str, tries: int = 400) -> tuple[int, str]:
    """Status and text; 0 when nobody listens after that many tries, 20 ms apart."""
    for _try in range(tries):
        answer = _ask(url)
        if answer is not None:
            return answer
        time.sleep(0.02)
    return 0, ""


def _ask(url: str) -> tuple[int, str] | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return None
