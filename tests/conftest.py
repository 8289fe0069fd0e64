"""What holds for every test."""

import gc
from operator import itemgetter

import pytest

# The SDKs make more than a hundred thousand objects that stay: to look through them time and again costs a sixth of all
# processor time.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several workers take whole commands, which mostly wait, mixed with what computes: the cores are never idle together."""
    if not hasattr(config, "workerinput"):
        return
    whole = [item for item in items if item.path.parent.name == "functional"]
    others = [item for item in items if item.path.parent.name != "functional"]
    places = [(number / len(part), item) for part in (whole, others) for number, item in enumerate(part)]
    items[:] = [item for _, item in sorted(places, key=itemgetter(0))]


def pytest_sessionfinish() -> None:
    """The SDKs leave many objects behind; the collections that end a run need not walk them, five times over."""
    gc.collect()
    gc.freeze()
