"""Answers that are right and do not arrive as they should: broken off in the middle, reset, or slow."""

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from deployer.clock import Clock
from deployer.emulator.actions import Body
from deployer.emulator.faults import DroppedConnection, Fault
from deployer.emulator.http import HttpRequest, HttpResponse

_BREAKS = frozenset({"cut_answer", "reset_after"})
_PIECES_A_SECOND = 10


class BrokenAnswer(Exception):
    """The work was done and `body` is the answer; what becomes of it on its way stands in `fault`."""

    def __init__(self, fault: Fault, body: Body) -> None:
        super().__init__(f"the answer was struck by {fault.kind}")
        self.fault = fault
        self.body = body


def is_broken(fault: Fault | None) -> bool:
    """True when the fault strikes the answer itself on its way."""
    return fault is not None and (fault.kind in _BREAKS or fault.kind == "slow")


def break_answer(response: HttpResponse, fault: Fault | None, clock: Clock) -> HttpResponse:
    """The answer as it arrives. Errors: DroppedConnection when nothing of it does."""
    if fault is None or not is_broken(fault):
        return response
    body = response.body
    length = len(body) if isinstance(body, bytes) else response.content_length
    pieces = iter([body]) if isinstance(body, bytes) else iter(body)
    if fault.kind == "slow":
        response.body = _slowly(pieces, fault.bytes_per_second, clock)
    elif not length:
        raise DroppedConnection(after_seconds=fault.seconds, reset=fault.kind == "reset_after")
    else:
        response.body = _broken_off(pieces, length // 2, fault)
    response.content_length = length
    return response


def slow_down(request: HttpRequest, fault: Fault | None, clock: Clock) -> None:
    """Let the request's body arrive as slowly as the fault says."""
    if fault is not None and fault.kind == "slow":
        slow = _SlowBody(request.body, fault.bytes_per_second, clock)
        request.body = cast("BinaryIO", io.BufferedReader(slow, slow.piece_bytes))


def _broken_off(pieces: Iterator[bytes], kept_bytes: int, fault: Fault) -> Iterator[bytes]:
    for piece in pieces:
        if len(piece) >= kept_bytes:
            yield piece[:kept_bytes]
            break
        kept_bytes -= len(piece)
        yield piece
    raise DroppedConnection(after_seconds=fault.seconds, reset=fault.kind == "reset_after")


def _slowly(pieces: Iterator[bytes], bytes_per_second: float, clock: Clock) -> Iterator[bytes]:
    piece_bytes = _piece_bytes(bytes_per_second)
    for piece in pieces:
        for start in range(0, len(piece), piece_bytes):
            part = piece[start : start + piece_bytes]
            clock.sleep(len(part) / bytes_per_second)
            yield part


def _piece_bytes(bytes_per_second: float) -> int:
    return max(1, int(bytes_per_second / _PIECES_A_SECOND))


class _SlowBody(io.RawIOBase):
    """A body that comes in small pieces, with a pause before each."""

    def __init__(self, source: BinaryIO, bytes_per_second: float, clock: Clock) -> None:
        self._source = source
        self._bytes_per_second = bytes_per_second
        self._clock = clock
        self.piece_bytes = _piece_bytes(bytes_per_second)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is 3.12
        piece = self._source.read(min(len(buffer), self.piece_bytes))
        self._clock.sleep(len(piece) / self._bytes_per_second)
        buffer[: len(piece)] = piece
        return len(piece)
