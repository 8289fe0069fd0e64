"""Session Manager: where a terminal on an instance would be reached. Nobody answers there: no socket is emulated."""

from urllib.parse import urlencode

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.services.assistant.agents import Agents
from deployer.emulator.services.assistant.targets import find_targets
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.ecs.instances import InstanceStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import invalid_parameter, not_implemented

_MOST_AT_ONCE = 10
_LONGEST_COMMAND = 512
_LAST_PORT = 65535


class TerminalActions:
    """StartTerminalSession."""

    def __init__(self, context: Context, ecs_state: EcsState, agents: Agents) -> None:
        self._context = context
        self._ecs_state = ecs_state
        self._agents = agents
        self._tokens = ClientTokens()

    @action(
        "StartTerminalSession",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-startterminalsession",
    )
    def start_terminal_session(self, call: Call) -> Body:
        """A session on instances that run and whose agent answers; its address would be good for ten minutes.

        Assumed: the page names the conditions, not the codes of the refusals.
        Errors: 404 InvalidInstance.NotFound, 403 InstanceIds.ExceedLimit, IncorrectInstanceStatus, ClientNotRunning;
        400 InvalidParameter.
        """
        _check_what_is_wanted(call)
        for instance in find_targets(self._ecs_state, call.params["InstanceId"], call.region_id, most=_MOST_AT_ONCE):
            if instance.status is not InstanceStatus.RUNNING:
                raise ApiError(403, "IncorrectInstanceStatus", "The instance is not running.")
            if not self._agents.answers(instance):
                raise ApiError(403, "ClientNotRunning", "The Cloud Assistant Agent is not running on the instance.")
        return self._tokens.once(call, lambda: self._open(call.region_id))

    def _open(self, region_id: str) -> Body:
        ids = self._context.ids
        session_id, token = ids.resource_id("s", 17), ids.request_id().lower()
        query = urlencode({"sessionId": session_id, "token": token})
        return {
            "SessionId": session_id,
            "SecurityToken": token,
            "WebSocketUrl": f"wss://{region_id}.axt.aliyuncs.com/session?{query}",
        }


def _check_what_is_wanted(call: Call) -> None:
    """Errors: 400 InvalidParameter, 501 Emulator.NotImplemented for addresses inside the cloud."""
    params = call.params
    if params.get("ConnectionType", "Internet") != "Internet":
        raise not_implemented(call, f"ConnectionType={params['ConnectionType']}")
    command = params.get("CommandLine", "")
    if len(command) > _LONGEST_COMMAND or (command and ("PortNumber" in params or "TargetServer" in params)):
        raise invalid_parameter("CommandLine")
    if not 1 <= params.get("PortNumber", 1) <= _LAST_PORT:
        raise invalid_parameter("PortNumber")
    if "TargetServer" in params and "PortNumber" not in params:
        raise invalid_parameter("TargetServer")
