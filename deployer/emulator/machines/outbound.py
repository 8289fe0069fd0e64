"""Where a request that leaves a machine goes: the emulated cloud, a package mirror, the internet, or nowhere."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from deployer.emulator.machines.mirror import is_mirror_host

_OSS_HOST = re.compile(r"(?:[a-z0-9][a-z0-9-]*\.)?oss-[a-z0-9-]+\.aliyuncs\.com")
_API_HOST = re.compile(r"(?:ecs|vpc|oos|sts|ram|business|location-readonly)(?:[.-][a-z0-9-]+)*\.aliyuncs\.com")
_METADATA_HOST = "100.100.100.200"

Address = tuple[str, int]


class RefusedRouteError(Exception):
    """The machine may not go there; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`kind` says who answers at `address`: the emulator, a package mirror, a proxy, or the host asked for."""

    kind: Literal["cloud", "mirror", "proxy", "direct"]
    address: Address


def is_cloud_host(host: str) -> bool:
    """Whether the emulator plays this host: OSS, the products' APIs, and the metadata service."""
    return host == _METADATA_HOST or bool(_OSS_HOST.fullmatch(host) or _API_HOST.fullmatch(host))


def choose_route(
    host: str, port: int, *, tunnel: bool, cloud_address: Address | None, environment: Mapping[str, str]
) -> Route:
    """Who gets a request for `host`. Errors: RefusedRouteError."""
    host = host.lower().rstrip(".")
    if is_cloud_host(host):
        if cloud_address is None:
            raise RefusedRouteError(f"{host} is emulated, and the emulator has no address in this process")
        return Route(kind="cloud", address=cloud_address)
    if is_mirror_host(host):
        return Route(kind="mirror", address=(host, port))
    proxy = _proxy_of(host, environment, secure=tunnel)
    if proxy is not None:
        _refuse_by_name(host)
        return Route(kind="proxy", address=proxy)
    return Route(kind="direct", address=(_reachable_address(host, port), port))


def _proxy_of(host: str, environment: Mapping[str, str], *, secure: bool) -> Address | None:
    """The proxy the host itself would use for that host."""
    scheme = "https" if secure else "http"
    bypass = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if any(_is_within(host, domain.strip()) for domain in bypass.split(",")):
        return None
    url = environment.get(f"{scheme}_proxy") or environment.get(f"{scheme.upper()}_PROXY")
    url = url or environment.get("all_proxy") or environment.get("ALL_PROXY")
    parts = urlsplit(url if url and "//" in url else f"//{url or ''}")
    if not parts.hostname or parts.scheme not in ("", "http"):
        return None
    return parts.hostname, parts.port or 80


def _is_within(host: str, domain: str) -> bool:
    bare = domain.lower().lstrip("*").lstrip(".")
    return domain == "*" or (bare != "" and (host == bare or host.endswith(f".{bare}")))


def _refuse_by_name(host: str) -> None:
    if host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host in ("::1", "0.0.0.0"):  # noqa: S104
        raise RefusedRouteError(f"{host} is the host itself")


def _reachable_address(host: str, port: int) -> str:
    """An address of that host that is not one of this computer. Errors: RefusedRouteError, OSError."""
    _refuse_by_name(host)
    for family, _, _, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(place[0])
        if _belongs_to_this_computer(family, address):
            raise RefusedRouteError(f"{host} is the host itself ({address})")
    return host


def _belongs_to_this_computer(family: int, address: str) -> bool:
    """Only an own address can be bound."""
    if address.startswith(("127.", "169.254.", "::ffff:127.")):
        return True
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
