"""The agents on the instances: whether they answer, and what becomes of a command where something is wrong."""

from dataclasses import dataclass

from deployer.emulator.faults import Faults
from deployer.emulator.machines.base import CommandSpec, CommandState, FillsItsDisk, Machine, RunningCommand
from deployer.emulator.services.ecs.instances import Instance

_DISK_FULL = b"/root: cannot write: No space left on device\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCommand:
    """A command that failed before any of it ran."""

    output: bytes

    def state(self) -> CommandState:
        return CommandState(running=False, exit_code=1, timed_out=False, output=self.output)

    def stop(self, *, process_tree: bool) -> None:
        """It has ended already."""


class Agents:
    """What a command meets on its instance, the armed faults of machines included."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._filled: set[str] = set()

    def is_silent(self, instance_id: str) -> bool:
        """True while nothing is heard from the instance."""
        return self._faults.holds("agent_offline", instance_id)

    def answers(self, instance: Instance) -> bool:
        """True when a command would be taken."""
        return instance.agent_ready and not self.is_silent(instance.instance_id)

    def start(self, instance: Instance, machine: Machine, command: CommandSpec) -> RunningCommand:
        """The command, started. Errors: MachineError, OSError."""
        if self._faults.take_command(instance.instance_id):
            return EndedCommand(output=b"")
        if self._disk_is_full(instance.instance_id, machine):
            return EndedCommand(output=_DISK_FULL)
        return machine.start_command(command)

    def _disk_is_full(self, instance_id: str, machine: Machine) -> bool:
        """True when it should be full, and the machine cannot be made to find out by itself."""
        if not self._faults.holds("disk_full", instance_id):
            if instance_id in self._filled and isinstance(machine, FillsItsDisk):
                machine.free_disk()
            self._filled.discard(instance_id)
            return False
        if not isinstance(machine, FillsItsDisk) or not machine.fill_disk():
            return True
        self._filled.add(instance_id)
        return False
