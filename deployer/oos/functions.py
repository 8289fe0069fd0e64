"""The built-in functions, on arguments already worked out. If, Not, And and Or live in `expressions`: they judge.

Source: https://help.aliyun.com/zh/oos/user-guide/built-in-functions; those that the page does not list are used by
public templates. Null, the output of a task that was skipped, is taken where text is wanted.
"""

import ast
import base64
import binascii
import contextlib
import ipaddress
import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from deployer.oos.selectors import select_all
from deployer.oos.time_functions import add_hours, duration_between, format_time


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionContext:
    """What a function may know beside its arguments."""

    now: datetime


Function = Callable[[Any, FunctionContext], Any]


def equals(left: Any, right: Any) -> bool:
    """Whether two values are the same. A boolean is no number; 1 and 1.0 are the same number.

    Assumed: values of different types, such as `"1"` and 1, are different.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(equals(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equals(left[key], right[key]) for key in left)
    return bool(left == right)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _pair(arguments: Any, names: str) -> tuple[Any, Any]:
    if not isinstance(arguments, list) or len(arguments) != 2:
        raise ValueError(f"it takes [{names}]")
    return arguments[0], arguments[1]


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, list):
        raise TypeError(f"a list is wanted, not a {type(value).__name__}")
    return value


def _map(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, Mapping):
        raise TypeError(f"a map is wanted, not a {type(value).__name__}")
    return dict(value)


def _only(arguments: Any) -> list[Any]:
    """The list a function of one list works on, whether it was given bare or as the only argument."""
    values = _list(arguments)
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _base64_encode(argument: Any, _context: FunctionContext) -> str:
    return base64.b64encode(_text(argument).encode()).decode()


def _base64_decode(argument: Any, _context: FunctionContext) -> str | None:
    if argument is None:
        return None
    try:
        return base64.b64decode(_text(argument)).decode("utf-8", "replace")
    except binascii.Error as error:
        raise ValueError(f"not base64: {error}") from None


def _join(arguments: Any, _context: FunctionContext) -> str:
    separator, values = _pair(arguments, "separator, list")
    return str(separator).join(_text(value) for value in ([] if values is None else _list(values)))


def _split(arguments: Any, _context: FunctionContext) -> list[str]:
    separator, text = _pair(arguments, "separator, text")
    return _text(text).split(str(separator))


def _select(arguments: Any, _context: FunctionContext) -> Any:
    """Assumed: a key that a map does not have gives null, as in jq; public templates select optional ones."""
    key, container = _pair(arguments, "index or key, list or map")
    if container is None:
        return None
    if isinstance(container, str):
        container = json.loads(container)
    if isinstance(container, Mapping):
        return container.get(str(key))
    return _list(container)[int(key)]


def _replace(arguments: Any, _context: FunctionContext) -> str:
    changes, text = _pair(arguments, "{old: new}, text")
    result = _text(text)
    for old, new in _map(changes).items():
        result = result.replace(old, _text(new))
    return result


def _jq(arguments: Any, _context: FunctionContext) -> Any:
    if not isinstance(arguments, list) or len(arguments) != 3 or str(arguments[0]).casefold() not in {"first", "all"}:
        raise ValueError('it takes ["First" or "All", program, json]')
    mode, program, document = arguments
    if isinstance(document, str):
        with contextlib.suppress(ValueError):  # plain text is a JSON value too
            document = json.loads(document)
    results = select_all(str(program), document)
    if str(mode).casefold() == "all":
        return results
    return results[0] if results else None


def _merge_list(argument: Any, _context: FunctionContext) -> list[Any]:
    merged: list[Any] = []
    for element in _list(argument):
        if element is not None:
            merged.extend(element if isinstance(element, list) else [element])
    return merged


def _merge_map_to_list(argument: Any, _context: FunctionContext) -> list[dict[str, Any]]:
    """One map per position; a shorter list simply stops contributing."""
    columns = {key: _list(values) for column in _list(argument) for key, values in _map(column).items()}
    length = max((len(values) for values in columns.values()), default=0)
    return [{key: values[row] for key, values in columns.items() if row < len(values)} for row in range(length)]


def _merge_map(argument: Any, _context: FunctionContext) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for element in _only(argument):
        merged.update({} if element is None else _map(element))
    return merged


def _map_join(arguments: Any, _context: FunctionContext) -> dict[str, Any]:
    keys, values = _pair(arguments, "list of keys, list of values")
    return {_text(key): value for key, value in zip(_list(keys), _list(values), strict=True)}


def _convert_map_to_list(argument: Any, _context: FunctionContext) -> list[dict[str, Any]]:
    whole = argument[0] if isinstance(argument, list) and len(argument) == 1 else argument
    return [{"Key": key, "Value": value} for key, value in _map(whole).items()]


def _range_select(arguments: Any, _context: FunctionContext) -> list[Any]:
    """Elements from one index up to, but without, another; a negative end counts from the back."""
    if not isinstance(arguments, list) or len(arguments) != 3:
        raise ValueError("it takes [from, to, list]")
    return _list(arguments[2])[int(arguments[0]) : int(arguments[1])]


def _sub(arguments: Any, _context: FunctionContext) -> str:
    text, values = _pair(arguments, "text, {name: value}")
    known = _map(values)
    return re.sub(
        r"\$\{(\w+)\}", lambda m: _text(known[m.group(1)]) if m.group(1) in known else m.group(0), _text(text)
    )


def _intersection(argument: Any, _context: FunctionContext) -> list[Any]:
    first, *others = [_list(element) for element in _list(argument)]
    return _unique([x for x in first if all(any(equals(x, y) for y in other) for other in others)])


def _union(argument: Any, _context: FunctionContext) -> list[Any]:
    return _unique([x for element in _list(argument) for x in _list(element)])


def _difference(argument: Any, context: FunctionContext) -> list[Any]:
    """The union without the intersection, as the page defines it."""
    shared = _intersection(argument, context)
    return [x for x in _union(argument, context) if not any(equals(x, y) for y in shared)]


def _unique(values: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for value in values:
        if not any(equals(value, other) for other in kept):
            kept.append(value)
    return kept


def calculate_batches(count: int, items: int) -> list[int]:
    """Sizes of that many batches, as even as they can be, the remainder going one each to the first.

    Assumed: the exact result of `Fn::CalculateBatch`; clients that compute batches themselves spread them so.
    """
    batches = max(1, min(count, items))
    size, rest = divmod(items, batches)
    return [size + 1] * rest + [size] * (batches - rest) if items else []


def _calculate_batch(arguments: Any, _context: FunctionContext) -> list[int]:
    count, items = _pair(arguments, "number of batches, list")
    return calculate_batches(int(count), len(_list(items)))


def _escape(arguments: Any, _context: FunctionContext) -> str:
    """Text safe inside a double-quoted PowerShell string. Assumed: the characters; only PowerShell is known."""
    text, shell = _pair(arguments, "text, shell")
    if str(shell).casefold() != "powershell":
        raise ValueError(f"unknown shell {shell!r}")
    return re.sub(r"([`\"$])", r"`\1", _text(text))


def _sum(argument: Any, _context: FunctionContext) -> Any:
    return sum(_number(value) for value in _only(argument) if value is not None)


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError(f"a number is wanted, not {value!r}")
    if isinstance(value, str):
        return float(value) if re.search(r"[.eE]", value) else int(value)
    return value


_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
        ast.USub: operator.neg,
        ast.UAdd: operator.pos,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
    }
)


def _eval(argument: Any, _context: FunctionContext) -> Any:
    """One-line arithmetic and comparisons on numbers; nothing else is let in."""
    expression = argument[0] if isinstance(argument, list) and len(argument) == 1 else argument
    text = _text(expression).strip()
    if len(text) > 1000:
        raise ValueError("the expression is too long")
    try:
        return _arithmetic(ast.parse(text, mode="eval").body)
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"`{text}` is no one-line expression") from None


def _arithmetic(node: ast.AST) -> Any:
    match node:
        case ast.Constant(value=int() | float() | bool() as value):
            return value
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_arithmetic(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_arithmetic(left), _arithmetic(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_arithmetic(left), _arithmetic(right))
        case _:
            raise ValueError("only numbers, + - * / // %, brackets and one comparison are known")


def _is_ip_in_cidr(arguments: Any, _context: FunctionContext) -> bool:
    address, network = _pair(arguments, "address, CIDR block")
    return ipaddress.ip_address(str(address)) in ipaddress.ip_network(str(network), strict=False)


def _equals(arguments: Any, _context: FunctionContext) -> bool:
    return equals(*_pair(arguments, "a, b"))


def _contains(arguments: Any, _context: FunctionContext) -> bool:
    text, part = _pair(arguments, "text, part")
    return _text(part) in _text(text)


def _as_list(argument: Any, _context: FunctionContext) -> list[Any]:
    return list(argument) if isinstance(argument, list) else [argument]


# Functions that exist, but whose arguments and results are described nowhere: the validator knows them, running one fails.
UNDESCRIBED_FUNCTIONS = frozenset({"fn::findmatchedpackage", "fn::calculatetimebyopswindow"})

# By folded name.
FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "fn::base64encode": _base64_encode,
        "fn::base64decode": _base64_decode,
        "fn::join": _join,
        "fn::split": _split,
        "fn::select": _select,
        "fn::replace": _replace,
        "fn::jq": _jq,
        "fn::listjoin": _as_list,
        "fn::mergelist": _merge_list,
        "fn::mergemaptolist": _merge_map_to_list,
        "fn::mergemap": _merge_map,
        "fn::mapjoin": _map_join,
        "fn::convertmaptolist": _convert_map_to_list,
        "fn::rangeselect": _range_select,
        "fn::containssubstring": _contains,
        "fn::sub": _sub,
        "fn::intersection": _intersection,
        "fn::union": _union,
        "fn::difference": _difference,
        "fn::calculatebatch": _calculate_batch,
        "fn::escape": _escape,
        "fn::sum": _sum,
        "fn::eval": _eval,
        "fn::isipincidr": _is_ip_in_cidr,
        "fn::equals": _equals,
        "fn::min": lambda argument, _context: min(_only(argument)),
        "fn::max": lambda argument, _context: max(_only(argument)),
        "fn::first": lambda argument, _context: _only(argument)[0],
        "fn::last": lambda argument, _context: _only(argument)[-1],
        "fn::addhour": lambda argument, _context: add_hours(*_pair(argument, "UTC time, hours")),
        "fn::formatutctime": lambda argument, _context: format_time(*_pair(argument, "UTC time, pattern")),
        "fn::durationbetween": lambda argument, _context: duration_between(*_pair(argument, "start, stop")),
    }
)
