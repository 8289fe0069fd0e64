"""Bytes from one socket to another and back, for any number of pairs, in one thread."""

import contextlib
import selectors
import socket
import threading
from collections import deque
from dataclasses import dataclass, field

_CHUNK = 65536
_MOST_WAITING = 262144  # bytes taken from one side that the other did not take yet


@dataclass(slots=True, kw_only=True, eq=False)
class _End:
    """One socket of a pair, and what still has to be written to it."""

    connection: socket.socket
    owner: object
    waiting: bytearray = field(default_factory=bytearray)
    has_ended: bool = False  # it sends nothing any more
    was_told: bool = False  # that the other one has ended
    other: "_End | None" = None

    def interest(self) -> int:
        """What to wait for. Nothing is read that the other side cannot take."""
        assert self.other is not None
        reading = not self.has_ended and len(self.other.waiting) < _MOST_WAITING
        return (selectors.EVENT_READ if reading else 0) | (selectors.EVENT_WRITE if self.waiting else 0)


class Relay:
    """Forwards until both directions of a pair are at their end, or one side fails; then closes both."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._selector = selectors.DefaultSelector()
        self._waker, self._wake = socket.socketpair()
        self._waker.setblocking(False)
        self._selector.register(self._waker, selectors.EVENT_READ, None)
        self._ends: set[int] = set()
        self._pairs: list[_End] = []
        self._new: deque[_End] = deque()
        self._unwanted: deque[object] = deque()
        self._closed = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, first: socket.socket, second: socket.socket, owner: object) -> None:
        """Forward between the two, which are this relay's from now on."""
        one, two = _End(connection=first, owner=owner), _End(connection=second, owner=owner)
        one.other, two.other = two, one
        with self._lock:
            self._new.append(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self._wake.send(b"\0")

    def end(self, owner: object) -> None:
        """Cut every pair of that owner."""
        self._unwanted.append(owner)
        self._wake.send(b"\0")

    def close(self) -> None:
        """Cut every pair and end the thread."""
        self._closed = True
        self._wake.send(b"\0")
        if self._thread is not None:
            self._thread.join()
        for one in (*self._pairs, *self._new):
            self._cut(one)
        self._selector.close()
        self._waker.close()
        self._wake.close()

    def _run(self) -> None:
        while not self._closed:
            for key, events in self._selector.select():
                if key.data is None:
                    self._take_orders()
                elif key.fd in self._ends:
                    self._serve(key.data, events)

    def _take_orders(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._waker.recv(4096)
        while self._new:
            one = self._new.popleft()
            self._pairs.append(one)
            for end in (one, one.other):
                assert end is not None
                end.connection.setblocking(False)
                self._ends.add(end.connection.fileno())
                self._selector.register(end.connection, selectors.EVENT_READ, end)
        while self._unwanted:
            owner = self._unwanted.popleft()
            for one in [pair for pair in self._pairs if pair.owner == owner]:
                self._cut(one)

    def _serve(self, end: _End, events: int) -> None:
        assert end.other is not None
        try:
            if events & selectors.EVENT_READ:
                self._read(end, end.other)
            for side in (end, end.other):
                self._write(side)
        except BlockingIOError:
            pass
        except OSError:
            self._cut(end)
            return
        if end.was_told and end.other.was_told:
            self._cut(end)
            return
        for side in (end, end.other):
            self._watch(side)

    @staticmethod
    def _read(end: _End, other: _End) -> None:
        data = end.connection.recv(_CHUNK)
        other.waiting += data
        end.has_ended = not data

    @staticmethod
    def _write(end: _End) -> None:
        assert end.other is not None
        if end.waiting:
            with contextlib.suppress(BlockingIOError):
                del end.waiting[: end.connection.send(end.waiting)]
        if not end.waiting and end.other.has_ended and not end.was_told:
            end.was_told = True
            end.connection.shutdown(socket.SHUT_WR)

    def _watch(self, end: _End) -> None:
        interest, known = end.interest(), end.connection in self._selector.get_map()
        if interest and known:
            self._selector.modify(end.connection, interest, end)
        elif interest:
            self._selector.register(end.connection, interest, end)
        elif known:
            self._selector.unregister(end.connection)

    def _cut(self, one: _End) -> None:
        for end in (one, one.other):
            assert end is not None
            if end.connection.fileno() >= 0:
                self._ends.discard(end.connection.fileno())
                if end.connection in self._selector.get_map():
                    self._selector.unregister(end.connection)
                end.connection.close()
            if end in self._pairs:
                self._pairs.remove(end)
