"""StartExecution: which template, do the parameters fit, then let it run."""

from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.oos.chosen_template import ChosenTemplates
from deployer.emulator.services.oos.execution_views import started_view
from deployer.emulator.services.oos.host import Hosts
from deployer.emulator.services.oos.state import OosState, StoredExecution
from deployer.emulator.services.oos.template_handlers import text_tags
from deployer.emulator.services.refusals import invalid_parameter, not_implemented, refuse_unsupported
from deployer.oos.execution import Execution
from deployer.oos.failures import ParameterError
from deployer.oos.parameters import given_parameters
from deployer.oos.runner import Runner
from deployer.oos.template import Template

_LOOP_MODES = ("Automatic", "FirstBatchPause", "EveryBatchPause")
_SAFETY_CHECKS = ("Skip", "ConfirmEveryHighRiskAction")


class StartActions:
    """Starts executions."""

    def __init__(self, state: OosState, hosts: Hosts, templates: ChosenTemplates) -> None:
        self._state = state
        self._hosts = hosts
        self._templates = templates
        self._tokens = ClientTokens()

    @action(
        "StartExecution", source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-startexecution"
    )
    def start_execution(self, call: Call) -> Body:
        """It answers at once, with status Started; the same ClientToken gives the same execution."""
        refuse_unsupported(call, "ParentExecutionId")
        return self._tokens.once(call, lambda: {"Execution": started_view(self._start(call))})

    def _start(self, call: Call) -> StoredExecution:
        stored = self._new(call)
        if stored.execution.template.is_state:
            raise not_implemented(call, "a template of type State")
        unsupported = self._hosts.surely_unsupported(stored.execution.template.tasks)
        if unsupported:
            raise not_implemented(call, f"the action {', '.join(sorted(set(unsupported)))}")
        self._state.executions[stored.execution.execution_id] = stored
        host = self._hosts.make(stored, call.principal)
        self._state.drive(
            stored.execution,
            Runner(host, stored.execution).steps(),
            after_seconds=self._state.context.assumptions.oos_started_seconds,
        )
        return stored

    def _new(self, call: Call) -> StoredExecution:
        """A new execution of the one template the call names."""
        chosen = self._templates.choose(call)
        version = chosen.version.version if chosen.version else ""
        stored = StoredExecution(execution=self._execution(call, chosen.template, version=version), **_said(call))
        if chosen.stored and chosen.version:
            chosen.stored.execution_count += 1
            stored.template_id, stored.template_hash = chosen.stored.template_id, chosen.version.hash
        return stored

    def _execution(self, call: Call, template: Template, *, version: str = "") -> Execution:
        loop_mode = _one_of(call, "LoopMode", _LOOP_MODES, "Automatic")
        safety_check = _one_of(
            call, "SafetyCheck", _SAFETY_CHECKS, self._state.context.assumptions.oos_default_safety_check
        )
        if call.params.get("Mode", "Automatic") != "Automatic":
            safety_check = "ConfirmEveryHighRiskAction"  # Skip counts in Automatic mode alone
        given = call.params.get("Parameters", {})
        if not isinstance(given, Mapping):
            raise invalid_parameter("Parameters")
        try:
            parameters = given_parameters(template, given)
        except ParameterError as error:
            raise ApiError(400, "InvalidParameter", f"Parameters: {error}") from None
        return Execution(
            execution_id=f"exec-{self._state.context.ids.hexadecimal(20)}",
            template=template,
            parameters=parameters,
            region_id=call.region_id,
            account_id=call.principal.account_id,
            created_at=self._state.now(),
            execute_user=call.principal.user_id,
            template_name=call.params.get("TemplateName", ""),
            template_version=version,
            mode=call.params.get("Mode", "Automatic"),
            loop_mode=loop_mode,
            safety_check=safety_check,
        )


def _said(call: Call) -> dict[str, Any]:
    return {
        "description": call.params.get("Description", ""),
        "tags": text_tags(call),
        "resource_group_id": call.params.get("ResourceGroupId", ""),
    }


def _one_of(call: Call, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = str(call.params.get(name, default))
    if value not in allowed:
        raise invalid_parameter(name)
    return value
