"""The time of a mocked cloud as a test sees it."""

from datetime import datetime

from deployer.emulator.core import Emulator


class CloudClock:
    """The cloud's clock. Waiting on it takes no time unless the clock is real."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def now(self) -> datetime:
        """The cloud's time of day, aware and in UTC."""
        return self._emulator.context.clock.now()

    def monotonic(self) -> float:
        """Seconds since some start; they never go backwards."""
        return self._emulator.context.clock.monotonic()

    def advance(self, seconds: float) -> None:
        """Let time pass; whatever is due happens on the way, in order. Errors: TypeError with a real clock."""
        self._emulator.advance(seconds)

    def sleep(self, seconds: float) -> None:
        """What code that takes a clock calls: the same as `advance`."""
        self.advance(seconds)
