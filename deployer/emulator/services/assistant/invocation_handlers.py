"""Running commands on instances, asking what came of it, and stopping it."""

from collections.abc import Sequence

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.services.assistant.command_handlers import CommandActions
from deployer.emulator.services.assistant.content import check_size, check_values
from deployer.emulator.services.assistant.delivery import Delivery
from deployer.emulator.services.assistant.orders import check_texts, read_repeat_mode, read_timeout
from deployer.emulator.services.assistant.pages import take_page
from deployer.emulator.services.assistant.state import AssistantState, Command, Invocation, Record
from deployer.emulator.services.assistant.targets import find_command_targets
from deployer.emulator.services.assistant.views import invocation_view, result_view
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.ecs.instances import Instance
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.tagging import carries, read_tags

_MOST_STOPPED_AT_ONCE = 50


class InvocationActions:
    """RunCommand, InvokeCommand, the two that describe, StopInvocation."""

    def __init__(
        self,
        context: Context,
        ecs_state: EcsState,
        state: AssistantState,
        delivery: Delivery,
        commands: CommandActions,
    ) -> None:
        self._context = context
        self._ecs_state = ecs_state
        self._state = state
        self._delivery = delivery
        self._commands = commands
        self._tokens = ClientTokens()

    @action(
        "RunCommand",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand",
    )
    def run_command(self, call: Call) -> Body:
        """A command is made and its invocation begins; nothing has run yet when this answers."""

        def make() -> Body:
            mode = read_repeat_mode(call)
            targets = find_command_targets(self._ecs_state, call.params, call.region_id, call.params["Type"])
            kept = bool(call.params.get("KeepCommand", False))
            command = self._commands.make_command(call, default_encoding="PlainText", kept=kept)
            try:
                check_values(
                    command.parameter_names, call.params.get("Parameters", {}), enabled=command.enable_parameter
                )
            except ApiError:
                self._forget(command)
                raise
            if mode == "DryRun":
                self._forget(command)
                return self._dry_run(targets)
            return {"CommandId": command.command_id, "InvokeId": self._invoke(call, command, targets, mode).invoke_id}

        return self._tokens.once(call, make)

    @action(
        "InvokeCommand",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-invokecommand",
    )
    def invoke_command(self, call: Call) -> Body:
        """A kept command's invocation begins. Errors: 404 InvalidCmdId.NotFound; those of RunCommand."""

        def make() -> Body:
            mode = read_repeat_mode(call)
            check_texts(call.params)
            command = self._state.get_command(call.params["CommandId"], call.region_id)
            targets = find_command_targets(self._ecs_state, call.params, call.region_id, command.command_type)
            values = call.params.get("Parameters", {})
            check_values(command.parameter_names, values, enabled=command.enable_parameter)
            check_size(command.content, values, kept=False)
            if mode == "DryRun":
                return self._dry_run(targets)
            return {"InvokeId": self._invoke(call, command, targets, mode).invoke_id}

        return self._tokens.once(call, make)

    @action(
        "DescribeInvocations",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocations",
    )
    def describe_invocations(self, call: Call) -> Body:
        """Invocations, newest first, with the command and with the output when IncludeOutput is said."""
        params, encoding = call.params, call.params.get("ContentEncoding", "Base64")
        views = [
            invocation_view(invocation, encoding, with_output=bool(params.get("IncludeOutput", False)))
            for invocation in self._looked_at(call)
        ]
        wanted = params.get("InvokeStatus")
        found = [view for view in views if wanted in {None, view["InvokeStatus"], view["InvocationStatus"]}]
        page, fields = take_page(found, params, key=lambda view: str(view["InvokeId"]))
        return {"Invocations": {"Invocation": list(page)}, **fields}

    @action(
        "DescribeInvocationResults",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocationresults",
    )
    def describe_invocation_results(self, call: Call) -> Body:
        """One result per invocation and instance, newest first; an unknown InvokeId gives an empty list."""
        params, encoding = call.params, call.params.get("ContentEncoding", "Base64")
        wanted = params.get("InvokeRecordStatus")
        found = [
            (invocation, record)
            for invocation in self._looked_at(call)
            for record in invocation.records.values()
            if params.get("InstanceId", record.instance_id) == record.instance_id
            and wanted in {None, record.record_status, str(record.status)}
        ]
        page, fields = take_page(found, params, key=lambda pair: f"{pair[0].invoke_id}/{pair[1].instance_id}")
        results = [result_view(invocation, record, encoding) for invocation, record in page]
        return {"Invocation": {"InvocationResults": {"InvocationResult": results}, **fields}}

    @action(
        "StopInvocation",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-stopinvocation",
    )
    def stop_invocation(self, call: Call) -> Body:
        """It is ended on the instances named, on all of them when none is.

        Errors: 404 InvalidInvokeId.NotFound, InvalidInstance.NotFound; 403 InstanceIds.ExceedLimit.
        """
        invocation = self._state.get_invocation(call.params["InvokeId"], call.region_id)
        instance_ids = call.params.get("InstanceId") or list(invocation.records)
        if "InstanceId" in call.params and len(instance_ids) > _MOST_STOPPED_AT_ONCE:
            raise ApiError(403, "InstanceIds.ExceedLimit", "The number of instance IDs exceeds the upper limit.")
        if not set(instance_ids) <= set(invocation.records):
            raise ApiError(404, "InvalidInstance.NotFound", "The specified instances do not exist.")
        for instance_id in instance_ids:
            self._delivery.stop(invocation, invocation.records[instance_id])
        return {}

    def _invoke(self, call: Call, command: Command, targets: Sequence[Instance], mode: str) -> Invocation:
        params, now = call.params, self._context.clock.now()
        # RunCommand takes any time-out; InvokeCommand lifts short ones.
        timeout_seconds = (
            command.timeout_seconds if call.action == "RunCommand" else read_timeout(params, command.timeout_seconds)
        )
        invocation = Invocation(
            invoke_id=self._context.ids.resource_id("t", 20),
            region_id=call.region_id,
            command=command,
            parameters=dict(params.get("Parameters", {})),
            principal=call.principal,
            timeout_seconds=timeout_seconds,
            username=params.get("Username", "root"),
            working_dir=params.get("WorkingDir", command.working_dir),
            termination_mode=params.get("TerminationMode", "Process"),
            repeat_mode=mode,
            created_at=now,
            records={one.instance_id: Record(instance_id=one.instance_id, created_at=now) for one in targets},
            tags=read_tags(params.get("Tag", [])),
            resource_group_id=params.get("ResourceGroupId", ""),
        )
        command.invoke_times += 1
        self._state.invocations[invocation.invoke_id] = invocation
        self._delivery.dispatch(invocation)
        return invocation

    def _dry_run(self, targets: Sequence[Instance]) -> Body:
        """Nothing runs. Assumed: an agent that does not answer refuses the call, since the check covers the agent."""
        if not all(self._delivery.agents.answers(instance) for instance in targets):
            raise ApiError(403, "Operation.Forbidden", "The Cloud Assistant agent of an instance is not running.")
        return {}

    def _forget(self, command: Command) -> None:
        self._state.commands.pop(command.command_id, None)

    def _looked_at(self, call: Call) -> list[Invocation]:
        """The invocations a question is about, up to date."""
        params = call.params
        found = [
            invocation
            for invocation in self._state.list_invocations(call.region_id)
            if invocation.invoke_id not in self._state.sent_files
            and params.get("InvokeId", invocation.invoke_id) == invocation.invoke_id
            and params.get("CommandId", invocation.command.command_id) == invocation.command.command_id
            and params.get("CommandName", "") in invocation.command.name
            and params.get("CommandType", invocation.command.command_type) == invocation.command.command_type
            and params.get("RepeatMode", invocation.repeat_mode) == invocation.repeat_mode
            and ("InstanceId" not in params or params["InstanceId"] in invocation.records)
            and carries(invocation.tags, params.get("Tag", []))
        ]
        for invocation in found:
            self._delivery.look(invocation)
        return found
