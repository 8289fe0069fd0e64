"""GenerateExecutionPolicy: the rights a template's execution needs, read off its tasks."""

import json
from collections.abc import Iterator

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.ram.identities import policies_of
from deployer.emulator.ram.policy import Access, Verdict, judge
from deployer.emulator.services.oos.chosen_template import ChosenTemplates
from deployer.emulator.services.oos.operations import Operations
from deployer.oos.template import Task

_NESTED_MOST = 10
# What the actions do that are no API call by their own words.
_ACTION_RIGHTS = {
    "acs::selecttargets": ("ecs:DescribeInstances", "oos:GetApplicationGroup"),
}
_URL_RIGHTS = {"GET": "oss:GetObject", "PUT": "oss:PutObject"}


class PolicyActions:
    """Which rights somebody has to have who runs a template."""

    def __init__(self, templates: ChosenTemplates, accounts: Accounts) -> None:
        self._templates = templates
        self._accounts = accounts
        self._operations = Operations()

    @action(
        "GenerateExecutionPolicy",
        source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-generateexecutionpolicy",
    )
    def generate_execution_policy(self, call: Call) -> Body:
        """One statement with the actions of every task, and with `RamRole` one with those the role lacks."""
        template = self._templates.choose(call).template
        needed = sorted({right for right in self._rights(call, template.tasks, depth=0) if right})
        answer = {"Policy": _policy(needed)}
        if "RamRole" in call.params:
            answer["MissingPolicy"] = _policy(self._missing(str(call.params["RamRole"]), needed))
        return answer

    def _missing(self, role_name: str, needed: list[str]) -> list[str]:
        """What the role's policies do not allow on everything. Errors: 404 without such a role."""
        role = self._accounts.find_role(role_name)
        if role is None:
            raise ApiError(404, "EntityNotExist.Role", f"The specified Role not exists: {role_name}.")
        policies = policies_of(role)
        accesses = {right: Access(action=right, resource="*", facts={}) for right in needed}
        return [right for right, access in accesses.items() if judge(policies, access) is not Verdict.ALLOW]

    def _rights(self, call: Call, tasks: tuple[Task, ...], *, depth: int) -> Iterator[str]:
        for task in tasks:
            yield from self._rights(call, task.loop_tasks, depth=depth)
            yield from _ACTION_RIGHTS.get(task.action_key, ())
            service, api = str(task.properties.get("Service", "")), str(task.properties.get("API", ""))
            if service and api:
                yield from self._api_rights(service, api, str(task.properties.get("Method", "GET")))
            name = task.properties.get("TemplateName") if task.action_key == "acs::template" else task.action
            child = self._templates.find(call, str(name))
            if child is not None and depth < _NESTED_MOST:
                yield "oos:StartExecution" if task.action_key == "acs::template" else ""
                yield from self._rights(call, child.tasks, depth=depth + 1)

    def _api_rights(self, service: str, api: str, method: str) -> tuple[str, ...]:
        """The rights the contract knows; the API's own name where it knows none."""
        if api.casefold() == "generateurl":
            return (_URL_RIGHTS.get(method.upper(), "oss:GetObject"),)
        operation = self._operations.find(service, api)
        if operation is not None:
            return operation.ram_actions
        return (f"{service.casefold()}:{api}",)


def _policy(actions: list[str]) -> str:
    statements = [{"Action": actions, "Resource": "*", "Effect": "Allow"}] if actions else []
    return json.dumps({"Version": "1", "Statement": statements})
