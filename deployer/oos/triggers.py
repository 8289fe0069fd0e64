"""The triggers: the execution waits; each time one fires, a child execution runs the tasks behind the trigger.

The child has the same template and parameters and skips the trigger. However it ends, the parent waits again, until
its end date; then it is Success.
Source: https://help.aliyun.com/zh/oos/user-guide/acs-timertrigger, .../acs-alarmtrigger, .../acs-eventtrigger
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from deployer.oos.effects import Effect, Process, Spawn, Steps, Wait
from deployer.oos.execution import Execution, Notification, TaskRun, notify
from deployer.oos.failures import TaskFailure
from deployer.oos.polling import select_outputs
from deployer.oos.schedules import Next, read_schedule
from deployer.oos.scope import Frame
from deployer.oos.template import Task
from deployer.oos.time_functions import parse_time

if TYPE_CHECKING:
    from deployer.oos.runner import Runner

_END = "ACS::END"


def timer_trigger(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """`ACS::TimerTrigger`: fires at the moments of its schedule, and when it is told to."""
    moment = runner.host.clock.now()
    started_at = moment
    while True:
        timer = _read_timer(_properties(runner, task, frame, run), started_at)
        following = timer.schedule(max(moment, timer.start))
        wakes_at = min((moment for moment in (timer.end, following) if moment is not None), default=None)
        if wakes_at is None:
            return _END
        runner.execution.next_trigger_at = following if wakes_at == following else None
        answer = yield from _wait(runner, run, wakes_at)
        runner.execution.next_trigger_at = None
        moment = runner.host.clock.now()
        if answer.notify_type == "Updated":
            continue
        if answer.notify_type == "Time":
            moment = max(moment, wakes_at)
            if wakes_at == timer.end:
                return _END
        yield from _run_triggered(runner, task, frame, run, answer)


def outside_trigger(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> Generator[Effect, Any, str | None]:
    """`ACS::AlarmTrigger` and `ACS::EventTrigger`: nothing here raises alarms or events, TriggerExecution fires them."""
    while True:
        end = _moment_of(_properties(runner, task, frame, run), "EndDate")
        answer = yield from _wait(runner, run, end)
        if answer.notify_type == "Time":
            return _END
        if answer.notify_type == "Trigger":
            yield from _run_triggered(runner, task, frame, run, answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Timer:
    schedule: Next
    start: datetime
    end: datetime | None  # None: it never ends


def _read_timer(properties: Mapping[str, Any], started_at: datetime) -> _Timer:
    """Errors: TaskFailure."""
    start = _moment_of(properties, "StartDate") or started_at
    kind, expression, time_zone = (str(properties.get(key) or "") for key in ("Type", "Expression", "TimeZone"))
    try:
        schedule = read_schedule(kind, expression, time_zone, start)
    except ValueError as error:
        raise TaskFailure(str(error)) from None
    return _Timer(schedule=schedule, start=start, end=_moment_of(properties, "EndDate"))


def _properties(runner: "Runner", task: Task, frame: Frame, run: TaskRun) -> dict[str, Any]:
    """The trigger's properties as they are now. Errors: TaskFailure in a child execution."""
    if runner.execution.parent_execution_id:
        raise TaskFailure("a trigger is not allowed in the template of a child execution")
    frame.scope.read_parameters_again()
    run.properties = frame.scope.evaluate(dict(task.properties))
    return dict(run.properties)


def _moment_of(properties: Mapping[str, Any], name: str) -> datetime | None:
    """The moment a property names, if it does. Errors: TaskFailure."""
    try:
        return parse_time(properties[name]) if properties.get(name) else None
    except ValueError as error:
        raise TaskFailure(f"{name}: {error}") from None


def _wait(runner: "Runner", run: TaskRun, wakes_at: datetime | None) -> Generator[Effect, Any, Notification]:
    """What happened first: it was triggered, it was given other parameters, or it became that late."""
    alarm: Process | None = None
    if wakes_at is not None:
        seconds = (wakes_at - runner.host.clock.now()).total_seconds()
        alarm = yield Spawn(steps=_ring(runner.execution, run, seconds))
        runner.execution.processes.append(alarm)
    answer = yield from runner.wait_for(run, {"Trigger", "Updated", "Time"}, "Trigger")
    if alarm is not None:
        alarm.stop()
        runner.execution.processes.remove(alarm)
    return answer


def _ring(execution: Execution, run: TaskRun, seconds: float) -> Steps:
    yield Wait(seconds=seconds)
    notify(execution, Notification(notify_type="Time", task_execution_ids=(run.task_execution_id,)))


def _run_triggered(
    runner: "Runner", task: Task, frame: Frame, run: TaskRun, told: Notification
) -> Generator[Effect, Any, None]:
    """One child execution of the same template, until it has ended, however it does."""
    parent = runner.execution
    run.outputs = select_outputs(task, frame.scope, dict(told.content))
    child = parent.new_child(
        parent.template,
        dict(parent.parameters),
        created_at=runner.host.clock.now(),
        template_name=parent.template_name,
        template_version=parent.template_version,
    )
    child.mode, child.loop_mode, child.trigger_outputs = parent.mode, parent.loop_mode, run.outputs
    yield from runner.follow_child(run, child)
