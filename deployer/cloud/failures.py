"""SDK exceptions become our errors here and nowhere else; decided by API code, never by message text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deployer.errors.access import (
    ACCESS_KEY_URL,
    ClockIsWrong,
    CredentialsMissing,
    CredentialsRefused,
    PermissionDenied,
)
from deployer.errors.base import DeployerError
from deployer.errors.cloud import (
    AnswerNotUnderstood,
    ApiRefused,
    NotEnoughBalance,
    QuotaReached,
    ServiceFailed,
    Throttled,
    Unreachable,
)

_DENIED = {"Forbidden.RAM", "NoPermission", "NotAuthorized", "AccessDenied", "Forbidden.NoPermission"}
_BALANCE = {
    "InvalidAccountStatus.NotEnoughBalance",
    "InsufficientBalance",
    "Account.Arrearage",
    "NotEnoughBalance",
    "InvalidAccountStatus.PayAmountLimitExceeded",
}
_CREDENTIALS = {
    "InvalidAccessKeyId.NotFound": ("the access key id is not known", f"check it at {ACCESS_KEY_URL}"),
    "InvalidAccessKeyId": ("the access key id is not known", f"check it at {ACCESS_KEY_URL}"),
    "InvalidAccessKeyId.Inactive": ("the access key is switched off", f"switch it on at {ACCESS_KEY_URL}"),
    "SignatureDoesNotMatch": (
        "the access key secret does not fit the access key id",
        "copy both again, without spaces or line ends around them",
    ),
    "InvalidSecurityToken.Expired": ("the security token has expired", "sign in again, then run the same command"),
    "SecurityTokenExpired": ("the security token has expired", "sign in again, then run the same command"),
    "InvalidSecurityToken.Malformed": ("the security token is not one", "set ALIBABA_CLOUD_SECURITY_TOKEN again"),
    "InvalidSecurityToken.MismatchWithAccessKey": (
        "the security token belongs to another access key",
        "set access key id, secret and token from one answer of STS",
    ),
    "MissingSecurityToken": ("a temporary access key needs its token", "set ALIBABA_CLOUD_SECURITY_TOKEN too"),
    "InvalidSecurityToken": ("the security token is not valid", "sign in again, then run the same command"),
}
_CLOCK = {"InvalidTimeStamp.Expired", "InvalidTimeStamp.Format", "RequestTimeTooSkewed"}


def translate(error: BaseException, action: str) -> DeployerError:
    """The error of ours that says what an SDK exception means; `action` is the RAM name, such as "ecs:RunInstances"."""
    if isinstance(error, DeployerError):
        return error
    oss = _oss_failure(error, action)
    if oss is not None:
        return oss
    from darabonba.exceptions import ResponseException

    if isinstance(error, ResponseException):
        data: Mapping[str, Any] = getattr(error, "data", None) or {}
        return error_for(
            action,
            Refusal(
                api_code=str(getattr(error, "code", "") or ""),
                status=int(getattr(error, "status_code", 0) or 0),
                sentence=str(data.get("Message") or data.get("message") or getattr(error, "message", "")),
                request_id=getattr(error, "request_id", None) or data.get("RequestId"),
                retry_after_ms=getattr(error, "retry_after", None),
                recommend=data.get("Recommend"),
                access_denied=getattr(error, "access_denied_detail", None) or data.get("AccessDeniedDetail") or {},
            ),
        )
    return _unanswered(error, action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The parts of an error answer that count."""

    api_code: str
    status: int
    sentence: str
    request_id: str | None = None
    recommend: str | None = None
    ec: str | None = None  # the finer code of OSS
    retry_after_ms: int | None = None
    access_denied: Mapping[str, Any] = field(default_factory=dict)
    stderr: str | None = None  # of a program that was told the error


def error_for(action: str, refusal: Refusal) -> DeployerError:
    """The error of ours for an answer that carries an API code."""
    api_code, status, sentence = refusal.api_code, refusal.status, refusal.sentence
    more = {"ec": refusal.ec, "retry_after_ms": refusal.retry_after_ms, "stderr": refusal.stderr}
    facts: dict[str, Any] = {"request_id": refusal.request_id, "http_status": status}
    facts |= {name: value for name, value in more.items() if value}
    if api_code in _DENIED:
        detail = refusal.access_denied
        return PermissionDenied(
            str(detail.get("AuthAction") or action),
            no_permission_type=detail.get("NoPermissionType"),
            principal=detail.get("AuthPrincipalDisplayName"),
            action=action,
            api_code=api_code,
            **facts,
        )
    if api_code in _CREDENTIALS:
        message, hint = _CREDENTIALS[api_code]
        return CredentialsRefused(message, hint, action=action, api_code=api_code, **facts)
    if api_code in _CLOCK:
        return ClockIsWrong(action=action, api_code=api_code, **facts)
    if api_code in _BALANCE:
        return NotEnoughBalance(action=action, api_code=api_code, **facts)
    if "Throttling" in api_code or status == 429:
        return Throttled(action, api_code=api_code, **facts)
    if status >= 500 or api_code in {"InternalError", "ServiceUnavailable", "SystemBusy"}:
        return ServiceFailed(action, api_code or str(status), **facts)
    if "Quota" in api_code or "ExceedLimit" in api_code or "LimitExceed" in api_code or api_code == "TooManyBuckets":
        return QuotaReached(action, api_code, sentence, **facts)
    return ApiRefused(action, api_code or f"HTTP {status}", sentence, recommend=refusal.recommend, **facts)


def _oss_failure(error: BaseException, action: str) -> DeployerError | None:
    """The error behind an OSS v2 exception, None when it is not one."""
    if not type(error).__module__.startswith("alibabacloud_oss_v2"):
        return None
    from alibabacloud_oss_v2 import exceptions as oss

    unwrapped: Any = error
    while isinstance(unwrapped, oss.OperationError) and unwrapped.unwrap() is not None:
        unwrapped = unwrapped.unwrap()
    if isinstance(unwrapped, oss.ServiceError):
        return error_for(
            action,
            Refusal(
                api_code=unwrapped.code or "",
                status=unwrapped.status_code,
                sentence=unwrapped.message or "",
                request_id=unwrapped.request_id,
                ec=unwrapped.ec or None,
                access_denied=_denial_in(unwrapped.snapshot),
            ),
        )
    if isinstance(unwrapped, oss.CredentialsBaseError):
        return CredentialsMissing((str(unwrapped),))
    if isinstance(unwrapped, (oss.RequestError, oss.ResponseError)):
        return Unreachable(action, _host_in(str(unwrapped)) or "OSS", _reason(str(unwrapped)))
    if isinstance(unwrapped, oss.BaseError):
        return AnswerNotUnderstood(action, type(unwrapped).__name__)
    return _unanswered(unwrapped, action)


def _denial_in(body: bytes | None) -> dict[str, str]:
    """What an error of OSS says under AccessDeniedDetail: there when RAM refused, absent when an ACL did.

    Source: https://help.aliyun.com/en/oss/user-guide/0003-00000201
    """
    text = (body or b"").decode("utf-8", "replace").partition("<AccessDeniedDetail>")[2]
    return dict(re.findall(r"<(\w+)>([^<]*)</", text.partition("</AccessDeniedDetail>")[0]))


def _unanswered(error: BaseException, action: str) -> DeployerError:
    """The error for a call that got no API answer. The SDK's exception holds the signed request: it is not kept."""
    from alibabacloud_credentials.exceptions import CredentialException
    from darabonba.exceptions import RetryError
    from Tea.exceptions import UnretryableException

    inner: BaseException = error
    host = ""
    if isinstance(error, UnretryableException) and error.inner_exception is not None:
        inner = error.inner_exception
        host = str((getattr(error.last_request, "headers", None) or {}).get("host") or "")
    if isinstance(inner, DeployerError):
        return inner
    if isinstance(inner, CredentialException):
        return CredentialsMissing((_first_line(str(inner)),))
    if isinstance(inner, RetryError) or _is_network(inner):
        return Unreachable(action, host or _host_in(str(inner)) or "the endpoint", _reason(str(inner)))
    if isinstance(inner, RuntimeError):  # what the SDK raises for a body it cannot parse; the text holds that body
        return AnswerNotUnderstood(action, "a body that is no JSON")
    return AnswerNotUnderstood(action, f"{type(inner).__name__} in the SDK while reading it")


def _is_network(error: BaseException) -> bool:
    from requests.exceptions import RequestException

    return isinstance(error, (RequestException, OSError))


def _host_in(text: str) -> str:
    start = text.find("host='")
    return text[start + 6 : text.find("'", start + 6)] if start >= 0 else ""


_REASONS = (
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted: is something between here and there?"),
    ("SSL", "no secure connection could be made"),
    ("407", "the proxy named by HTTPS_PROXY or HTTP_PROXY wants a user and password"),
    ("ProxyError", "the proxy named by HTTPS_PROXY or HTTP_PROXY does not work"),
    ("proxy", "the proxy named by HTTPS_PROXY or HTTP_PROXY does not work"),
    ("NameResolution", "the name cannot be resolved"),
    ("getaddrinfo", "the name cannot be resolved"),
    ("Name or service", "the name cannot be resolved"),
    ("refused", "the connection was refused"),
    ("timed out", "no answer in time"),
    ("Timeout", "no answer in time"),
    ("reset", "the connection was cut"),
    ("aborted", "the connection was cut"),
    ("unreachable", "there is no network to it"),
)


def _reason(text: str) -> str:
    """What kept a request from its answer. The SDK keeps the cause as text only; what it sent stands there, too."""
    return next((words for mark, words in _REASONS if mark in text), "the connection failed")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no reason given"
