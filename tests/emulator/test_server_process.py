"""The local cloud as a process of its own: started once, found, stopped, and cleared away however it ended."""

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi.utils_models import Config

from deployer.emulator.daemon import ServerNotStarted, find_server, start_server, stop_server
from deployer.emulator.server import main

pytestmark = pytest.mark.assumed("starting and stopping the local cloud is its own affair, not the cloud's")


@pytest.fixture
def state_dir(tmp_path):
    directory = tmp_path / "state" / "local-cloud"
    yield directory
    stop_server(directory)


def start(state_dir):
    return start_server(state_dir, sandbox="process")


def client_of(info):
    return Client(
        Config(
            access_key_id=info.access_key_id,
            access_key_secret=info.access_key_secret,
            endpoint=info.endpoint,
            protocol="http",
            region_id="cn-hangzhou",
        )
    )


def is_running(pid):
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def kill_and_wait(pid):
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not is_running(pid)


def test_a_started_server_answers_with_the_keys_it_names(state_dir):
    info = start(state_dir)

    assert client_of(info).get_caller_identity().body.account_id == "1234567890123456"
    assert find_server(state_dir) == info
    assert info.url == f"http://127.0.0.1:{info.port}"
    assert info.driver_name == "process"
    assert info.notice
    assert info.log_path.exists()


def test_the_keys_are_new_each_time_and_only_the_owner_can_read_them(state_dir):
    first = start(state_dir)
    mode = stat.S_IMODE((state_dir / "server.json").stat().st_mode)
    stop_server(state_dir)
    second = start(state_dir)

    assert mode == 0o600
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    assert first.access_key_secret != second.access_key_secret
    assert first.access_key_secret not in repr(first)


def test_starting_twice_gives_the_same_server(state_dir):
    assert start(state_dir) == start(state_dir)


def test_two_starts_at_once_give_one_server(state_dir):
    found = []
    threads = [threading.Thread(target=lambda: found.append(start(state_dir))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({info.pid for info in found}) == 1
    assert len(found) == 3


def test_stopping_leaves_nothing(state_dir):
    info = start(state_dir)

    assert stop_server(state_dir) is True

    assert not is_running(info.pid)
    assert not state_dir.exists()
    assert find_server(state_dir) is None
    assert stop_server(state_dir) is False


def test_what_others_keep_in_the_folder_stays(state_dir):
    start(state_dir)
    (state_dir / "notes.txt").write_text("mine")

    stop_server(state_dir)

    assert [path.name for path in state_dir.iterdir()] == ["notes.txt"]
    (state_dir / "notes.txt").unlink()


def test_a_killed_server_is_not_found_and_is_replaced(state_dir):
    killed = start(state_dir)
    kill_and_wait(killed.pid)
    (state_dir / "data" / "oss" / "leftover").mkdir(parents=True)

    assert find_server(state_dir) is None
    replaced = start(state_dir)

    assert replaced.pid != killed.pid
    assert not (state_dir / "data" / "oss" / "leftover").exists()


def test_what_a_killed_server_left_is_cleared_away(state_dir):
    killed = start(state_dir)
    kill_and_wait(killed.pid)

    assert stop_server(state_dir) is False
    assert not state_dir.exists()


def test_another_process_with_the_id_of_a_dead_server_is_left_alone(state_dir):
    info = start(state_dir)
    kill_and_wait(info.pid)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        described = json.loads((state_dir / "server.json").read_text())
        (state_dir / "server.json").write_text(json.dumps({**described, "pid": stranger.pid}))

        stop_server(state_dir)

        assert stranger.poll() is None
        assert stranger.stdin is not None
        stranger.stdin.write(b"\n")


def test_a_server_that_hangs_is_ended_by_force(state_dir):
    info = start(state_dir)
    os.kill(info.pid, signal.SIGSTOP)

    class HurriedClock:
        """The machine's time, ten times as fast, so that deadlines pass soon."""

        now = None

        def monotonic(self):
            return time.monotonic() * 20

        def sleep(self, seconds):
            time.sleep(seconds / 20)

    stop_server(state_dir, clock=HurriedClock())

    assert not is_running(info.pid)
    assert not state_dir.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_damaged_entry_counts_as_no_server(state_dir, content):
    state_dir.mkdir(parents=True)
    (state_dir / "server.json").write_text(content)

    assert find_server(state_dir) is None
    assert client_of(start(state_dir)).get_caller_identity().status_code == 200


def test_a_server_that_cannot_start_says_why_and_leaves_no_process(state_dir):
    with pytest.raises(ServerNotStarted, match="invalid choice"):
        start_server(state_dir, sandbox="nonsense")

    assert find_server(state_dir) is None


def test_sigterm_ends_the_server_and_removes_what_it_made(state_dir):
    info = start(state_dir)

    os.kill(info.pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while is_running(info.pid) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert not is_running(info.pid)
    assert not (state_dir / "server.json").exists()
    assert not (state_dir / "data").exists()


def test_the_command_line_is_checked(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--sandbox", "nonsense"])

    assert caught.value.code == 2
    assert "--state-dir" in capsys.readouterr().err


def test_the_server_needs_nothing_of_the_folder_it_was_started_from(state_dir, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "logging.py").write_text("raise RuntimeError('shadowed')")
    monkeypatch.chdir(tmp_path / "elsewhere")

    info = start(state_dir)

    assert Path(f"/proc/{info.pid}").exists() or is_running(info.pid)
