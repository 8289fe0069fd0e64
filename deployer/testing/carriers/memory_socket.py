"""A socket that is none: it keeps what a client sends, and lets the emulator's own HTTP reader answer it."""

import io
import socket
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from deployer.emulator.faults import DroppedConnection
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.http_connection import HttpConnection
from deployer.testing.aliyun import Aliyun

_HEAD_END = b"\r\n\r\n"


class MemorySocket:
    """What `HttpConnection` and `http.client` need of a socket. The answer is made when it is asked for.

    Every answer says `Connection: close`, so that no client keeps the connection beyond the mock.
    """

    def __init__(self, cloud: Aliyun, scheme: str) -> None:
        self._cloud = cloud
        self._scheme = scheme
        self._sent = bytearray()

    def sendall(self, data: Any) -> None:
        """Keep what the client sends: bytes, or anything http.client accepts."""
        if hasattr(data, "read"):
            data = data.read()
        self._sent += data

    def makefile(self, _mode: str = "rb", *_args: Any, **_kwargs: Any) -> BinaryIO:
        """The answer to what was sent so far; what goes wrong with it is raised when it is read."""
        sent, self._sent = bytes(self._sent), bytearray()
        try:
            answer = ask(self._cloud, sent, self._scheme)
        except Exception as failure:  # noqa: BLE001  (a socket fails when it is read, and clients count on that)
            return cast("BinaryIO", io.BufferedReader(_Failing(b"", failure)))
        if answer.failure is None:
            return io.BytesIO(answer.data)
        return cast("BinaryIO", io.BufferedReader(_Failing(answer.data, answer.failure)))

    def settimeout(self, _seconds: float | None) -> None:
        """Nothing here waits."""

    def setsockopt(self, *_option: Any) -> None:
        """There is no network to set anything of."""

    def shutdown(self, _how: int) -> None:
        """There is nobody to tell."""

    def close(self) -> None:
        """Forget what was sent."""
        self._sent.clear()


class _Failing(io.RawIOBase):
    """What came before a connection failed, and its failure."""

    def __init__(self, data: bytes, failure: Exception) -> None:
        self._data = io.BytesIO(data)
        self._failure = failure

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._data.readinto(buffer)
        if not count:
            raise self._failure
        return count


class _ServerSide:
    """The other end: gives the request, and keeps the answer."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.answer = io.BytesIO()
        self.was_reset = False

    def makefile(self, _mode: str, buffering: int = -1) -> BinaryIO:  # noqa: ARG002  (all of it is in memory)
        return cast("BinaryIO", io.BufferedReader(io.BytesIO(self._request)))

    def sendall(self, data: bytes) -> None:
        self.answer.write(data)

    def setsockopt(self, _level: int, option: int, _value: Any) -> None:
        if option == socket.SO_LINGER:
            self.was_reset = True

    def close(self) -> None:
        """The answer is read after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAnswer:
    """What stands on the wire, nothing when the connection was closed without an answer; `failure` comes behind it."""

    data: bytes
    failure: ConnectionResetError | None


def ask(cloud: Aliyun, request: bytes, scheme: str) -> WireAnswer:
    """What the cloud sends back. Errors: MetadataRefused, and whatever a callback of the test raised."""
    server = _ServerSide(request)
    failures: list[BaseException] = []

    def handle(asked: HttpRequest) -> HttpResponse:
        asked.scheme = scheme
        try:
            return cloud.handle(asked)
        except DroppedConnection:
            raise
        except BaseException as failure:
            failures.append(failure)
            raise

    HttpConnection(cast("socket.socket", server), handle, lambda _seconds: None, keeps_alive=False).serve()
    if failures:
        raise failures[0]
    failure = ConnectionResetError(104, "Connection reset by peer") if server.was_reset else None
    return WireAnswer(data=server.answer.getvalue(), failure=failure)


def is_whole_request(data: bytes | bytearray) -> bool:
    """True when the head and all of the body are there."""
    head_end = data.find(_HEAD_END)
    if head_end < 0:
        return False
    start = head_end + len(_HEAD_END)
    headers = bytes(data[:head_end]).lower().split(b"\r\n")[1:]
    values = {name.strip(): value.strip() for name, _, value in (line.partition(b":") for line in headers)}
    if b"chunked" in values.get(b"transfer-encoding", b""):
        return _has_last_chunk(data, start)
    return len(data) - start >= int(values.get(b"content-length", b"0") or 0)


def wants_continue(data: bytes | bytearray) -> bool:
    """True when the head is there and the client waits to be told to send the body."""
    head_end = data.find(_HEAD_END)
    return head_end >= 0 and b"\r\nexpect: 100-continue" in bytes(data[: head_end + 2]).lower()


def _has_last_chunk(data: bytes | bytearray, position: int) -> bool:
    while True:
        line_end = data.find(b"\r\n", position)
        if line_end < 0:
            return False
        size = int(bytes(data[position:line_end]).split(b";")[0] or b"0", 16)
        if size == 0:
            return data.find(b"\r\n", line_end + 2) >= 0
        position = line_end + 2 + size + 2
