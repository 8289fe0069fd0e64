"""Eventual consistency: how soon what was made is seen. Nothing is late unless the assumptions say so."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from deployer.emulator.context import Context


def is_seen(context: Context, made_at: datetime, params: Mapping[str, Any]) -> bool:
    """True once a Describe call with these parameters finds a thing made then; one that filters by tag may be later."""
    lag = context.assumptions.list_lag_seconds
    if "Tag" in params:
        lag = max(lag, context.assumptions.tag_lag_seconds)
    return context.clock.now() - made_at >= timedelta(seconds=lag)
