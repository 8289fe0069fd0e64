"""The published shape of each operation, read from the JSON files beside this module when first asked for.

One operation per line in the files: name, type, nesting, encoding and range of each parameter, and the answer's tree.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

PRODUCT_VERSIONS: Mapping[str, str] = {
    "ecs": "2014-05-26",
    "vpc": "2016-04-28",
    "oos": "2019-06-01",
    "bss": "2017-12-14",
    "sts": "2015-04-01",
    "ram": "2015-05-01",
    "location": "2015-06-12",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter, or one field of a structured one."""

    name: str
    type: str  # string, integer, number, boolean, map, object, array<string>, array<object>
    required: bool = False
    is_json: bool = False  # travels as one JSON text that stands for a value
    lowest: int | None = None
    highest: int | None = None
    closed_values: tuple[str, ...] = ()  # only where another value is documented to be refused
    refusal: tuple[int, str] = (400, "InvalidParameter")  # status and code for a value out of range
    fields: tuple["Parameter", ...] = ()

    @property
    def is_list(self) -> bool:
        return self.type.startswith("array<")

    def field(self, name: str) -> "Parameter | None":
        """The field of that name of a structured parameter."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One API operation of one product."""

    product: str
    name: str
    parameters: Mapping[str, Parameter]
    response: Mapping[str, Any]
    ram_actions: tuple[str, ...]  # the rights every call needs
    resources: tuple[str, ...] = ()  # what they are needed for: "instance/{InstanceId}", "vpc:vswitch/{VSwitchId}?"
    passes_role: str | None = None  # the parameter that hands a role to the service, which needs ram:PassRole


class ProductDocument:
    """The operations of one product."""

    def __init__(self, product: str) -> None:
        self.product = product
        self._operations: dict[str, Operation] = {}

    @cached_property
    def _raw(self) -> dict[str, Any]:
        text = files(__package__).joinpath(f"{self.product}.json").read_text(encoding="utf-8")
        raw: dict[str, Any] = json.loads(text)
        return raw

    @property
    def account_parameters(self) -> frozenset[str]:
        """Old parameters every operation accepts and ignores, such as OwnerId."""
        return frozenset(self._raw["account_parameters"])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._raw["operations"])

    @property
    def other_names(self) -> tuple[str, ...]:
        """Operations the product has, whose shape is not described here."""
        return tuple(self._raw["other_operations"])

    def find(self, action: str) -> Operation | None:
        """The operation of that name; None when the product has none."""
        if action not in self._operations:
            raw = self._raw["operations"].get(action)
            if raw is None:
                return None
            self._operations[action] = _operation(self.product, action, raw)
        return self._operations[action]


class Contract:
    """All products; nothing is read before it is asked for."""

    def __init__(self) -> None:
        self._products = {product: ProductDocument(product) for product in PRODUCT_VERSIONS}

    def product(self, product: str) -> ProductDocument:
        return self._products[product]

    def find(self, product: str, action: str) -> Operation | None:
        """The operation; None when the product has none of that name."""
        return self._products[product].find(action)

    def find_product(self, version: str, action: str) -> str | None:
        """Which product answers this version; None when no product has it.

        Old clients ask for the VPC operations at ECS, with its version.
        """
        product = next((name for name, known in PRODUCT_VERSIONS.items() if known == version), None)
        if product == "ecs" and self.find("ecs", action) is None and self.find("vpc", action) is not None:
            return "vpc"
        return product


def _operation(product: str, action: str, raw: Mapping[str, Any]) -> Operation:
    return Operation(
        product=product,
        name=action,
        parameters={entry["name"]: _parameter(entry) for entry in raw["params"]},
        response=raw["response"],
        ram_actions=tuple(raw.get("ram_actions", ())),
        resources=tuple(raw.get("resources", ())),
        passes_role=raw.get("passes_role"),
    )


def _parameter(raw: Mapping[str, Any]) -> Parameter:
    lowest, highest = raw.get("range", (raw.get("min"), raw.get("max")))
    is_number = raw["type"] == "integer"
    status, code = raw.get("refusal", (400, "InvalidParameter"))
    return Parameter(
        name=raw["name"],
        type=raw["type"],
        required=raw.get("required", False),
        is_json=raw.get("encoding") == "json" or raw.get("json_string", False),
        lowest=lowest if is_number else None,
        highest=highest if is_number else None,
        closed_values=tuple(raw["enum"]) if "refusal" in raw and "enum" in raw else (),
        refusal=(status, code),
        fields=tuple(_parameter(field) for field in raw.get("fields", ())),
    )
