"""Start, find and stop the server of the local cloud, whatever state it was left in."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from deployer.clock import Clock, SystemClock
from deployer.emulator.control_endpoints import CONTROL_PREFIX, TOKEN_HEADER
from deployer.emulator.machines.leftovers import remove_leftovers, remove_tree
from deployer.emulator.state_directory import ServerInfo, StateDirectory

_START_DEADLINE_SECONDS = 30.0
_STOP_DEADLINE_SECONDS = 10.0
_KILL_DEADLINE_SECONDS = 5.0
_HEALTH_TIMEOUT_SECONDS = 3.0
_MODULE = "deployer.emulator.server"
# Appended, not prepended: the package is found wherever it was imported from, and shadows nothing.
_LAUNCH = f"import sys; sys.path.append(sys.argv.pop(1)); from {_MODULE} import main; sys.exit(main())"
_LOG_TAIL_BYTES = 2000


class ServerNotStarted(Exception):
    """The server ended, or said nothing in time. The message holds the end of its log."""


def start_server(state_dir: Path, *, sandbox: str = "auto", clock: Clock | None = None) -> ServerInfo:
    """The running server of that folder, started when there is none; two starts at once give one server.

    The server outlives this process. `stop_server` removes it.
    Errors: ServerNotStarted.
    """
    clock = clock or SystemClock()
    directory = StateDirectory(state_dir)
    with directory.locked():
        running = find_server(state_dir)
        if running is not None:
            return running
        _clear_away(directory, clock)
        pid = _launch(directory, sandbox)
        for _ in _pauses(clock, _START_DEADLINE_SECONDS):
            if not _is_running(pid):
                break
            info = directory.read_info()
            if info is not None and info.pid == pid and _is_healthy(info):
                return info
        log = _tail(directory.log_path)
        _end(pid, clock)
        _clear_away(directory, clock)
        raise ServerNotStarted(f"the local cloud did not start; the end of its log:\n{log}")


def find_server(state_dir: Path) -> ServerInfo | None:
    """The server of that folder if it answers and is the one the folder names; None otherwise."""
    info = StateDirectory(state_dir).read_info()
    return info if info is not None and _is_healthy(info) else None


def stop_server(state_dir: Path, *, clock: Clock | None = None) -> bool:
    """Nothing of the server is left: no process, no machine, no file. True when there was a server to stop.

    Works as well on what a killed server left behind.
    """
    if not state_dir.is_dir():
        return False
    directory = StateDirectory(state_dir)
    with directory.locked():
        was_there = _clear_away(directory, clock or SystemClock())
        directory.remove_files()
    return was_there


def _launch(directory: StateDirectory, sandbox: str) -> int:
    """The id of a new server process, of a session of its own, with its output in the log."""
    package_root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", _LAUNCH, str(package_root)]
    command += ["--state-dir", str(directory.path), "--sandbox", sandbox]
    with directory.log_path.open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=directory.path
        )
    process.returncode = 0  # it is meant to outlive us: the object shall neither warn about that nor wait for it
    return process.pid


def _clear_away(directory: StateDirectory, clock: Clock) -> bool:
    """End the server the folder names, if it is still one, and remove its machines and data; True when it was one."""
    info = directory.read_info()
    was_there = info is not None and (_is_healthy(info) or _looks_like_server(info.pid, directory))
    if info is not None and was_there:
        _end(info.pid, clock)
    remove_leftovers(directory.machines_dir)
    remove_tree(directory.machines_dir)
    remove_tree(directory.data_dir)
    if info is not None:
        directory.remove_info(info.pid)
    return was_there


def _end(pid: int, clock: Clock) -> None:
    """The process is gone: politely first, by force after a while."""
    for how, seconds in ((signal.SIGTERM, _STOP_DEADLINE_SECONDS), (signal.SIGKILL, _KILL_DEADLINE_SECONDS)):
        if not _is_running(pid):
            return
        try:
            os.kill(pid, how)
        except ProcessLookupError:
            return
        for _ in _pauses(clock, seconds):
            if not _is_running(pid):
                return


def _is_healthy(info: ServerInfo) -> bool:
    """True when the server on that port holds the token of this folder, and is the process the folder names."""
    connection = http.client.HTTPConnection(info.host, info.port, timeout=_HEALTH_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{CONTROL_PREFIX}health", headers={TOKEN_HEADER: info.token})
        response = connection.getresponse()
        return response.status == 200 and json.loads(response.read()).get("pid") == info.pid
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _looks_like_server(pid: int, directory: StateDirectory) -> bool:
    """True when the process with that id is a server of this folder, so that no stranger with a reused id is ended."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return _MODULE in listed.stdout and str(directory.path) in listed.stdout


def _is_running(pid: int) -> bool:
    """False once the process ended, whether or not anybody waited for it."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass  # another process started it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """True when only the entry is left; while threads are still ending, files and ports are still held."""
    process = Path(f"/proc/{pid}")
    try:
        state = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        return state == "Z" and len(list((process / "task").iterdir())) == 1
    except (OSError, IndexError):
        return False


def _pauses(clock: Clock, seconds: float) -> Iterator[None]:
    """Moments to look again, closely at first, until the time is up."""
    deadline, pause = clock.monotonic() + seconds, 0.005
    while clock.monotonic() < deadline:
        clock.sleep(pause)
        pause = min(pause * 1.5, 0.2)
        yield


def _tail(path: Path) -> str:
    try:
        return path.read_bytes()[-_LOG_TAIL_BYTES:].decode("utf-8", "replace").strip()
    except OSError:
        return ""
