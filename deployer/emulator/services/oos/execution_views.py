"""Executions, their tasks and their templates as the API writes them: times in UTC, outputs as JSON text."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from deployer.emulator.actions import Body
from deployer.emulator.services.oos.state import StoredExecution
from deployer.emulator.services.timestamps import to_second
from deployer.oos.execution import Execution, LogLine, Status, TaskRun

_MASK = "******"


def execution_view(stored: StoredExecution) -> Body:
    """An execution as ListExecutions shows it: `Outputs` is JSON text, `Parameters` a map."""
    execution = stored.execution
    view: Body = {
        "ExecutionId": execution.execution_id,
        "Status": execution.status.value,
        "StatusMessage": execution.status_message,
        "StatusReason": execution.status_reason,
        "TemplateName": execution.template_name,
        "TemplateId": stored.template_id,
        "TemplateVersion": execution.template_version,
        "Mode": execution.mode,
        "SafetyCheck": execution.safety_check,
        "Parameters": shown_parameters(execution),
        "Outputs": json_text(execution.outputs),
        "Counters": execution.counters(),
        "CurrentTasks": [_current_task(run) for run in execution.current_runs],
        "Tags": dict(stored.tags),
        "Description": stored.description,
        "ExecutedBy": execution.execute_user,
        "RamRole": execution.ram_role,
        "IsParent": bool(execution.children),
        "ParentExecutionId": execution.parent_execution_id,
        "ResourceGroupId": stored.resource_group_id,
        "Category": "Other",
        "WaitingStatus": execution.waiting_reason,
        "CreateDate": to_second(execution.created_at),
        "UpdateDate": to_second(execution.updated_at or execution.created_at),
    }
    view |= _dates(execution) | _trigger_view(execution)
    return {name: value for name, value in view.items() if value not in ("", None)}


def _trigger_view(execution: Execution) -> Body:
    """When a trigger fired and fires next, and how what it started last went."""
    view: Body = {"NextScheduleTime": to_second(execution.next_trigger_at) if execution.next_trigger_at else ""}
    if not execution.triggered:
        return view
    last = execution.triggered[-1]
    good = [child for child in execution.triggered if child.status is Status.SUCCESS]
    return view | {
        "LastTriggerTime": to_second(last.created_at),
        "LastTriggerStatus": last.status.value,
        "LastTriggerStatusMessage": last.status_message,
        "LastTriggerOutputs": json_text(last.outputs),
        "LastSuccessfulTriggerTime": to_second(good[-1].created_at) if good else "",
    }


def started_view(stored: StoredExecution) -> Body:
    """An execution as StartExecution answers it: `Parameters` is JSON text here."""
    view = execution_view(stored)
    view["Parameters"] = json_text(view["Parameters"])
    view["LoopMode"] = stored.execution.loop_mode
    for name in ("Category", "StatusReason", "WaitingStatus"):
        view.pop(name, None)
    return view


def task_view(execution: Execution, run: TaskRun) -> Body:
    """A task execution; `Outputs`, `Properties` and a loop item that is no text are JSON text."""
    view: Body = {
        "TaskExecutionId": run.task_execution_id,
        "TaskName": run.name,
        "TaskAction": run.action,
        "ExecutionId": execution.execution_id,
        "Status": run.status.value,
        "StatusMessage": run.status_message,
        "Outputs": json_text(run.outputs),
        "Properties": json_text(_masked(run.properties if run.properties is not None else {}, execution.secrets)),
        "ParentTaskExecutionId": run.parent_id,
        "ChildExecutionId": run.child_execution_id,
        "LoopBatchNumber": run.loop_batch_number,
        "Loop": run.loop,
        "ExtraData": run.extra_data or None,
        "CreateDate": to_second(run.created_at),
        "UpdateDate": to_second(run.updated_at or run.created_at),
    }
    if run.loop_item is not None:
        view["LoopItem"] = run.loop_item if isinstance(run.loop_item, str) else json_text(run.loop_item)
    view |= _dates(run)
    return {name: value for name, value in view.items() if value not in ("", None)}


def log_view(line: LogLine) -> Body:
    """One line of a log."""
    view = {
        "Timestamp": to_second(line.at),
        "Message": line.message,
        "LogType": line.log_type,
        "TaskExecutionId": line.task_execution_id,
    }
    return {name: value for name, value in view.items() if value}


def shown_parameters(execution: Execution) -> dict[str, Any]:
    """The parameters, those marked NoEcho and what was read as a secret masked."""
    hidden = {name.casefold() for name, parameter in execution.template.parameters.items() if parameter.no_echo}
    return {
        name: _MASK if name.casefold() in hidden else _masked(value, execution.secrets)
        for name, value in execution.parameters.items()
    }


def _masked(value: Any, secrets: Collection[str]) -> Any:
    """The value with every secret in its texts masked."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, _MASK)
        return value
    if isinstance(value, Mapping):
        return {name: _masked(inner, secrets) for name, inner in value.items()}
    return [_masked(inner, secrets) for inner in value] if isinstance(value, list) else value


def json_text(value: Any) -> str:
    """JSON as the API writes it into a text field."""
    return json.dumps(value, ensure_ascii=False)


def _current_task(run: TaskRun) -> Body:
    return {"TaskName": run.name, "TaskAction": run.action, "TaskExecutionId": run.task_execution_id}


def _dates(timed: Execution | TaskRun) -> Body:
    return {
        "StartDate": to_second(timed.started_at) if timed.started_at else "",
        "EndDate": to_second(timed.ended_at) if timed.ended_at else "",
    }
