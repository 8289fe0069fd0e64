"""Finding what a request names, and the refusals all parts of the RAM API share.

Source: the error messages page of the RAM API reference, https://www.alibabacloud.com/help/doc-detail/28710.htm
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Call
from deployer.emulator.ram.identities import ManagedPolicy, PolicyType, Role, User
from deployer.emulator.ram.policy import MalformedPolicy, Policy, read_policy
from deployer.emulator.services.paging import page_by_token

_NAMES: Mapping[str, tuple[str, int]] = {
    "UserName": (r"[a-zA-Z0-9._-]+", 64),
    "NewUserName": (r"[a-zA-Z0-9._-]+", 64),
    "RoleName": (r"[a-zA-Z0-9.-]+", 64),
    "PolicyName": (r"[a-zA-Z0-9-]+", 128),
}
_LONGEST_DOCUMENT = 6144
_MAX_ITEMS = 1000
Item = TypeVar("Item")


def check_name(call: Call, name: str) -> str:
    """The name a new thing shall have. Errors: 400 InvalidParameter.<Name>.InvalidChars, .Length."""
    pattern, longest = _NAMES[name]
    value: str = call.params[name]
    if len(value) > longest:
        raise ApiError(400, f"InvalidParameter.{name}.Length", f'The parameter - "{name}" beyond the length limit.')
    if not re.fullmatch(pattern, value):
        raise ApiError(
            400, f"InvalidParameter.{name}.InvalidChars", f'The parameter - "{name}" contains invalid chars.'
        )
    return value


def get_user(accounts: Accounts, user_name: str) -> User:
    """Errors: 404 EntityNotExist.User."""
    user = accounts.find_user(user_name)
    if user is None:
        raise ApiError(404, "EntityNotExist.User", "The user does not exist.")
    return user


def get_role(accounts: Accounts, role_name: str) -> Role:
    """Errors: 404 EntityNotExist.Role."""
    role = accounts.find_role(role_name)
    if role is None:
        raise ApiError(404, "EntityNotExist.Role", "The role does not exist.")
    return role


def get_policy(accounts: Accounts, call: Call) -> ManagedPolicy:
    """The policy of PolicyType and PolicyName; without a type a custom one.

    Errors: 404 EntityNotExist.Policy, 400 InvalidParameter.PolicyType.
    """
    try:
        policy_type = PolicyType(call.params.get("PolicyType", "Custom"))
    except ValueError:
        raise ApiError(400, "InvalidParameter.PolicyType", 'The parameter - "PolicyType" is incorrect.') from None
    policy = accounts.find_policy(policy_type, call.params["PolicyName"])
    if policy is None:
        raise ApiError(404, "EntityNotExist.Policy", "The policy does not exist.")
    return policy


def read_document(text: str, name: str, *, is_trust: bool = False) -> Policy:
    """A policy document. Errors: 400 MalformedPolicyDocument, InvalidParameter.<Name>.Length."""
    if len(text) > _LONGEST_DOCUMENT:
        raise ApiError(400, f"InvalidParameter.{name}.Length", f'The parameter - "{name}" beyond the length limit.')
    try:
        return read_policy(text, is_trust=is_trust)
    except MalformedPolicy as error:
        raise ApiError(400, "MalformedPolicyDocument", f"The policy document is malformed: {error}.") from None


def page(items: Sequence[Item], call: Call, *, key: Callable[[Item], str]) -> tuple[Sequence[Item], dict[str, Any]]:
    """The page after Marker, at most MaxItems long, and the fields that say whether there is more.

    Errors: 400 InvalidParameter.
    """
    asked = {"MaxResults": call.params.get("MaxItems", 100)}
    if "Marker" in call.params:
        asked["NextToken"] = call.params["Marker"]
    found, marker = page_by_token(items, asked, key=key, max_size=_MAX_ITEMS)
    return found, {"IsTruncated": True, "Marker": marker} if marker else {"IsTruncated": False}
