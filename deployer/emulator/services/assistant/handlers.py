"""Cloud Assistant: all its operations under one roof. They are part of the ECS API."""

from deployer.emulator.actions import Handler, handlers_of, sources_of
from deployer.emulator.context import Context
from deployer.emulator.services.assistant.agents import Agents
from deployer.emulator.services.assistant.command_handlers import CommandActions
from deployer.emulator.services.assistant.delivery import Delivery
from deployer.emulator.services.assistant.file_handlers import FileActions
from deployer.emulator.services.assistant.invocation_handlers import InvocationActions
from deployer.emulator.services.assistant.state import AssistantState
from deployer.emulator.services.assistant.status_handlers import StatusActions
from deployer.emulator.services.assistant.terminal_handlers import TerminalActions
from deployer.emulator.services.ecs.state import EcsState, Taggable


class AssistantService:
    """Commands on instances, over the API."""

    def __init__(self, context: Context, ecs_state: EcsState) -> None:
        self.state = AssistantState()
        agents = Agents(context.faults)
        delivery = Delivery(context, ecs_state, agents)
        commands = CommandActions(context, self.state)
        self._parts: tuple[object, ...] = (
            commands,
            InvocationActions(context, ecs_state, self.state, delivery, commands),
            StatusActions(context, ecs_state, self.state, agents),
            FileActions(context, ecs_state, self.state, delivery),
            TerminalActions(context, ecs_state, agents),
        )
        ecs_state.add_taggable("command", Taggable(find=self._command_tags, every=self._tags_of_commands))
        ecs_state.add_taggable("invocation", Taggable(find=self._invocation_tags, every=self._tags_of_invocations))

    def handlers(self) -> dict[str, Handler]:
        """Every operation the service answers, by API name."""
        return {name: handler for part in self._parts for name, handler in handlers_of(part).items()}

    def sources(self) -> dict[str, str]:
        """Where each operation's behaviour was read, by API name."""
        return {name: source for part in self._parts for name, source in sources_of(part).items()}

    def _tags_of_commands(self, region_id: str) -> dict[str, dict[str, str]]:
        return {command.command_id: command.tags for command in self.state.list_commands(region_id)}

    def _command_tags(self, command_id: str, region_id: str) -> dict[str, str] | None:
        return self._tags_of_commands(region_id).get(command_id)

    def _tags_of_invocations(self, region_id: str) -> dict[str, dict[str, str]]:
        return {invocation.invoke_id: invocation.tags for invocation in self.state.list_invocations(region_id)}

    def _invocation_tags(self, invoke_id: str, region_id: str) -> dict[str, str] | None:
        return self._tags_of_invocations(region_id).get(invoke_id)
