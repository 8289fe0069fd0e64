"""Any value of ours as JSON values: one place decides how money, times, secrets and dataclasses look in JSON."""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from deployer.models.secret import Secret


def to_json_value(value: Any) -> Any:
    """Dicts, lists, text, numbers, booleans and None.

    Decimals become text with all their digits, times ISO 8601 in UTC with `Z`, enums their value, secrets `***`,
    dataclasses dicts of their fields, bytes and anything else text. NaN and infinities become None.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Secret):
        return "***"
    if isinstance(value, Enum):
        return to_json_value(value.value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # lone surrogates are in no JSON
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124  (NaN)
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else None
    return _of_compound(value)


def _of_compound(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value.astimezone(timezone.utc) if value.tzinfo else value
        return moment.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(to_json_value(key)): to_json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json_value(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((to_json_value(item) for item in value), key=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, PurePath) else to_json_value(str(value))
