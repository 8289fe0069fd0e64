"""TOML as tables, on every Python."""

import sys
from collections.abc import Mapping
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # absent where Python brings its own


def load_toml(text: str) -> tuple[dict[str, Any], str | None]:
    """The tables and None, or no tables and what is wrong with the text."""
    try:
        return tomllib.loads(text), None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return {}, str(error)


def table_at(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """A table inside tables, empty when it is missing or no table."""
    value: Any = data
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return dict(value) if isinstance(value, Mapping) else {}
