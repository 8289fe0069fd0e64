"""The values a script gets without the caller giving them: about the invocation, or from the OOS parameter store.

Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand (Parameters)
"""

from deployer.emulator.actions import ApiError
from deployer.emulator.context import Context
from deployer.emulator.services.assistant.state import Invocation
from deployer.emulator.services.ecs.instances import Instance


class UnknownBuiltInError(Exception):
    """There is no such built-in value."""


class BuiltIns:
    """Looks values up for one instance at a time."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def value_of(self, name: str, invocation: Invocation, instance: Instance) -> str:
        """The value of `ACS::…`, `oos:…` or `oos-secret:…`. Errors: UnknownBuiltInError."""
        kind, _, rest = name.partition(":")
        if kind == "ACS":
            values = {
                "RegionId": invocation.region_id,
                "AccountId": self._context.account_id,
                "InstanceId": instance.instance_id,
                "InstanceName": instance.instance_name,
                "InvokeId": invocation.invoke_id,
                "CommandId": invocation.command.command_id,
            }
            found = values.get(rest.lstrip(":"))
            if found is None:
                raise UnknownBuiltInError(f"there is no built-in parameter {name}")
            return found
        return self._from_parameter_store(rest, invocation, secret=kind == "oos-secret")

    def _from_parameter_store(self, name: str, invocation: Invocation, *, secret: bool) -> str:
        action = "GetSecretParameter" if secret else "GetParameter"
        params = {"Name": name, "WithDecryption": True} if secret else {"Name": name}
        try:
            answer = self._context.call_api(
                "oos", action, params, region_id=invocation.region_id, principal=invocation.principal
            )
        except ApiError as error:
            raise UnknownBuiltInError(f"{action} {name}: {error.code}") from error
        return str(answer["Parameter"]["Value"])
