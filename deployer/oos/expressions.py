"""References and function calls inside template values: `{{ name }}` and `{"Fn::Name": arguments}`.

Text that came in through a value is not scanned again. Names are compared without letter case by whoever looks up.
Source: https://help.aliyun.com/zh/oos/user-guide/built-in-functions
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deployer.oos.failures import ExpressionError
from deployer.oos.functions import FUNCTIONS, FunctionContext

REFERENCE = re.compile(r"\{\{\s*([A-Za-z0-9_][A-Za-z0-9_:./-]*)\s*\}\}")

Lookup = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """Works out values: `lookup` answers a reference, `conditions` are the template's, by folded name."""

    lookup: Lookup
    now: Callable[[], datetime]
    conditions: Mapping[str, Any]

    def evaluate(self, value: Any) -> Any:
        """The value with every reference and call in it replaced.

        Errors: ExpressionError.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.evaluate(element) for element in value]
        if isinstance(value, Mapping):
            call = function_call(value)
            if call is not None:
                return self._call(*call)
            return {self._key(key): self.evaluate(inner) for key, inner in value.items()}
        return value

    def is_true(self, condition: Any) -> bool:
        """Whether a condition holds: a call, a reference to a boolean, or the name of one of the conditions."""
        if isinstance(condition, str) and condition.casefold() in self.conditions:
            return self.is_true(self.conditions[condition.casefold()])
        value = self.evaluate(condition)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.casefold() in {"true", "false"}:
            return value.casefold() == "true"
        raise ExpressionError(f"condition gives {render(value)!r}, which is neither true nor false")

    def _text(self, text: str) -> Any:
        whole = REFERENCE.fullmatch(text.strip())
        if whole:
            return self.lookup(whole.group(1))
        return REFERENCE.sub(lambda match: render(self.lookup(match.group(1))), text)

    def _key(self, key: str) -> str:
        return REFERENCE.sub(lambda match: render(self.lookup(match.group(1))), key)

    def _call(self, name: str, arguments: Any) -> Any:
        if name == "fn::if":
            if not isinstance(arguments, list) or len(arguments) != 3:
                raise ExpressionError("`Fn::If` takes [condition, then, else]")
            return self.evaluate(arguments[1] if self.is_true(arguments[0]) else arguments[2])
        if name == "fn::not":
            inner = arguments[0] if isinstance(arguments, list) and len(arguments) == 1 else arguments
            return not self.is_true(inner)
        if name in {"fn::and", "fn::or"}:
            if not isinstance(arguments, list) or not arguments:
                raise ExpressionError("`Fn::And` and `Fn::Or` take a list of conditions")
            return (all if name == "fn::and" else any)(self.is_true(argument) for argument in arguments)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionError(f"there is no function `{name}`")
        try:
            return function(self.evaluate(arguments), FunctionContext(now=self.now()))
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, ArithmeticError) as error:
            raise ExpressionError(f"function `{name}` fails: {error}") from None


def function_call(value: Mapping[str, Any]) -> tuple[str, Any] | None:
    """The folded name and the arguments when the map is a call: one key that starts with `Fn::`."""
    if len(value) != 1:
        return None
    name, arguments = next(iter(value.items()))
    return (name.casefold(), arguments) if isinstance(name, str) and name.casefold().startswith("fn::") else None


def references(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every reference in a value as (path of the text it stands in, name), map keys included."""
    if isinstance(value, str):
        for match in REFERENCE.finditer(value):
            yield path, match.group(1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from references(inner, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from references(key, path)
            yield from references(inner, f"{path}.{key}" if path else str(key))


def render(value: Any) -> str:
    """A value as it is put inside longer text: text as it is, numbers in decimal, the rest as JSON.

    Assumed: the spacing inside JSON, and `null` for a value that is missing.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
