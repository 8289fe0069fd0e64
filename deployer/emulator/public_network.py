"""Which loopback addresses a cloud gives its instances: the same each time, and never those of another cloud."""

import hashlib
import socket
from pathlib import Path

UNHELD = "127.10.0.0/16"  # of clouds that open no port, and so need none of their own

_FIRST, _COUNT = 10, 240
_MARK_PORT = 61_000


class PublicNetwork:
    """A /16 of 127.0.0.0/8, held against all other clouds of this computer until it is closed or its process ends.

    `cidr` is the folder's own choice wherever that is free. A system that lets nobody have loopback addresses but
    127.0.0.1, such as macOS, lets nobody hold them either: then it is the folder's choice without more.
    """

    def __init__(self, folder: Path) -> None:
        wanted = hashlib.sha256(str(folder).encode()).digest()[0]
        numbers = [_FIRST + (wanted + step) % _COUNT for step in range(_COUNT)]
        marks = ((number, _mark(number)) for number in numbers)
        nobody: tuple[int, socket.socket | None] = (numbers[0], None)
        number, self._held = next(((number, mark) for number, mark in marks if mark), nobody)
        self.cidr = f"127.{number}.0.0/16"

    def close(self) -> None:
        """Let others have it; safe to repeat."""
        if self._held is not None:
            self._held.close()


def _mark(number: int) -> socket.socket | None:
    """A bound socket on the one address of that network which no instance gets; None where somebody has it."""
    mark = socket.socket()
    try:
        mark.bind((f"127.{number}.255.255", _MARK_PORT))
    except OSError:
        mark.close()
        return None
    return mark
