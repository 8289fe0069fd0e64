"""What a name means at one place of a running template: parameters, outputs of earlier tasks, built-in names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deployer.clock import Clock
from deployer.oos.execution import Execution, TaskRun
from deployer.oos.expressions import Evaluator
from deployer.oos.failures import ExpressionError
from deployer.oos.template import Task
from deployer.oos.time_functions import write_time

# Assumed: templates only pass it to a plug-in that installs itself when the version differs.
OOS_UTIL_VERSION = "1.0"

# `(name, is secret) -> value`; raises ExpressionError.
ReadParameter = Callable[[str, bool], Any]


class Scope:
    """Names of one execution; `inside_loop` makes the scope of one item on top of it."""

    def __init__(self, execution: Execution, clock: Clock, read_parameter: ReadParameter) -> None:
        self._execution = execution
        self._clock = clock
        self._read_parameter = read_parameter
        self._parameters = {name.casefold(): value for name, value in execution.parameters.items()}
        self._task_outputs: dict[str, dict[str, Any]] = {}
        self._parent: Scope | None = None
        self._loop_item: Any = None
        self.evaluator = Evaluator(
            lookup=self.lookup,
            now=clock.now,
            conditions={name.casefold(): value for name, value in execution.template.conditions.items()},
        )

    def inside_loop(self, item: Any) -> "Scope":
        """A scope that also knows the item, and keeps the outputs of tasks inside the loop to itself."""
        inner = Scope(self._execution, self._clock, self._read_parameter)
        inner._parent = self
        inner._parameters = self._parameters
        inner._loop_item = item
        return inner

    def fill_in_defaults(self) -> dict[str, Any]:
        """All parameters with their values, those that were not given by their defaults.

        Errors: ExpressionError.
        """
        parameters = self._execution.template.parameters
        for name, parameter in parameters.items():
            if name.casefold() not in self._parameters:
                self._parameters[name.casefold()] = self.evaluate(parameter.default)
        return {name: self._parameters[name.casefold()] for name in parameters}

    def read_parameters_again(self) -> None:
        """Take the values the execution has now; somebody may have changed them while it waited."""
        self._parameters.update({name.casefold(): value for name, value in self._execution.parameters.items()})

    def evaluate(self, value: Any) -> Any:
        """The value with references and functions worked out.

        Errors: ExpressionError.
        """
        return self.evaluator.evaluate(value)

    def set_outputs(self, task: Task, outputs: Mapping[str, Any]) -> None:
        """What the task's outputs are from now on."""
        self._task_outputs[task.name.casefold()] = {name.casefold(): value for name, value in outputs.items()}

    def lookup(self, name: str) -> Any:
        """The value of a reference; null for an output of a task that has not run.

        Errors: ExpressionError, when the template declares no such name.
        """
        folded = name.casefold()
        if folded.startswith("acs::"):
            return self._built_in(folded.removeprefix("acs::"), name)
        for prefix in ("oos-secret:", "oos:"):
            if folded.startswith(prefix):
                return self._read_parameter(name[len(prefix) :], prefix == "oos-secret:")
        if folded in self._parameters:
            return self._parameters[folded]
        task_name, _, output_name = folded.partition(".")
        outputs = self.find_outputs(task_name)
        if outputs is not None:
            return outputs.get(output_name)
        if output_name and self._is_task(task_name):
            return None
        if folded in {parameter.casefold() for parameter in self._execution.template.parameters}:
            return self._late_default(folded)
        raise ExpressionError(f"`{name}` names no parameter and no task output")

    def find_outputs(self, folded_task_name: str) -> Mapping[str, Any] | None:
        """The outputs of a task by folded name, looking from the inside of loops outwards; None when it has not run."""
        if folded_task_name in self._task_outputs:
            return self._task_outputs[folded_task_name]
        return None if self._parent is None else self._parent.find_outputs(folded_task_name)

    def _late_default(self, folded: str) -> Any:
        """A parameter whose default refers to one that stands further down."""
        parameter = next(p for n, p in self._execution.template.parameters.items() if n.casefold() == folded)
        self._parameters[folded] = None  # a default that refers to itself finds null
        self._parameters[folded] = self.evaluate(parameter.default)
        return self._parameters[folded]

    def _is_task(self, folded: str) -> bool:
        tasks = self._execution.template.tasks
        return any(t.name.casefold() == folded for task in tasks for t in (task, *task.loop_tasks))

    def _built_in(self, word: str, name: str) -> Any:
        execution = self._execution
        match word:
            case "taskloopitem":
                return self._loop_item
            case "regionid":
                return execution.region_id
            case "executionid":
                return execution.execution_id
            case "accountid":
                return execution.account_id
            case "executeuser":
                return execution.execute_user
            case "currentutctime":
                return write_time(self._clock.now())
            case "currentdate":
                return self._clock.now().strftime("%Y-%m-%d")
            case "oosutilversion":
                return OOS_UTIL_VERSION
            case _:
                raise ExpressionError(f"unknown built-in name `{name}`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where a task runs: at the top of a template, or inside the loop item of `parent`."""

    scope: Scope
    parent: TaskRun | None = None
    loop_item: Any = None
    batch_number: int | None = None
