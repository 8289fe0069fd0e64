"""`http://mirrors.cloud.aliyuncs.com/pypi/…` for machines: the package index this host uses, passed on."""

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit, urlunsplit

_PREFIX = "/pypi/"
_TIMEOUT_SECONDS = 60.0
_CHUNK = 65536
_PASSED_ON = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control")


def fetch_from_index(index_url: str, path: str, accept: str) -> Iterator[bytes]:
    """The answer as it goes over the wire, head first. An index that cannot be reached answers 504: pip goes on."""
    url = _address_of(index_url, path)
    if url is None:
        yield _head(404, "Not Found", {})
        return
    request = urllib.request.Request(url, headers={"Accept": accept or "*/*"})  # noqa: S310  (http by construction)
    parts = urlsplit(index_url)
    if parts.username:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(credentials).decode())
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            yield _head(200, "OK", {name: answer.headers[name] for name in _PASSED_ON if answer.headers[name]})
            while chunk := answer.read(_CHUNK):
                yield chunk
    except urllib.error.HTTPError as error:
        yield _head(error.code, error.reason or "Error", {})
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        yield _head(504, "Gateway Timeout", {})


def _address_of(index_url: str, path: str) -> str | None:
    """`/pypi/simple/x/` lies where the index has `x/`; `/pypi/other` beside the index."""
    if not path.startswith(_PREFIX):
        return None
    parts = urlsplit(index_url)
    host = parts.hostname or ""
    place = f"{host}:{parts.port}" if parts.port else host
    rest = path[len(_PREFIX) :]
    if rest == "simple" or rest.startswith("simple/"):
        base, rest = parts.path, rest[len("simple/") :]
    else:
        base = parts.path.rstrip("/").rpartition("/")[0] + "/"
    bare, _, query = rest.partition("?")
    return urlunsplit((parts.scheme, place, base + bare, query, ""))


def _head(status: int, reason: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    if "Content-Length" not in headers and status != 200:
        lines.append("Content-Length: 0")
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1")
