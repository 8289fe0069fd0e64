"""The parameters of an execution: given values over defaults, checked against the template's definitions."""

import json
import re
from collections.abc import Mapping
from typing import Any

from deployer.oos.failures import ParameterError, Problem
from deployer.oos.template import Parameter, Template

_MISSING = object()


def given_parameters(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, by declared name, in the declared type. Defaults are worked out when the execution runs.

    Errors: ParameterError, with every problem: unknown, missing, wrong type, outside of what is allowed.
    Assumed: texts that spell a number, boolean, list or map are taken for one, as public templates' defaults are.
    """
    declared = {name.casefold(): parameter for name, parameter in template.parameters.items()}
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        parameter = declared.get(name.casefold())
        if parameter is None:
            problems.append(Problem(path=name, message="the template has no such parameter"))
            continue
        converted = _converted(parameter, value)
        if converted is _MISSING:
            problems.append(Problem(path=parameter.name, message=f"must be of type {parameter.type}"))
            continue
        problems += [Problem(path=parameter.name, message=text) for text in _violations(parameter, converted)]
        values[parameter.name] = converted
    problems += [
        Problem(path=name, message="is required, it has no default")
        for name, parameter in template.parameters.items()
        if not parameter.has_default and name not in values and name.casefold() not in {n.casefold() for n in given}
    ]
    if problems:
        raise ParameterError(problems)
    return values


def _converted(parameter: Parameter, value: Any) -> Any:
    """The value in the parameter's type, `_MISSING` when it cannot be one."""
    match parameter.type:
        case "String":
            if isinstance(value, str):
                return value
            return _MISSING if isinstance(value, (list, dict, type(None))) else json.dumps(value)
        case "Number":
            return _number(value)
        case "Boolean":
            if isinstance(value, str) and value.casefold() in {"true", "false"}:
                return value.casefold() == "true"
            return value if isinstance(value, bool) else _MISSING
        case "List":
            parsed = _parsed(value)
            return parsed if isinstance(parsed, list) else _MISSING
        case _:
            parsed = _parsed(value)
            return parsed if isinstance(parsed, (list, dict)) else _MISSING


def _number(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        return float(value)
    return _MISSING


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return _MISSING


def _violations(parameter: Parameter, value: Any) -> list[str]:
    found: list[str] = []
    allowed = parameter.allowed_values
    if allowed is not None and not all(item in allowed for item in (value if isinstance(value, list) else [value])):
        found.append(f"must be one of {json.dumps(list(allowed), ensure_ascii=False)}")
    if isinstance(value, str):
        if parameter.allowed_pattern and not _matches(parameter.allowed_pattern, value):
            found.append(f"must match {parameter.allowed_pattern}")
        if parameter.min_length is not None and len(value) < parameter.min_length:
            found.append(f"must have at least {parameter.min_length} characters")
        if parameter.max_length is not None and len(value) > parameter.max_length:
            found.append(f"must have at most {parameter.max_length} characters")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if parameter.min_value is not None and value < float(parameter.min_value):
            found.append(f"must be at least {parameter.min_value}")
        if parameter.max_value is not None and value > float(parameter.max_value):
            found.append(f"must be at most {parameter.max_value}")
    return found


def _matches(pattern: str, value: str) -> bool:
    """Whether the value fits; a pattern in another dialect than ours refuses nothing."""
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True
