"""What holds for every test."""

import gc
import zlib

import pytest

# The SDKs make more than a hundred thousand objects that stay: to look through them time and again costs a sixth of all
# processor time.
gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several workers take all tests mixed, the same way each time: while some wait, others compute, from start to end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: zlib.crc32(item.nodeid.encode()))


def pytest_sessionfinish() -> None:
    """The SDKs leave many objects behind; the collections that end a run need not walk them, five times over."""
    gc.collect()
    gc.freeze()
