"""STS: GetCallerIdentity and AssumeRole. The keys handed out verify everywhere until they expire."""

import re
from typing import Any

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError, Body, Call, Principal, action
from deployer.emulator.denials import denial
from deployer.emulator.ram.identities import Role
from deployer.emulator.ram.policy import MalformedPolicy, Policy, Verdict, read_policy

_ROLE_ARN = re.compile(r"acs:ram::(\d{1,20}):role/([a-zA-Z0-9.-]{1,64})")
_SESSION_NAME = re.compile(r"[a-zA-Z0-9.@_-]{2,64}")
_SHORTEST_SECONDS = 900
_DEFAULT_SECONDS = 3600
_LONGEST_POLICY = 2048


class StsService:
    """Who the caller is, and temporary keys of a role."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    @action(
        "GetCallerIdentity",
        source="https://help.aliyun.com/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity",
    )
    def get_caller_identity(self, call: Call) -> Body:
        """A role session has a RoleId and no UserId, everybody else the other way round."""
        principal = call.principal
        body: Body = {
            "IdentityType": principal.identity_type,
            "AccountId": principal.account_id,
            "PrincipalId": principal.user_id,
            "Arn": principal.arn,
        }
        if principal.role_id is not None:
            return {**body, "RoleId": principal.role_id}
        return {**body, "UserId": principal.user_id}

    @action(
        "AssumeRole",
        source="https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole",
    )
    def assume_role(self, call: Call) -> Body:
        """Real temporary keys of a role of this account."""
        role = self._role(call.params["RoleArn"])
        self._check_trust(role, call)
        session_name = call.params["RoleSessionName"]
        if not _SESSION_NAME.fullmatch(session_name):
            raise _invalid("RoleSessionName", "The parameter RoleSessionName is wrongly formed.")
        limit = _read_limit(call.params.get("Policy"))
        seconds = call.params.get("DurationSeconds", _DEFAULT_SECONDS)
        if not _SHORTEST_SECONDS <= seconds <= role.max_session_seconds:
            message = "The Min/Max value of DurationSeconds is 15min/the role's maximum session duration."
            raise _invalid("DurationSeconds", message)
        key = self._accounts.add_session(role, session_name, seconds, limit)
        assert key.expires_at is not None
        credentials: dict[str, Any] = {
            "AccessKeyId": key.access_key_id,
            "AccessKeySecret": key.secret,
            "SecurityToken": key.security_token,
            "Expiration": key.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        user = {"Arn": key.principal.arn, "AssumedRoleId": key.principal.user_id}
        return {"AssumedRoleUser": user, "Credentials": credentials}

    def _role(self, role_arn: str) -> Role:
        found = _ROLE_ARN.fullmatch(role_arn)
        if not found:
            raise _invalid("RoleArn", "The parameter RoleArn is wrongly formed.")
        role = self._accounts.find_role(found[2]) if found[1] == self._accounts.account_id else None
        if role is None:
            raise ApiError(404, "EntityNotExist.Role", f"The specified Role not exists: {found[2]}.")
        return role

    def _check_trust(self, role: Role, call: Call) -> None:
        """Errors: ApiError 403 NoPermission when the role's trust policy does not name the caller."""
        principal = call.principal
        caller = f"{principal.arn.rpartition(':')[0]}:role/{_assumed_role(principal).lower()}"
        names = frozenset({self._accounts.root.arn, principal.arn if principal.role_id is None else caller})
        external_id = call.params.get("ExternalId")
        if not role.trusts("RAM", names, {"sts:externalid": (external_id,)} if external_id else {}):
            raise denial(
                "sts",
                "sts:AssumeRole",
                principal,
                verdict=Verdict.IMPLICIT_DENY,
                policy_type="AssumeRolePolicy",
            )


def _assumed_role(principal: Principal) -> str:
    """The role's name in `acs:ram::1:assumed-role/Name/session`; "" for everybody else."""
    kind, *names = principal.arn.rpartition(":")[2].split("/")
    return names[0] if kind == "assumed-role" else ""


def _read_limit(text: str | None) -> Policy | None:
    """The session policy. Errors: 400 InvalidParameter.PolicySize, InvalidParameter.PolicyGrammar."""
    if text is None:
        return None
    if len(text) > _LONGEST_POLICY:
        raise ApiError(400, "InvalidParameter.PolicySize", "The size of Policy must be smaller than 2048 bytes.")
    try:
        return read_policy(text)
    except MalformedPolicy:
        raise _invalid("PolicyGrammar", "The parameter Policy has not passed grammar check.") from None


def _invalid(name: str, message: str) -> ApiError:
    return ApiError(400, f"InvalidParameter.{name}", message)
