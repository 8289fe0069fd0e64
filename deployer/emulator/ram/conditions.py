"""The Condition element of a policy: operators of five families over what is known about a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from typing import Any

from deployer.emulator.ram.patterns import wildcard

# What is known about a request: condition key in lower case to its values.
Facts = Mapping[str, Sequence[str]]
_Comparison = Callable[[str, str], bool]


class MalformedCondition(ValueError):
    """No such operator, or no such shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operator:
    """`compare(value of the request, value of the policy)`; a negated one asks that no value of the policy fits."""

    compare: _Comparison
    is_negated: bool = False


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str) -> float | None:
    """Seconds since 1970 of `2026-01-01T08:00:00+08:00` or `…Z`; a time without zone is UTC."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _ordered(read: Callable[[str], float | None], holds: Callable[[float, float], bool]) -> _Comparison:
    def compare(actual: str, wanted: str) -> bool:
        left, right = read(actual), read(wanted)
        return left is not None and right is not None and holds(left, right)

    return compare


def _in_network(actual: str, wanted: str) -> bool:
    try:
        return ip_address(actual) in ip_network(wanted, strict=False)
    except ValueError:
        return False


def _family(prefix: str, read: Callable[[str], float | None]) -> dict[str, _Operator]:
    """The six comparisons of numbers, and of dates."""
    return {
        f"{prefix}Equals": _Operator(compare=_ordered(read, lambda left, right: left == right)),
        f"{prefix}NotEquals": _Operator(compare=_ordered(read, lambda left, right: left == right), is_negated=True),
        f"{prefix}LessThan": _Operator(compare=_ordered(read, lambda left, right: left < right)),
        f"{prefix}LessThanEquals": _Operator(compare=_ordered(read, lambda left, right: left <= right)),
        f"{prefix}GreaterThan": _Operator(compare=_ordered(read, lambda left, right: left > right)),
        f"{prefix}GreaterThanEquals": _Operator(compare=_ordered(read, lambda left, right: left >= right)),
    }


def _strings() -> dict[str, _Operator]:
    def same(actual: str, wanted: str) -> bool:
        return actual == wanted

    def same_letters(actual: str, wanted: str) -> bool:
        return actual.lower() == wanted.lower()

    def alike(actual: str, wanted: str) -> bool:
        return wildcard(wanted).fullmatch(actual) is not None

    return {
        "StringEquals": _Operator(compare=same),
        "StringNotEquals": _Operator(compare=same, is_negated=True),
        "StringEqualsIgnoreCase": _Operator(compare=same_letters),
        "StringNotEqualsIgnoreCase": _Operator(compare=same_letters, is_negated=True),
        "StringLike": _Operator(compare=alike),
        "StringNotLike": _Operator(compare=alike, is_negated=True),
        "Bool": _Operator(compare=same_letters),
        "IpAddress": _Operator(compare=_in_network),
        "NotIpAddress": _Operator(compare=_in_network, is_negated=True),
    }


# Source: https://www.alibabacloud.com/help/en/ram/conditional-operator
_OPERATORS: Mapping[str, _Operator] = MappingProxyType(
    {**_strings(), **_family("Numeric", _number), **_family("Date", _moment)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One operator, one key, and the values of which one has to fit."""

    operator: str
    key: str  # in lower case, tag keys excepted
    values: tuple[str, ...]

    def holds(self, facts: Facts) -> bool:
        """True when the request fits. A key the request does not have fits negated operators only.

        Assumed: the page does not say what an absent key means; this is how the negated operators read.
        """
        operator = _OPERATORS[self.operator]
        fits = any(operator.compare(actual, wanted) for actual in facts.get(self.key, ()) for wanted in self.values)
        return fits is not operator.is_negated


def read_conditions(document: Any) -> tuple[Condition, ...]:
    """The conditions of a statement, all of which have to hold. Errors: MalformedCondition."""
    if not isinstance(document, Mapping):
        raise MalformedCondition("Condition has to be an object")
    found = []
    for name, keys in document.items():
        if name not in _OPERATORS:
            raise MalformedCondition(f"the condition operator {name!r} does not exist")
        if not isinstance(keys, Mapping):
            raise MalformedCondition(f"{name} has to be an object")
        for key, values in keys.items():
            found.append(Condition(operator=name, key=fact_key(key), values=_texts(values)))
    return tuple(found)


def fact_key(key: str) -> str:
    """A condition key as facts are filed: in lower case, but for the key of a tag after the slash."""
    name, slash, tag_key = key.partition("/")
    return f"{name.lower()}{slash}{tag_key}"


def _texts(values: Any) -> tuple[str, ...]:
    found = values if isinstance(values, list) else [values]
    if not found or not all(isinstance(value, str | bool | int | float) for value in found):
        raise MalformedCondition("a condition value has to be a text, or several")
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in found)
