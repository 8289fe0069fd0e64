"""The commands of one machine: started as Cloud Assistant's agent starts them, reaped, timed, ended.

Source: https://github.com/aliyun/aliyun_assist_client (a script file of mode 0755, run by `sh -c <file>` in a session
of its own; the top process alone is waited for; on a time-out it alone is killed unless the whole tree is asked for).
"""

import os
import resource
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployer.emulator.machines.inside.output import Output
from deployer.emulator.machines.inside.processes import kill_all, tree_of

_DRAIN_SECONDS = 0.2  # how long output is still waited for when a child that lives on holds it
_READ_SIZE = 65536
_MOST_READS = 64  # then somebody else has a turn
_MOST_PROCESSES = 4096


class Refused(Exception):
    """A command that cannot start; `code` is Cloud Assistant's ErrorCode."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A line of /etc/passwd."""

    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command as it is asked for."""

    command_id: str
    script: bytes
    working_dir: str
    username: str
    timeout_seconds: float
    kill_process_tree: bool
    environment: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Command:
    """A command that was started."""

    order: Order
    pid: int
    pipe: int
    deadline: float
    output: Output = field(default_factory=Output)
    exit_code: int | None = None
    timed_out: bool = False
    stopped: bool = False
    reaped_at: float | None = None
    at_end: bool = False  # nobody holds the other end of the pipe any more

    def running(self, now: float) -> bool:
        """Until the top process is reaped and its output is in."""
        return self.reaped_at is None or (not self.at_end and now < self.reaped_at + _DRAIN_SECONDS)


class Commands:
    """Every command of one machine, by an id the other side chose."""

    def __init__(self, script_directory: Path, *, isolated: bool) -> None:
        self._script_directory = script_directory
        self._isolated = isolated
        self._commands: dict[str, Command] = {}

    def start(self, order: Order) -> Command:
        """Start it. Errors: Refused."""
        account = self._account(order.username)
        if not Path(order.working_dir).is_dir():
            raise Refused("DirectoryNotExists", f"the working directory {order.working_dir} does not exist")
        script = self._script_directory / f"{order.command_id}.sh"
        self._script_directory.mkdir(parents=True, exist_ok=True)
        script.write_bytes(order.script)
        script.chmod(0o755)
        reading, writing = os.pipe()
        os.fchown(writing, account.uid, account.gid)
        pid = os.fork()
        if pid == 0:
            self._become(order, account, script, writing)
        os.close(writing)
        os.set_blocking(reading, False)
        command = Command(order=order, pid=pid, pipe=reading, deadline=time.monotonic() + order.timeout_seconds)
        self._commands[order.command_id] = command
        return command

    def get(self, command_id: str) -> Command:
        return self._commands[command_id]

    def forget(self, command_id: str) -> None:
        """The other side has seen its end. The pipe stays open as long as a child that lives on writes to it."""
        self._commands.pop(command_id, None)

    def drain(self, command: Command) -> bool:
        """Take what was printed since; False at the end of it, when the pipe has been closed."""
        for _ in range(_MOST_READS):
            try:
                data = os.read(command.pipe, _READ_SIZE)
            except BlockingIOError:
                return True
            if not data:
                break
            command.output.add(data)
        else:
            return True
        os.close(command.pipe)
        command.at_end = True
        return False

    def reap(self) -> None:
        """Collect every child that ended, the machine's orphans included."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for command in self._commands.values():
                if command.pid == pid and command.reaped_at is None:
                    command.reaped_at = time.monotonic()
                    if not (command.timed_out or command.stopped):
                        code = os.waitstatus_to_exitcode(status)
                        command.exit_code = code if code >= 0 else 128 - code

    def expire(self) -> float | None:
        """End what is over its time; seconds until the next one will be, None when nothing waits."""
        now, next_deadline = time.monotonic(), None
        for command in self._commands.values():
            if command.reaped_at is None and not command.timed_out:
                if command.deadline <= now:
                    command.timed_out = True
                    self._kill(command, process_tree=command.order.kill_process_tree)
                elif next_deadline is None or command.deadline < next_deadline:
                    next_deadline = command.deadline
        return None if next_deadline is None else next_deadline - now

    def stop(self, command_id: str, *, process_tree: bool) -> None:
        command = self._commands.get(command_id)
        if command is not None and command.reaped_at is None:
            command.stopped = True
            self._kill(command, process_tree=process_tree)

    @staticmethod
    def _kill(command: Command, *, process_tree: bool) -> None:
        kill_all(tree_of(command.pid) if process_tree else {command.pid})

    def _account(self, name: str) -> Account:
        for line in Path("/etc/passwd").read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.split(":")
            if fields[0] == name and len(fields) >= 6:
                home = "/root" if name == "root" else fields[5]
                account = Account(name=name, uid=int(fields[2]), gid=int(fields[3]), home=home)
                return account if self._isolated else Account(name=name, uid=os.getuid(), gid=os.getgid(), home=home)
        raise Refused("AccountNotExists", f"the user {name} does not exist")

    def _become(self, order: Order, account: Account, script: Path, output: int) -> None:
        """In the child: everything an agent sets, then the script. Never returns."""
        try:
            os.setsid()
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            os.umask(0o022)
            os.chdir(order.working_dir)
            if self._isolated:
                resource.setrlimit(resource.RLIMIT_NPROC, (_MOST_PROCESSES, _MOST_PROCESSES))
                _take_identity(account)
            environment = {"HOME": account.home, "USER": account.name, "LOGNAME": account.name, **order.environment}
            os.execve(  # noqa: S606  (the script decides on its shell)
                _shell(), ["sh", "-c", str(script)], environment
            )
        except OSError as error:
            os.write(2, f"{error}\n".encode())
        finally:
            os._exit(127)


def _take_identity(account: Account) -> None:
    if account.uid != 0:
        os.setgroups([account.gid])
        os.setresgid(account.gid, account.gid, account.gid)
        os.setresuid(account.uid, account.uid, account.uid)


def _shell() -> str:
    """`/bin/sh` is bash on Alibaba Cloud Linux."""
    for candidate in ("/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"):
        if os.access(candidate, os.X_OK):
            return candidate
    return "/bin/sh"
