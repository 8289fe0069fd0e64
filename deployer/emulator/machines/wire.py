"""Messages between the emulator and the agent inside a machine: JSON with a length before it, descriptors beside it.

Imported on both sides of the wall, so nothing but the standard library may be used here.
"""

import array
import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]

POWERED_OFF = 11  # exit statuses of the agent, for whoever waits for it
REBOOTED = 10

_LENGTH = struct.Struct("!I")
_MAX_DESCRIPTORS = 4


def send_message(link: socket.socket, message: Message, descriptors: Sequence[int] = ()) -> None:
    """Write one message; the descriptors arrive with it, as copies. Errors: OSError."""
    body = json.dumps(message, separators=(",", ":")).encode()
    data = _LENGTH.pack(len(body)) + body
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
    sent = link.sendmsg([data], ancillary)
    if sent < len(data):
        link.sendall(data[sent:])


def receive_message(link: socket.socket) -> tuple[Message, list[int]]:
    """The next message and the descriptors that came with it. Errors: EOFError when the other side is gone, OSError."""
    descriptors = array.array("i")
    header, ancillary, _flags, _address = link.recvmsg(
        _LENGTH.size, socket.CMSG_SPACE(_MAX_DESCRIPTORS * descriptors.itemsize)
    )
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    header += _receive_exactly(link, _LENGTH.size - len(header)) if header else b""
    if not header:
        raise EOFError
    body = _receive_exactly(link, _LENGTH.unpack(header)[0])
    message: Message = json.loads(body)
    return message, list(descriptors)


def _receive_exactly(link: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = link.recv(min(size - len(received), 1 << 20))
        if not chunk:
            raise EOFError
        received += chunk
    return bytes(received)
