"""What a running task asks of whoever drives it, and the driver: no threads, just generators resumed when it is time."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

After = Callable[[float, Callable[[], None]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Resume me after that many seconds."""

    seconds: float


class Signal:
    """Something others wait for. It remembers nothing: whoever waits looks again at what it waited for."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def listen(self, callback: Callable[[], None]) -> None:
        """Call once, at the next `fire`."""
        self._waiting.append(callback)

    def fire(self) -> None:
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """Resume me when the signal fires."""

    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Spawn:
    """Run these steps beside me; the `Process` is sent back at once."""

    steps: "Steps"


Effect = Wait | Suspend | Spawn
Steps = Generator[Effect, Any, None]


class Process:
    """One generator being driven. `after(seconds, callback)` is how its driver lets time pass."""

    def __init__(self, steps: Steps, after: After) -> None:
        self._steps = steps
        self._after = after
        self._ticket = 0
        self._is_running = False
        self._is_stopped = False
        self.is_finished = False

    def start(self) -> "Process":
        """Run until it waits for the first time."""
        self._resume(self._ticket)
        return self

    def stop(self) -> None:
        """End it where it stands; its `finally` blocks run. A process may stop itself: it ends at its next wait."""
        self._is_stopped = True
        if not self._is_running and not self.is_finished:
            self.is_finished = True
            self._steps.close()

    def _resume(self, ticket: int) -> None:
        if ticket != self._ticket or self.is_finished or self._is_running:
            return
        self._ticket += 1
        self._is_running = True
        try:
            effect = self._steps.send(None)
            while isinstance(effect, Spawn) and not self._is_stopped:
                effect = self._steps.send(Process(effect.steps, self._after).start())
        except StopIteration:
            self.is_finished = True
            return
        except BaseException:
            self.is_finished = True
            raise
        finally:
            self._is_running = False
        if self._is_stopped:
            self.stop()
            return
        self._arrange(effect)

    def _arrange(self, effect: Effect) -> None:
        ticket = self._ticket
        if isinstance(effect, Wait):
            self._after(max(0.0, effect.seconds), lambda: self._resume(ticket))
        elif isinstance(effect, Suspend):
            effect.signal.listen(lambda: self._resume(ticket))


def drive(steps: Steps, after: After) -> Process:
    """Start the steps and keep them going by `after`."""
    return Process(steps, after).start()
