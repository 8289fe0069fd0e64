"""Every event a run can send, and `Emit`. Events inform; nothing is steered by them.

Names are `noun.past_participle`. Fields are ids, numbers and text: no SDK objects, no secrets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened."""

    type: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A command began. `steps` is the whole fixed list, announced before anything is done."""

    type: ClassVar[str] = "run.started"
    command: str
    session_id: str
    steps: tuple[tuple[str, str], ...]  # (id, title)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted(Event):
    """A step of the announced list began."""

    type: ClassVar[str] = "step.started"
    step: int  # 1-based
    total: int
    id: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished(Event):
    """A step ended; `outcome` is done, unchanged, skipped or failed."""

    type: ClassVar[str] = "step.finished"
    step: int
    total: int
    id: str
    outcome: str
    message: str
    elapsed_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFetched(Event):
    """The project's git repository was fetched: the one commit that is meant. `address` holds no password."""

    type: ClassVar[str] = "source.fetched"
    address: str
    commit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisFinished(Event):
    """The project was understood."""

    type: ClassVar[str] = "analysis.finished"
    language: str | None
    framework: str | None
    start_command: str | None
    port: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigResolved(Event):
    """The configuration is complete."""

    type: ClassVar[str] = "config.resolved"
    application_name: str
    application_group_name: str
    deploy_region_id: str
    origins: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageBuilt(Event):
    """The archive exists."""

    type: ClassVar[str] = "package.built"
    sha256: str
    size_bytes: int
    file_count: int
    left_out: tuple[tuple[str, str], ...]  # (path, reason)
    carried_count: int = 0  # packages that the archive brings along
    carried_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsResolved(Event):
    """The instances the release goes to run and answer."""

    type: ClassVar[str] = "targets.resolved"
    instance_ids: tuple[str, ...]
    created: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade(Event):
    """The plan is complete; `steps` are sentences."""

    type: ClassVar[str] = "plan.made"
    plan_id: str
    steps: tuple[str, ...]
    hourly_total: str
    monthly_total: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmRequired(Event):
    """Consent is needed; the deploy goes on only when every item was agreed to."""

    type: ClassVar[str] = "confirm.required"
    plan_id: str
    items: tuple[dict[str, str], ...]  # kind, title, text, question


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceChanged(Event):
    """Something in the cloud was created, reused, changed or removed."""

    type: ClassVar[str] = "resource.changed"
    kind: str  # "vpc", "vswitch", "security group", "instance", "bucket", "object", "application", …
    id: str
    change: str  # "created", "reused", "changed", "removed"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitProgressed(Event):
    """Something is being waited for; sent each time what is seen changes."""

    type: ClassVar[str] = "wait.progressed"
    what: str
    status: str
    elapsed_seconds: float
    timeout_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadProgressed(Event):
    """Bytes reached OSS."""

    type: ClassVar[str] = "upload.progressed"
    sent_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactUploaded(Event):
    """The archive is in OSS; `uploaded_bytes` is 0 when it was there already."""

    type: ClassVar[str] = "artifact.uploaded"
    bucket_name: str
    object_name: str
    uploaded_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionProgressed(Event):
    """An OOS execution was looked at. Source: OOS help, "Status transition diagram"."""

    type: ClassVar[str] = "execution.progressed"
    execution_id: str
    status: str  # Started, Queued, Running, Waiting, Success, Failed, Cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationFinished(Event):
    """A Cloud Assistant command ended on one instance."""

    type: ClassVar[str] = "invocation.finished"
    invoke_id: str
    instance_id: str
    status: str
    exit_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinished(Event):
    """Something was checked, on this machine, in the account, or on an instance. `ok` None: could not be told."""

    type: ClassVar[str] = "check.finished"
    name: str
    ok: bool | None
    detail: str
    instance_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRaised(Event):
    """Something a person should know; the run goes on."""

    type: ClassVar[str] = "warning.raised"
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """The last event, always sent."""

    type: ClassVar[str] = "run.finished"
    command: str
    exit_code: int
    elapsed_seconds: float
    error: dict[str, Any] | None = None


Emit: TypeAlias = Callable[[Event], None]


def ignore_events(_event: Event) -> None:
    """An `Emit` that drops everything."""
