"""What a command printed: the beginning and the end are kept, however much there was."""

_KEPT_AT_EACH_END = 256 * 1024


class Output:
    """Bytes in order; beyond half a megabyte those in the middle are counted and forgotten."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        room = _KEPT_AT_EACH_END - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room < len(data) else b""
        excess = len(self._tail) - _KEPT_AT_EACH_END
        if excess > 0:
            del self._tail[:excess]
            self.dropped += excess

    def value(self) -> bytes:
        """The head and the tail, one after the other."""
        return bytes(self._head + self._tail)
