"""What all carriers share: a request's body as the emulator reads it, an answer as a client's reader wants it."""

import io
from collections.abc import Iterable, Iterator, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, BinaryIO, Protocol, cast

from deployer.emulator.faults import DroppedConnection
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.testing.aliyun import Aliyun

_BODILESS = frozenset({204, 304})
_BUFFER_BYTES = 256 * 1024


class Routes(Protocol):
    """Says which cloud answers for a host."""

    def cloud_for(self, host: str) -> Aliyun | None:
        """None when the request may leave. Errors: NetworkBlocked, which is a ConnectionRefusedError."""
        ...


class _ReaderBody(io.RawIOBase):
    """The bytes of something with `read`, or of an iterable, whatever sizes its pieces have."""

    def __init__(self, source: Any) -> None:
        read = getattr(source, "read", None)
        self._pieces: Iterator[Any] = iter(lambda: read(_BUFFER_BYTES), b"") if read else iter(source)
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, b"")
            if not piece and not isinstance(piece, bytes):
                continue
            if not piece:
                return 0
            self._left = memoryview(piece.encode() if isinstance(piece, str) else piece)
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


class AnswerBody(io.RawIOBase):
    """The chunks of an answer, read like a file; closing it closes what they come from.

    One that is dropped in the middle ends there, or fails as a socket does that was reset.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self._iterator = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            try:
                piece = next(self._iterator, None)
            except DroppedConnection as dropped:
                if dropped.reset:
                    raise ConnectionResetError(104, "Connection reset by peer") from dropped
                return 0
            if piece is None:
                return 0
            self._left = piece
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def close(self) -> None:
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        super().close()


def request_body(body: Any) -> BinaryIO:
    """Whatever a client may have been given as a body: nothing, text, bytes, a file, an iterable."""
    if not body:
        return io.BytesIO()
    if isinstance(body, str):
        return io.BytesIO(body.encode())
    if isinstance(body, bytes | bytearray | memoryview):
        return io.BytesIO(body)
    return cast("BinaryIO", io.BufferedReader(_ReaderBody(body), _BUFFER_BYTES))


def header_text(value: str | bytes) -> str:
    """A header's value as a server reads it. Errors: UnicodeEncodeError for what cannot stand in a header."""
    if isinstance(value, str):
        if value.isascii():
            return value.strip()
        value = value.encode("latin-1")
    return value.decode("utf-8", "replace").strip()


def make_request(*, method: str, target: str, headers: Mapping[str, str], body: Any, scheme: str) -> HttpRequest:
    """The request; `headers` in lower case, with a host."""
    length = headers.get("content-length", "")
    known = int(length) if length.isdigit() else None
    if known is None and "transfer-encoding" not in headers:
        known = len(body) if isinstance(body, bytes) else None if body else 0
    return HttpRequest(
        method=method, target=target, headers=headers, body=request_body(body), content_length=known, scheme=scheme
    )


def answer_headers(response: HttpResponse) -> dict[str, str]:
    """The headers as they would stand on the wire."""
    headers = {name: value for name, value in response.headers.items() if name.lower() != "content-length"}
    names = {name.lower() for name in headers}
    if "date" not in names:
        headers["Date"] = formatdate(usegmt=True)
    if "server" not in names:
        headers["Server"] = "mock-aliyun"
    length = len(response.body) if isinstance(response.body, bytes) else response.content_length
    if response.content_length is not None:
        length = response.content_length
    if length is not None and response.status not in _BODILESS:
        headers["Content-Length"] = str(length)
    return headers


def answer_body(response: HttpResponse, method: str) -> BinaryIO:
    """The body; none for HEAD, whatever its length is said to be."""
    if method == "HEAD" or response.status in _BODILESS:
        close = getattr(response.body, "close", None)
        if close is not None:
            close()
        return io.BytesIO()
    if isinstance(response.body, bytes):
        return io.BytesIO(response.body)
    return cast("BinaryIO", io.BufferedReader(AnswerBody(response.body), _BUFFER_BYTES))


def reason_of(status: int) -> str:
    """The status line's phrase."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
