"""One kept-alive HTTP/1.1 connection: requests in, answers out, bodies streamed both ways.

A whole small answer leaves in one write: with two, Nagle's algorithm and delayed acknowledgement cost 40 ms a call.
"""

import io
import logging
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO, cast
from urllib.parse import urlsplit

from deployer.emulator.faults import DroppedConnection
from deployer.emulator.http import HttpRequest, HttpResponse

RequestHandler = Callable[[HttpRequest], HttpResponse]
Wait = Callable[[float], object]

_log = logging.getLogger(__name__)

_LONGEST_LINE = 128 * 1024  # 24 KB of script in a query take 26 KB; 64 KB must fit
_MOST_HEADERS = 200
_BUFFER_BYTES = 256 * 1024
_DRAINED_BYTES = 64 * 1024 * 1024  # a client that is refused reads why only after it has sent
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_BODILESS = frozenset({204, 304})


class _BadRequest(Exception):
    """What arrived is not HTTP as this server speaks it."""

    def __init__(self, status: int) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status


@dataclass(slots=True, kw_only=True)
class _Head:
    method: str
    target: str
    is_http_10: bool
    headers: dict[str, str]

    @property
    def wants_close(self) -> bool:
        connection = self.headers.get("connection", "").lower()
        return connection == "close" or (self.is_http_10 and connection != "keep-alive")


class _Body(io.RawIOBase):
    """The body of one request, plain or chunked. `on_first_read` sends 100-continue when the client waits for it."""

    def __init__(self, source: BinaryIO, length: int | None, on_first_read: Callable[[], None] | None) -> None:
        self._source = source
        self._is_chunked = length is None
        self._left = length or 0
        self._on_first_read = on_first_read
        self.finished = length == 0

    @property
    def was_never_asked_for(self) -> bool:
        """True while a client that sent `Expect: 100-continue` still waits."""
        return self._on_first_read is not None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is 3.12
        if self._on_first_read is not None:
            notify, self._on_first_read = self._on_first_read, None
            notify()
        if self._is_chunked and self._left == 0 and not self.finished:
            self._next_chunk()
        if self.finished:
            return 0
        count = self._source.readinto(memoryview(buffer)[: self._left])  # type: ignore[attr-defined]  # BufferedReader
        if not count:
            raise ConnectionResetError("the client went away in the middle of a body")
        self._left -= count
        if self._left == 0 and self._is_chunked:
            self._source.readline(_LONGEST_LINE)
        elif self._left == 0:
            self.finished = True
        return int(count)

    def _next_chunk(self) -> None:
        """Read the next chunk's size line, and the trailer after the last chunk."""
        line = self._source.readline(_LONGEST_LINE)
        try:
            self._left = int(line.split(b";", 1)[0], 16)
        except ValueError:
            raise ConnectionResetError("the client went away, or sent no chunk") from None
        if self._left == 0:
            while self._source.readline(_LONGEST_LINE).strip():
                pass
            self.finished = True


class HttpConnection:
    """Serves one client until it leaves. `wait` lets seconds pass but ends early when the server stops."""

    def __init__(self, client: socket.socket, handler: RequestHandler, wait: Wait, *, keeps_alive: bool = True) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._source = cast("BinaryIO", client.makefile("rb", buffering=_BUFFER_BYTES))
        self._handler = handler
        self._wait = wait
        self._keeps_alive = keeps_alive

    def serve(self) -> None:
        """Answer requests until the client closes, the protocol is broken, or a fault drops the connection."""
        try:
            while self._serve_one():
                pass
        except _BadRequest as bad:
            self._client.sendall(
                f"HTTP/1.1 {bad.status} {bad}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
            )
        except DroppedConnection as dropped:
            self._wait(dropped.after_seconds)
            if dropped.reset:
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        except OSError:
            _log.debug("a client went away", exc_info=True)
        finally:
            self._source.close()
            self._client.close()

    def _serve_one(self) -> bool:
        """True when the connection may carry another request."""
        head = self._read_head()
        if head is None:
            return False
        body = self._body(head)
        response = self._answer(head, body)
        if body.was_never_asked_for and not body.finished:
            keep = False
        else:
            keep = self._keeps_alive and not head.wants_close and self._drained(body)
        self._write(response, is_head=head.method == "HEAD", keep=keep)
        return keep

    def _answer(self, head: _Head, body: _Body) -> HttpResponse:
        length = head.headers.get("content-length")
        request = HttpRequest(
            method=head.method,
            target=head.target,
            headers=head.headers,
            body=io.BytesIO() if body.finished else io.BufferedReader(body, _BUFFER_BYTES),
            content_length=None if length is None and not body.finished else int(length or 0),
        )
        try:
            return self._handler(request)
        except (DroppedConnection, ConnectionError):
            raise
        except Exception:  # noqa: BLE001  (a bug here must reach the client as an answer, and the log)
            _log.exception("the emulator failed at %s %s", head.method, head.target[:200])
            message = b'{"Code":"InternalError","Message":"The emulator itself failed; see its log."}'
            return HttpResponse(status=500, headers={"content-type": "application/json;charset=utf-8"}, body=message)

    def _read_head(self) -> _Head | None:
        """The request line and headers; None when the client closed instead."""
        line = self._source.readline(_LONGEST_LINE + 1)
        if line in {b"\r\n", b"\n"}:  # a stray line end after a body is forgiven
            line = self._source.readline(_LONGEST_LINE + 1)
        if not line:
            return None
        if len(line) > _LONGEST_LINE:
            raise _BadRequest(414)
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise _BadRequest(400)
        method, target, version = parts
        if target.startswith("http://"):  # the form proxies use
            url = urlsplit(target)
            target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        return _Head(method=method, target=target, is_http_10=version == "HTTP/1.0", headers=self._read_headers())

    def _read_headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(_MOST_HEADERS):
            line = self._source.readline(_LONGEST_LINE + 1)
            if line in {b"\r\n", b"\n"}:
                return headers
            name, found, value = line.decode("utf-8", "replace").partition(":")
            if not found or len(line) > _LONGEST_LINE or name != name.strip():
                raise _BadRequest(400)
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        raise _BadRequest(431)

    def _body(self, head: _Head) -> _Body:
        asks = head.headers.get("expect", "").lower() == "100-continue"
        on_first_read = (lambda: self._client.sendall(_CONTINUE)) if asks else None
        if "chunked" in head.headers.get("transfer-encoding", "").lower():
            return _Body(self._source, None, on_first_read)
        length = head.headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            raise _BadRequest(400)
        return _Body(self._source, int(length), on_first_read if int(length) else None)

    def _drained(self, body: _Body) -> bool:
        """Read what the handler left; False when that is too much to be worth the connection."""
        left = _DRAINED_BYTES
        while not body.finished and left > 0:
            left -= len(body.read(min(left, 65536)) or b"")
        return body.finished

    def _write(self, response: HttpResponse, *, is_head: bool, keep: bool) -> None:
        """Head and small body in one write; a stream follows chunk by chunk."""
        body, length = response.body, response.content_length
        if isinstance(body, bytes) and length is None:
            length = len(body)
        has_no_body = is_head or response.status in _BODILESS
        is_chunked = length is None and not has_no_body
        headers = _head_lines(response, length=length, is_chunked=is_chunked, keep=keep)
        if has_no_body or isinstance(body, bytes):
            self._client.sendall(headers + (b"" if has_no_body else cast("bytes", body)))
            return
        self._client.sendall(headers)
        for chunk in body:
            if is_chunked and chunk:
                self._client.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            elif chunk:
                self._client.sendall(chunk)
        if is_chunked:
            self._client.sendall(b"0\r\n\r\n")


def _head_lines(response: HttpResponse, *, length: int | None, is_chunked: bool, keep: bool) -> bytes:
    names = {name.lower() for name in response.headers}
    lines = [f"HTTP/1.1 {response.status} {_reason(response.status)}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name.lower() != "content-length"]
    extra: Mapping[str, str] = {"Date": formatdate(usegmt=True), "Server": "deployer-local-cloud"}
    lines += [f"{name}: {value}" for name, value in extra.items() if name.lower() not in names]
    if is_chunked:
        lines.append("Transfer-Encoding: chunked")
    elif length is not None and response.status not in _BODILESS:
        lines.append(f"Content-Length: {length}")
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
