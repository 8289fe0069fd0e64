"""Giving policies to users and roles, and taking them away."""

from typing import Any

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.ram.identities import Role, User
from deployer.emulator.services.ram.lookup import get_policy, get_role, get_user
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.timestamps import to_second

_HELP = "https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-"


class AttachmentActions:
    """The operations that tie policies to identities, for the account as a whole."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    @action("AttachPolicyToUser", source=_HELP + "attachpolicytouser")
    def attach_to_user(self, call: Call) -> Body:
        """Nothing; the user has the policy."""
        return self._attach(call, get_user(self._accounts, call.params["UserName"]), "user")

    @action("AttachPolicyToRole", source=_HELP + "attachpolicytorole")
    def attach_to_role(self, call: Call) -> Body:
        """Nothing; the role has the policy."""
        return self._attach(call, get_role(self._accounts, call.params["RoleName"]), "role")

    @action("DetachPolicyFromUser", source=_HELP + "detachpolicyfromuser")
    def detach_from_user(self, call: Call) -> Body:
        """Nothing; the user has the policy no more."""
        return self._detach(call, get_user(self._accounts, call.params["UserName"]), "user")

    @action("DetachPolicyFromRole", source=_HELP + "detachpolicyfromrole")
    def detach_from_role(self, call: Call) -> Body:
        """Nothing; the role has the policy no more."""
        return self._detach(call, get_role(self._accounts, call.params["RoleName"]), "role")

    @action("ListPoliciesForUser", source=_HELP + "listpoliciesforuser")
    def list_for_user(self, call: Call) -> Body:
        """What the user has."""
        return _listed(get_user(self._accounts, call.params["UserName"]))

    @action("ListPoliciesForRole", source=_HELP + "listpoliciesforrole")
    def list_for_role(self, call: Call) -> Body:
        """What the role has."""
        return _listed(get_role(self._accounts, call.params["RoleName"]))

    def _attach(self, call: Call, identity: User | Role, kind: str) -> Body:
        """Errors: 409 EntityAlreadyExists.User.Policy, EntityAlreadyExists.Role.Policy."""
        refuse_unsupported(call, "ResourceGroupId")
        policy = get_policy(self._accounts, call)
        if any(one.policy is policy for one in identity.attachments):
            message = f"The {kind} has already been attached this policy."
            raise ApiError(409, f"EntityAlreadyExists.{kind.capitalize()}.Policy", message)
        self._accounts.attach(identity, policy)
        return {}

    def _detach(self, call: Call, identity: User | Role, kind: str) -> Body:
        """Errors: 404 EntityNotExist.User.Policy, EntityNotExist.Role.Policy."""
        refuse_unsupported(call, "ResourceGroupId")
        policy = get_policy(self._accounts, call)
        found = next((one for one in identity.attachments if one.policy is policy), None)
        if found is None:
            message = f"The indicate policy of the {kind} does not exist."
            raise ApiError(404, f"EntityNotExist.{kind.capitalize()}.Policy", message)
        identity.attachments.remove(found)
        return {}


def _listed(identity: User | Role) -> Body:
    policies: list[dict[str, Any]] = [
        {
            "PolicyName": one.policy.policy_name,
            "PolicyType": one.policy.policy_type.value,
            "Description": one.policy.description,
            "DefaultVersion": one.policy.default_version_id,
            "AttachDate": to_second(one.attached_at),
        }
        for one in identity.attachments
    ]
    return {"Policies": {"Policy": policies}}
