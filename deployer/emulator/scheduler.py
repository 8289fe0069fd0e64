"""What is to happen later: state machines ask to be moved on, and whoever owns the clock lets the due ones run.

Nothing here starts a thread. The server calls `run_due` between requests; the in-process emulator calls it in each
request, so with a virtual clock an hour of waiting takes no time.
"""

import heapq
import itertools
from collections.abc import Callable

from deployer.clock import Clock


class Scheduler:
    """Callbacks ordered by the moment they are due, first come first served within one moment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sequence = itertools.count()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []

    def after(self, seconds: float, callback: Callable[[], None]) -> None:
        """Let `callback` run once that many seconds have passed."""
        heapq.heappush(self._heap, (self._clock.monotonic() + seconds, next(self._sequence), callback))

    def run_due(self) -> None:
        """Run everything that is due by now, in order, what becomes due meanwhile included."""
        while self._heap and self._heap[0][0] <= self._clock.monotonic():
            heapq.heappop(self._heap)[2]()

    @property
    def next_due_in_seconds(self) -> float | None:
        """Seconds until the next callback is due, 0 when it is late, None when nothing waits."""
        return max(0.0, self._heap[0][0] - self._clock.monotonic()) if self._heap else None
