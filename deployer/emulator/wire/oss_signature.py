"""The signature OSS expects of a request: V4 and V1, in the header and in the query.

The body takes no part in it. `host` is signed only when the client names it as an additional header.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus

from deployer.emulator.http import HttpRequest
from deployer.emulator.wire.oss_address import OssAddress
from deployer.emulator.wire.oss_credential import OssCredential

# Query parameters that are part of the resource a V1 signature is made over; paging and filters are not.
# Source: https://www.alibabacloud.com/help/en/oss/developer-reference/include-signatures-in-the-authorization-header
V1_SUBRESOURCES = frozenset(
    """
    acl append asyncFetch bucketInfo callback callback-var cloudboxes cname comp continuation-token cors delete
    encryption endTime img inventory inventoryId lifecycle live location logging metaQuery objectMeta partNumber policy
    position publicAccessBlock qos qosInfo referer regionList regions replication replicationLocation
    replicationProgress requestPayment resourceGroup response-cache-control response-content-disposition
    response-content-encoding response-content-language response-content-type response-expires restore
    security-token sequential startTime stat status style styleName symlink tagging transferAcceleration udf uploadId
    uploads versionId versioning versions vod website worm wormExtend wormId x-oss-async-process x-oss-process
    x-oss-request-payer x-oss-traffic-limit
    """.split()  # noqa: SIM905  (sixty words read better than sixty literals)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One accepted reading of the request; the text that was signed is shown to who signed another one."""

    signature: str
    string_to_sign: str
    canonical_request: str | None = None  # V4 only


def expected_signatures(
    request: HttpRequest, credential: OssCredential, address: OssAddress, secret: str
) -> tuple[Expected, ...]:
    """The signatures that would be right. A bucket may be signed with and without the slash behind it."""
    resources = [address.resource]
    if address.level == "bucket":
        resources.append(address.resource.rstrip("/"))
    sign = _sign_v4 if credential.version == "V4" else _sign_v1
    return tuple(sign(request, credential, resource, secret) for resource in resources)


def v4_signing_key(secret: str, scope: str) -> bytes:
    """The key that V4 signs with on one day in one region; the scope is `<yyyymmdd>/<region>/oss/aliyun_v4_request`."""
    key = f"aliyun_v4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def matches(expected: Iterable[Expected], credential: OssCredential) -> bool:
    """True when one of the expected signatures is the one that was sent."""
    sent = credential.signature.encode()
    return any(hmac.compare_digest(candidate.signature.encode(), sent) for candidate in expected)


def _sign_v4(request: HttpRequest, credential: OssCredential, resource: str, secret: str) -> Expected:
    """Source: https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4."""
    canonical_request = "\n".join(
        (
            request.method,
            quote(resource, safe="/"),
            _v4_query_text(request, credential),
            _v4_header_text(request, credential),
            ";".join(credential.additional_headers),
            request.headers.get("x-oss-content-sha256", "UNSIGNED-PAYLOAD"),
        )
    )
    assert credential.signed_at is not None
    scope = f"{credential.scope_date}/{credential.scope_region_id}/oss/aliyun_v4_request"
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    moment = credential.signed_at.strftime("%Y%m%dT%H%M%SZ")
    string_to_sign = f"OSS4-HMAC-SHA256\n{moment}\n{scope}\n{digest}"
    signature = hmac.new(v4_signing_key(secret, scope), string_to_sign.encode(), hashlib.sha256).hexdigest()
    return Expected(signature=signature, string_to_sign=string_to_sign, canonical_request=canonical_request)


def _v4_query_text(request: HttpRequest, credential: OssCredential) -> str:
    pairs = []
    for pair in filter(None, request.query_string.split("&")):
        name, _, value = pair.partition("=")
        encoded_name = quote(unquote_plus(name), safe="")
        if not (credential.in_query and encoded_name == "x-oss-signature"):
            pairs.append((encoded_name, quote(unquote_plus(value), safe="")))
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs))


def _v4_header_text(request: HttpRequest, credential: OssCredential) -> str:
    return "".join(
        f"{name}:{_as_signed(value)}\n"
        for name, value in sorted(request.headers.items())
        if name.startswith("x-oss-") or name in {"content-type", "content-md5"} or name in credential.additional_headers
    )


def _sign_v1(request: HttpRequest, credential: OssCredential, resource: str, secret: str) -> Expected:
    headers = request.headers
    if credential.in_query:
        assert credential.expires_at is not None
        date = dict(request.query)["Expires"]
    else:
        date = headers.get("x-oss-date") or headers.get("date", "")
    subresources = sorted((name, value) for name, value in request.query if name in V1_SUBRESOURCES)
    if subresources:
        resource += "?" + "&".join(f"{name}={value}" if value else name for name, value in subresources)
    string_to_sign = "\n".join(
        (
            request.method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            date,
            "".join(f"{n}:{_as_signed(v)}\n" for n, v in sorted(headers.items()) if n.startswith("x-oss-")) + resource,
        )
    )
    digest = hmac.new(secret.encode(), string_to_sign.encode(), hashlib.sha1).digest()
    return Expected(signature=base64.b64encode(digest).decode(), string_to_sign=string_to_sign)


def _as_signed(value: str) -> str:
    """A header's text: sockets hand UTF-8 over as Latin-1, a patched client hands the text itself."""
    try:
        return value.strip().encode("latin-1").decode()
    except UnicodeError:
        return value.strip()
