"""Roles and whom they trust."""

from typing import Any

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.ram.identities import Role
from deployer.emulator.services.ram.lookup import check_name, get_role, page, read_document
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.timestamps import to_second

_HELP = "https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-"
_SESSION_SECONDS = range(3600, 43201)  # Source: CreateRole page, MaxSessionDuration


class RoleActions:
    """The operations on roles."""

    def __init__(self, context: Context, accounts: Accounts) -> None:
        self._context = context
        self._accounts = accounts

    @action("CreateRole", source=_HELP + "createrole")
    def create_role(self, call: Call) -> Body:
        """A role without rights."""
        refuse_unsupported(call, "Tag", "AllowConsoleLogin")
        name = check_name(call, "RoleName")
        seconds = _session_seconds(call, "MaxSessionDuration", 3600)
        trust = read_document(call.params["AssumeRolePolicyDocument"], "AssumeRolePolicyDocument", is_trust=True)
        if self._accounts.find_role(name) is not None:
            raise ApiError(409, "EntityAlreadyExists.Role", "The role does already EXIST.")
        role = self._accounts.make_role(name, trust=trust)
        role.max_session_seconds, role.description = seconds, call.params.get("Description", "")
        return {"Role": _with_trust(role)}

    @action("GetRole", source=_HELP + "getrole")
    def get_role(self, call: Call) -> Body:
        """One role with its trust policy."""
        role = get_role(self._accounts, call.params["RoleName"])
        name = f"{role.role_name}@role.{self._accounts.account_id}.onaliyunservice.com"
        return {
            "Role": {
                **_with_trust(role),
                "UpdateDate": to_second(role.updated_at or role.created_at),
                "IsServiceLinkedRole": False,
                "RolePrincipalName": name.lower(),
            }
        }

    @action("UpdateRole", source=_HELP + "updaterole")
    def update_role(self, call: Call) -> Body:
        """The role with what is new about it."""
        refuse_unsupported(call, "NewAllowConsoleLogin")
        role = get_role(self._accounts, call.params["RoleName"])
        seconds = _session_seconds(call, "NewMaxSessionDuration", role.max_session_seconds)
        if "NewAssumeRolePolicyDocument" in call.params:
            text = call.params["NewAssumeRolePolicyDocument"]
            role.trust = read_document(text, "NewAssumeRolePolicyDocument", is_trust=True)
        role.max_session_seconds = seconds
        role.description = call.params.get("NewDescription", role.description)
        role.updated_at = self._context.clock.now()
        return {"Role": {**_with_trust(role), "UpdateDate": to_second(role.updated_at)}}

    @action("DeleteRole", source=_HELP + "deleterole")
    def delete_role(self, call: Call) -> Body:
        """Nothing; the role is gone. One that has policies stays."""
        role = get_role(self._accounts, call.params["RoleName"])
        if role.attachments:
            message = "The role CAN NOT has any attached policy while deleting the role."
            raise ApiError(409, "DeleteConflict.Role.Policy", message)
        self._accounts.roles.pop(role.role_name.lower())
        return {}

    @action("ListRoles", source=_HELP + "listroles")
    def list_roles(self, call: Call) -> Body:
        """All roles, in pages."""
        refuse_unsupported(call, "Tag")
        roles, fields = page(list(self._accounts.roles.values()), call, key=lambda role: role.role_id)
        listed = [{**_view(role), "UpdateDate": to_second(role.updated_at or role.created_at)} for role in roles]
        return {"Roles": {"Role": listed}, **fields}


def _session_seconds(call: Call, name: str, otherwise: int) -> int:
    seconds: int = call.params.get(name, otherwise)
    if seconds not in _SESSION_SECONDS:
        raise ApiError(400, f"InvalidParameter.{name}", f'The parameter - "{name}" is incorrect.')
    return seconds


def _view(role: Role) -> dict[str, Any]:
    return {
        "RoleId": role.role_id,
        "RoleName": role.role_name,
        "Arn": role.arn,
        "Description": role.description,
        "CreateDate": to_second(role.created_at),
        "MaxSessionDuration": role.max_session_seconds,
    }


def _with_trust(role: Role) -> dict[str, Any]:
    return {**_view(role), "AssumeRolePolicyDocument": role.trust.text if role.trust else ""}
