"""Conditional requests and ranges."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from deployer.emulator.actions import ApiError
from deployer.emulator.services.oss.state import ObjectVersion

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Bytes `start` to `end`, both counted in."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start + 1


def check_conditions(headers: Mapping[str, str], version: ObjectVersion, prefix: str = "") -> None:
    """Errors: ApiError 412 PreconditionFailed, 304 NotModified. `prefix` is `x-oss-copy-source-` for copies.

    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
    """
    match, none_match = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-none-match")
    unmodified, modified = headers.get(f"{prefix}if-unmodified-since"), headers.get(f"{prefix}if-modified-since")
    if match and not _names_etag(match, version.etag):
        raise _precondition_failed("If-Match")
    if unmodified and (moment := _read_time(unmodified)) and version.last_modified.replace(microsecond=0) > moment:
        raise _precondition_failed("If-Unmodified-Since")
    if none_match and _names_etag(none_match, version.etag):
        raise _not_modified()
    if modified and (moment := _read_time(modified)) and version.last_modified.replace(microsecond=0) <= moment:
        raise _not_modified()


def read_range(header: str | None, size_bytes: int, *, is_standard: bool) -> Range | None:
    """The part that is asked for; None for the whole object.

    A range that does not lie within the object means the whole of it, unless `x-oss-range-behavior: standard`.
    Errors: ApiError 416 InvalidRange.
    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/getobject
    """
    match = _RANGE.fullmatch((header or "").strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size_bytes - int(last)), size_bytes - 1
        within = 0 < int(last) <= size_bytes or (is_standard and int(last) > 0)
    else:
        start, end = int(first), int(last) if last else size_bytes - 1
        within = start <= end < size_bytes
        if last and start > end:
            return None
    if within and size_bytes:
        return Range(start=start, end=end)
    if not is_standard:
        return None
    if start >= size_bytes:
        raise ApiError(
            416,
            "InvalidRange",
            "The requested range cannot be satisfied.",
            extra={"RangeRequested": header or "", "ActualObjectSize": str(size_bytes)},
            headers={"Content-Range": f"bytes */{size_bytes}"},
        )
    return Range(start=start, end=min(end, size_bytes - 1))


def _names_etag(header: str, etag: str) -> bool:
    names = {name.strip().strip('"') for name in header.split(",")}
    return "*" in names or etag in names


def _read_time(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(timezone.utc)
    except ValueError:
        return None


def _precondition_failed(condition: str) -> ApiError:
    return ApiError(
        412,
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold.",
        extra={"Condition": condition},
    )


def _not_modified() -> ApiError:
    return ApiError(304, "NotModified", "Not Modified")
