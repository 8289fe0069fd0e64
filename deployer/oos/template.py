"""A template as frozen values: parameters, tasks, loops, outputs. Reading is here, judging is in `validate`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from deployer.oos.documents import read_document, template_format

FORMAT_VERSION = "OOS-2019-06-01"
STATE_FORMAT_VERSION = "OOS-2019-06-01-State"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One entry of `Parameters`. `has_default` tells a default of null from none."""

    name: str
    type: str
    default: Any = None
    has_default: bool = False
    allowed_values: tuple[Any, ...] | None = None
    allowed_pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    no_echo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOutput:
    """What a task hands on: a jq program over its result. Type `List` wraps all results."""

    name: str
    type: str
    value_selector: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopOutput:
    """One output of all items together: `Fn::ListJoin` or `Fn::Sum` over one of the task's outputs."""

    name: str
    aggregate_type: str
    aggregate_field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """A task repeated per item. `rate_control` is the map, or an expression that gives one."""

    items: Any
    rate_control: Any
    outputs: Mapping[str, LoopOutput] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How often and how slowly `ACS::WaitFor` and `ACS::CheckFor` ask again; None means the action's default."""

    retries: Any = None
    delay_type: Any = None
    delay: Any = None
    back_off: Any = None
    max_retry_interval: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One entry of `Tasks` (or of `LoopTasks`). Expressions are kept as they were written."""

    name: str
    action: str
    description: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, TaskOutput] = field(default_factory=dict)
    when: Any = None
    on_error: str = "ACS::END"
    on_success: str = "ACS::NEXT"
    loop: Loop | None = None
    retrying: Retrying = Retrying()
    loop_tasks: "tuple[Task, ...]" = ()

    @property
    def action_key(self) -> str:
        """The action's name for comparing: letter case does not count."""
        return self.action.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateOutput:
    """One entry of the template's `Outputs`."""

    name: str
    type: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that was read. `text` is what it was read from, `format` is `YAML` or `JSON`."""

    format_version: str
    tasks: tuple[Task, ...]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    outputs: Mapping[str, TemplateOutput] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    ram_role: Any = None
    description: Any = ""
    text: str = ""
    format: str = "YAML"
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_state(self) -> bool:
        """Whether it is of the other kind, which has `States` instead of `Tasks` and is not run here."""
        return self.format_version == STATE_FORMAT_VERSION


def parse_template(text: str) -> Template:
    """The template in `text`; call `validate.check_template` first when its author is not trusted to be right.

    Errors: TemplateError, when the text is not even a document.
    """
    return build_template(read_document(text), text=text)


def build_template(document: Mapping[str, Any], *, text: str = "") -> Template:
    """A template from data that was validated."""
    return Template(
        format_version=document["FormatVersion"],
        tasks=build_tasks(document.get("Tasks") or ()),
        parameters=MappingProxyType({k: _parameter(k, v) for k, v in (document.get("Parameters") or {}).items()}),
        outputs=MappingProxyType(
            {
                name: TemplateOutput(name=name, type=str(output.get("Type") or "String"), value=output.get("Value"))
                for name, output in (document.get("Outputs") or {}).items()
            }
        ),
        conditions=MappingProxyType(dict(document.get("Conditions") or {})),
        ram_role=document.get("RamRole"),
        description=document.get("Description", ""),
        text=text,
        format=template_format(text),
        document=document,
    )


def build_tasks(tasks: Any) -> tuple[Task, ...]:
    """Tasks from a validated list."""
    return tuple(_task(task) for task in tasks)


def _parameter(name: str, definition: Mapping[str, Any]) -> Parameter:
    allowed = definition.get("AllowedValues")
    return Parameter(
        name=name,
        type=definition["Type"],
        default=definition.get("Default"),
        has_default="Default" in definition,
        allowed_values=tuple(allowed) if isinstance(allowed, list) else None,
        allowed_pattern=definition.get("AllowedPattern"),
        min_length=_integer(definition.get("MinLength")),
        max_length=_integer(definition.get("MaxLength")),
        min_value=definition.get("MinValue"),
        max_value=definition.get("MaxValue"),
        no_echo=str(definition.get("NoEcho", "")).casefold() == "true",
    )


def _integer(value: Any) -> int | None:
    return None if value is None else int(float(value))


def _task(task: Mapping[str, Any]) -> Task:
    properties = task.get("Properties") or {}
    return Task(
        name=task["Name"],
        action=task["Action"],
        description=str(task.get("Description") or ""),
        properties=properties,
        outputs=MappingProxyType(
            {
                name: TaskOutput(name=name, type=str(o.get("Type") or "String"), value_selector=o["ValueSelector"])
                for name, o in (task.get("Outputs") or {}).items()
            }
        ),
        when=task.get("When"),
        on_error=task.get("OnError") or "ACS::END",
        on_success=task.get("OnSuccess") or "ACS::NEXT",
        loop=_loop(task["Loop"]) if task.get("Loop") else None,
        retrying=Retrying(
            retries=task.get("Retries"),
            delay_type=task.get("DelayType"),
            delay=task.get("Delay"),
            back_off=task.get("BackOff"),
            max_retry_interval=task.get("MaxRetryInterval"),
        ),
        loop_tasks=build_tasks(properties.get("LoopTasks") or ()) if task["Action"].casefold() == "acs::loop" else (),
    )


def _loop(loop: Mapping[str, Any]) -> Loop:
    old_style = {
        key: loop[key]
        for key in ("Mode", "Concurrency", "MaxErrors", "Batch", "ConcurrencyInBatches", "BatchPauseOption")
        if key in loop
    }
    return Loop(
        items=loop["Items"],
        rate_control=loop.get("RateControl", old_style),
        outputs=MappingProxyType(
            {
                name: LoopOutput(name=name, aggregate_type=o["AggregateType"], aggregate_field=o["AggregateField"])
                for name, o in (loop.get("Outputs") or {}).items()
            }
        ),
    )
