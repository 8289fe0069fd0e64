"""Waiting with a limit: look, decide, wait a little longer each time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from deployer.clock import Clock
from deployer.errors.cloud import WaitedTooLong

Seen = TypeVar("Seen")

FIRST_WAIT_SECONDS = 0.2
SHORTEST_PAUSE_SECONDS = 0.001
GROWTH = 1.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What is waited for and how long at most; `longest_pause_seconds` bounds the time between two looks."""

    what: str
    timeout_seconds: float
    longest_pause_seconds: float = 5.0


def wait_until(
    probe: Callable[[], Seen],
    done: Callable[[Seen], bool],
    wait: Wait,
    *,
    status: Callable[[Seen], str],
    clock: Clock,
    on_change: Callable[[str, float], None] = lambda _status, _elapsed: None,
) -> Seen:
    """What `probe` gave when `done` first said yes. Looks again after 0.2 s, then ever more seldom.

    `on_change` is told each new status with the seconds gone by.
    Errors: WaitedTooLong; whatever `probe` raises.
    """
    started = clock.monotonic()
    pause = FIRST_WAIT_SECONDS
    last_status: str | None = None
    while True:
        seen = probe()
        elapsed = clock.monotonic() - started
        now = status(seen)
        if now != last_status:
            on_change(now, elapsed)
            last_status = now
        if done(seen):
            return seen
        left = wait.timeout_seconds - elapsed
        if left < SHORTEST_PAUSE_SECONDS:  # a clock need not move on by less
            raise WaitedTooLong(wait.what, now, wait.timeout_seconds)
        clock.sleep(min(pause, left))
        pause = min(pause * GROWTH, wait.longest_pause_seconds)
