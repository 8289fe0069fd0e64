"""Judging values inside a template: references, function calls, selectors, rate control, choices."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from deployer.oos import catalog
from deployer.oos.expressions import REFERENCE, function_call, references
from deployer.oos.failures import ExpressionError, Problem
from deployer.oos.selectors import compile_selector

_ONE_BRACE = re.compile(r"\{\s*([A-Za-z_][\w.:-]*)\s*\}")
_TWO_BRACES = re.compile(r"\{\{[^{}]*\}\}")


class Report:
    """The problems found so far."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(self._problems)

    def add(self, path: str, message: str) -> None:
        self._problems.append(Problem(path=path, message=message))

    def is_map(self, path: str, value: Any) -> bool:
        """Whether it is a map; reported when not."""
        if not isinstance(value, dict):
            self.add(path, "must be a map")
        return isinstance(value, dict)

    def unknown_keys(self, path: str, value: Mapping[str, Any], known: Collection[str]) -> None:
        """Report keys outside `known`, each with the known key nearest to it."""
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"; is `{near[0]}` meant?" if near else ""
                self.add(f"{path}.{key}" if path else key, f"unknown key `{key}`{hint}")


@dataclass(slots=True, kw_only=True)
class Names:
    """What a reference may name at one place of a template; all folded."""

    parameters: set[str] = field(default_factory=set)
    conditions: set[str] = field(default_factory=set)
    task_outputs: dict[str, set[str]] = field(default_factory=dict)
    in_loop: bool = False

    def declare_parameter(self, name: str) -> bool:
        """Whether the name was free; it is taken now."""
        is_new = name.casefold() not in self.parameters
        self.parameters.add(name.casefold())
        return is_new

    def declare_task(self, task: Mapping[str, Any]) -> None:
        loop = task.get("Loop")
        declared = [task.get("Outputs"), loop.get("Outputs") if isinstance(loop, dict) else None]
        outputs = {name.casefold() for block in declared if isinstance(block, dict) for name in block}
        self.task_outputs[str(task.get("Name")).casefold()] = outputs

    def inside_loop(self) -> "Names":
        """A copy that also knows `ACS::TaskLoopItem`."""
        return Names(
            parameters=set(self.parameters),
            conditions=self.conditions,
            task_outputs=dict(self.task_outputs),
            in_loop=True,
        )

    def problem_with(self, name: str) -> str | None:
        """What is wrong with a reference, or None."""
        folded = name.casefold()
        if folded.startswith("acs::"):
            word = folded.removeprefix("acs::")
            if word not in catalog.BUILT_IN_NAMES:
                return f"unknown built-in name `{name}`"
            if word == "taskloopitem" and not self.in_loop:
                return "`ACS::TaskLoopItem` exists only inside a loop"
            return None
        if folded.startswith(("oos:", "oos-secret:")) or folded in self.parameters:
            return None
        task, _, output = folded.partition(".")
        if task not in self.task_outputs:
            return f"`{name}` names no parameter and no earlier task"
        if output not in self.task_outputs[task]:
            return f"`{name}` names no output that task `{name.partition('.')[0]}` declares"
        return None


def check_value(report: Report, names: Names, path: str, value: Any, *, selector: bool = False) -> None:
    """Every reference and function call in a value, and the value as a jq program when it is a selector."""
    for place, name in references(value, path):
        problem = names.problem_with(name)
        if problem:
            report.add(place, problem)
    _check_functions(report, path, value)
    if not selector:
        _check_braces(report, names, path, value)
    if selector and isinstance(value, str) and not REFERENCE.search(value):
        try:
            compile_selector(value)
        except ExpressionError as error:
            report.add(path, str(error))


def _check_braces(report: Report, names: Names, path: str, value: Any) -> None:
    """Texts that look like a reference and are none: one pair of braces, or more than a name between two."""
    if isinstance(value, str):
        text = value.strip()
        single = _ONE_BRACE.fullmatch(text)
        if single and names.problem_with(single.group(1)) is None:
            report.add(path, f"`{text}` is plain text; a reference is written `{{{{ {single.group(1)} }}}}`")
        elif _TWO_BRACES.fullmatch(text) and not REFERENCE.search(text):
            report.add(
                path, f"`{text}` is no reference: a name stands there alone, without arithmetic, index or filter"
            )
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_braces(report, names, f"{path}[{index}]", inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if str(key).casefold() != "fn::jq":  # a program may well be `{name}`
                _check_braces(report, names, f"{path}.{key}", inner)


def _check_functions(report: Report, path: str, value: Any) -> None:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _check_functions(report, f"{path}[{index}]", inner)
    elif isinstance(value, dict):
        call = function_call(value)
        if call is not None and call[0] not in catalog.FUNCTION_NAMES:
            report.add(path, f"unknown function `{next(iter(value))}`")
        elif call is None and any(str(key).casefold().startswith("fn::") for key in value):
            report.add(path, "a function call is a map with that one key")
        elif call is not None:
            _check_count(report, path, next(iter(value)), call)
        for key, inner in value.items():
            _check_functions(report, f"{path}.{key}", inner)


def _check_count(report: Report, path: str, spelled: str, call: tuple[str, Any]) -> None:
    name, arguments = call
    count = catalog.ARGUMENT_COUNTS.get(name)
    if count is not None and isinstance(arguments, list) and len(arguments) != count:
        report.add(path, f"`{spelled}` takes {count} arguments, found {len(arguments)}")


def check_rate_control(report: Report, names: Names, path: str, rate_control: Any) -> None:
    """A rate control map; an expression is judged when it is known."""
    check_value(report, names, path, rate_control)
    if not isinstance(rate_control, dict) or function_call(rate_control) is not None:
        return
    if not path.endswith(".Loop"):
        report.unknown_keys(path, rate_control, catalog.RATE_CONTROL_KEYS)
    for key, allowed in (("Mode", {"Concurrency", "Batch"}), ("BatchPauseOption", catalog.PAUSE_OPTIONS)):
        value = rate_control.get(key)
        if isinstance(value, str) and "{{" not in value and value not in allowed:
            report.add(f"{path}.{key}", f"must be one of {', '.join(sorted(allowed))}, found `{value}`")
    for key in ("Concurrency", "MaxErrors"):
        value = rate_control.get(key)
        if isinstance(value, str) and "{{" not in value and not re.fullmatch(r"\d+%?", value):
            report.add(f"{path}.{key}", f"must be a number or a percentage, found `{value}`")


def check_loop_outputs(report: Report, path: str, outputs: Any, task_outputs: Mapping[str, Any] | None) -> None:
    """Aggregates: of a known kind, over an output that the task declares (None: whose outputs are not known here)."""
    if outputs is None or not report.is_map(f"{path}.Outputs", outputs):
        return
    declared = None if task_outputs is None else {name.casefold() for name in task_outputs}
    for name, output in outputs.items():
        place = f"{path}.Outputs.{name}"
        if not report.is_map(place, output):
            continue
        report.unknown_keys(place, output, {"AggregateType", "AggregateField"})
        if str(output.get("AggregateType")).casefold() not in catalog.AGGREGATE_TYPES:
            report.add(f"{place}.AggregateType", "must be `Fn::ListJoin` or `Fn::Sum`")
        if declared is not None and str(output.get("AggregateField")).casefold() not in declared:
            report.add(f"{place}.AggregateField", f"the task declares no output `{output.get('AggregateField')}`")


def check_choice(report: Report, path: str, properties: Any) -> list[tuple[str, Any]]:
    """The jumps of an `ACS::Choice`, as (place, target), after its shape was looked at."""
    if not isinstance(properties, dict):
        return []
    place = f"{path}.Properties"
    jumps: list[tuple[str, Any]] = []
    if properties.get("DefaultTask") is not None:
        jumps.append((f"{place}.DefaultTask", properties["DefaultTask"]))
    choices = properties.get("Choices")
    if not isinstance(choices, list) or not choices:
        report.add(f"{place}.Choices", "must be a list of at least one choice")
        return jumps
    for index, choice in enumerate(choices):
        choice_path = f"{place}.Choices[{index}]"
        if not report.is_map(choice_path, choice):
            continue
        report.unknown_keys(choice_path, choice, {"When", "NextTask"})
        if "When" not in choice:
            report.add(f"{choice_path}.When", "is required")
        jumps.append((f"{choice_path}.NextTask", choice.get("NextTask")))
    return jumps
