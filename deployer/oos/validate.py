"""The strict judge of templates: everything it accepts the service runs, everything invented is named by its path.

Values are judged in `validate_values`, tasks here.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from deployer.oos import catalog
from deployer.oos.declared import find_declaration
from deployer.oos.documents import read_document
from deployer.oos.expressions import function_call
from deployer.oos.failures import Problem, TemplateError
from deployer.oos.template import FORMAT_VERSION, STATE_FORMAT_VERSION, Template, build_template
from deployer.oos.time_functions import parse_duration, parse_time
from deployer.oos.validate_values import (
    Names,
    Report,
    check_choice,
    check_loop_outputs,
    check_rate_control,
    check_value,
)

_TASK_NAME = re.compile(r"[a-zA-Z0-9_-]{1,200}")
_JUMPS = frozenset({"acs::end", "acs::next"})


def check_template(text: str) -> Template:
    """The template in `text`.

    Errors: TemplateError, with every problem found.
    """
    document = read_document(text)
    problems = find_problems(document)
    if problems:
        raise TemplateError(problems)
    return build_template(document, text=text)


def find_problems(document: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Everything wrong with a template's data, in reading order; empty when the service would run it."""
    report = Report()
    version = document.get("FormatVersion")
    if version == STATE_FORMAT_VERSION:
        if not isinstance(document.get("States"), (list, dict)):
            report.add("States", "a state template needs `States`")
        return report.problems
    if version != FORMAT_VERSION:
        report.add("FormatVersion", f"must be `{FORMAT_VERSION}`, found `{version}`")
    report.unknown_keys("", document, catalog.TOP_LEVEL_KEYS)
    names = Names()
    _check_parameters(report, names, document.get("Parameters"))
    _check_conditions(report, names, document.get("Conditions"))
    _check_description(report, "Description", document.get("Description"))
    if not isinstance(document.get("RamRole"), (str, dict, type(None))):
        report.add("RamRole", "must be text")
    check_value(report, names, "RamRole", document.get("RamRole"))
    _check_tasks(report, names, "Tasks", document.get("Tasks"))
    _check_triggers(report, document.get("Tasks"))
    _check_outputs(report, names, document.get("Outputs"))
    return report.problems


def _check_description(report: Report, path: str, description: Any) -> None:
    if not isinstance(description, (str, dict, type(None))):
        report.add(path, "must be text, or a map of texts by language")


def _check_parameters(report: Report, names: Names, parameters: Any) -> None:
    if parameters is None:
        return
    if not report.is_map("Parameters", parameters):
        return
    for name in parameters:
        if not names.declare_parameter(name):
            report.add(f"Parameters.{name}", "another parameter has the same name; letter case does not count")
    for name, definition in parameters.items():
        path = f"Parameters.{name}"
        if report.is_map(path, definition):
            _check_parameter(report, path, definition)
            check_value(report, names, f"{path}.Default", definition.get("Default"))


def _check_parameter(report: Report, path: str, definition: Mapping[str, Any]) -> None:
    report.unknown_keys(path, definition, catalog.PARAMETER_KEYS)
    if str(definition.get("Type")) not in catalog.PARAMETER_TYPES:
        report.add(
            f"{path}.Type", f"must be one of {_words(catalog.PARAMETER_TYPES)}, found `{definition.get('Type')}`"
        )
    for key in ("MinLength", "MaxLength", "MinValue", "MaxValue"):
        if not _is_number(definition.get(key, 0)):
            report.add(f"{path}.{key}", "must be a number")
    default, kind = definition.get("Default"), str(definition.get("Type"))
    is_scalar = kind in {"String", "Number", "Boolean"}
    if is_scalar and isinstance(default, (list, dict)) and not (isinstance(default, dict) and function_call(default)):
        report.add(f"{path}.Default", f"is no value of type {kind}")
    if not isinstance(definition.get("AllowedValues", []), list):
        report.add(f"{path}.AllowedValues", "must be a list")
    if not isinstance(definition.get("AllowedPattern", ""), str):
        report.add(f"{path}.AllowedPattern", "must be text")


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"-?\d+(\.\d+)?", value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_conditions(report: Report, names: Names, conditions: Any) -> None:
    if conditions is None or not report.is_map("Conditions", conditions):
        return
    for name in conditions:
        names.conditions.add(name.casefold())
    for name, condition in conditions.items():
        check_value(report, names, f"Conditions.{name}", condition)


def _check_tasks(report: Report, names: Names, path: str, tasks: Any) -> None:
    """Tasks in list order: a reference sees what stands above it, a jump goes to what stands below."""
    if not isinstance(tasks, list) or not tasks:
        report.add(path, "must be a list of at least one task")
        return
    order = [str(task.get("Name")).casefold() if isinstance(task, dict) else "" for task in tasks]
    for index, task in enumerate(tasks):
        task_path = f"{path}[{index}]"
        if not report.is_map(task_path, task):
            continue
        if order[index] in order[:index]:
            report.add(f"{task_path}.Name", f"another task is named `{task.get('Name')}`; letter case does not count")
        _check_task(report, names, task_path, task)
        _check_jumps(report, task_path, task, earlier=order[: index + 1], later=order[index + 1 :])
        names.declare_task(task)


def _check_triggers(report: Report, tasks: Any) -> None:
    """A trigger is the first task, and there is one at most.

    Source: https://help.aliyun.com/zh/oos/user-guide/acs-timertrigger
    """
    for index, task in enumerate(tasks if isinstance(tasks, list) else ()):
        action = str(task.get("Action")) if isinstance(task, dict) else ""
        if index > 0 and action.casefold() in catalog.TRIGGER_ACTIONS:
            report.add(f"Tasks[{index}].Action", f"`{action}` has to be the first task, and the only trigger")


def _check_task(report: Report, names: Names, path: str, task: Mapping[str, Any]) -> None:
    report.unknown_keys(path, task, catalog.TASK_KEYS)
    name, action = task.get("Name"), task.get("Action")
    if not isinstance(name, str) or not _TASK_NAME.fullmatch(name):
        report.add(f"{path}.Name", "must be 1 to 200 letters, digits, `-` or `_`")
    _check_description(report, f"{path}.Description", task.get("Description"))
    check_value(report, names, f"{path}.When", task.get("When"))
    if not isinstance(action, str):
        report.add(f"{path}.Action", "must be text")
        return
    rule = catalog.ATOMIC_ACTIONS.get(action.casefold())
    if rule is None and not catalog.is_product_action(action):
        report.add(f"{path}.Action", f"unknown action `{action}`{_nearest_action(action)}")
    inner = names
    if task.get("Loop") is not None:
        if rule is not None and not rule.may_loop:
            report.add(f"{path}.Loop", f"`{action}` cannot be looped")
        _check_loop(report, names, path, task)
        inner = names.inside_loop()
    _check_properties(report, inner, path, task, rule)
    _check_retries(report, inner, path, task)


def _nearest_action(action: str) -> str:
    known = {
        name.casefold(): name for name in ("ACS::ExecuteAPI", "ACS::ECS::RunCommand", "ACS::Loop", "ACS::Template")
    }
    candidates = [*catalog.ATOMIC_ACTIONS, *known]
    near = difflib.get_close_matches(action.casefold(), candidates, n=1, cutoff=0.8)
    return f"; is `{known.get(near[0], near[0])}` meant?" if near else ""


def _check_properties(
    report: Report, names: Names, path: str, task: Mapping[str, Any], rule: catalog.ActionRule | None
) -> None:
    properties = task.get("Properties")
    place = f"{path}.Properties"
    if properties is None:
        properties = {}
    if not report.is_map(place, properties):
        return
    if rule is not None and rule.properties is not None:
        report.unknown_keys(place, properties, rule.properties)
    for key in sorted(rule.required if rule else ()):
        if properties.get(key) is None:
            report.add(f"{place}.{key}", "is required")
    key = str(task.get("Action")).casefold()
    if key == "acs::loop":
        _check_loop_action(report, names, path, task)
        return
    if key in {"acs::waitfor", "acs::checkfor"} and len({"DesiredValues", "NotDesiredValues"} & properties.keys()) != 1:
        report.add(place, "needs `DesiredValues` or `NotDesiredValues`")
    if key == "acs::sleep":
        _check_sleep(report, place, properties)
    _check_declared(report, place, key, properties)
    for name, value in properties.items():
        check_value(report, names, f"{place}.{name}", value, selector=name == "PropertySelector")
    _check_task_outputs(report, names, path, task)


def _check_sleep(report: Report, place: str, properties: Mapping[str, Any]) -> None:
    if len({"Duration", "EndDate"} & properties.keys()) != 1:
        report.add(place, "needs `Duration` or `EndDate`")
    for name, read in (("Duration", parse_duration), ("EndDate", parse_time)):
        value = properties.get(name)
        if isinstance(value, (str, int, float)) and "{{" not in str(value):
            try:
                read(value)
            except ValueError as error:
                report.add(f"{place}.{name}", str(error))


def _check_declared(report: Report, place: str, action_key: str, properties: Mapping[str, Any]) -> None:
    """The properties of a cloud product action, letter case aside, where all of them are known."""
    declaration = find_declaration(action_key)
    if declaration is None or function_call(properties) is not None:
        return
    spelled = {name.casefold(): name for name in declaration.properties}
    given = {name.casefold() for name in properties}
    report.unknown_keys(
        place, {spelled.get(name.casefold(), name): None for name in properties}, declaration.properties
    )
    for name in declaration.required:
        if name.casefold() not in given:
            report.add(f"{place}.{name}", "is required")


def _check_task_outputs(report: Report, names: Names, path: str, task: Mapping[str, Any], *, jq: bool = True) -> None:
    outputs = task.get("Outputs")
    if outputs is None or not report.is_map(f"{path}.Outputs", outputs):
        return
    seen: set[str] = set()
    for name, output in outputs.items():
        place = f"{path}.Outputs.{name}"
        if name.casefold() in seen:
            report.add(place, "another output has the same name; letter case does not count")
        seen.add(name.casefold())
        if not report.is_map(place, output):
            continue
        report.unknown_keys(place, output, {"Type", "ValueSelector"})
        if str(output.get("Type", "String")) not in catalog.OUTPUT_TYPES:
            report.add(f"{place}.Type", f"must be one of {_words(catalog.OUTPUT_TYPES)}, found `{output.get('Type')}`")
        if output.get("ValueSelector") is None:
            report.add(f"{place}.ValueSelector", "is required")
        check_value(report, names, f"{place}.ValueSelector", output.get("ValueSelector"), selector=jq)


def _check_loop_action(report: Report, names: Names, path: str, task: Mapping[str, Any]) -> None:
    """`ACS::Loop`: items and rate control see the outside, its tasks see the item, its outputs see its tasks."""
    properties = task.get("Properties") or {}
    place = f"{path}.Properties"
    check_value(report, names, f"{place}.LoopItems", properties.get("LoopItems"))
    check_rate_control(report, names, f"{place}.LoopRateControl", properties.get("LoopRateControl"))
    inner = names.inside_loop()
    _check_tasks(report, inner, f"{place}.LoopTasks", properties.get("LoopTasks"))
    _check_task_outputs(report, inner, path, task, jq=False)


def _check_loop(report: Report, names: Names, path: str, task: Mapping[str, Any]) -> None:
    loop = task["Loop"]
    place = f"{path}.Loop"
    if not report.is_map(place, loop):
        return
    report.unknown_keys(place, loop, catalog.LOOP_KEYS)
    if "Items" not in loop:
        report.add(f"{place}.Items", "is required")
    check_value(report, names, f"{place}.Items", loop.get("Items"))
    if isinstance(loop.get("Items"), (int, float)):
        report.add(f"{place}.Items", "must be a list or an expression that gives one")
    if "RateControl" in loop:
        check_rate_control(report, names, f"{place}.RateControl", loop["RateControl"])
    old_style = {key: value for key, value in loop.items() if key in catalog.RATE_CONTROL_KEYS}
    check_rate_control(report, names, place, old_style)
    action = str(task.get("Action")).casefold()
    # Public templates aggregate outputs of a child execution that the task does not declare.
    is_child = action == "acs::template" or action not in catalog.ATOMIC_ACTIONS
    declared = task.get("Outputs")
    task_outputs = declared if isinstance(declared, dict) else {}
    check_loop_outputs(report, place, loop.get("Outputs"), None if is_child else task_outputs)


def _check_retries(report: Report, names: Names, path: str, task: Mapping[str, Any]) -> None:
    """Ranges of the retry keys.

    Source: https://help.aliyun.com/document_detail/120839.html
    """
    ranges = {"Retries": (0, 300), "Delay": (1, 3600), "BackOff": (1, 3600), "MaxRetryInterval": (1, 1800)}
    for key in catalog.RETRY_KEYS & task.keys():
        value = task[key]
        check_value(report, names, f"{path}.{key}", value)
        if key == "DelayType":
            if isinstance(value, str) and "{{" not in value and value not in {"Constant", "Exponential", "Linear"}:
                report.add(f"{path}.DelayType", f"must be Constant, Exponential or Linear, found `{value}`")
        elif isinstance(value, (int, float)) and not ranges[key][0] <= value <= ranges[key][1]:
            report.add(f"{path}.{key}", f"must be {ranges[key][0]} to {ranges[key][1]}, found {value}")


def _check_jumps(
    report: Report, path: str, task: Mapping[str, Any], *, earlier: Iterable[str], later: Iterable[str]
) -> None:
    jumps = [(f"{path}.{key}", task[key]) for key in ("OnError", "OnSuccess") if task.get(key) is not None]
    if str(task.get("Action")).casefold() == "acs::choice":
        jumps += check_choice(report, path, task.get("Properties"))
    earlier, later = set(earlier), set(later)
    for place, target in jumps:
        if not isinstance(target, str):
            report.add(place, "must be text")
        elif target.casefold() in earlier:
            report.add(place, f"jumps back to `{target}`; jumps go forward only")
        elif target.casefold() not in later | _JUMPS:
            report.add(place, f"there is no task `{target}`")


def _check_outputs(report: Report, names: Names, outputs: Any) -> None:
    if outputs is None or not report.is_map("Outputs", outputs):
        return
    for name, output in outputs.items():
        place = f"Outputs.{name}"
        if not report.is_map(place, output):
            continue
        report.unknown_keys(place, output, {"Type", "Value"})
        if str(output.get("Type", "String")) not in catalog.OUTPUT_TYPES:
            report.add(f"{place}.Type", f"must be one of {_words(catalog.OUTPUT_TYPES)}, found `{output.get('Type')}`")
        if "Value" not in output:
            report.add(f"{place}.Value", "is required")
        check_value(report, names, f"{place}.Value", output.get("Value"))


def _words(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))
