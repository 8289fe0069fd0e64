"""The emulator's end of the control socket of a machine: starts the agent, asks it, hangs up."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from deployer.emulator.machines.base import MachineError
from deployer.emulator.machines.wire import Message, receive_message, send_message

_AGENT = Path(__file__).with_name("agent.py")
_ANSWER_SECONDS = 30.0
_GRACE_SECONDS = 3.0
_MAPPED_IDENTITIES = 65536
FIRST_MAPPED_ID = 100_000  # what root of a machine is outside, when the emulator itself runs as root


def is_real_root() -> bool:
    """True for the root user that may map a range of other identities; root of a container without them is a user."""
    if os.geteuid() != 0:
        return False
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()]
    last = FIRST_MAPPED_ID + _MAPPED_IDENTITIES
    return any(int(start) <= FIRST_MAPPED_ID and last <= int(start) + int(count) for start, _, count in ranges)


class AgentLink:
    """One agent process. Safe to use from several threads."""

    def __init__(self, configuration: Message) -> None:
        """Start the agent and wait until its machine is there. Errors: MachineError."""
        self._lock = threading.Lock()
        self._closed = False
        self.used_at = time.monotonic()  # when it last did something, or said how that goes
        self._init_pid: int | None = None
        self.way_out: int | None = None  # a listening socket inside the machine, once it is ready
        self._link, other = socket.socketpair()
        self._link.settimeout(_ANSWER_SECONDS)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", str(_AGENT), str(other.fileno())],
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                env={},
            )
        try:
            self._start(configuration)
        except (EOFError, OSError) as error:
            self.close()
            raise MachineError("ClientNotRunning", self._last_words() or str(error)) from error
        finally:
            assert self._process.stderr is not None
            self._process.stderr.close()

    def _start(self, configuration: Message) -> None:
        send_message(self._link, configuration)
        isolated, ready = bool(configuration["isolated"]), False
        while not ready or (isolated and self._init_pid is None):
            message, descriptors = receive_message(self._link)
            if "error" in message:
                self.close()
                raise MachineError("ClientNotRunning", str(message["error"]))
            if message.get("unshared"):
                self._map_identities()
                send_message(self._link, {"mapped": True})
            self._init_pid = message.get("init_pid", self._init_pid)
            ready = ready or bool(message.get("ready"))
            self.way_out = descriptors[0] if descriptors else self.way_out

    def _map_identities(self) -> None:
        """Root inside becomes an identity that owns nothing outside. Only root can write such a map."""
        for name in ("uid_map", "gid_map"):
            Path("/proc", str(self._process.pid), name).write_text(
                f"0 {FIRST_MAPPED_ID} {_MAPPED_IDENTITIES}", encoding="ascii"
            )

    def _last_words(self) -> str:
        assert self._process.stderr is not None
        if self._process.stderr.closed:
            return ""
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def ask(self, request: Message) -> tuple[Message, list[int]]:
        """The agent's answer. Errors: MachineError when it refuses or is gone, OSError when the system refuses."""
        with self._lock:
            if self._closed:
                raise MachineError("ClientNotRunning", "the machine is not running")
            try:
                send_message(self._link, request)
                answer, descriptors = receive_message(self._link)
                if request["do"] != "listeners":
                    self.used_at = time.monotonic()
            except (EOFError, OSError) as error:
                self._hang_up()
                raise MachineError("ClientNotRunning", "the machine stopped") from error
        if "refused" in answer:
            raise MachineError(str(answer["refused"]), str(answer["message"]))
        if "errno" in answer:
            raise OSError(int(answer["errno"]), str(answer["message"]))
        return answer, descriptors

    @property
    def alive(self) -> bool:
        return not self._closed and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """How the agent ended; None while it runs."""
        return self._process.poll()

    def _hang_up(self) -> None:
        self._closed = True
        self._link.close()

    def hang_up(self) -> None:
        """The machine begins to end; `close` waits for it."""
        with self._lock:
            self._hang_up()

    def close(self) -> None:
        """Hang up, which ends everything in the machine, and wait until it is gone."""
        self.hang_up()
        if self.way_out is not None:
            os.close(self.way_out)
            self.way_out = None
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill()

    def _kill(self) -> None:
        if self._init_pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self._init_pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
