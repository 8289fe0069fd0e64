"""Booted machines for tests: run a script to its end, wait for something, clean up."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from deployer.emulator.machines.base import CommandSpec, CommandState, Machine, MachineSpec, RunningCommand


def wait_until(happens: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Return as soon as it happens; an assertion fails when it never does."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def finish(command: RunningCommand) -> CommandState:
    wait_until(lambda: not command.state().running, seconds=60.0)
    return command.state()


@dataclass
class Trial:
    """A machine and the driver it came from."""

    machine: Machine
    driver: object
    specs: list[MachineSpec] = field(default_factory=list)

    def start(self, script: str, **settings) -> RunningCommand:
        return self.machine.start_command(
            CommandSpec(command_id="t-test", content=script.encode(), **{"timeout_seconds": 60.0, **settings})
        )

    def run(self, script: str, **settings) -> CommandState:
        return finish(self.start(script, **settings))

    def text(self, script: str) -> str:
        state = self.run(script)
        assert state.exit_code == 0, state.output.decode(errors="replace")
        return state.output.decode()
