"""Listens on loopback and serves each client in a thread of its own."""

import socket
import threading

from deployer.emulator.http_connection import HttpConnection, RequestHandler

_BACKLOG = 512


class HttpServer:
    """A server on 127.0.0.1. It has its port from the beginning and accepts from `start()` to `close()`."""

    def __init__(self, handler: RequestHandler, *, port: int = 0) -> None:
        self._handler = handler
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._clients: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(_BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor: threading.Thread | None = None

    @property
    def endpoint(self) -> str:
        """`127.0.0.1:4711`: what an SDK's `Config.endpoint` takes, with `protocol="http"`."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self._acceptor = threading.Thread(target=self._accept, name="emulator-accept", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop accepting and end every connection."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._acceptor is not None:
            self._wake_acceptor()
            self._acceptor.join(timeout=5)
        self._listener.close()
        with self._lock:
            for client in self._clients:
                _shut(client)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:  # out of file descriptors, most of the time: clients that leave give some back
                self._stopping.wait(0.05)
                continue
            if self._stopping.is_set():
                client.close()
                return
            with self._lock:
                self._clients.add(client)
            threading.Thread(target=self._serve, args=(client,), name="emulator-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            HttpConnection(client, self._handler, self._stopping.wait).serve()
        finally:
            with self._lock:
                self._clients.discard(client)

    def _wake_acceptor(self) -> None:
        """accept() returns for a connection only, on every system."""
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return


def _shut(client: socket.socket) -> None:
    try:
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
