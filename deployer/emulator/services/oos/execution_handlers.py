"""Looking at executions, and forgetting them: list, tasks, logs, the template, delete."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.oos.execution_views import execution_view, log_view, task_view
from deployer.emulator.services.oos.state import OosState, StoredExecution
from deployer.emulator.services.oos.template_handlers import template_view_of_execution
from deployer.emulator.services.oos.values import is_between, json_list
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported
from deployer.oos.execution import Execution, TaskRun, cancel

_CATEGORY = "Other"
_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"


class ExecutionActions:
    """What can be done with executions once they are started."""

    def __init__(self, state: OosState) -> None:
        self._state = state

    @action("ListExecutions", source=_PAGES + "listexecutions")
    def list_executions(self, call: Call) -> Body:
        """Newest first; an unknown id gives an empty list, and children are left out unless they are asked for."""
        refuse_unsupported(call, "RdFolderIds", "ResourceTemplateName")
        found = [stored for stored in self._mine(call) if _is_wanted(stored, call.params)]
        found = _sorted(found, call.params, lambda stored: stored.execution)
        page, token = page_by_token(
            found, call.params, key=lambda stored: stored.execution.execution_id, default_size=50
        )
        return {
            "Executions": [execution_view(stored) for stored in page],
            "MaxResults": call.params.get("MaxResults", 50),
            "NextToken": token,
            "TotalCount": len(found),
        }

    @action("ListTaskExecutions", source=_PAGES + "listtaskexecutions")
    def list_task_executions(self, call: Call) -> Body:
        """Items of loops are shown only when asked for, by IncludeChildTaskExecution or their parent."""
        params = call.params
        pairs = [
            (stored.execution, run)
            for stored in self._mine(call)
            if params.get("ExecutionId") in (None, stored.execution.execution_id)
            for run in stored.execution.task_runs
            if _is_wanted_run(run, params)
        ]
        pairs = _sorted(pairs, params, lambda pair: pair[1], default_order="Ascending")
        page, token = page_by_token(pairs, params, key=lambda pair: pair[1].task_execution_id, default_size=50)
        return {
            "TaskExecutions": [task_view(execution, run) for execution, run in page],
            "MaxResults": params.get("MaxResults", 50),
            "NextToken": token,
        }

    @action("ListExecutionLogs", source=_PAGES + "listexecutionlogs")
    def list_execution_logs(self, call: Call) -> Body:
        """Oldest first."""
        execution = self._execution(call).execution
        lines = [
            (number, line)
            for number, line in enumerate(execution.logs)
            if call.params.get("TaskExecutionId") in (None, line.task_execution_id)
            and call.params.get("LogType") in (None, line.log_type)
        ]
        page, token = page_by_token(lines, call.params, key=lambda pair: str(pair[0]), default_size=50)
        return {
            "ExecutionLogs": [log_view(line) for _number, line in page],
            "IsTruncated": bool(token),
            "MaxResults": call.params.get("MaxResults", 50),
            "NextToken": token,
        }

    @action("DeleteExecutions", source=_PAGES + "deleteexecutions")
    def delete_executions(self, call: Call) -> Body:
        """Up to 100, with their children; running ones by Force alone. None is deleted when one cannot be."""
        ids = call.params["ExecutionIds"]
        if not isinstance(ids, list) or not 1 <= len(ids) <= 100:
            raise invalid_parameter("ExecutionIds")
        chosen = [self._get(call, str(execution_id)).execution for execution_id in ids]
        for execution in chosen:
            if not execution.status.is_final and not call.params.get("Force", False):
                raise self._state.wrong_status(execution, "deleted")
        for execution in chosen:
            cancel(execution, self._state.now(), "deleted")
            self._forget(execution)
        return {}

    @action("GetExecutionTemplate", source=_PAGES + "getexecutiontemplate")
    def get_execution_template(self, call: Call) -> Body:
        """The template as it was when the execution started."""
        stored = self._execution(call)
        return {"Content": stored.execution.template.text, "Template": template_view_of_execution(stored)}

    def _forget(self, execution: Execution) -> None:
        for child in execution.children:
            self._forget(child)
        self._state.executions.pop(execution.execution_id, None)

    def _mine(self, call: Call) -> list[StoredExecution]:
        """The account's executions in the region; none of another account, which there are no rights to."""
        if call.params.get("AccountId", call.principal.account_id) != call.principal.account_id:
            return []
        return [
            stored
            for stored in self._state.executions.values()
            if stored.execution.account_id == call.principal.account_id and stored.execution.region_id == call.region_id
        ]

    def _execution(self, call: Call) -> StoredExecution:
        return self._get(call, call.params["ExecutionId"])

    def _get(self, call: Call, execution_id: str) -> StoredExecution:
        return self._state.get_execution(execution_id, account_id=call.principal.account_id, region_id=call.region_id)


def _is_wanted(stored: StoredExecution, params: Mapping[str, Any]) -> bool:
    execution = stored.execution
    if "ExecutionId" in params:
        if execution.execution_id != params["ExecutionId"]:
            return False
    elif "ParentExecutionId" in params:
        if execution.parent_execution_id != params["ParentExecutionId"]:
            return False
    elif not _is_wanted_depth(execution, params):
        return False
    return (
        params.get("Status") in (None, execution.status.value)
        and params.get("Mode") in (None, execution.mode)
        and params.get("TemplateName", "") in execution.template_name
        and params.get("RamRole") in (None, execution.ram_role)
        and params.get("ExecutedBy") in (None, execution.execute_user)
        and params.get("Description", "") in stored.description
        and params.get("Category") in (None, _CATEGORY)
        and ("Categories" not in params or _CATEGORY in json_list("Categories", params["Categories"]))
        and ("ResourceId" not in params or _concerns(execution, params["ResourceId"]))
        and params.get("ResourceGroupId") in (None, stored.resource_group_id)
        and has_tags(stored.tags, params.get("Tags"))
        and _is_in_time(execution, params)
    )


def _concerns(execution: Execution, resource_id: str) -> bool:
    """Assumed: an execution concerns what its parameters or its loops name."""
    named = json.dumps([execution.parameters, [run.loop_item for run in execution.task_runs]], default=str)
    return f'"{resource_id}"' in named


def _is_wanted_depth(execution: Execution, params: Mapping[str, Any]) -> bool:
    depth = execution.execution_id.count(".")
    wanted = params.get("Depth")
    if wanted == "RootDepth":
        return depth == 0
    if wanted == "FirstChildDepth":
        return depth == 1
    return depth == 0 or bool(params.get("IncludeChildExecution", False))


def _is_wanted_run(run: TaskRun, params: Mapping[str, Any]) -> bool:
    if "ParentTaskExecutionId" in params:
        if run.parent_id != params["ParentTaskExecutionId"]:
            return False
    elif run.parent_id and not params.get("IncludeChildTaskExecution") and "TaskExecutionId" not in params:
        return False
    return (
        params.get("TaskExecutionId") in (None, run.task_execution_id)
        and params.get("TaskName") in (None, run.name)
        and params.get("TaskAction", run.action).casefold() == run.action.casefold()
        and params.get("Status") in (None, run.status.value)
        and _is_in_time(run, params)
    )


def has_tags(tags: Mapping[str, str], wanted: Any) -> bool:
    """Whether each tag asked for is there; a list of values means any of them."""
    if not wanted:
        return True
    if not isinstance(wanted, Mapping):
        raise invalid_parameter("Tags")
    return all(
        key in tags and (tags[key] in value if isinstance(value, list) else tags[key] == str(value))
        for key, value in wanted.items()
    )


def _is_in_time(timed: Execution | TaskRun, params: Mapping[str, Any]) -> bool:
    return is_between(timed.started_at, params, "StartDate") and is_between(timed.ended_at, params, "EndDate")


def _sorted(
    found: Sequence[Any],
    params: Mapping[str, Any],
    timed: Callable[[Any], Execution | TaskRun],
    *,
    default_order: str = "Descending",
) -> list[Any]:
    """In the order asked for; things made at the same moment keep the order they were made in."""
    field = params.get("SortField", "StartDate")
    order = params.get("SortOrder", default_order)
    if field not in {"StartDate", "EndDate", "Status"}:
        raise invalid_parameter("SortField")
    if order not in {"Ascending", "Descending"}:
        raise invalid_parameter("SortOrder")

    def sort_key(pair: tuple[int, Any]) -> tuple[str, int]:
        entry = timed(pair[1])
        ended = entry.ended_at.isoformat() if entry.ended_at else ""
        started = (entry.started_at or entry.created_at).isoformat()
        return {"StartDate": started, "EndDate": ended, "Status": entry.status.value}[field], pair[0]

    return [entry for _, entry in sorted(enumerate(found), key=sort_key, reverse=order == "Descending")]
