"""Bytes from one socket to another and back, until both directions are at their end."""

import contextlib
import selectors
import socket

_CHUNK = 65536


def pump(first: socket.socket, second: socket.socket) -> None:
    """Forward in both directions; an end on one side is passed on to the other. A failure ends both quietly."""
    with selectors.DefaultSelector() as selector, contextlib.suppress(OSError):
        selector.register(first, selectors.EVENT_READ, second)
        selector.register(second, selectors.EVENT_READ, first)
        while selector.get_map():
            for key, _ in selector.select():
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                data = source.recv(_CHUNK)
                if data:
                    target.sendall(data)
                else:
                    selector.unregister(source)
                    target.shutdown(socket.SHUT_WR)
