"""The triggers: the execution waits; each time one fires, a child execution runs the tasks behind the trigger.

The child has the same template and parameters and skips the trigger. However it ends, the parent waits again, until
its end date; then it is Success.
Source: https://help.aliyun.com/zh/oos/user-guide/acs-timertrigger, .../acs-alarmtrigger, .../acs-eventtrigger
"""

from collections.abc import Generator, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from deployer.oos.effects import Effect, Process, Spawn, Steps, Wait
from deployer.oos.execution import Execution, Notification, TaskRun, notify
from deployer.oos.failures import TaskFailure
from deployer.oos.polling import select_outputs
from deployer.oos.schedules import read_schedule
from deployer.oos.scope import Frame
from deployer.oos.template import Task
from deployer.oos.time_functions import parse_time

if TYPE_CHECKING:
    from deployer.oos.runner import Runner

_END = "ACS::END"
_FAR_AWAY = datetime.max.replace(tzinfo=timezone.utc)


def timer_trigger(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """`ACS::TimerTrigger`: fires at the moments of its schedule, and when it is told to."""
    properties = _begin(runner, task, frame, run)
    try:
        start = parse_time(properties["StartDate"]) if properties.get("StartDate") else runner.host.clock.now()
        schedule = read_schedule(
            str(properties.get("Type") or ""),
            str(properties.get("Expression") or ""),
            str(properties.get("TimeZone") or ""),
            start,
        )
    except ValueError as error:
        raise TaskFailure(str(error)) from None
    end = _end_date(properties)
    moment = max(start, runner.host.clock.now())
    while True:
        following = schedule(moment)
        wakes_at = min(end, following or _FAR_AWAY)
        if wakes_at == _FAR_AWAY:
            return _END
        told = yield from _wait(runner, run, wakes_at)
        moment = runner.host.clock.now()
        if told is None:
            moment = max(moment, wakes_at)
            if wakes_at == end:
                return _END
        yield from _run_triggered(runner, task, frame, run, told)


def outside_trigger(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """`ACS::AlarmTrigger` and `ACS::EventTrigger`: nothing here raises alarms or events, TriggerExecution fires them."""
    end = _end_date(_begin(runner, task, frame, run))
    while True:
        told = yield from _wait(runner, run, end)
        if told is None:
            return _END
        yield from _run_triggered(runner, task, frame, run, told)


def _begin(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> dict[str, Any]:
    """The trigger's properties. Errors: TaskFailure in a child execution."""
    if runner.execution.parent_execution_id:
        raise TaskFailure("a trigger is not allowed in the template of a child execution")
    run.properties = frame.scope.evaluate(dict(task.properties))
    return dict(run.properties)


def _end_date(properties: Mapping[str, Any]) -> datetime:
    """When the trigger stops listening; for ever when it does not say. Errors: TaskFailure."""
    try:
        return parse_time(properties["EndDate"]) if properties.get("EndDate") else _FAR_AWAY
    except ValueError as error:
        raise TaskFailure(str(error)) from None


def _wait(runner: "Runner", run: TaskRun, wakes_at: datetime) -> Generator[Effect, Any, Notification | None]:
    """What TriggerExecution said; None when it became that late instead."""
    alarm: Process | None = None
    if wakes_at != _FAR_AWAY:
        seconds = (wakes_at - runner.host.clock.now()).total_seconds()
        alarm = yield Spawn(steps=_ring(runner.execution, run, seconds))
        runner.execution.processes.append(alarm)
    answer = yield from runner.wait_for(run, {"Trigger", "Time"}, "Trigger")
    if alarm is not None:
        alarm.stop()
        runner.execution.processes.remove(alarm)
    return answer if answer.notify_type == "Trigger" else None


def _ring(execution: Execution, run: TaskRun, seconds: float) -> Steps:
    yield Wait(seconds=seconds)
    notify(execution, Notification(notify_type="Time", task_execution_ids=(run.task_execution_id,)))


def _run_triggered(
    runner: "Runner", task: Task, frame: Frame, run: TaskRun, told: Notification | None
) -> Generator[Effect, Any, None]:
    """One child execution of the same template, until it has ended, however it does."""
    parent = runner.execution
    run.outputs = select_outputs(task, frame.scope, dict(told.content) if told else {})
    child = parent.new_child(
        parent.template,
        dict(parent.parameters),
        created_at=runner.host.clock.now(),
        template_name=parent.template_name,
        template_version=parent.template_version,
    )
    child.mode, child.loop_mode, child.trigger_outputs = parent.mode, parent.loop_mode, run.outputs
    yield from runner.follow_child(run, child)
