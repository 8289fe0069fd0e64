"""Whose request it is: the signature is recomputed, its time and the session's are judged by the emulator's clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from deployer.emulator.accounts import AccessKey
from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.http import HttpRequest
from deployer.emulator.wire.oss_address import OssAddress
from deployer.emulator.wire.oss_credential import OssCredential, read_credential
from deployer.emulator.wire.oss_signature import expected_signatures, matches

_MAX_SKEW_SECONDS = 900.0  # documented: 15 minutes


class KeyBook(Protocol):
    """Where AccessKeys are looked up; sessions that are over are still found."""

    def secret_for(self, access_key_id: str) -> AccessKey | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated:
    """`key` is None for an anonymous request; `scope_region_id` is the region a V4 signature was made for."""

    key: AccessKey | None
    scope_region_id: str | None


def authenticate(
    request: HttpRequest, address: OssAddress, keys: KeyBook, *, now: datetime, wall_now: datetime
) -> Authenticated:
    """Who signed the request. `now` is the cloud's time, `wall_now` the one clients stamp their requests with.

    Errors: ApiError 403 InvalidAccessKeyId, SignatureDoesNotMatch, RequestTimeTooSkewed, AccessDenied (a signed URL
    that is over), InvalidSecurityToken, SecurityTokenExpired; 400 InvalidArgument.
    Source: https://www.alibabacloud.com/help/en/oss/user-guide/http-403-error-code
    """
    credential = read_credential(request)
    if credential is None:
        return Authenticated(key=None, scope_region_id=None)
    key = keys.secret_for(credential.access_key_id)
    if key is None or not key.active:
        raise _unknown_key(credential.access_key_id)
    check_token(key, credential.security_token, now)
    if credential.in_query:
        _check_life(credential, now)
    else:
        _check_skew(credential, wall_now)
    expected = expected_signatures(request, credential, address, key.secret)
    if key.has_secret and not matches(expected, credential):
        raise _mismatch(credential, expected[0].string_to_sign, expected[0].canonical_request)
    return Authenticated(key=key, scope_region_id=credential.scope_region_id)


def trust(request: HttpRequest, keys: KeyBook, account_id: str) -> Authenticated:
    """Who says to have signed the request, nothing verified; an unknown key is taken for the account's own.

    Errors: ApiError 400 InvalidArgument, 403 AccessDenied for a claim that cannot be read.
    """
    credential = read_credential(request)
    if credential is None:
        return Authenticated(key=None, scope_region_id=None)
    owner = Principal(
        account_id=account_id,
        access_key_id=credential.access_key_id,
        arn=f"acs:ram::{account_id}:root",
        user_id=account_id,
    )
    key = keys.secret_for(credential.access_key_id)
    key = key or AccessKey(access_key_id=credential.access_key_id, secret="", principal=owner)
    return Authenticated(key=key, scope_region_id=credential.scope_region_id)


def check_signing_region(who: Authenticated, address: OssAddress) -> None:
    """Errors: ApiError 400 InvalidArgument for a V4 signature made for another region than the host's.

    Source: answers of the service that other people's code quotes, with this message and EC; the status is assumed.
    """
    if None not in (who.scope_region_id, address.region_id) and who.scope_region_id != address.region_id:
        raise ApiError(
            400,
            "InvalidArgument",
            "Invalid signing region in Authorization header.",
            extra={"EC": "0002-00000226"},
        )


def check_token(key: AccessKey, token: str | None, now: datetime) -> None:
    """Errors: ApiError 403 InvalidAccessKeyId, InvalidSecurityToken, SecurityTokenExpired.

    Source: https://www.alibabacloud.com/help/en/oss/support/0002-00000007 and 0002-00000002
    """
    if key.security_token is None and token:
        raise _unknown_key(key.access_key_id)
    if key.security_token != (token or None):
        raise ApiError(
            403,
            "InvalidSecurityToken",
            "The security token you provided is invalid.",
            extra={"SecurityToken": token or ""},
        )
    if key.expires_at is not None and key.expires_at <= now:
        raise ApiError(
            403,
            "SecurityTokenExpired",
            "The security token you provided has expired.",
            extra={"EC": "0002-00000007"},
        )


def _check_life(credential: OssCredential, now: datetime) -> None:
    """Source: https://www.alibabacloud.com/help/en/oss/support/0002-00000069."""
    expires_at = credential.expires_at
    if expires_at is None:
        assert credential.signed_at is not None
        expires_at = credential.signed_at + timedelta(seconds=credential.life_seconds or 0)
    if now > expires_at:
        raise ApiError(
            403,
            "AccessDenied",
            "Request has expired.",
            extra={
                "EC": "0002-00000069",
                "Expires": _iso(expires_at),
                "ServerTime": _iso(now),
            },
        )


def _check_skew(credential: OssCredential, now: datetime) -> None:
    assert credential.signed_at is not None
    if abs((now - credential.signed_at).total_seconds()) > _MAX_SKEW_SECONDS:
        raise ApiError(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
            extra={
                "MaxAllowedSkewMilliseconds": str(int(_MAX_SKEW_SECONDS * 1000)),
                "RequestTime": _iso(credential.signed_at),
                "ServerTime": _iso(now),
            },
        )


def _unknown_key(access_key_id: str) -> ApiError:
    return ApiError(
        403,
        "InvalidAccessKeyId",
        "The OSS Access Key Id you provided does not exist in our records.",
        extra={"OSSAccessKeyId": access_key_id, "EC": "0002-00000902"},
    )


def _mismatch(credential: OssCredential, string_to_sign: str, canonical_request: str | None) -> ApiError:
    return ApiError(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        extra={
            "OSSAccessKeyId": credential.access_key_id,
            "SignatureProvided": credential.signature,
            "StringToSign": string_to_sign,
            **({"CanonicalRequest": canonical_request} if canonical_request else {}),
            "EC": "0002-00000040",
        },
    )


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
