"""Whether the agent of an instance answers, and putting one there."""

from typing import Any

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.services.assistant.agents import Agents
from deployer.emulator.services.assistant.pages import take_page
from deployer.emulator.services.assistant.state import AssistantState
from deployer.emulator.services.assistant.targets import find_targets
from deployer.emulator.services.ecs.instances import Instance
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.timestamps import to_second

_MOST_ASKED_AT_ONCE = 100


class StatusActions:
    """DescribeCloudAssistantStatus, InstallCloudAssistant."""

    def __init__(self, context: Context, ecs_state: EcsState, state: AssistantState, agents: Agents) -> None:
        self._context = context
        self._ecs_state = ecs_state
        self._state = state
        self._agents = agents

    @action(
        "DescribeCloudAssistantStatus",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describecloudassistantstatus",
    )
    def describe_cloud_assistant_status(self, call: Call) -> Body:
        """One entry per instance; MaxResults does not count when ids are given.

        Errors: 404 InvalidInstance.NotFound, 403 InstanceIds.ExceedLimit.
        """
        params = dict(call.params)
        if "InstanceId" in params:
            asked = params.pop("InstanceId")
            found = find_targets(self._ecs_state, asked, call.region_id, most=_MOST_ASKED_AT_ONCE)
            fields: dict[str, Any] = {
                "NextToken": "",
                "TotalCount": len(found),
                "PageNumber": 1,
                "PageSize": len(found),
            }
            page = found
        else:
            every = self._ecs_state.instances(call.region_id)
            wanted = str(params.get("OSType", "")).lower()
            matching = [instance for instance in every if wanted in {"", instance.os_type.lower()}]
            taken, fields = take_page(matching, params, key=lambda instance: instance.instance_id)
            page = list(taken)
        views = [self._view(instance) for instance in page]
        return {"InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": views}, **fields}

    @action(
        "InstallCloudAssistant",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-installcloudassistant",
    )
    def install_cloud_assistant(self, call: Call) -> Body:
        """The agent is there from the next boot on. Errors: 404 InvalidInstance.NotFound, 403 InstanceIds.ExceedLimit."""
        for instance in find_targets(self._ecs_state, call.params["InstanceId"], call.region_id, most=50):
            if not instance.agent_installed:
                self._install(instance, instance.running_since)
        return {}

    def _install(self, instance: Instance, booted_at: float | None) -> None:
        """Watch for the boot after which the agent is there; gives up when the instance is released."""
        waits = self._context.assumptions.assistant_install_needs_reboot
        if not waits or (instance.running_since is not None and instance.running_since != booted_at):
            instance.agent_installed = True
        elif not instance.releasing:
            self._context.scheduler.after(1.0, lambda: self._install(instance, booted_at))

    def _view(self, instance: Instance) -> Body:
        records = [record for _, record in self._state.records_of(instance.instance_id)]
        started = [record.started_at for record in records if record.started_at is not None]
        view = {
            "InstanceId": instance.instance_id,
            "OSType": instance.os_type.capitalize(),
            "CloudAssistantStatus": "true" if self._agents.answers(instance) else "false",
            "CloudAssistantVersion": self._context.assumptions.assistant_version if instance.agent_installed else "",
            "InvocationCount": len(started),
            "ActiveTaskCount": sum(record.running is not None for record in records),
            "SupportSessionManager": instance.agent_installed,
        }
        if started:
            view["LastInvokedTime"] = to_second(max(started))
        if self._agents.answers(instance):
            view["LastHeartbeatTime"] = to_second(self._context.clock.now())
        return view
