"""How each product says that RAM does not allow something.

Source: https://developer.aliyun.com/ask/278265 for the codes; the fields of `AccessDeniedDetail` as RAM's permission
diagnosis reads them.
"""

import base64
from collections.abc import Mapping

from deployer.emulator.actions import ApiError, Principal

_CODES: Mapping[str, str] = {
    "ecs": "Forbidden.RAM",
    "vpc": "Forbidden.RAM",
    "sts": "NoPermission",
    "oos": "NoPermission",
    "bss": "NotAuthorized",
    "oss": "AccessDenied",
}
_MESSAGES: Mapping[str, str] = {
    "Forbidden.RAM": "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    "NoPermission": "You are not authorized to do this action. You should be authorized by RAM.",
    "NotAuthorized": "This API is not authorized for caller.",
    "AccessDenied": "The bucket you access does not belong to you.",
}
_PRINCIPAL_TYPES: Mapping[str, str] = {
    "Account": "RootUser",
    "RAMUser": "SubUser",
    "AssumedRoleUser": "AssumedRoleUser",
}


def access_denied_detail(ram_action: str, principal: Principal) -> dict[str, str]:
    """The machine-readable reason beside a denial."""
    reason = f"{principal.arn} {ram_action} ExplicitDeny"
    return {
        "AuthAction": ram_action,
        "AuthPrincipalType": _PRINCIPAL_TYPES[principal.identity_type],
        "AuthPrincipalOwnerId": principal.account_id,
        "AuthPrincipalDisplayName": principal.arn.rpartition(":")[2].partition("/")[2] or principal.user_id,
        "PolicyType": "AccountLevelIdentityBasedPolicy",
        "NoPermissionType": "ExplicitDeny",
        "EncodedDiagnosticMessage": base64.b64encode(reason.encode()).decode(),
    }


def denial(product: str, ram_action: str, principal: Principal) -> ApiError:
    """The 403 of the product, naming the action that is missing."""
    code = _CODES[product]
    return ApiError(
        403, code, _MESSAGES[code], extra={"AccessDeniedDetail": access_denied_detail(ram_action, principal)}
    )
