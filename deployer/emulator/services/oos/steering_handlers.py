"""Telling executions things: cancel, notify, trigger, update."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.oos.state import OosState, StoredExecution
from deployer.emulator.services.oos.values import json_list, json_map
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported
from deployer.oos.execution import Execution, Notification, cancel, notify
from deployer.oos.failures import ParameterError
from deployer.oos.parameters import given_parameters

_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
_NOTIFY_TYPES = ("ExecuteTask", "CancelTask", "CompleteExecution", "Approve", "Reject", "RetryTask", "SkipTask")
_TRIGGER_ACTIONS = {"Event": "acs::eventtrigger", "Alarm": "acs::alarmtrigger", "Timer": "acs::timertrigger"}


class SteeringActions:
    """What somebody may tell an execution that is under way."""

    def __init__(self, state: OosState) -> None:
        self._state = state
        self._tokens = ClientTokens()

    @action("CancelExecution", source=_PAGES + "cancelexecution")
    def cancel_execution(self, call: Call) -> Body:
        """Tasks not yet over are cancelled; a command that runs on an instance goes on."""
        execution = self._get(call).execution
        if execution.status.is_final:
            raise self._state.wrong_status(execution, "cancelled")
        cancel(execution, self._state.now(), "cancelled by CancelExecution")
        return {}

    @action("NotifyExecution", source=_PAGES + "notifyexecution")
    def notify_execution(self, call: Call) -> Body:
        """Tell a waiting execution to go on, or not to."""
        refuse_unsupported(call, "Parameters")
        execution = self._get(call).execution
        params = call.params
        if params["NotifyType"] not in _NOTIFY_TYPES:
            raise invalid_parameter("NotifyType")
        ids = json_list("TaskExecutionIds", params.get("TaskExecutionIds", []))
        if "TaskExecutionId" in params:
            ids.append(params["TaskExecutionId"])
        notification = Notification(
            notify_type=params["NotifyType"],
            task_name=params.get("TaskName", ""),
            task_execution_ids=tuple(ids),
            loop_item=params.get("LoopItem", ""),
            execution_status=params.get("ExecutionStatus", ""),
            note=params.get("NotifyNote", ""),
        )
        if not notify(execution, notification):
            raise self._state.wrong_status(execution, f"notified with {notification.notify_type}")
        return {}

    @action("TriggerExecution", source=_PAGES + "triggerexecution")
    def trigger_execution(self, call: Call) -> Body:
        """Fire the trigger an execution waits for, with a message its outputs are selected from."""
        return self._tokens.once(call, lambda: self._trigger(call))

    @action("UpdateExecution", source=_PAGES + "updateexecution")
    def update_execution(self, call: Call) -> Body:
        """Change what is said about an execution, and the parameters of one that waits for its trigger."""
        return self._tokens.once(call, lambda: self._update(call))

    def _trigger(self, call: Call) -> Body:
        execution = self._get(call).execution
        kind = str(call.params["Type"])
        if kind not in _TRIGGER_ACTIONS:
            raise invalid_parameter("Type")
        content = json_map("Content", call.params.get("Content"))
        is_triggered = execution.template.tasks[0].action_key == _TRIGGER_ACTIONS[kind]
        if not is_triggered or not notify(execution, Notification(notify_type="Trigger", content=content)):
            raise self._state.wrong_status(execution, f"triggered with {kind}")
        return {}

    def _update(self, call: Call) -> Body:
        stored = self._get(call)
        params = call.params
        if "Parameters" in params:
            self._change_parameters(stored.execution, json_map("Parameters", params["Parameters"]))
        stored.description = params.get("Description", stored.description)
        stored.resource_group_id = params.get("ResourceGroupId", stored.resource_group_id)
        if "Tags" in params:
            stored.tags = {name: str(value) for name, value in json_map("Tags", params["Tags"]).items()}
        return {}

    def _change_parameters(self, execution: Execution, changes: dict[str, Any]) -> None:
        if not any("Updated" in waiter.kinds for waiter in execution.waiters):
            raise self._state.wrong_status(execution, "given other parameters")
        folded = {name.casefold() for name in changes}
        kept = {name: value for name, value in execution.parameters.items() if name.casefold() not in folded}
        try:
            execution.parameters = given_parameters(execution.template, kept | changes)
        except ParameterError as error:
            raise ApiError(400, "InvalidParameter", f"Parameters: {error}") from None
        notify(execution, Notification(notify_type="Updated"))

    def _get(self, call: Call) -> StoredExecution:
        return self._state.get_execution(
            call.params["ExecutionId"], account_id=call.principal.account_id, region_id=call.region_id
        )
