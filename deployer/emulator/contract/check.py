"""A request against the contract: flat wire parameters in, checked and typed ones out, or the gateway's refusal.

Source of the codes: https://developer.aliyun.com/ask/278265 (`Missing<Name>`, `InvalidParameter`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.contract.document import Operation, Parameter

_TRUE_AND_FALSE: Mapping[str, bool] = {"true": True, "false": False}


def typed_parameters(
    operation: Operation, raw: Mapping[str, str], ignored: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The parameters as the contract types them: lists and objects rebuilt, JSON texts parsed, empty ones left out.

    `{"InstanceId.1": "i-1", "SystemDisk.Size": "40"}` becomes `{"InstanceId": ["i-1"], "SystemDisk": {"Size": 40}}`.
    Errors: ApiError 400 `Missing<Name>`, `InvalidParameter`, or the code the contract names for the parameter.
    """
    tree: dict[str, Any] = {}
    for name, value in raw.items():
        if name.split(".", 1)[0] not in ignored:
            _place(tree, name, value)
    typed: dict[str, Any] = {}
    for name, node in tree.items():
        parameter = operation.parameters.get(name)
        if parameter is None:
            raise _unknown(name)
        value = _typed(parameter, node, name)
        if value is not None:
            typed[name] = value
    _require(operation.parameters.values(), typed, "")
    return typed


def flat_parameters(operation: Operation, params: Mapping[str, Any]) -> dict[str, str]:
    """Structured parameters as they would stand on the wire; None and empty containers are left out."""
    flat: dict[str, str] = {}
    for name, value in params.items():
        parameter = operation.parameters.get(name)
        flat.update(_flattened(name, value, as_json=parameter is None or not _is_spread(parameter)))
    return flat


def undeclared_fields(operation: Operation, body: Mapping[str, Any]) -> list[str]:
    """Paths in an answer that the contract's tree does not know: a misspelt field, most of the time."""
    return list(_undeclared(operation.response, body, ""))


def _place(tree: dict[str, Any], name: str, value: str) -> None:
    """Put `value` at its dotted place; a place that is used twice, as value and as container, is refused."""
    *path, last = name.split(".")
    node = tree
    for step in path:
        child = node.setdefault(step, {})
        if not isinstance(child, dict):
            raise _invalid(name)
        node = child
    if isinstance(node.get(last), dict):
        raise _invalid(name)
    node[last] = value


def _typed(parameter: Parameter, node: Any, path: str) -> Any:
    """The value of one parameter; None when it was given empty."""
    if _is_spread(parameter):
        if node == "":
            return None
        if not isinstance(node, dict):
            raise _invalid(path)
        return _typed_list(parameter, node, path) if parameter.is_list else _typed_fields(parameter, node, path)
    if not isinstance(node, str):
        raise _unknown(f"{path}.{next(iter(node))}")
    return None if node == "" else _typed_scalar(parameter, node, path)


def _is_spread(parameter: Parameter) -> bool:
    return not parameter.is_json and (parameter.is_list or parameter.type == "object")


def _typed_list(parameter: Parameter, node: Mapping[str, Any], path: str) -> list[Any] | None:
    """`{"1": …, "2": …}` as a list in the order of the numbers."""
    if not all(index.isdigit() for index in node):
        raise _unknown(f"{path}.{next(index for index in node if not index.isdigit())}")
    items = []
    for index in sorted(node, key=int):
        item_path = f"{path}.{index}"
        if parameter.type == "array<object>":
            if not isinstance(node[index], dict):
                raise _invalid(item_path)
            item: Any = _typed_fields(parameter, node[index], item_path)
        elif not isinstance(node[index], str):
            raise _invalid(item_path)
        else:
            item = node[index] or None
        if item is not None:
            items.append(item)
    return items or None


def _typed_fields(parameter: Parameter, node: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    typed: dict[str, Any] = {}
    for name, child in node.items():
        field = parameter.field(name)
        if field is None:
            raise _unknown(f"{path}.{name}")
        value = _typed(field, child, f"{path}.{name}")
        if value is not None:
            typed[name] = value
    _require(parameter.fields, typed, f"{path}.")
    return typed or None


def _typed_scalar(parameter: Parameter, text: str, path: str) -> Any:
    if parameter.is_json:
        return _parsed_json(parameter, text, path)
    if parameter.type == "boolean":
        value = _TRUE_AND_FALSE.get(text.lower())
        if value is None:
            raise _invalid(path)
        return value
    if parameter.type in {"integer", "number"}:
        return _number(parameter, text, path)
    if parameter.closed_values and text not in parameter.closed_values:
        raise _invalid(path, parameter.refusal)
    return text


def _parsed_json(parameter: Parameter, text: str, path: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        raise _invalid(path) from None
    wanted = list if parameter.is_list else (dict, list)
    if not isinstance(value, wanted):
        raise _invalid(path)
    return value


def _number(parameter: Parameter, text: str, path: str) -> int | float:
    try:
        number = int(text) if parameter.type == "integer" else float(text)
    except ValueError:
        raise _invalid(path) from None
    too_low = parameter.lowest is not None and number < parameter.lowest
    if too_low or (parameter.highest is not None and number > parameter.highest):
        raise _invalid(path, parameter.refusal)
    return number


def _require(parameters: Any, typed: Mapping[str, Any], prefix: str) -> None:
    for parameter in parameters:
        if parameter.required and parameter.name not in typed:
            name = prefix + parameter.name
            raise ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")


def _flattened(name: str, value: Any, *, as_json: bool) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, bool):
        yield name, "true" if value else "false"
    elif isinstance(value, Mapping) and not as_json:
        for key, child in value.items():
            yield from _flattened(f"{name}.{key}", child, as_json=False)
    elif isinstance(value, Sequence) and not isinstance(value, str) and not as_json:
        for index, child in enumerate(value, start=1):
            yield from _flattened(f"{name}.{index}", child, as_json=False)
    elif isinstance(value, Mapping | list | tuple):
        yield name, json.dumps(value, ensure_ascii=False)
    else:
        yield name, str(value)


def _undeclared(tree: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(value, Mapping) and isinstance(tree, Mapping):
        for name, child in value.items():
            here = f"{path}.{name}" if path else name
            if name in tree:
                yield from _undeclared(tree[name], child, here)
            elif tree:
                yield here
    elif isinstance(value, list):
        if isinstance(tree, list) and tree:
            for child in value:
                yield from _undeclared(tree[0], child, f"{path}[]")
        elif not isinstance(tree, list):
            yield f"{path}[]"


def _unknown(name: str) -> ApiError:
    return ApiError(400, "InvalidParameter", f'The specified parameter "{name}" is not known to this action.')


def _invalid(name: str, refusal: tuple[int, str] = (400, "InvalidParameter")) -> ApiError:
    return ApiError(*refusal, f'The specified parameter "{name}" is not valid.')
