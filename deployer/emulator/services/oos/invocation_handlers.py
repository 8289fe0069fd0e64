"""The Cloud Assistant invocations a task caused, itself or through its child executions."""

from collections.abc import Iterator

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.oos.state import OosState
from deployer.oos.execution import Execution, TaskRun


class InvocationActions:
    """From tasks to what runs on instances."""

    def __init__(self, state: OosState) -> None:
        self._state = state

    @action(
        "ListTaskExecutionInvocations",
        source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listtaskexecutioninvocations",
    )
    def list_task_execution_invocations(self, call: Call) -> Body:
        """In the order they were made, with the status Cloud Assistant gives them now."""
        task_execution_id = call.params.get("TaskExecutionId", "")
        execution_id = task_execution_id.rpartition(".t")[0]
        stored = self._state.get_execution(execution_id, account_id=call.principal.account_id, region_id=call.region_id)
        found = [
            self._view(call, run, run.invoke_id)
            for run in _caused_by(stored.execution, task_execution_id)
            if run.invoke_id
        ]
        return {"TaskExecutionInvocations": [v for v in found if call.params.get("Status") in (None, v["Status"])]}

    def _view(self, call: Call, run: TaskRun, invoke_id: str) -> Body:
        region_id = str((run.properties.get("Parameters") or {}).get("RegionId") or call.region_id)
        return {
            "InvocationId": invoke_id,
            "InvocationTaskExecutionId": run.task_execution_id,
            "InvocationTaskName": run.name,
            "RegionId": region_id,
            "Status": self._status(call, invoke_id, region_id),
        }

    def _status(self, call: Call, invoke_id: str, region_id: str) -> str:
        params = {"RegionId": region_id, "InvokeId": invoke_id}
        try:
            body = self._state.context.call_api(
                "ecs", "DescribeInvocations", params, region_id=region_id, principal=call.principal
            )
        except ApiError:
            return ""
        invocations = body["Invocations"]["Invocation"]
        return str(invocations[0]["InvocationStatus"]) if invocations else ""


def _caused_by(execution: Execution, task_execution_id: str) -> Iterator[TaskRun]:
    """The task, the items of its loop, and every task of the child executions of these."""
    children = {child.execution_id: child for child in execution.children}
    for run in execution.task_runs:
        if task_execution_id in (run.task_execution_id, run.parent_id):
            yield run
            child = children.get(run.child_execution_id)
            for inner in child.task_runs if child else ():
                if not inner.parent_id:
                    yield from _caused_by(child, inner.task_execution_id) if child else ()
