"""The announced list of steps of a command, and the events that tell how far it got."""

from collections.abc import Iterator
from contextlib import contextmanager

from deployer.clock import Clock
from deployer.events import Emit, StepFinished, StepStarted

DEPLOY_STEPS = (
    ("analyze", "Read the project"),
    ("configure", "Resolve the configuration"),
    ("package", "Package the project"),
    ("check", "Check credentials and identity"),
    ("plan", "Observe, price and plan"),
    ("upload", "Upload to OSS"),
    ("provision", "Prepare network and instance"),
    ("release", "Release on the instance"),
    ("verify", "Verify that it runs"),
)

PLAN_STEPS = tuple(step for step in DEPLOY_STEPS if step[0] in {"analyze", "configure", "package", "plan"})


class StepProgress:
    """Tells events as the steps of one command begin and end, in the announced order."""

    def __init__(self, steps: tuple[tuple[str, str], ...], emit: Emit, clock: Clock) -> None:
        self._order = {step_id: (number, title) for number, (step_id, title) in enumerate(steps, 1)}
        self._emit = emit
        self._clock = clock
        self.done: dict[str, str] = {}

    @contextmanager
    def step(self, step_id: str) -> Iterator["StepOutcome"]:
        """One step: started before the block, finished after it, failed when it raises."""
        number, title = self._order[step_id]
        total = len(self._order)
        started = self._clock.monotonic()
        self._emit(StepStarted(step=number, total=total, id=step_id, message=title))
        outcome = StepOutcome()
        try:
            yield outcome
        except BaseException:
            outcome.say("failed", "")
            raise
        finally:
            self.done[step_id] = outcome.outcome
            self._emit(
                StepFinished(
                    step=number,
                    total=total,
                    id=step_id,
                    outcome=outcome.outcome,
                    message=outcome.message,
                    elapsed_seconds=round(self._clock.monotonic() - started, 3),
                )
            )

    def skip(self, step_id: str, outcome: str, message: str) -> None:
        """A step that has nothing to do."""
        with self.step(step_id) as told:
            told.say(outcome, message)


class StepOutcome:
    """How a step ended: `done` unless it says otherwise."""

    def __init__(self) -> None:
        self.outcome = "done"
        self.message = ""

    def say(self, outcome: str, message: str) -> None:
        self.outcome = outcome
        self.message = message

    def tell(self, message: str) -> None:
        """What came of a step that was done."""
        self.message = message
