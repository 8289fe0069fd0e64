"""The way out of the machines: an HTTP proxy in the emulator, listening on sockets inside each machine's network.

It stands for the network of the VPC. The emulated cloud is reached through it, the internet as the host reaches it,
the host's own services not at all. For hosts that are played here it speaks TLS as they would.
"""

import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from deployer.emulator.machines.certificates import CertificateAuthority
from deployer.emulator.machines.mirror import Asked, Mirrors
from deployer.emulator.machines.outbound import Address, RefusedRouteError, Route, choose_route
from deployer.emulator.machines.relay import Relay

_LOGGER = logging.getLogger(__name__)
_LARGEST_HEAD = 65536
_CONNECT_SECONDS = 15.0
_HEAD_SECONDS = 60.0
_CHUNK = 65536
_OWN_HEADERS = (
    "proxy-connection",
    "proxy-authorization",
    "connection",
    "keep-alive",
    "expect",
    "x-emulator-instance-id",
)
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    host: str
    port: int
    path: str
    version: str
    headers: tuple[tuple[str, str], ...]
    rest: bytes  # what came with the head already

    @property
    def tunnel(self) -> bool:
        return self.method == "CONNECT"

    def header(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")

    def head(self, target: str, instance_id: str | None) -> bytes:
        """As it is passed on: one request a connection."""
        lines = [f"{self.method} {target} {self.version}"]
        lines += [f"{name}: {value}" for name, value in self.headers if name.lower() not in _OWN_HEADERS]
        if instance_id is not None:
            lines.append(f"x-emulator-instance-id: {instance_id}")
        return "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1")


def proxy_variables(url: str, direct: str) -> dict[str, str]:
    """The environment that makes programs use a proxy, but for the hosts in `direct`, a list with commas."""
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    return {**dict.fromkeys(names, url), "no_proxy": direct, "NO_PROXY": direct}


class OutboundProxy:
    """Serves every machine that was added. `cloud_address` is where the emulator's HTTP server listens.

    `authority` signs for the hosts that are played here: machines have to trust it.
    """

    def __init__(self, *, index_url: str, environment: Mapping[str, str]) -> None:
        self.cloud_address: Address | None = None
        self.authority = CertificateAuthority()
        self._mirrors = Mirrors(index_url=index_url, environment=environment)
        self._environment = dict(environment)
        self._selector = selectors.DefaultSelector()
        self._waker, self._wake = socket.socketpair()
        self._selector.register(self._waker, selectors.EVENT_READ, None)
        self._lock = threading.Lock()
        self._listening: dict[str, socket.socket] = {}
        self._closed = False
        self._relay = Relay("machines-way-out-relay")
        self._thread: threading.Thread | None = None

    def add(self, instance_id: str, descriptor: int) -> None:
        """Serve what connects to that listening socket inside the machine; the descriptor stays the caller's."""
        listener = socket.socket(fileno=socket.dup(descriptor))
        listener.setblocking(False)
        with self._lock:
            self._listening[instance_id] = listener
            self._selector.register(listener, selectors.EVENT_READ, instance_id)
            if self._thread is None:
                self._thread = threading.Thread(target=self._accept, name="machines-way-out", daemon=True)
                self._thread.start()
        self._wake.send(b"\0")

    def remove(self, instance_id: str) -> None:
        with self._lock:
            listener = self._listening.pop(instance_id, None)
            if listener is not None:
                self._selector.unregister(listener)
                listener.close()
                self._relay.end(instance_id)

    def close(self) -> None:
        for instance_id in list(self._listening):
            self.remove(instance_id)
        self._closed = True
        self._wake.send(b"\0")
        if self._thread is not None:
            self._thread.join()
        self._relay.close()
        self._selector.close()
        self._waker.close()
        self._wake.close()

    def _accept(self) -> None:
        while not self._closed:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._waker.recv(4096)
                    continue
                assert isinstance(key.fileobj, socket.socket)
                with contextlib.suppress(OSError):
                    connection, _ = key.fileobj.accept()
                    connection.setblocking(True)
                    threading.Thread(target=self._serve, args=(connection, key.data), daemon=True).start()

    def _serve(self, connection: socket.socket, instance_id: str) -> None:
        handed_over = False
        try:
            connection.settimeout(_HEAD_SECONDS)
            request = _read_request(connection)
            if request is not None:
                connection.settimeout(None)
                handed_over = self._pass_on(connection, request, instance_id)
        except RefusedRouteError as refusal:
            _refuse(connection, 403, "Forbidden", str(refusal))
        except ValueError as error:
            _refuse(connection, 400, "Bad Request", str(error))
        except OSError as error:
            _LOGGER.debug("a request of %s failed: %s", instance_id, error)
            _refuse(connection, 502, "Bad Gateway", str(error))
        finally:
            if not handed_over:
                connection.close()

    def _pass_on(self, connection: socket.socket, request: _Request, instance_id: str) -> bool:
        """Answer, or connect; True when the connection now belongs to the relay."""
        route = choose_route(
            request.host,
            request.port,
            tunnel=request.tunnel,
            cloud_address=self.cloud_address,
            environment=self._environment,
        )
        if request.tunnel and route.kind in {"mirror", "cloud"}:
            self._play(connection, request, route, instance_id)
            return False
        if route.kind == "mirror":
            self._mirror(connection, request)
            return False
        upstream = socket.create_connection(route.address, timeout=_CONNECT_SECONDS)
        try:
            upstream.settimeout(None)
            self._open(connection, upstream, request, route, instance_id)
        except OSError:
            upstream.close()
            raise
        self._relay.add(connection, upstream, instance_id)
        return True

    def _play(self, connection: socket.socket, tunnel: _Request, route: Route, instance_id: str) -> None:
        """Be that host, over TLS, for one request."""
        connection.sendall(_ESTABLISHED)
        with self.authority.context(tunnel.host).wrap_socket(connection, server_side=True) as inner:
            request = _read_request(inner, place=(tunnel.host, tunnel.port))
            if request is None:
                return
            if request.header("expect"):
                inner.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            if route.kind == "mirror":
                self._mirror(inner, request)
                return
            with socket.create_connection(route.address, timeout=_CONNECT_SECONDS) as upstream:
                upstream.settimeout(None)
                upstream.sendall(request.head(request.path, instance_id) + request.rest)
                _copy(inner, upstream, _body_size(request) - len(request.rest))
                _copy(upstream, inner, None)

    def _mirror(self, connection: socket.socket, request: _Request) -> None:
        accept = request.header("accept") or "*/*"
        for chunk in self._mirrors.fetch(
            Asked(host=request.host, path=request.path, accept=accept, method=request.method)
        ):
            connection.sendall(chunk)

    @staticmethod
    def _open(
        connection: socket.socket, upstream: socket.socket, request: _Request, route: Route, instance_id: str
    ) -> None:
        place = f"{request.host}:{request.port}"
        if request.tunnel and route.kind == "proxy":
            upstream.sendall(f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n\r\n".encode("latin-1"))
        elif request.tunnel:
            connection.sendall(_ESTABLISHED)
        else:
            target = f"http://{place}{request.path}" if route.kind == "proxy" else request.path
            upstream.sendall(request.head(target, instance_id if route.kind == "cloud" else None))
        if request.rest:
            upstream.sendall(request.rest)


def _body_size(request: _Request) -> int:
    """Errors: ValueError for a body whose length is not told before it."""
    if request.header("transfer-encoding"):
        raise ValueError("give the body's Content-Length: chunks are not passed on here")
    return int(request.header("content-length") or 0)


def _copy(source: socket.socket, sink: socket.socket, size: int | None) -> None:
    """So many bytes, or all there are."""
    left = size
    while left is None or left > 0:
        chunk = source.recv(_CHUNK if left is None else min(left, _CHUNK))
        if not chunk:
            return
        sink.sendall(chunk)
        left = left if left is None else left - len(chunk)


def _read_request(connection: socket.socket, place: Address | None = None) -> _Request | None:
    """The request's head; None when the client says nothing. `place` is who is asked, when the target does not say.

    Errors: ValueError, OSError.
    """
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(_LARGEST_HEAD)
        if not chunk:
            return None
        received += chunk
        if len(received) > _LARGEST_HEAD:
            raise ValueError("the request's head is too large")
    head, _, rest = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, version = first.split(" ", 2)
    parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
    host = parts.hostname or (place[0] if place else "")
    if not host:
        raise ValueError("this is a proxy: the request names no host")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if method == "CONNECT" else 80)
    return _Request(method=method, host=host, port=port, path=path, version=version, headers=headers, rest=rest)


def _refuse(connection: socket.socket, status: int, reason: str, why: str) -> None:
    body = f"emulated network: {why}\n".encode()
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    with contextlib.suppress(OSError):
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode("latin-1") + body)
