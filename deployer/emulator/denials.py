"""How each product says that RAM does not allow something.

Source: https://developer.aliyun.com/ask/278265 for the codes; the fields of `AccessDeniedDetail` as RAM's permission
diagnosis reads them.
"""

import base64
from collections.abc import Mapping

from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.ram.policy import Verdict

_CODES: Mapping[str, str] = {
    "ecs": "Forbidden.RAM",
    "vpc": "Forbidden.RAM",
    "ram": "NoPermission",
    "sts": "NoPermission",
    "oos": "NoPermission",
    "bss": "NotAuthorized",
    "location": "NoPermission",
    "oss": "AccessDenied",
}
# Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances (error codes)
_PASS_ROLE_CODES: Mapping[str, str] = {"ecs": "InvalidUser.PassRoleForbidden"}
_MESSAGES: Mapping[str, str] = {
    "Forbidden.RAM": "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    "NoPermission": "You are not authorized to do this action. You should be authorized by RAM.",
    "NotAuthorized": "This API is not authorized for caller.",
    "InvalidUser.PassRoleForbidden": "The RAM user does not have the privilege to pass a role.",
}
_PRINCIPAL_TYPES: Mapping[str, str] = {
    "Account": "RootUser",
    "RAMUser": "SubUser",
    "AssumedRoleUser": "AssumedRoleUser",
}


def access_denied_detail(
    ram_action: str, principal: Principal, *, verdict: Verdict, policy_type: str
) -> dict[str, str]:
    """The machine-readable reason beside a denial."""
    reason = f"{principal.arn} {ram_action} {verdict.value}"
    return {
        "AuthAction": ram_action,
        "AuthPrincipalType": _PRINCIPAL_TYPES[principal.identity_type],
        "AuthPrincipalOwnerId": principal.account_id,
        "AuthPrincipalDisplayName": principal.arn.rpartition(":")[2].partition("/")[2] or principal.user_id,
        "PolicyType": policy_type,
        "NoPermissionType": verdict.value,
        "EncodedDiagnosticMessage": base64.b64encode(reason.encode()).decode(),
    }


def denial(product: str, ram_action: str, principal: Principal, *, verdict: Verdict, policy_type: str) -> ApiError:
    """The 403 of the product, naming the action that is missing."""
    code = _PASS_ROLE_CODES.get(product, _CODES[product]) if ram_action == "ram:PassRole" else _CODES[product]
    detail = access_denied_detail(ram_action, principal, verdict=verdict, policy_type=policy_type)
    if product == "oss":
        message, error_code = _oss_wording(verdict, policy_type, ram_action)
        return ApiError(403, code, message, extra={"AccessDeniedDetail": detail, "EC": error_code})
    return ApiError(403, code, _MESSAGES[code], extra={"AccessDeniedDetail": detail})


def _oss_wording(verdict: Verdict, policy_type: str, ram_action: str) -> tuple[str, str]:
    """Message and EC of OSS.

    Source: https://help.aliyun.com/en/oss/user-guide/0003-00000201 (explicit denial), 0003-00000202 (nothing allows
    it), https://www.alibabacloud.com/help/en/oss/support/0003-00000001 (objects) and 0003-00000301 (session policy).
    """
    if policy_type == "SessionPolicy":
        return "Access denied by authorizer's policy.", "0003-00000301"
    if verdict is Verdict.EXPLICIT_DENY:
        return "Access denied by bucket policy.", "0003-00000201"
    if ram_action in {"oss:GetObject", "oss:PutObject", "oss:DeleteObject"}:
        return "You have no right to access this object because of bucket acl.", "0003-00000001"
    return "The bucket you access does not belong to you.", "0003-00000202"
