"""A request and an answer as the emulator sees them, whatever carried them: a socket, or a patched client."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import parse_qsl, urlsplit


@dataclass(slots=True, kw_only=True)
class HttpRequest:
    """One HTTP request. Header names are in lower case; `body` is read at most once, chunks already taken apart."""

    method: str
    target: str  # path and query exactly as they stood on the request line
    headers: Mapping[str, str]
    body: BinaryIO
    content_length: int | None = None  # None: unknown until read (chunked)
    scheme: str = "http"

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return urlsplit(self.target).path or "/"

    @property
    def query_string(self) -> str:
        return urlsplit(self.target).query

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query in wire order; empty values are kept."""
        return parse_qsl(self.query_string, keep_blank_values=True)

    @property
    def host(self) -> str:
        """The Host header without its port, in lower case."""
        host = self.headers.get("host", "").lower()
        return host.rsplit(":", 1)[0] if not host.endswith("]") else host


@dataclass(slots=True, kw_only=True)
class HttpResponse:
    """One HTTP answer. `body` is bytes, or chunks of bytes when it is streamed with a known `content_length`."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""
    content_length: int | None = None
