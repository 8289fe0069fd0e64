"""Values that requests carry as text: JSON, and points in time that limit a list."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from deployer.emulator.services.refusals import invalid_parameter
from deployer.emulator.services.timestamps import parse


def json_list(name: str, given: Any) -> list[str]:
    """The texts of a JSON list. Errors: InvalidParameter."""
    value = _parsed(name, given)
    if not isinstance(value, list):
        raise invalid_parameter(name)
    return [str(element) for element in value]


def json_map(name: str, given: Any) -> dict[str, Any]:
    """A JSON object; empty when nothing was given. Errors: InvalidParameter."""
    value = {} if given is None else _parsed(name, given)
    if not isinstance(value, Mapping):
        raise invalid_parameter(name)
    return dict(value)


def is_between(moment: datetime | None, params: Mapping[str, Any], name: str) -> bool:
    """Whether a moment fits the filters `<name>After` and `<name>Before`; none at all fits when there are none.

    Errors: InvalidParameter.
    """
    after, before = _moment(params, f"{name}After"), _moment(params, f"{name}Before")
    if moment is None:
        return after is None and before is None
    return (after is None or moment >= after) and (before is None or moment <= before)


def _moment(params: Mapping[str, Any], name: str) -> datetime | None:
    try:
        return parse(params[name]) if name in params else None
    except ValueError:
        raise invalid_parameter(name) from None


def _parsed(name: str, given: Any) -> Any:
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        raise invalid_parameter(name) from None
