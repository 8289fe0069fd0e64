"""What a run has come to, from its events alone; `live` draws it."""

from dataclasses import dataclass, field

from deployer.events import (
    ArtifactUploaded,
    CheckFinished,
    Event,
    ExecutionProgressed,
    InvocationFinished,
    ResourceChanged,
    RunStarted,
    StepFinished,
    StepStarted,
    UploadProgressed,
    WaitProgressed,
    WarningRaised,
)
from deployer.ui.printable import printable

KILOBYTE = 1_000
MEGABYTE = 1_000_000


@dataclass(slots=True)
class StepView:
    """A line of the step list. `outcome` is None while the step runs or waits for its turn."""

    id: str
    title: str
    started_at: float | None = None
    outcome: str | None = None
    message: str = ""
    elapsed_seconds: float = 0.0


@dataclass(slots=True)
class Progress:
    """The step list and what the current step is busy with."""

    steps: list[StepView] = field(default_factory=list)
    detail: str = ""

    def apply(self, event: Event, now: float) -> None:
        """Take one event in; `now` is the clock's monotonic time."""
        match event:
            case RunStarted():
                self.steps = [StepView(id=step_id, title=title) for step_id, title in event.steps]
            case StepStarted():
                view = self._view(event.id, event.message)
                view.started_at = now
                self.detail = ""
            case StepFinished():
                view = self._view(event.id, event.message)
                view.outcome = event.outcome
                view.message = event.message
                view.elapsed_seconds = event.elapsed_seconds
                self.detail = ""
            case _:
                self.detail = detail_of(event) or self.detail

    @property
    def current(self) -> StepView | None:
        """The step that runs now."""
        return next((step for step in self.steps if step.started_at is not None and step.outcome is None), None)

    def _view(self, step_id: str, title: str) -> StepView:
        found = next((step for step in self.steps if step.id == step_id), None)
        if found is None:
            found = StepView(id=step_id, title=title)
            self.steps.append(found)
        return found


def detail_of(event: Event) -> str:
    """What an event says of the current step in a few words, "" when it says nothing of it."""
    match event:
        case WaitProgressed():
            words = f"{event.what}: {event.status}, at most {event.timeout_seconds:.0f} s"
        case UploadProgressed():
            unit, name, digits = (MEGABYTE, "MB", 1) if event.total_bytes >= MEGABYTE else (KILOBYTE, "kB", 0)
            words = f"{event.sent_bytes / unit:.{digits}f} of {event.total_bytes / unit:.{digits}f} {name}"
        case ArtifactUploaded():
            words = f"{event.object_name}{'' if event.uploaded_bytes else ' (was there already)'}"
        case ExecutionProgressed():
            words = f"{event.execution_id}: {event.status}"
        case InvocationFinished():
            words = f"{event.instance_id}: {event.status}"
        case ResourceChanged():
            words = f"{event.kind} {event.id} {event.change}{f' ({event.detail})' if event.detail else ''}"
        case CheckFinished():
            state = {True: "ok", False: "failed", None: "cannot tell"}[event.ok]
            words = f"{event.name}: {state}{f', {event.detail}' if event.detail else ''}"
        case WarningRaised():
            words = event.message
        case _:
            words = ""
    return printable(words, one_line=True, limit=300)
