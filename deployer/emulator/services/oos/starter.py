"""Starting an execution of a template, whoever asked for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.services.oos.host import Hosts
from deployer.emulator.services.oos.state import OosState, StoredExecution
from deployer.emulator.services.refusals import not_implemented
from deployer.oos.execution import Execution
from deployer.oos.failures import ParameterError
from deployer.oos.parameters import given_parameters
from deployer.oos.runner import Runner
from deployer.oos.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The execution somebody wants."""

    template: Template
    parameters: Mapping[str, Any]
    template_name: str = ""
    template_version: str = ""
    mode: str = "Automatic"
    loop_mode: str = "Automatic"
    safety_check: str = "Skip"


class Starter:
    """Makes executions and lets them run."""

    def __init__(self, state: OosState, hosts: Hosts) -> None:
        self._state = state
        self._hosts = hosts

    def start(self, call: Call, wanted: Wanted) -> StoredExecution:
        """The new execution, Started, as the caller's.

        Errors: InvalidParameter; 501 for a template that cannot be run here.
        """
        template = wanted.template
        if template.is_state:
            raise not_implemented(call, "a template of type State")
        unsupported = self._hosts.surely_unsupported(template.tasks)
        if unsupported:
            raise not_implemented(call, f"the action {', '.join(sorted(set(unsupported)))}")
        stored = StoredExecution(execution=self._execution(call, wanted))
        self._state.executions[stored.execution.execution_id] = stored
        self._state.drive(
            stored.execution,
            Runner(self._hosts.make(stored, call.principal), stored.execution).steps(),
            after_seconds=self._state.context.assumptions.oos_started_seconds,
        )
        return stored

    def _execution(self, call: Call, wanted: Wanted) -> Execution:
        try:
            parameters = given_parameters(wanted.template, wanted.parameters)
        except ParameterError as error:
            raise ApiError(400, "InvalidParameter", f"Parameters: {error}") from None
        is_automatic = wanted.mode == "Automatic"
        return Execution(
            execution_id=f"exec-{self._state.context.ids.hexadecimal(20)}",
            template=wanted.template,
            parameters=parameters,
            region_id=call.region_id,
            account_id=call.principal.account_id,
            created_at=self._state.now(),
            execute_user=call.principal.user_id,
            template_name=wanted.template_name,
            template_version=wanted.template_version,
            mode=wanted.mode,
            loop_mode=wanted.loop_mode,
            # Skip counts in Automatic mode alone.
            safety_check=wanted.safety_check if is_automatic else "ConfirmEveryHighRiskAction",
        )
