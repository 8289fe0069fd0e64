"""Points in time as the services write them: UTC, to the second or to the minute."""

from datetime import datetime, timezone


def to_second(moment: datetime) -> str:
    """`2026-01-01T08:30:05Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_minute(moment: datetime) -> str:
    """`2026-01-01T08:30Z`, as DescribeInstances writes."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%MZ")


def parse(text: str) -> datetime:
    """The moment either form stands for. Errors: ValueError."""
    pattern = "%Y-%m-%dT%H:%M:%SZ" if text.count(":") == 2 else "%Y-%m-%dT%H:%MZ"
    return datetime.strptime(text, pattern).replace(tzinfo=timezone.utc)
