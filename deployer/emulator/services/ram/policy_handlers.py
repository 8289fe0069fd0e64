"""Policies, their versions, and who has them."""

from typing import Any

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.ram.identities import ManagedPolicy, PolicyType, PolicyVersion, Role, User
from deployer.emulator.ram.system_policies import SYSTEM_POLICIES
from deployer.emulator.services.ram.lookup import check_name, get_policy, page, read_document
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.timestamps import to_second

_HELP = "https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-"
_MAX_VERSIONS = 5  # Source: CreatePolicyVersion page


class PolicyActions:
    """The operations on policies and their versions."""

    def __init__(self, context: Context, accounts: Accounts) -> None:
        self._context = context
        self._accounts = accounts

    @action("CreatePolicy", source=_HELP + "createpolicy")
    def create_policy(self, call: Call) -> Body:
        """A custom policy, which nobody has yet."""
        refuse_unsupported(call, "Tag")
        name = check_name(call, "PolicyName")
        document = read_document(call.params["PolicyDocument"], "PolicyDocument")
        if any(self._accounts.find_policy(one, name) for one in PolicyType):
            raise ApiError(409, "EntityAlreadyExists.Policy", "The policy does already EXIST.")
        policy = self._accounts.add_policy(name, document, call.params.get("Description", ""))
        view = self._view(policy)
        return {"Policy": {key: view[key] for key in view if key not in {"AttachmentCount", "UpdateDate"}}}

    @action("GetPolicy", source=_HELP + "getpolicy")
    def get_policy(self, call: Call) -> Body:
        """One policy with its default version."""
        policy = get_policy(self._accounts, call)
        version = policy.default_version
        return {
            "Policy": {**self._view(policy), "PolicyDocument": version.policy.text},
            "DefaultPolicyVersion": _view_version(policy, version),
        }

    @action("ListPolicies", source=_HELP + "listpolicies")
    def list_policies(self, call: Call) -> Body:
        """Custom policies, then those every account has."""
        refuse_unsupported(call, "Tag")
        system = [self._accounts.find_policy(PolicyType.SYSTEM, name) for name in SYSTEM_POLICIES]
        every = [*self._accounts.custom_policies.values(), *(one for one in system if one is not None)]
        wanted = [one for one in every if call.params.get("PolicyType", one.policy_type.value) == one.policy_type.value]
        found, fields = page(wanted, call, key=lambda policy: f"{policy.policy_type.value}/{policy.policy_name}")
        return {"Policies": {"Policy": [self._view(policy) for policy in found]}, **fields}

    @action("DeletePolicy", source=_HELP + "deletepolicy")
    def delete_policy(self, call: Call) -> Body:
        """Nothing; the policy is gone. One that somebody has, or that has other versions, stays."""
        refuse_unsupported(call, "CascadingDelete")
        policy = get_policy(self._accounts, call)
        for holder in self._holders():
            if _attached(holder, policy):
                kind = type(holder).__name__
                message = f"The policy CAN NOT been attached to any {kind.lower()} while deleting the policy."
                raise ApiError(409, f"DeleteConflict.Policy.{kind}", message)
        if len(policy.versions) > 1:
            message = "The policy CAN NOT has any version except the default version."
            raise ApiError(409, "DeleteConflict.Policy.Version", message)
        self._accounts.custom_policies.pop(policy.policy_name)
        return {}

    @action("ListEntitiesForPolicy", source=_HELP + "listentitiesforpolicy")
    def list_entities(self, call: Call) -> Body:
        """Who has the policy."""
        policy = get_policy(self._accounts, call)
        users = [
            {"UserId": user.user_id, "UserName": user.user_name, "DisplayName": user.display_name, "AttachDate": since}
            for user in self._accounts.users.values()
            if (since := _attached(user, policy))
        ]
        roles = [
            {
                "RoleId": role.role_id,
                "RoleName": role.role_name,
                "Arn": role.arn,
                "Description": role.description,
                "AttachDate": since,
            }
            for role in self._accounts.roles.values()
            if (since := _attached(role, policy))
        ]
        return {"Groups": {"Group": []}, "Users": {"User": users}, "Roles": {"Role": roles}}

    @action("CreatePolicyVersion", source=_HELP + "createpolicyversion")
    def create_version(self, call: Call) -> Body:
        """A further version; identities follow it when it is the default."""
        refuse_unsupported(call, "RotateStrategy")
        policy = get_policy(self._accounts, call)
        document = read_document(call.params["PolicyDocument"], "PolicyDocument")
        if len(policy.versions) >= _MAX_VERSIONS:
            message = "The count of policy versions beyond the current limits."
            raise ApiError(409, "LimitExceeded.Policy.Version", message)
        version = PolicyVersion(
            version_id=f"v{policy.next_version}", policy=document, created_at=self._context.clock.now()
        )
        policy.next_version += 1
        policy.versions.append(version)
        if call.params.get("SetAsDefault", False):
            self._set_default(policy, version)
        return {"PolicyVersion": _view_version(policy, version)}

    @action("GetPolicyVersion", source=_HELP + "getpolicyversion")
    def get_version(self, call: Call) -> Body:
        """One version."""
        policy = get_policy(self._accounts, call)
        return {"PolicyVersion": _view_version(policy, _version(policy, call))}

    @action("ListPolicyVersions", source=_HELP + "listpolicyversions")
    def list_versions(self, call: Call) -> Body:
        """Every version."""
        policy = get_policy(self._accounts, call)
        versions = [_view_version(policy, version) for version in policy.versions]
        return {"PolicyVersions": {"PolicyVersion": versions}}

    @action("SetDefaultPolicyVersion", source=_HELP + "setdefaultpolicyversion")
    def set_default_version(self, call: Call) -> Body:
        """Nothing; identities follow that version from now on."""
        policy = get_policy(self._accounts, call)
        self._set_default(policy, _version(policy, call))
        return {}

    @action("DeletePolicyVersion", source=_HELP + "deletepolicyversion")
    def delete_version(self, call: Call) -> Body:
        """Nothing; a version that is not the default is gone."""
        policy = get_policy(self._accounts, call)
        version = _version(policy, call)
        if version is policy.default_version:
            message = "The default policy version CAN NOT been deleted directly."
            raise ApiError(409, "DeleteConflict.Policy.Version.Default", message)
        policy.versions.remove(version)
        return {}

    def _holders(self) -> list[User | Role]:
        return [*self._accounts.users.values(), *self._accounts.roles.values()]

    def _set_default(self, policy: ManagedPolicy, version: PolicyVersion) -> None:
        policy.default_version_id = version.version_id
        policy.updated_at = self._context.clock.now()

    def _view(self, policy: ManagedPolicy) -> dict[str, Any]:
        return {
            "PolicyName": policy.policy_name,
            "PolicyType": policy.policy_type.value,
            "Description": policy.description,
            "DefaultVersion": policy.default_version_id,
            "AttachmentCount": sum(bool(_attached(holder, policy)) for holder in self._holders()),
            "CreateDate": to_second(policy.created_at),
            "UpdateDate": to_second(policy.updated_at),
        }


def _attached(holder: User | Role, policy: ManagedPolicy) -> str:
    """Since when the holder has the policy; "" when it has not."""
    found = next((one for one in holder.attachments if one.policy is policy), None)
    return to_second(found.attached_at) if found else ""


def _version(policy: ManagedPolicy, call: Call) -> PolicyVersion:
    found = next((one for one in policy.versions if one.version_id == call.params["VersionId"]), None)
    if found is None:
        raise ApiError(404, "EntityNotExist.Policy.Version", "The policy version does not exist.")
    return found


def _view_version(policy: ManagedPolicy, version: PolicyVersion) -> dict[str, Any]:
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.version_id == policy.default_version_id,
        "PolicyDocument": version.policy.text,
        "CreateDate": to_second(version.created_at),
    }
