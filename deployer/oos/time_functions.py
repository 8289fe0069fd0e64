"""Times and durations as templates write them: UTC times, times of day, ISO 8601 durations."""

import contextlib
import re
from datetime import datetime, time, timedelta, timezone
from typing import Any

_FORMATS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
_DURATION = re.compile(
    r"P?(?:(?P<days>\d+)D)?T?(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?", re.IGNORECASE
)


def parse_time(text: Any) -> datetime:
    """A UTC time such as `2019-05-16T10:26:14Z`.

    Errors: ValueError.
    """
    for pattern in _FORMATS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(str(text).strip(), pattern).replace(tzinfo=timezone.utc)
    raise ValueError(f"{text!r} is no UTC time such as 2019-05-16T10:26:14Z")


def write_time(moment: datetime) -> str:
    """`2019-05-16T10:26:14Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_duration(text: Any) -> float:
    """Seconds of an ISO 8601 duration; `PT15M` may be written `15M`, in any letter case.

    Errors: ValueError.
    Source: https://help.aliyun.com/zh/oos/user-guide/acs-sleep
    """
    match = _DURATION.fullmatch(str(text).strip())
    parts = {name: float(value) for name, value in match.groupdict().items() if value} if match else {}
    if not parts:
        raise ValueError(f"{text!r} is no duration such as PT15M")
    try:
        return timedelta(**parts).total_seconds()
    except OverflowError:
        raise ValueError(f"{text!r} is longer than a wait can be") from None


def add_hours(moment: Any, hours: Any) -> str:
    """The UTC time that many hours later, or earlier when negative."""
    return write_time(parse_time(moment) + timedelta(hours=float(hours)))


def format_time(moment: Any, pattern: Any) -> str:
    """The UTC time in a strftime pattern."""
    return parse_time(moment).strftime(str(pattern))


def duration_between(start: Any, stop: Any) -> str:
    """The duration from one time to another, for `ACS::Sleep`. For times of day (`08:00:00Z`) it is the next such time.

    Assumed: the spelling, `PT3600S`.
    """
    if "T" in str(start).upper() or "-" in str(start):
        seconds = (parse_time(stop) - parse_time(start)).total_seconds()
    else:
        seconds = (_second_of_day(stop) - _second_of_day(start)) % 86400 or 86400
    return f"PT{int(max(0, seconds))}S"


def _second_of_day(text: Any) -> int:
    moment = time.fromisoformat(str(text).strip().rstrip("Zz"))
    return moment.hour * 3600 + moment.minute * 60 + moment.second
