"""What holds for every test."""

import gc


def pytest_sessionfinish() -> None:
    """The SDKs leave a million objects behind; the collections that end a run need not walk them, five times over."""
    gc.collect()
    gc.freeze()
