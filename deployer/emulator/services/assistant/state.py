"""Which commands, invocations and sent files there are, in all regions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.machines.base import RunningCommand
from deployer.emulator.services.assistant.statuses import FINAL, InvocationStatus, record_status


@dataclass(slots=True, kw_only=True, eq=False)
class Command:
    """A script with a name. One made by RunCommand is listed only when it is kept."""

    command_id: str
    region_id: str
    name: str
    description: str
    command_type: str
    content: bytes
    enable_parameter: bool
    parameter_names: tuple[str, ...]
    timeout_seconds: int
    working_dir: str
    created_at: datetime
    kept: bool
    tags: dict[str, str] = field(default_factory=dict)
    resource_group_id: str = ""
    invoke_times: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Record:
    """What came of an invocation on one instance."""

    instance_id: str
    created_at: datetime
    status: InvocationStatus = InvocationStatus.PENDING
    error_code: str = ""
    error_info: str = ""
    exit_code: int | None = None
    output: bytes = b""
    dropped: int = 0
    repeats: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stopped_at: datetime | None = None
    updated_at: datetime | None = None
    deadline: float = 0.0  # monotonic
    stopping_until: float = 0.0  # monotonic
    running: RunningCommand | None = None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def record_status(self) -> str:
        """InvokeRecordStatus."""
        exited = self.status in {InvocationStatus.SUCCESS, InvocationStatus.FAILED} and self.exit_code is not None
        return record_status(self.status, exited=exited)


@dataclass(slots=True, kw_only=True, eq=False)
class Invocation:
    """One run of a command on some instances."""

    invoke_id: str
    region_id: str
    command: Command
    parameters: Mapping[str, Any]
    principal: Principal
    timeout_seconds: int
    username: str
    working_dir: str
    termination_mode: str
    repeat_mode: str
    created_at: datetime
    records: dict[str, Record]
    tags: dict[str, str] = field(default_factory=dict)
    resource_group_id: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class SentFile:
    """A file on its way to some instances; `invocation` carries it there."""

    invocation: Invocation
    name: str
    target_dir: str
    content: str  # as it was sent
    content_type: str
    description: str
    file_mode: str
    file_owner: str
    file_group: str
    overwrite: bool


class AssistantState:
    """Commands and invocations by id. The cloud forgets results after 30 days; here they stay."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.invocations: dict[str, Invocation] = {}
        self.sent_files: dict[str, SentFile] = {}

    def get_command(self, command_id: str, region_id: str) -> Command:
        """A kept command. Errors: 404 InvalidCmdId.NotFound."""
        command = self.commands.get(command_id)
        if command is None or command.region_id != region_id or not command.kept:
            raise ApiError(404, "InvalidCmdId.NotFound", "The specified command ID does not exist.")
        return command

    def get_invocation(self, invoke_id: str, region_id: str) -> Invocation:
        """Errors: 404 InvalidInvokeId.NotFound."""
        invocation = self.invocations.get(invoke_id)
        if invocation is None or invocation.region_id != region_id:
            raise ApiError(404, "InvalidInvokeId.NotFound", "The specified invoke ID does not exist.")
        return invocation

    def list_commands(self, region_id: str) -> list[Command]:
        """Kept ones, newest first."""
        return [found for found in self.commands.values() if found.region_id == region_id and found.kept][::-1]

    def list_invocations(self, region_id: str) -> list[Invocation]:
        """Newest first."""
        return [found for found in self.invocations.values() if found.region_id == region_id][::-1]

    def records_of(self, instance_id: str) -> list[tuple[Invocation, Record]]:
        """Everything that was or is to be run on one instance."""
        return [
            (invocation, invocation.records[instance_id])
            for invocation in self.invocations.values()
            if instance_id in invocation.records
        ]
