"""The package mirrors that start scripts name, for machines.

The mirror itself answers where this host reaches it, else what it mirrors, from where this host takes it: a local
deploy needs no more of the network than the host's own tools do.

A mirror holds what its original holds; only the addresses inside npm's documents differ, and those are put right.
"""

import base64
import configparser
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

_TIMEOUT_SECONDS = 60.0
_CHUNK = 65536
_PASSED_ON = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control")
_INSIDE = "mirrors.cloud.aliyuncs.com"  # the same as the next one, for instances alone
_OUTSIDE = "mirrors.aliyun.com"
_NPM = "registry.npmmirror.com"
_PYPI_PATH = "/pypi/"
_PUBLIC_NPM = "https://registry.npmjs.org/"
_MAVEN_CENTRAL = "https://repo.maven.apache.org/maven2/"

# (host, path) -> what is mirrored there. The longest path counts.
# Source: https://developer.aliyun.com/mirror/ and https://npmmirror.com/
_ORIGINALS: Mapping[tuple[str, str], str] = {
    (_OUTSIDE, "/goproxy/"): "https://proxy.golang.org/",
    (_OUTSIDE, "/rubygems/"): "https://rubygems.org/",
    (_OUTSIDE, "/crates.io-index/"): "https://index.crates.io/",
    (_OUTSIDE, "/composer/"): "https://repo.packagist.org/",
    (_OUTSIDE, "/rustup/"): "https://static.rust-lang.org/",
    (_OUTSIDE, "/gradle/distributions/"): "https://services.gradle.org/distributions/",
    (_OUTSIDE, "/docker-ce/"): "https://download.docker.com/",
    (_NPM, "/"): _PUBLIC_NPM,
    (_NPM, "/-/binary/node/"): "https://nodejs.org/dist/",
    ("goproxy.cn", "/"): "https://proxy.golang.org/",
    ("golang.google.cn", "/dl/"): "https://go.dev/dl/",
    ("maven.aliyun.com", "/repository/central/"): _MAVEN_CENTRAL,
    ("maven.aliyun.com", "/repository/public/"): _MAVEN_CENTRAL,
    ("maven.aliyun.com", "/repository/gradle-plugin/"): "https://plugins.gradle.org/m2/",
}
_HOSTS = frozenset({_INSIDE, *(host for host, _ in _ORIGINALS)})


def is_mirror_host(host: str) -> bool:
    """Whether the emulator answers for this host with packages."""
    return host in _HOSTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for a mirror. `path` begins with a slash and may carry a query."""

    host: str
    path: str
    accept: str = "*/*"
    method: str = "GET"


class Mirrors:
    """Answers for every mirror. `index_url` is where the host's pip takes packages; `environment` is the host's."""

    def __init__(self, *, index_url: str, environment: Mapping[str, str]) -> None:
        self._index_url = index_url
        self._npm_registry = find_npm_registry(environment)
        self._unreachable: set[str] = set()

    def fetch(self, asked: Asked) -> Iterator[bytes]:
        """The answer as it goes over the wire, head first; 504 when no place that has it can be reached."""
        if asked.method not in {"GET", "HEAD"}:
            yield _head(405, "Method Not Allowed", {})
            return
        for url in self._places(asked):
            host = urlsplit(url).netloc
            try:
                answer = _open(url, asked)
            except urllib.error.HTTPError as error:
                yield _head(error.code, error.reason or "Error", {})
                return
            except (urllib.error.URLError, http.client.HTTPException, OSError):
                self._unreachable.add(host)
                continue
            with answer:
                yield from _passed_on(answer, asked, self._npm_registry)
            return
        yield _head(504, "Gateway Timeout", {})

    def _places(self, asked: Asked) -> Iterator[str]:
        """Where it may be had, the best first; places that could not be reached once are asked last."""
        places = list(self._known_places(asked))
        yield from sorted(places, key=lambda url: urlsplit(url).netloc in self._unreachable)

    def _known_places(self, asked: Asked) -> Iterator[str]:
        host = _OUTSIDE if asked.host == _INSIDE else asked.host
        if host == _OUTSIDE and asked.path.startswith(_PYPI_PATH):
            yield _index_address(self._index_url, asked.path)
            return
        fitting = [path for known, path in _ORIGINALS if known == host and asked.path.startswith(path)]
        if not fitting:
            yield f"https://{host}{asked.path}"
            return
        path = max(fitting, key=len)
        original = _ORIGINALS[host, path]
        if original == _PUBLIC_NPM and self._npm_registry != _PUBLIC_NPM:
            original = self._npm_registry
        else:
            yield f"https://{host}{asked.path}"
        yield original + asked.path[len(path) :]


def find_npm_registry(environment: Mapping[str, str]) -> str:
    """The registry npm on this host is configured to use, with a slash at its end.

    Source: https://docs.npmjs.com/cli/v10/using-npm/config (environment over the user's file over the computer's).
    """
    for name in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if environment.get(name):
            return environment[name].rstrip("/") + "/"
    user_file = environment.get("npm_config_userconfig") or f"{environment.get('HOME', '/nonexistent')}/.npmrc"
    for path in (Path(user_file), Path("/etc/npmrc"), Path("/usr/etc/npmrc")):
        parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
        try:
            parser.read_string("[npm]\n" + path.read_text(encoding="utf-8"))
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue
        if parser.get("npm", "registry", fallback=""):
            return parser.get("npm", "registry").rstrip("/") + "/"
    return _PUBLIC_NPM


def _open(url: str, asked: Asked) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    request = urllib.request.Request(bare, headers={"Accept": asked.accept}, method=asked.method)  # noqa: S310
    if parts.username:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        request.add_unredirected_header("Authorization", "Basic " + base64.b64encode(credentials).decode())
    answer: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)  # noqa: S310
    return answer


def _passed_on(answer: http.client.HTTPResponse, asked: Asked, npm_registry: str) -> Iterator[bytes]:
    headers = {name: answer.headers[name] for name in _PASSED_ON if answer.headers[name]}
    if asked.host == _NPM and "json" in headers.get("Content-Type", "") and asked.method == "GET":
        body = answer.read()
        for registry in {npm_registry, _PUBLIC_NPM}:
            body = body.replace(registry.encode(), f"https://{_NPM}/".encode())
        yield _head(200, "OK", {**headers, "Content-Length": str(len(body))}) + body
        return
    yield _head(200, "OK", headers)
    while chunk := answer.read(_CHUNK):
        yield chunk


def _index_address(index_url: str, path: str) -> str:
    """`/pypi/simple/x/` lies where the index has `x/`; `/pypi/other` beside the index."""
    parts = urlsplit(index_url)
    rest = path[len(_PYPI_PATH) :]
    if rest == "simple" or rest.startswith("simple/"):
        base, rest = parts.path, rest[len("simple/") :]
    else:
        base = parts.path.rstrip("/").rpartition("/")[0] + "/"
    bare, _, query = rest.partition("?")
    return urlunsplit((parts.scheme, parts.netloc, base + bare, query, ""))


def _head(status: int, reason: str, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    if "Content-Length" not in headers and status != 200:
        lines.append("Content-Length: 0")
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1")
