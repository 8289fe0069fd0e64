"""When timer triggers fire."""

from datetime import datetime, timezone

import pytest

from deployer.oos.schedules import read_schedule

NEW_YEAR = datetime(2026, 1, 1, tzinfo=timezone.utc)  # a Thursday


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("kind", "expression", "zone", "expected"),
    [
        ("cron", "0 * * ? * *", "", "2026-01-01T00:01:00"),
        ("cron", "0 30 9 ? * MON-FRI", "", "2026-01-01T09:30:00"),
        ("cron", "0 0 9 ? * 2", "", "2026-01-05T09:00:00"),
        ("cron", "0 0 9 ? * MON", "Asia/Shanghai", "2026-01-05T01:00:00"),
        ("cron", "0 0/20 * * * ?", "", "2026-01-01T00:20:00"),
        ("cron", "15 10,40 2-4 * * ?", "", "2026-01-01T02:10:15"),
        ("cron", "0 0 0 29 FEB ?", "", "2028-02-29T00:00:00"),
        ("cron", "0 0 0 1 1 ? 2030", "", "2030-01-01T00:00:00"),
        ("rate", "5 minute", "", "2026-01-01T00:05:00"),
        ("rate", "rate(2 hours)", "", "2026-01-01T02:00:00"),
        ("Rate", "PT30S", "", "2026-01-01T00:00:30"),
        ("at", "2026-01-02T03:04:05Z", "", "2026-01-02T03:04:05"),
        ("at", "2026-01-02 03:04:05", "Asia/Shanghai", "2026-01-01T19:04:05"),
    ],
)
def test_a_schedule_knows_its_next_moment(kind, expression, zone, expected):
    assert read_schedule(kind, expression, zone, NEW_YEAR)(NEW_YEAR) == moment(expected)


def test_a_schedule_goes_on_from_the_moment_it_fired():
    cron = read_schedule("cron", "0 0 12 ? * *", "", NEW_YEAR)
    first = cron(NEW_YEAR)
    assert [first, cron(first)] == [moment("2026-01-01T12:00:00"), moment("2026-01-02T12:00:00")]
    rate = read_schedule("rate", "40 minutes", "", NEW_YEAR)
    assert rate(moment("2026-01-01T00:40:00")) == moment("2026-01-01T01:20:00")


@pytest.mark.parametrize(
    ("kind", "expression"), [("at", "2025-12-31T00:00:00Z"), ("cron", "0 0 0 31 2 ?"), ("cron", "0 0 0 1 1 ? 2020")]
)
def test_a_moment_that_never_comes_is_none(kind, expression):
    assert read_schedule(kind, expression, "", NEW_YEAR)(NEW_YEAR) is None


@pytest.mark.parametrize(
    ("kind", "expression", "zone"),
    [
        ("cron", "* * * *", ""),
        ("cron", "0 0 25 ? * *", ""),
        ("cron", "0 0 x ? * *", ""),
        ("cron", "0 0 9 ? * *", "Mars/Olympus"),
        ("cron", "0 0 9 ? * *", "Asia"),
        ("rate", "now and then", ""),
        ("at", "tomorrow", ""),
        ("weekly", "0 0 9 ? * *", ""),
    ],
)
def test_what_is_no_schedule_is_refused(kind, expression, zone):
    with pytest.raises(ValueError, match=r"\w"):
        read_schedule(kind, expression, zone, NEW_YEAR)
