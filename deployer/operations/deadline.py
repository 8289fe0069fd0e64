"""A clock whose waits end in time: every wait of a run goes through it, so one limit bounds them all."""

from datetime import datetime

from deployer.clock import Clock
from deployer.errors.cloud import WaitedTooLong


class LimitedClock:
    """The given clock until `timeout_seconds` have passed; from then on nobody may wait any more."""

    def __init__(self, clock: Clock, timeout_seconds: float) -> None:
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._ends_at = clock.monotonic() + timeout_seconds

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Errors: WaitedTooLong when the run's time is over."""
        left = self._ends_at - self._clock.monotonic()
        if left <= 0:
            raise WaitedTooLong("the whole run", "not done", self._timeout_seconds)
        self._clock.sleep(min(seconds, left))
