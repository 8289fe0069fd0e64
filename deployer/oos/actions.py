"""What each atomic action does, by folded name. A cloud product action is a template run as a child execution.

Source: https://help.aliyun.com/zh/oos/user-guide/terms and the page of each action.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deployer.oos.effects import Effect, Wait
from deployer.oos.execution import Status, TaskRun
from deployer.oos.failures import ApiFailure, ExpressionError, ParameterError, TaskFailure
from deployer.oos.looping import ItemResult, check_items
from deployer.oos.parameters import given_parameters
from deployer.oos.polling import call_service, check_for, select_outputs, wait_for
from deployer.oos.scope import Frame
from deployer.oos.select_targets import select_targets
from deployer.oos.template import Task, Template
from deployer.oos.time_functions import parse_duration, parse_time
from deployer.oos.triggers import outside_trigger, timer_trigger
from deployer.oos.web import execute_http_request, message_request

if TYPE_CHECKING:
    from deployer.oos.runner import Runner

# Gives the task a Choice chose; the others give None and go on as `OnSuccess` says.
Action = Callable[["Runner", Task, Frame, TaskRun], Generator[Effect, Any, str | None]]
# No limit is published; a template that calls itself has to end somewhere.
MAXIMUM_DEPTH = 10
# Source: https://help.aliyun.com/document_detail/121317.html
_INVOKING_APIS = frozenset({"runcommand", "invokecommand"})
HIGH_RISK_VERBS = ("stop", "delete", "release")


def _execute_api(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    run.properties = frame.scope.evaluate(dict(task.properties))
    api = str(run.properties.get("API", ""))
    if runner.execution.safety_check == "ConfirmEveryHighRiskAction" and api.casefold().startswith(HIGH_RISK_VERBS):
        yield from runner.ask_approval(run, f"HighRiskAction {api}")
    try:
        body = call_service(runner.host, run.properties)
    except ApiFailure as failure:
        raise TaskFailure(f"{failure.code}: {failure.message}") from None
    run.extra_data = {"RequestId": body["RequestId"]} if "RequestId" in body else {}
    run.invoke_id = str(body.get("InvokeId", "")) if api.casefold() in _INVOKING_APIS else ""
    run.outputs = select_outputs(task, frame.scope, body)
    return None


def _choice(_runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """The first choice that is true. Assumed: without one and without `DefaultTask` the next task in the list."""
    run.properties = dict(task.properties)
    for choice in task.properties.get("Choices") or ():
        if frame.scope.evaluator.is_true(choice["When"]):
            return str(choice["NextTask"])
    yield from ()
    default = task.properties.get("DefaultTask")
    return None if default is None else str(default)


def _sleep(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    run.properties = frame.scope.evaluate(dict(task.properties))
    try:
        if "EndDate" in run.properties:
            seconds = (parse_time(run.properties["EndDate"]) - runner.host.clock.now()).total_seconds()
        else:
            seconds = parse_duration(run.properties["Duration"])
    except (ValueError, OverflowError) as error:
        raise TaskFailure(str(error)) from None
    yield Wait(seconds=seconds)
    return None


def _pause(runner: "Runner", _task: Task, _frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    run.properties = {}
    yield from runner.ask_approval(run, "Pause")
    return None


def _approve(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    run.properties = frame.scope.evaluate(dict(task.properties))
    _send_message(runner, run.properties)
    try:
        wanted = max(1, int(run.properties.get("MinRequiredApprovals") or 1))
    except (TypeError, ValueError):
        raise TaskFailure("MinRequiredApprovals must be a number") from None
    for _ in range(wanted):
        yield from runner.ask_approval(run, "Approve")
    return None


def _send_message(runner: "Runner", properties: Mapping[str, Any]) -> None:
    """Assumed: what the receiver answers does not matter, a message is sent once."""
    request = message_request(properties)
    if request is not None:
        runner.host.send_message(request)


def _notify(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    run.properties = frame.scope.evaluate(dict(task.properties))
    _send_message(runner, run.properties)
    yield from ()
    return None


def _template(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    run.properties = frame.scope.evaluate(dict(task.properties))
    request = ChildRequest(
        template_name=str(run.properties.get("TemplateName")),
        template_version=str(run.properties.get("TemplateVersion") or ""),
        parameters=run.properties.get("Parameters") or {},
    )
    yield from run_child(runner, task, frame, run, request)
    return None


def _loop(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """`ACS::Loop`: a list of tasks per item; its outputs gather into lists, null for an item that did not get there.

    Source: https://help.aliyun.com/zh/oos/user-guide/acs-loop
    """
    items = check_items(frame.scope.evaluate(task.properties.get("LoopItems")))
    rate_control = frame.scope.evaluate(task.properties.get("LoopRateControl"))
    run.properties = run.loop = {"LoopItems": items, "LoopRateControl": rate_control}

    def body(item: Any, batch_number: int) -> Generator[Effect, Any, ItemResult]:
        scope = frame.scope.inside_loop(item)
        inner = Frame(scope=scope, parent=run, loop_item=item, batch_number=batch_number)
        failure = yield from runner.run_tasks(task.loop_tasks, inner)
        try:
            outputs = {name: scope.evaluate(output.value_selector) for name, output in task.outputs.items()}
        except ExpressionError as error:
            return ItemResult(failure=failure or str(error))
        return ItemResult(outputs=outputs, failure=failure)

    pool = yield from runner.run_pool(run, items, rate_control, body)
    run.outputs = {
        name: [None if result is None else result.outputs.get(name) for result in pool.results] for name in task.outputs
    }
    if pool.has_failed:
        raise TaskFailure(pool.failure)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRequest:
    """Which template to run as a child execution, and with what."""

    template_name: str
    template_version: str = ""
    parameters: Any  # a map, once it is worked out


def run_child(
    runner: "Runner", task: Task, frame: Frame, run: TaskRun, request: ChildRequest
) -> Generator[Effect, Any, None]:
    """Run a template as a child execution and select the task's outputs from its outputs.

    Errors: TaskFailure, when there is no such template, its parameters do not fit, or it does not end in Success.
    """
    parent = runner.execution
    template = runner.host.find_template(request.template_name, request.template_version)
    if template is None:
        raise TaskFailure(f"EntityNotExists.Template: there is no template `{request.template_name}`")
    if parent.execution_id.count(".") >= MAXIMUM_DEPTH:
        raise TaskFailure(f"child executions are nested more than {MAXIMUM_DEPTH} deep")
    child = parent.new_child(
        template,
        _child_parameters(request, template),
        created_at=runner.host.clock.now(),
        template_name=request.template_name,
        template_version=request.template_version,
    )
    yield from runner.follow_child(run, child)
    run.child_outputs = child.outputs
    if child.status is not Status.SUCCESS:
        raise TaskFailure(f"child execution {child.execution_id} {child.status.value}: {child.status_message}")
    run.outputs = select_outputs(task, frame.scope, child.outputs)


def _child_parameters(request: ChildRequest, template: Template) -> dict[str, Any]:
    """What the child is given, as its template declares it; null counts as not given.

    Errors: TaskFailure, when the parameters do not fit.
    """
    if not isinstance(request.parameters, Mapping):
        raise TaskFailure("Parameters must be a map")
    try:
        return given_parameters(template, {k: v for k, v in request.parameters.items() if v is not None})
    except ParameterError as error:
        raise TaskFailure(f"parameters of `{request.template_name}`: {error}") from None


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "acs::executeapi": _execute_api,
        "acs::waitfor": wait_for,
        "acs::checkfor": check_for,
        "acs::choice": _choice,
        "acs::sleep": _sleep,
        "acs::pause": _pause,
        "acs::approve": _approve,
        "acs::notify": _notify,
        "acs::template": _template,
        "acs::loop": _loop,
        "acs::selecttargets": select_targets,
        "acs::executehttprequest": execute_http_request,
        "acs::timertrigger": timer_trigger,
        "acs::alarmtrigger": outside_trigger,
        "acs::eventtrigger": outside_trigger,
    }
)
