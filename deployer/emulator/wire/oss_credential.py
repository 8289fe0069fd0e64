"""What a request to OSS says about who signed it; whether that is true is decided elsewhere."""

from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class OssCredential:
    """The claim. `signed_at` is None in a V1 URL, `expires_at` (V1) and `life_seconds` (V4) exist in URLs only."""

    version: str  # "V1" or "V4"
    access_key_id: str
    signature: str
    in_query: bool
    security_token: str | None
    signed_at: datetime | None = None
    expires_at: datetime | None = None
    life_seconds: int | None = None
    scope_date: str = ""
    scope_region_id: str | None = None
    additional_headers: tuple[str, ...] = ()


V4_QUERY = frozenset(
    {
        "x-oss-signature-version",
        "x-oss-date",
        "x-oss-expires",
        "x-oss-credential",
        "x-oss-signature",
        "x-oss-security-token",
        "x-oss-additional-headers",
    }
)
V1_QUERY = frozenset({"OSSAccessKeyId", "Expires", "Signature", "security-token"})
_V4_ALGORITHM = "OSS4-HMAC-SHA256"
_LONGEST_LIFE_SECONDS = 7 * 24 * 3600


def has_credential(request: HttpRequest) -> bool:
    """True when the request carries an OSS signature, in its Authorization header or in its query."""
    if request.headers.get("authorization", "").startswith(("OSS ", "OSS4-")):
        return True
    names = {name for name, _ in request.query}
    return "x-oss-credential" in names or {"OSSAccessKeyId", "Signature"} <= names


def read_credential(request: HttpRequest) -> OssCredential | None:
    """The claim, or None for an anonymous request.

    Errors: ApiError 400 InvalidArgument, 403 AccessDenied for a claim that cannot be read.
    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4
    """
    query = dict(request.query)
    authorization = request.headers.get("authorization", "")
    if authorization.startswith("OSS4-"):
        return _v4_header(authorization, request)
    if authorization.startswith("OSS "):
        return _v1_header(authorization, request)
    if authorization:
        raise ApiError(400, "InvalidArgument", "Unsupported Authorization Type.", extra={"EC": "0002-00000002"})
    if "x-oss-credential" in query or "x-oss-signature" in query:
        return _v4_query(query)
    if "OSSAccessKeyId" in query or "Signature" in query:
        return _v1_query(query)
    return None


def _v4_header(authorization: str, request: HttpRequest) -> OssCredential:
    algorithm, _, rest = authorization.partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    if algorithm != _V4_ALGORITHM or not {"Credential", "Signature"} <= fields.keys():
        raise ApiError(400, "InvalidArgument", "Invalid Authorization header.")
    if "x-oss-content-sha256" not in request.headers:
        raise ApiError(400, "InvalidArgument", "x-oss-content-sha256 is required in the request header.")
    access_key_id, date, region_id = _scope(fields["Credential"])
    return OssCredential(
        version="V4",
        access_key_id=access_key_id,
        signature=fields["Signature"],
        in_query=False,
        security_token=request.headers.get("x-oss-security-token"),
        signed_at=_signing_time(request),
        scope_date=date,
        scope_region_id=region_id,
        additional_headers=_names(fields.get("AdditionalHeaders", "")),
    )


def _v4_query(query: dict[str, str]) -> OssCredential:
    for name in ("x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-expires", "x-oss-signature"):
        if not query.get(name):
            raise ApiError(400, "InvalidArgument", f"{name} is required in the query of a signed URL.")
    life_seconds = _whole_number(query["x-oss-expires"], "x-oss-expires")
    if not 0 < life_seconds <= _LONGEST_LIFE_SECONDS:
        raise ApiError(400, "InvalidArgument", "x-oss-expires must be between 1 and 604800 seconds.")
    access_key_id, date, region_id = _scope(query["x-oss-credential"])
    return OssCredential(
        version="V4",
        access_key_id=access_key_id,
        signature=query["x-oss-signature"],
        in_query=True,
        security_token=query.get("x-oss-security-token"),
        signed_at=_compact_time(query["x-oss-date"]),
        life_seconds=life_seconds,
        scope_date=date,
        scope_region_id=region_id,
        additional_headers=_names(query.get("x-oss-additional-headers", "")),
    )


def _v1_header(authorization: str, request: HttpRequest) -> OssCredential:
    access_key_id, separator, signature = authorization.removeprefix("OSS ").strip().partition(":")
    if not separator:
        raise ApiError(400, "InvalidArgument", "Invalid Authorization header.")
    token = request.headers.get("x-oss-security-token") or request.headers.get("security-token")
    return OssCredential(
        version="V1",
        access_key_id=access_key_id,
        signature=signature,
        in_query=False,
        security_token=token,
        signed_at=_signing_time(request),
    )


def _v1_query(query: dict[str, str]) -> OssCredential:
    for name in ("OSSAccessKeyId", "Expires", "Signature"):
        if not query.get(name):
            raise ApiError(403, "AccessDenied", f"{name} is required in the query of a signed URL.")
    expires = _whole_number(query["Expires"], "Expires")
    return OssCredential(
        version="V1",
        access_key_id=query["OSSAccessKeyId"],
        signature=query["Signature"],
        in_query=True,
        security_token=query.get("security-token"),
        expires_at=datetime.fromtimestamp(min(expires, 253402300799), tz=timezone.utc),
    )


def _scope(credential: str) -> tuple[str, str, str]:
    """AccessKey id, date and region of `<id>/<yyyymmdd>/<region>/oss/aliyun_v4_request`."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[3:] != ["oss", "aliyun_v4_request"]:
        raise ApiError(400, "InvalidArgument", "Invalid Credential in the signature.")
    return parts[0], parts[1], parts[2]


def _names(text: str) -> tuple[str, ...]:
    return tuple(sorted(name.strip().lower() for name in text.split(";") if name.strip()))


def _signing_time(request: HttpRequest) -> datetime:
    text = request.headers.get("x-oss-date") or request.headers.get("date")
    if not text:
        raise ApiError(403, "AccessDenied", "OSS authentication requires a valid Date.")
    if text[:1].isdigit():
        return _compact_time(text)
    try:
        return parsedate_to_datetime(text).astimezone(timezone.utc)
    except ValueError:
        raise ApiError(403, "AccessDenied", "OSS authentication requires a valid Date.") from None


def _compact_time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise ApiError(403, "AccessDenied", "OSS authentication requires a valid Date.") from None


def _whole_number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ApiError(400, "InvalidArgument", f"{name} must be a whole number of seconds.")
    return int(text)
