"""Follows one `aliyun appmanager app deploy` through the phases our steps know, as it streams."""

from collections.abc import Callable, Iterator
from enum import IntEnum

from deployer.backends.appmanager.child import Child
from deployer.backends.appmanager.stream import CliFailure, CliResult, CliStep, read_line
from deployer.clock import Clock
from deployer.config.exposure import mask_secrets
from deployer.events import Emit, WaitProgressed


class Phase(IntEnum):
    """Where in a deploy the CLI is."""

    PREPARE = 0
    UPLOAD = 1
    PROVISION = 2
    RELEASE = 3


_UPLOAD_WORDS = ("upload", "上传")
_RELEASE_WORDS = ("deploying", "releas", "waiting for deploy", "waiting for the deploy", "正在部署", "发布")


def phase_of(message: str, before: Phase) -> Phase:
    """The phase a step belongs to; phases only go on.

    Only how the story is divided depends on these words: a step that is not understood belongs to what goes on.
    """
    lowered = message.lower()
    if any(word in lowered for word in _UPLOAD_WORDS):
        return max(before, Phase.UPLOAD)
    if before >= Phase.UPLOAD:
        return Phase.RELEASE if any(word in lowered for word in _RELEASE_WORDS) else max(before, Phase.PROVISION)
    return before


class Following:
    """The CLI at work. `outcome` and `printed` are complete once `follow` came to the end."""

    def __init__(self, child: Child, what: str, timeout_seconds: float, clock: Clock, emit: Emit) -> None:
        self.child = child
        self.outcome: CliResult | CliFailure | None = None
        self.printed = ""  # the last line that was none of the CLI's own
        self.phase = Phase.PREPARE
        self._tell = _teller(what, timeout_seconds, clock, emit)
        self._steps = self._read()
        self._ahead: CliStep | None = None
        self._is_over = False

    @property
    def is_over(self) -> bool:
        return self._is_over

    def follow(self, last: Phase) -> None:
        """Tell its steps until one begins that belongs to a later phase than `last`, or until it ends."""
        while not self._is_over:
            if self._ahead is not None:
                upcoming = phase_of(self._ahead.message, self.phase)
                if upcoming > last:
                    return
                self.phase = upcoming
                self._tell(self._ahead)
            self._ahead = next(self._steps, None)
            self._is_over = self._ahead is None

    def _read(self) -> Iterator[CliStep]:
        """Its steps; results and errors are kept, an error for good: one that a result follows stays an error."""
        for line in self.child.lines():
            found = read_line(line)
            if isinstance(found, CliStep):
                yield found
            elif found is None:
                self.printed = line.strip() or self.printed
            elif not isinstance(self.outcome, CliFailure):
                self.outcome = found


def _teller(what: str, timeout_seconds: float, clock: Clock, emit: Emit) -> Callable[[CliStep], None]:
    began = clock.monotonic()

    def tell(step: CliStep) -> None:
        emit(
            WaitProgressed(
                what=what,
                status=f"{step.number}/{step.total} {mask_secrets(step.message)}",
                elapsed_seconds=round(clock.monotonic() - began, 3),
                timeout_seconds=timeout_seconds,
            )
        )

    return tell
