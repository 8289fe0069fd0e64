"""Asking an API for tasks: once, until a property has a wanted value, or to check that it has.

Source: https://help.aliyun.com/document_detail/120839.html (ACS::WaitFor)
"""

from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from deployer.oos.api_calls import RestCall, api_parameters, call_with_pages
from deployer.oos.effects import Effect, Wait
from deployer.oos.execution import TaskRun
from deployer.oos.expressions import render
from deployer.oos.failures import ApiFailure, ExpressionError, TaskFailure
from deployer.oos.functions import equals
from deployer.oos.scope import Frame, Scope
from deployer.oos.selectors import select, select_all
from deployer.oos.template import Task

if TYPE_CHECKING:
    from deployer.oos.runner import Host, Runner


def call_service(host: "Host", properties: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the API call a task describes, all pages of it unless `AutoPaging` is false.

    Errors: ApiFailure; TaskFailure for parameters that are no map, and for calls the host cannot make.
    """
    service, api = str(properties["Service"]), str(properties["API"])
    given = properties.get("Parameters") or {}
    if not isinstance(given, Mapping):
        raise TaskFailure("Parameters must be a map")
    if properties.get("URI") or properties.get("Body") or service.casefold() == "oss":
        return host.call_rest(_rest_call(service, api, properties, given))
    known = host.describe_api(service, api)
    parameters = api_parameters(given, known)
    if str(properties.get("AutoPaging", True)).casefold() == "false":
        return host.call_api(service, api, parameters)
    return call_with_pages(lambda wanted: host.call_api(service, api, wanted), parameters, known)


def _rest_call(service: str, api: str, properties: Mapping[str, Any], parameters: Mapping[str, Any]) -> RestCall:
    headers, body = properties.get("Headers") or {}, properties.get("Body") or ""
    if not isinstance(headers, Mapping):
        raise TaskFailure("Headers must be a map")
    return RestCall(
        service=service,
        api=api,
        method=str(properties.get("Method") or "GET").upper(),
        uri=render(properties.get("URI") or ""),
        headers={str(name): render(value) for name, value in headers.items() if value not in ("", None)},
        parameters=parameters,
        body=render(body),
    )


def select_outputs(task: Task, scope: Scope, document: Any) -> dict[str, Any]:
    """The task's outputs from an answer, or from the outputs of a child execution.

    A selector that is just a name finds a key of the document whatever its letter case.
    Errors: TaskFailure.
    """
    outputs: dict[str, Any] = {}
    for name, output in task.outputs.items():
        selector = scope.evaluate(output.value_selector)
        if not isinstance(selector, str):
            outputs[name] = selector
            continue
        try:
            outputs[name] = select(_spelled_as_in(document, selector), document, output.type)
        except ExpressionError as error:
            raise TaskFailure(f"output {name}: {error}") from None
    return outputs


def _spelled_as_in(document: Any, selector: str) -> str:
    name = selector.strip().removeprefix(".")
    if isinstance(document, Mapping) and name.isidentifier() and name not in document:
        return next((key for key in document if key.casefold() == name.casefold()), selector)
    return selector


def wait_for(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """`ACS::WaitFor`: ask until the property has a desired value; an API error is an answer like any other."""
    return (yield from _poll(runner, task, frame, run, default_retries=10))


def check_for(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """`ACS::CheckFor`: the same, but asking once unless `Retries` says otherwise."""
    return (yield from _poll(runner, task, frame, run, default_retries=0))


def _poll(
    runner: "Runner", task: Task, frame: Frame, run: TaskRun, *, default_retries: int
) -> Generator[Effect, Any, str | None]:
    run.properties = properties = frame.scope.evaluate(dict(task.properties))
    selector = str(properties["PropertySelector"])
    waits = _waits(task, frame.scope, default_retries)
    while True:
        try:
            body = call_service(runner.host, properties)
        except ApiFailure as failure:
            body = failure.body
        found = _found(selector, body)
        if _is_desired(properties, found):
            break
        if any(_is_among(value, properties.get("StopRetryValues")) for value in found):
            raise TaskFailure(f"{selector} is {_shown(found, body)}, which stops the wait")
        seconds = next(waits, None)
        if seconds is None:
            raise TaskFailure(f"{selector} is {_shown(found, body)}, not {_wish(properties)}")
        yield Wait(seconds=seconds)
    run.outputs = select_outputs(task, frame.scope, body)
    return None


def _found(selector: str, body: Any) -> list[Any]:
    """What the property is now; nothing when the answer does not have it (yet)."""
    try:
        return [value for value in select_all(selector, body) if value is not None]
    except ExpressionError:
        return []


def _is_desired(properties: Mapping[str, Any], found: list[Any]) -> bool:
    """Assumed: of several results, all have to be desired."""
    if not found:
        return False
    if "DesiredValues" in properties:
        return all(_is_among(value, properties["DesiredValues"]) for value in found)
    return not any(_is_among(value, properties.get("NotDesiredValues")) for value in found)


def _is_among(value: Any, wanted: Any) -> bool:
    """Assumed: a number or boolean is the same as its text here (`"true"` and true)."""
    values = wanted if isinstance(wanted, list) else [] if wanted is None else [wanted]
    return any(equals(value, other) or render(value).casefold() == render(other).casefold() for other in values)


def _shown(found: list[Any], body: Mapping[str, Any]) -> str:
    if found:
        return ", ".join(render(value) for value in found)
    return f"missing ({body['Code']}: {body.get('Message', '')})" if "Code" in body else "missing"


def _wish(properties: Mapping[str, Any]) -> str:
    if "DesiredValues" in properties:
        return f"one of {render(properties['DesiredValues'])}"
    return f"other than {render(properties.get('NotDesiredValues'))}"


def _waits(task: Task, scope: Scope, default_retries: int) -> Iterator[float]:
    """Seconds to wait before each further try: `2^n`, `Delay`, or `Delay + BackOff * n`, counted from 1, with a cap.

    Errors: TaskFailure.
    """
    retrying = task.retrying

    def number(value: Any, default: float) -> float:
        worked_out = scope.evaluate(value)
        try:
            return default if worked_out in (None, "") else float(worked_out)
        except (TypeError, ValueError):
            raise TaskFailure(f"{worked_out!r} is no number of tries or seconds") from None

    delay_type = str(scope.evaluate(retrying.delay_type) or "Exponential")
    delay, back_off = number(retrying.delay, 2), number(retrying.back_off, 2)
    longest = number(retrying.max_retry_interval, 1800)
    retries = int(min(300, number(retrying.retries, default_retries)))

    def seconds(attempt: int) -> float:
        if delay_type == "Constant":
            return delay
        return delay + back_off * attempt if delay_type == "Linear" else 2.0 ** min(attempt, 30)

    return iter([min(longest, seconds(attempt)) for attempt in range(1, retries + 1)])
