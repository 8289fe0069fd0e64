"""What holds for every test."""

import gc

# The SDKs make more than a hundred thousand objects that stay: to look through them time and again costs a sixth of all processor time.
gc.set_threshold(50_000, 20, 50)


def pytest_sessionfinish() -> None:
    """The SDKs leave many objects behind; the collections that end a run need not walk them, five times over."""
    gc.collect()
    gc.freeze()
