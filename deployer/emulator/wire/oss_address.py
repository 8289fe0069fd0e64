"""Which bucket and object a request to OSS is about, from its Host header and path."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote_plus

from deployer.emulator.http import HttpRequest

_REGIONAL_HOST = re.compile(
    r"(?:(?P<bucket>[^.]+)\.)?(?:oss-(?P<region>[a-z0-9-]+?)(?:-internal)?|(?P<dual_stack>[a-z0-9-]+)\.oss)\.aliyuncs\.com"
)
# The endpoint of the first years, which still stands for Hangzhou; `<region>.oss` is dual stack.
_FIRST_HOST = re.compile(r"(?:(?!(?:cn|us|eu|ap|me|na)-)(?P<bucket>[^.]+)\.)?oss(?:-internal)?\.aliyuncs\.com")
_FIRST_REGION_ID = "cn-hangzhou"
_LOOPBACK_HOST = re.compile(r"(?:(?P<bucket>[^.]+)\.)?localhost")
_ACCELERATED = ("accelerate", "accelerate-overseas")


@dataclass(frozen=True, slots=True, kw_only=True)
class OssAddress:
    """`region_id` is None when the host names no region: loopback, and the acceleration endpoints."""

    bucket_name: str | None
    object_name: str | None
    region_id: str | None
    names_oss: bool  # the host is one of OSS's own, not loopback
    virtual_hosted: bool  # the bucket stood in the host

    @property
    def level(self) -> str:
        """`service`, `bucket` or `object`, as the contract calls it."""
        if self.bucket_name is None:
            return "service"
        return "bucket" if self.object_name is None else "object"

    @property
    def resource(self) -> str:
        """`/bucket/key`, whatever the addressing style: what signatures are made over."""
        if self.bucket_name is None:
            return "/"
        return f"/{self.bucket_name}/{self.object_name or ''}"


def read_address(request: HttpRequest) -> OssAddress:
    """Path style on IP addresses and unknown names, virtual host where the Host header names a bucket.

    A plus in the path is a space: the Go SDK writes it so, all SDKs send a real plus as %2B.
    """
    path = unquote_plus(request.target.partition("?")[0]).removeprefix("/")
    host = _match_host(request.host)
    region_id = _region_of(host) if host and _is_oss_host(host) else None
    bucket_name = host.group("bucket") if host else None
    if bucket_name is not None:
        key, virtual_hosted = path, True
    else:
        bucket_name, _, key = path.partition("/")
        virtual_hosted = False
    return OssAddress(
        bucket_name=bucket_name or None,
        object_name=key or None,
        region_id=None if region_id in _ACCELERATED else region_id,
        names_oss=host is not None and _is_oss_host(host),
        virtual_hosted=virtual_hosted,
    )


def is_oss_host(host: str) -> bool:
    """True for OSS's own names: regional, internal, dual stack and acceleration endpoints, with or without a bucket."""
    match = _match_host(host)
    return match is not None and _is_oss_host(match)


def _match_host(host: str) -> re.Match[str] | None:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return _FIRST_HOST.fullmatch(host) or _REGIONAL_HOST.fullmatch(host) or _LOOPBACK_HOST.fullmatch(host)
    return None


def _is_oss_host(match: re.Match[str]) -> bool:
    return match.re is not _LOOPBACK_HOST


def _region_of(match: re.Match[str]) -> str:
    if match.re is _FIRST_HOST:
        return _FIRST_REGION_ID
    return match.group("region") or match.group("dual_stack")
