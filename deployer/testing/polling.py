"""A client that asks the same thing again is waiting: for it, virtual time moves on to the next thing that happens."""

from deployer.emulator.core import Emulator
from deployer.emulator.recorder import RecordedCall

_LONGEST_HOP_SECONDS = 60.0
_THROTTLED_HOP_SECONDS = 20.0
_LOOKS = ("Describe", "List", "Get", "Query", "Head", "Check")


class Polling:
    """Lets time pass after each look that was made before and not since anything was changed."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._seen: set[tuple[str, str, frozenset[tuple[str, str]]]] = set()

    def after_call(self) -> None:
        """Take note of the newest call, and let time pass when it was a repeated look."""
        call = self._emulator.recorder.last
        if call is None:
            return
        is_refused = call.code.startswith("Throttling")
        if not is_refused and not call.action.startswith(_LOOKS):
            self._seen.clear()
            return
        if self._is_new(call):
            return
        due_in_seconds = self._emulator.tick()
        if due_in_seconds is not None:
            self._emulator.advance(min(due_in_seconds, _LONGEST_HOP_SECONDS))
        elif is_refused:
            self._emulator.advance(_THROTTLED_HOP_SECONDS)

    def _is_new(self, call: RecordedCall) -> bool:
        look = (call.product, call.action, frozenset(call.params.items()))
        if look in self._seen:
            return False
        self._seen.add(look)
        return True
