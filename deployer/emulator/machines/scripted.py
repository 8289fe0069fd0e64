"""A driver without processes: each command is answered by a Python function, at once. For tests of everything else."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from deployer.emulator.machines.base import CommandSpec, CommandState, DriverInfo, Listener, MachineSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedAnswer:
    """How a command ends. `running` keeps it running until it is stopped."""

    exit_code: int = 0
    output: bytes = b""
    timed_out: bool = False
    running: bool = False


Answer = Callable[[MachineSpec, CommandSpec], ScriptedAnswer]


def exits_zero(_machine: MachineSpec, _command: CommandSpec) -> ScriptedAnswer:
    """The default answer: success, nothing printed."""
    return ScriptedAnswer()


@dataclass(slots=True)
class ScriptedCommand:
    """A command whose end is known from the start."""

    answer: ScriptedAnswer
    stopped: bool = False

    def state(self) -> CommandState:
        running = self.answer.running and not self.stopped
        ended = not (running or self.stopped or self.answer.timed_out)
        return CommandState(
            running=running,
            exit_code=self.answer.exit_code if ended else None,
            timed_out=self.answer.timed_out,
            output=self.answer.output,
        )

    def stop(self, *, process_tree: bool) -> None:  # noqa: ARG002  (there are no processes)
        self.stopped = True


@dataclass(slots=True)
class ScriptedMachine:
    """A machine that remembers its commands. `ports` maps a port that listens inside to a real one on 127.0.0.1."""

    spec: MachineSpec
    answer: Answer
    alive: bool = True
    commands: list[CommandSpec] = field(default_factory=list)
    ports: dict[int, int] = field(default_factory=dict)

    @property
    def idle_seconds(self) -> float:
        return 0.0

    def start_command(self, spec: CommandSpec) -> ScriptedCommand:
        self.commands.append(spec)
        return ScriptedCommand(self.answer(self.spec, spec))

    def listeners(self) -> tuple[Listener, ...]:
        return tuple(Listener(address="0.0.0.0", port=port) for port in self.ports)  # noqa: S104  (a fact about the inside)

    def connect(self, port: int) -> socket.socket:
        if port not in self.ports:
            raise ConnectionRefusedError(f"nothing listens on port {port} of {self.spec.instance_id}")
        return socket.create_connection(("127.0.0.1", self.ports[port]), timeout=5)

    def power_off(self) -> None:
        self.alive = False


class ScriptedDriver:
    """Boots machines that only pretend. `machines` are those not destroyed, by instance id; `booted` all specs ever."""

    def __init__(self, answer: Answer = exits_zero) -> None:
        self.answer = answer
        self.machines: dict[str, ScriptedMachine] = {}
        self.booted: list[MachineSpec] = []

    @property
    def info(self) -> DriverInfo:
        return DriverInfo(name="scripted", notice="commands are answered by a function; nothing is run")

    @property
    def commands(self) -> Mapping[str, tuple[CommandSpec, ...]]:
        """The commands each machine was given, by instance id."""
        return {instance_id: tuple(machine.commands) for instance_id, machine in self.machines.items()}

    def boot(self, spec: MachineSpec) -> ScriptedMachine:
        self.booted.append(spec)
        machine = ScriptedMachine(spec=spec, answer=self.answer)
        self.machines[spec.instance_id] = machine
        return machine

    def destroy(self, instance_id: str) -> None:
        machine = self.machines.pop(instance_id, None)
        if machine is not None:
            machine.power_off()

    def close(self) -> None:
        for instance_id in list(self.machines):
            self.destroy(instance_id)
