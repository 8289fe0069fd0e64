"""The Parameter Store: named texts with versions, plain and secret ones, per account and region.

Source: https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-createparameter
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.services.refusals import invalid_parameter

TYPES = ("String", "StringList")
_LARGEST_VALUE_CHARACTERS = 4096
_LARGEST_VERSION = 100
_NAME = re.compile(r"(?!ALIYUN|ACS|ALIBABA|ALICLOUD|OOS)/?[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What values are allowed; given as JSON when the parameter is made, and kept."""

    text: str = ""
    allowed_values: tuple[str, ...] = ()
    allowed_pattern: str = ""
    shortest: int = 0
    longest: int = _LARGEST_VALUE_CHARACTERS

    @classmethod
    def read(cls, given: Any) -> "Constraints":
        """Errors: InvalidParameter."""
        if not given:
            return cls()
        try:
            rules = json.loads(given) if isinstance(given, str) else given
            return cls(
                text=given if isinstance(given, str) else json.dumps(given, ensure_ascii=False),
                allowed_values=tuple(str(value) for value in rules.get("AllowedValues") or ()),
                allowed_pattern=re.compile(str(rules.get("AllowedPattern") or "")).pattern,
                shortest=int(rules.get("MinLength") or 0),
                longest=min(int(rules.get("MaxLength") or _LARGEST_VALUE_CHARACTERS), _LARGEST_VALUE_CHARACTERS),
            )
        except (ValueError, AttributeError, TypeError, re.error):
            raise invalid_parameter("Constraints") from None

    def check(self, value: str) -> None:
        """Errors: InvalidParameter."""
        is_allowed = not self.allowed_values or value in self.allowed_values
        fits = not self.allowed_pattern or re.search(self.allowed_pattern, value)
        if not value or not self.shortest <= len(value) <= self.longest or not is_allowed or not fits:
            raise invalid_parameter("Value")


@dataclass(slots=True, kw_only=True)
class StoredParameter:
    """One parameter; the last of `values` is its newest version."""

    name: str
    parameter_id: str
    type: str
    constraints: Constraints
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    values: list[str]
    description: str = ""
    resource_group_id: str = ""
    key_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def version(self) -> int:
        return len(self.values)

    def value_of(self, version: int | None) -> str | None:
        """The value of a version, the newest when none is named; None when there is no such version."""
        if version is None:
            return self.values[-1]
        return self.values[version - 1] if 1 <= version <= len(self.values) else None

    def add_version(self, value: str, at: datetime, user_id: str) -> None:
        """Errors: InvalidParameter; 400 when there are 100 versions."""
        self.constraints.check(value)
        if len(self.values) >= _LARGEST_VERSION:
            raise ApiError(400, "InvalidParameter", f"The parameter {self.name} has {_LARGEST_VERSION} versions.")
        self.values.append(value)
        self.updated_at, self.updated_by = at, user_id


class ParameterStore:
    """The parameters of one kind, secret or not."""

    def __init__(self, *, is_secret: bool) -> None:
        self.is_secret = is_secret
        self.longest_name = 180 if is_secret else 200
        self._parameters: dict[tuple[str, str, str], StoredParameter] = {}

    @property
    def entity(self) -> str:
        """What the codes of its errors call it."""
        return "SecretParameter" if self.is_secret else "Parameter"

    def check_name(self, name: str) -> None:
        """Errors: InvalidParameter."""
        if len(name) > self.longest_name or not _NAME.fullmatch(name):
            raise invalid_parameter("Name")

    def find(self, account_id: str, region_id: str, name: str) -> StoredParameter | None:
        return self._parameters.get((account_id, region_id, name))

    def add(self, account_id: str, region_id: str, parameter: StoredParameter) -> None:
        self._parameters[account_id, region_id, parameter.name] = parameter

    def remove(self, account_id: str, region_id: str, name: str) -> None:
        del self._parameters[account_id, region_id, name]

    def of(self, account_id: str, region_id: str) -> list[StoredParameter]:
        """All of an account in a region, by name."""
        mine = [
            p for (account, region, _), p in self._parameters.items() if (account, region) == (account_id, region_id)
        ]
        return sorted(mine, key=lambda parameter: parameter.name)


def is_below(name: str, path: str, *, recursive: bool) -> bool:
    """Whether a name such as `a/b/c` lies in the folder `path`, directly unless `recursive`."""
    folder = path.strip("/")
    rest = name.strip("/")
    if folder:
        if not rest.startswith(f"{folder}/"):
            return False
        rest = rest.removeprefix(f"{folder}/")
    return recursive or "/" not in rest


def view(parameter: StoredParameter) -> dict[str, Any]:
    """A parameter as most operations show it, without its value."""
    shown: Mapping[str, Any] = {
        "Id": parameter.parameter_id,
        "Name": parameter.name,
        "Type": parameter.type,
        "ParameterVersion": parameter.version,
        "Description": parameter.description,
        "Constraints": parameter.constraints.text,
        "ShareType": "Private",
        "KeyId": parameter.key_id,
        "ResourceGroupId": parameter.resource_group_id,
        "Tags": dict(parameter.tags),
        "CreatedBy": parameter.created_by,
        "UpdatedBy": parameter.updated_by,
    }
    return {name: value for name, value in shown.items() if value != ""}
