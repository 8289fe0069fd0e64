"""One request on its way through the service, and the pieces of it that handlers ask for."""

import base64
import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from deployer.emulator.accounts import AccessKey
from deployer.emulator.actions import ApiError
from deployer.emulator.assumptions import Assumptions
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.ram.guard import Guard
from deployer.emulator.services.oss.state import OssState
from deployer.emulator.wire import oss_xml
from deployer.emulator.wire.oss_address import OssAddress

_LARGEST_XML_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OssCall:
    """An authenticated request for one operation. `key` is None for an anonymous one.

    `region_id` is the region of the endpoint the request came to. `lock` guards the state: hold it to look and to
    change, never while a body is read or written.
    """

    request: HttpRequest
    address: OssAddress
    operation_name: str
    ram_actions: tuple[str, ...]
    schema: Mapping[str, Any] | None
    query: Mapping[str, str]
    key: AccessKey | None
    region_id: str
    now: datetime
    lock: AbstractContextManager[Any]
    assumptions: Assumptions
    guard: Guard
    state: OssState

    @property
    def bucket_name(self) -> str:
        assert self.address.bucket_name is not None
        return self.address.bucket_name

    @property
    def object_name(self) -> str:
        assert self.address.object_name is not None
        return self.address.object_name

    @property
    def account_id(self) -> str | None:
        return self.key.principal.account_id if self.key else None

    def header(self, name: str) -> str | None:
        """The header, None when it is missing or empty."""
        return self.request.headers.get(name) or None

    def number(self, name: str, *, default: int, low: int, high: int) -> int:
        """A query parameter as a whole number.

        Errors: ApiError 400 InvalidArgument.
        """
        text = self.query.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
            raise invalid_argument(name, text, f"must be between {low} and {high}")
        return int(text)

    def read_body(self) -> bytes:
        """A small body, whole, checked against Content-MD5.

        Errors: ApiError 400 InvalidDigest, EntityTooLarge.
        """
        body = self.request.body.read(_LARGEST_XML_BYTES + 1)
        if len(body) > _LARGEST_XML_BYTES:
            raise ApiError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
        check_digest(self.header("content-md5"), hashlib.md5(body, usedforsecurity=False).digest())
        return body

    def read_xml(self) -> dict[str, Any]:
        """The body as the contract describes it.

        Errors: ApiError 400 MalformedXML, InvalidDigest.
        """
        assert self.schema is not None
        return oss_xml.parse(self.read_body(), self.schema)


def check_digest(content_md5: str | None, digest: bytes) -> None:
    """Errors: ApiError 400 InvalidDigest when the body is not the one the Content-MD5 header was made of."""
    if content_md5 is not None and content_md5 != base64.b64encode(digest).decode():
        raise ApiError(
            400,
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
            extra={"Content-MD5": content_md5},
        )


def invalid_argument(name: str, value: str, why: str) -> ApiError:
    """The 400 of a value OSS does not accept."""
    return ApiError(400, "InvalidArgument", f"{name} {why}.", extra={"ArgumentName": name, "ArgumentValue": value})


def xml_response(root: str, tree: oss_xml.Tree | str) -> HttpResponse:
    """200 with an XML document."""
    body = oss_xml.render(root, tree)
    return HttpResponse(status=200, headers={"Content-Type": "application/xml"}, body=body, content_length=len(body))


def empty_response(status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """An answer that has headers only."""
    return HttpResponse(status=status, headers=dict(headers or {}), body=b"", content_length=0)


def http_time(moment: datetime) -> str:
    """`Thu, 01 Jan 2026 00:00:00 GMT`."""
    return format_datetime(moment, usegmt=True)
