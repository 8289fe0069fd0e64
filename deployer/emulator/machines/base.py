"""What the emulator asks of a machine, whatever it is made of.

A driver boots machines; a machine runs commands as Cloud Assistant's agent would, and lets a connection in to a port
something inside listens on. Nothing here knows an API.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


class MachineError(Exception):
    """The machine cannot do what was asked; `code` is a Cloud Assistant ErrorCode where one fits."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """What to boot. The same `instance_id` boots again with the disk it had, until it is destroyed."""

    instance_id: str
    hostname: str
    private_ip: str
    os_name: str = "Alibaba Cloud Linux  3.2104 LTS 64 bit"
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """One command as the agent gets it: a script file, run by `sh -c <file>` so that its `#!` line decides."""

    command_id: str
    content: bytes
    working_dir: str = "/root"
    username: str = "root"
    timeout_seconds: float = 60.0
    kill_process_tree: bool = False  # TerminationMode=ProcessTree


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandState:
    """How far a command got. `exit_code` is None while it runs and after it was stopped or timed out."""

    running: bool
    exit_code: int | None
    timed_out: bool
    output: bytes  # stdout and stderr mixed, everything so far but what was dropped from the middle
    dropped_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A TCP socket that listens inside the machine."""

    address: str  # "0.0.0.0", "127.0.0.1", "::", "::1" …
    port: int


class RunningCommand(Protocol):
    """A command that was started; it goes on whether or not anybody looks."""

    def state(self) -> CommandState: ...

    def stop(self, *, process_tree: bool) -> None:
        """End it as StopInvocation does; what it printed so far stays."""
        ...


class Machine(Protocol):
    """A booted instance."""

    @property
    def alive(self) -> bool:
        """False once it powered itself off or was ended from outside."""
        ...

    @property
    def idle_seconds(self) -> float:
        """How long ago it was last told to do something, or asked how that goes; 0 where looking at it costs nothing."""
        ...

    def start_command(self, spec: CommandSpec) -> RunningCommand:
        """Start a command. Errors: MachineError with `AccountNotExists` or `DirectoryNotExists`."""
        ...

    def listeners(self) -> tuple[Listener, ...]:
        """The TCP sockets that listen inside, right now."""
        ...

    def connect(self, port: int) -> socket.socket:
        """A connected stream to that port inside. Errors: ConnectionRefusedError, OSError."""
        ...

    def power_off(self) -> None:
        """End every process; the disk stays for the next boot."""
        ...


@runtime_checkable
class FillsItsDisk(Protocol):
    """A machine whose disk can be made full, for a while."""

    def fill_disk(self) -> bool:
        """Nothing can be written inside from now on; False when this one cannot do it after all."""
        ...

    def free_disk(self) -> None:
        """The disk is as it was before."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverInfo:
    """Which driver runs the machines, and in one line what it cannot do here (None when it does everything)."""

    name: str  # "namespaces", "process", "scripted"
    notice: str | None = None
    host_network: bool = False  # what listens inside listens on the host itself


class MachineDriver(Protocol):
    """Boots machines and forgets them."""

    @property
    def info(self) -> DriverInfo: ...

    def boot(self, spec: MachineSpec) -> Machine: ...

    def destroy(self, instance_id: str) -> None:
        """Power off if needed and remove the disk; nothing of the machine is left."""
        ...

    def close(self) -> None:
        """Destroy every machine."""
        ...
