"""When a timer trigger fires: cron expressions of six or seven fields, rates such as `5 minutes`, and single moments.

Source: https://help.aliyun.com/zh/oos/user-guide/acs-timertrigger
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deployer.oos.time_functions import parse_duration, parse_time

# The first moment after the one given; None when there is none.
Next = Callable[[datetime], "datetime | None"]

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RATE = re.compile(r"(?:rate\()?\s*(\d+)\s*(second|minute|hour|day)s?\s*\)?", re.IGNORECASE)
# A cron expression that names no day within that many days names none at all (29 February is at most 8 years away).
_LONGEST_SEARCH_DAYS = 366 * 8


def read_schedule(kind: str, expression: str, time_zone: str, start: datetime) -> Next:
    """The schedule of a trigger; `start` is where rates are counted from.

    Errors: ValueError.
    """
    match kind.strip().casefold():
        case "cron":
            return Cron.read(expression, _zone(time_zone)).next_after
        case "rate":
            return _every(_rate_seconds(expression), start)
        case "at":
            moment = _moment(expression, _zone(time_zone))
            return lambda after: moment if moment > after else None
        case _:
            raise ValueError(f"Type must be cron, rate or at, not `{kind}`")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else timezone.utc
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown time zone `{name}`") from None


def _moment(text: str, zone: tzinfo) -> datetime:
    """A UTC time when it ends in `Z`, else a time of the zone."""
    moment = parse_time(text)
    return moment if text.strip().upper().endswith("Z") else moment.replace(tzinfo=zone)


def _rate_seconds(expression: str) -> float:
    found = _RATE.fullmatch(expression.strip())
    if found is None:
        return max(1.0, parse_duration(expression))
    return timedelta(**{f"{found[2].lower()}s": int(found[1])}).total_seconds() or 1.0


def _every(seconds: float, start: datetime) -> Next:
    def next_after(after: datetime) -> datetime:
        passed = max(0.0, (after - start).total_seconds())
        return start + timedelta(seconds=(passed // seconds + 1) * seconds)

    return next_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Second, minute, hour, day of month, month, day of week (1 is Sunday), and optionally a year, in a time zone.

    A day matches when both its fields do; `?` and `*` match every day. `L`, `W` and `#` are not read.
    """

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int] | None
    zone: tzinfo

    @classmethod
    def read(cls, expression: str, zone: tzinfo) -> "Cron":
        """Errors: ValueError."""
        fields = expression.split()
        if len(fields) not in {6, 7}:
            raise ValueError(f"`{expression}` is no cron expression of six or seven fields")
        return cls(
            seconds=_values(fields[0], 0, 59),
            minutes=_values(fields[1], 0, 59),
            hours=_values(fields[2], 0, 23),
            days=frozenset(_values(fields[3], 1, 31)),
            months=frozenset(_values(fields[4], 1, 12, _MONTHS)),
            weekdays=frozenset(_values(fields[5], 1, 7, _DAYS)),
            years=frozenset(_values(fields[6], 1970, 2199)) if len(fields) == 7 and fields[6] != "*" else None,
            zone=zone,
        )

    def next_after(self, after: datetime) -> datetime | None:
        """The first moment after that one; None when no such day is near."""
        local = after.astimezone(self.zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(_LONGEST_SEARCH_DAYS):
            candidate = day + timedelta(days=number)
            if self._matches_day(candidate):
                for moment in self._moments(candidate, local.hour if number == 0 else 0):
                    if moment > after:
                        return moment.astimezone(timezone.utc)
        return None

    def _matches_day(self, day: datetime) -> bool:
        return (
            day.day in self.days
            and day.month in self.months
            and (day.isoweekday() % 7 + 1) in self.weekdays
            and (self.years is None or day.year in self.years)
        )

    def _moments(self, day: datetime, first_hour: int) -> "list[datetime]":
        return [
            day.replace(hour=hour, minute=minute, second=second)
            for hour in self.hours
            if hour >= first_hour
            for minute in self.minutes
            for second in self.seconds
        ]


def _values(field: str, lowest: int, highest: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """The numbers a field stands for: `*`, `?`, `5`, `1-5`, `0/15`, `*/2`, `MON-FRI`, and lists of these."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in {"*", "?"}:
            first, last = lowest, highest
        elif "-" in span:
            first, last = (_number(end, lowest, names) for end in span.split("-", 1))
        else:
            first = _number(span, lowest, names)
            last = highest if step else first
        if not lowest <= first <= highest or not lowest <= last <= highest or (step and not step.isdigit()):
            raise ValueError(f"`{field}` is no field of a cron expression from {lowest} to {highest}")
        found.update(range(first, last + 1, max(1, int(step or 1))))
    return tuple(sorted(found))


def _number(text: str, lowest: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + lowest
    if not text.isdigit():
        raise ValueError(f"`{text}` is no value of a cron expression")
    return int(text)
