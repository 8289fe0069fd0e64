"""What a bucket's own policy says about an access: it can let strangers in, and keep anybody out.

Source: https://www.alibabacloud.com/help/en/oss/user-guide/bucket-policies
"""

import json
from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.ram.conditions import Facts
from deployer.emulator.ram.patterns import wildcard
from deployer.emulator.ram.policy import Access, MalformedPolicy, Verdict, judge, read_policy
from deployer.emulator.services.oss.state import Bucket

_PRINCIPALS = frozenset({"Principal", "NotPrincipal"})


def check_policy(body: bytes) -> None:
    """Errors: ApiError 400 InvalidPolicyDocument, MalformedPolicy."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), list):
        raise ApiError(400, "InvalidPolicyDocument", "The policy is not a JSON document with a Statement list.")
    try:
        for statement in document["Statement"]:
            _names(statement)
        read_policy(_without_principals(document, document["Statement"]))
    except MalformedPolicy as error:
        raise ApiError(400, "MalformedPolicy", f"The policy is not valid: {error}.") from None


def judge_bucket_policy(bucket: Bucket | None, principal: Principal, access: Access) -> Verdict:
    """What the policy says about this access of this caller; without a policy, nothing (IMPLICIT_DENY)."""
    if bucket is None or bucket.policy is None:
        return Verdict.IMPLICIT_DENY
    document = json.loads(bucket.policy)
    speaking = [statement for statement in document["Statement"] if _is_about(statement, principal)]
    if not speaking:
        return Verdict.IMPLICIT_DENY
    return judge([read_policy(_without_principals(document, speaking))], access)


def make_access(action: str, bucket: Bucket, place: str, facts: Facts) -> Access:
    """The access to `bucket/object`, as bucket policies name resources: by the owner of the bucket."""
    resource = f"acs:oss:{bucket.region_id}:{bucket.owner_id}:{place}"
    return Access(action=action, resource=resource, facts=facts)


def _is_about(statement: Mapping[str, Any], principal: Principal) -> bool:
    """A caller is named by account, by user id, by `arn:sts::…:assumed-role/…`, or with everybody by `*`."""
    role_arn = principal.arn.replace("acs:ram:", "arn:sts:")
    known_as = (principal.account_id, principal.user_id, role_arn, principal.arn)
    named = any(
        pattern == "*" or any(known and wildcard(pattern, ignore_case=True).fullmatch(known) for known in known_as)
        for pattern in _names(statement)
    )
    return named if "Principal" in statement else not named


def _names(statement: Mapping[str, Any]) -> list[str]:
    """Whom a statement is about. Errors: MalformedPolicy."""
    if not isinstance(statement, dict) or len(_PRINCIPALS & statement.keys()) != 1:
        raise MalformedPolicy("a statement has either Principal or NotPrincipal")
    names = statement.get("Principal", statement.get("NotPrincipal"))
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise MalformedPolicy("Principal has to be a list of texts that is not empty")
    return names


def _without_principals(document: Mapping[str, Any], statements: list[dict[str, Any]]) -> dict[str, Any]:
    """The same as a policy of an identity, which does not say whose it is."""
    plain = [{key: value for key, value in one.items() if key not in _PRINCIPALS} for one in statements]
    return {**document, "Statement": plain}
