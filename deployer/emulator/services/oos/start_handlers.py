"""StartExecution: which template, with what, and how careful."""

from collections.abc import Mapping

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.oos.chosen_template import ChosenTemplates
from deployer.emulator.services.oos.execution_views import started_view
from deployer.emulator.services.oos.starter import Starter, Wanted
from deployer.emulator.services.oos.state import OosState
from deployer.emulator.services.oos.template_handlers import text_tags
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported

_MODES = ("Automatic", "FailurePause", "Debug")
_LOOP_MODES = ("Automatic", "FirstBatchPause", "EveryBatchPause")
_SAFETY_CHECKS = ("Skip", "ConfirmEveryHighRiskAction")


class StartActions:
    """Starts executions."""

    def __init__(self, state: OosState, starter: Starter, templates: ChosenTemplates) -> None:
        self._state = state
        self._starter = starter
        self._templates = templates
        self._tokens = ClientTokens()

    @action(
        "StartExecution", source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-startexecution"
    )
    def start_execution(self, call: Call) -> Body:
        """It answers at once, with status Started; the same ClientToken gives the same execution."""
        refuse_unsupported(call, "ParentExecutionId")
        return self._tokens.once(call, lambda: self._start(call))

    def _start(self, call: Call) -> Body:
        chosen = self._templates.choose(call)
        default_check = self._state.context.assumptions.oos_default_safety_check
        given = call.params.get("Parameters", {})
        if not isinstance(given, Mapping):
            raise invalid_parameter("Parameters")
        tags = text_tags(call)
        wanted = Wanted(
            template=chosen.template,
            template_name=call.params.get("TemplateName", ""),
            template_version=chosen.version.version if chosen.version else "",
            parameters=given,
            mode=_one_of(call, "Mode", _MODES, "Automatic"),
            loop_mode=_one_of(call, "LoopMode", _LOOP_MODES, "Automatic"),
            safety_check=_one_of(call, "SafetyCheck", _SAFETY_CHECKS, default_check),
        )
        stored = self._starter.start(call, wanted)
        stored.description, stored.tags = call.params.get("Description", ""), tags
        stored.resource_group_id = call.params.get("ResourceGroupId", "")
        if chosen.stored and chosen.version:
            chosen.stored.execution_count += 1
            stored.template_id, stored.template_hash = chosen.stored.template_id, chosen.version.hash
        return {"Execution": started_view(stored)}


def _one_of(call: Call, name: str, allowed: tuple[str, ...], default: str) -> str:
    value = str(call.params.get(name, default))
    if value not in allowed:
        raise invalid_parameter(name)
    return value
