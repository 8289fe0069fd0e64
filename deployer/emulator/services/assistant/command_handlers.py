"""Commands that are kept: made, listed, deleted."""

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.services.assistant.orders import DEFAULT_TIMEOUT_SECONDS, check_texts, read_script
from deployer.emulator.services.assistant.pages import take_page
from deployer.emulator.services.assistant.state import AssistantState, Command
from deployer.emulator.services.assistant.views import command_view
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.tagging import carries, read_tags


class CommandActions:
    """CreateCommand, DescribeCommands, DeleteCommand."""

    def __init__(self, context: Context, state: AssistantState) -> None:
        self._context = context
        self._state = state
        self._tokens = ClientTokens()

    @action(
        "CreateCommand",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-createcommand",
    )
    def create_command(self, call: Call) -> Body:
        """Keep a command; its content is base64 unless PlainText is said."""

        def make() -> Body:
            refuse_unsupported(call, "Launcher")
            command = self.make_command(call, default_encoding="Base64", kept=True)
            return {"CommandId": command.command_id}

        return self._tokens.once(call, make)

    def make_command(self, call: Call, *, default_encoding: str, kept: bool) -> Command:
        """A new command from a request, also that of RunCommand. Errors: ApiError, those of `orders`."""
        params = call.params
        check_texts(params)
        script = read_script(params, default_encoding=default_encoding, kept=kept)
        command = Command(
            command_id=self._context.ids.resource_id("c", 20),
            region_id=call.region_id,
            name=params.get("Name", ""),
            description=params.get("Description", ""),
            command_type=params["Type"],
            content=script.content,
            enable_parameter=script.enable_parameter,
            parameter_names=script.parameter_names,
            timeout_seconds=int(params.get("Timeout", DEFAULT_TIMEOUT_SECONDS)),
            working_dir=params.get("WorkingDir", "/root"),
            created_at=self._context.clock.now(),
            kept=kept,
            tags=read_tags(params.get("Tag", [])),
            resource_group_id=params.get("ResourceGroupId", ""),
        )
        self._state.commands[command.command_id] = command  # delete_command takes it away
        return command

    @action(
        "DescribeCommands",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describecommands",
    )
    def describe_commands(self, call: Call) -> Body:
        """The account's own commands, newest first; of the public ones the emulator has none."""
        params = call.params
        found = [command for command in self._state.list_commands(call.region_id) if _matches(command, call)]
        page, fields = take_page(found, params, key=lambda command: command.command_id)
        encoding = params.get("ContentEncoding", "Base64")
        return {"Commands": {"Command": [command_view(command, encoding) for command in page]}, **fields}

    @action(
        "ModifyCommand",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-modifycommand",
    )
    def modify_command(self, call: Call) -> Body:
        """Nothing; what is given is as given from the next run on. Content is base64.

        Errors: 404 InvalidCmdId.NotFound, and those of `orders`.
        """
        refuse_unsupported(call, "Launcher")
        command, params = self._state.get_command(call.params["CommandId"], call.region_id), call.params
        check_texts(params)
        if "CommandContent" in params:
            asked = {**params, "EnableParameter": command.enable_parameter}
            script = read_script(asked, default_encoding="Base64", kept=True)
            command.content, command.parameter_names = script.content, script.parameter_names
        command.name = params.get("Name", command.name)
        command.description = params.get("Description", command.description)
        command.working_dir = params.get("WorkingDir", command.working_dir)
        command.timeout_seconds = int(params.get("Timeout", command.timeout_seconds))
        return {}

    @action(
        "DeleteCommand",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-deletecommand",
    )
    def delete_command(self, call: Call) -> Body:
        """It is gone; its invocations stay. Errors: 404 InvalidCmdId.NotFound."""
        self._state.get_command(call.params["CommandId"], call.region_id).kept = False
        return {}


def _matches(command: Command, call: Call) -> bool:
    params = call.params
    return (
        params.get("Provider", "User") == "User"
        and params.get("CommandId", command.command_id) == command.command_id
        and params.get("Type", command.command_type) == command.command_type
        and params.get("Name", "") in command.name
        and params.get("Description", "") in command.description
        and carries(command.tags, params.get("Tag", []))
    )
