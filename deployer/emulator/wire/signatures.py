"""The two signatures of the RPC form, computed from what arrived.

ACS3-HMAC-SHA256 signs the headers it names; RPC 1.0 (HMAC-SHA1) signs query and form parameters together.
Source: https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
Source: https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from deployer.emulator.wire.rpc import RpcRequest

_ALGORITHM = "ACS3-HMAC-SHA256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a request says about its own signature."""

    access_key_id: str
    signature: str
    signed_headers: tuple[str, ...] = ()  # ACS3 only
    security_token: str | None = None
    nonce: str = ""
    timestamp: str = ""


def read_signature(request: RpcRequest) -> Signed:
    """What the request carries; fields are empty where it carries nothing."""
    if not request.is_acs3:
        common = request.common
        return Signed(
            access_key_id=common.get("AccessKeyId", ""),
            signature=common.get("Signature", ""),
            security_token=common.get("SecurityToken") or None,
            nonce=common.get("SignatureNonce", ""),
            timestamp=common.get("Timestamp", ""),
        )
    headers = request.http.headers
    _, _, rest = headers.get("authorization", "").partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    return Signed(
        access_key_id=parts.get("Credential", ""),
        signature=parts.get("Signature", ""),
        signed_headers=tuple(parts.get("SignedHeaders", "").split(";")),
        security_token=headers.get("x-acs-security-token") or None,
        nonce=headers.get("x-acs-signature-nonce", ""),
        timestamp=headers.get("x-acs-date", ""),
    )


def signature_matches(request: RpcRequest, signed: Signed, secret: str) -> bool:
    """True when the secret gives the signature the request carries, and the body is the one that was signed."""
    if request.is_acs3:
        expected = _acs3_signature(request, signed, secret)
        declared = request.http.headers.get("x-acs-content-sha256", "")
        if declared and declared.lower() != hashlib.sha256(request.body).hexdigest():
            return False
    else:
        expected = _rpc1_signature(request, secret)
    return hmac.compare_digest(expected.encode(), signed.signature.encode())


def string_to_sign(request: RpcRequest, signed: Signed) -> str:
    """What the service signs, to be shown to a client whose signature does not match."""
    return _acs3_string(request, signed) if request.is_acs3 else _rpc1_string(request)


def _acs3_signature(request: RpcRequest, signed: Signed, secret: str) -> str:
    return hmac.new(secret.encode(), _acs3_string(request, signed).encode(), hashlib.sha256).hexdigest()


def _acs3_string(request: RpcRequest, signed: Signed) -> str:
    headers = request.http.headers
    payload_hash = headers.get("x-acs-content-sha256") or hashlib.sha256(request.body).hexdigest()
    canonical = "\n".join(
        (
            request.http.method,
            request.http.path,
            _canonical_pairs(request.http.query),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in signed.signed_headers),
            ";".join(signed.signed_headers),
            payload_hash,
        )
    )
    return f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def _rpc1_signature(request: RpcRequest, secret: str) -> str:
    digest = hmac.new(f"{secret}&".encode(), _rpc1_string(request).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _rpc1_string(request: RpcRequest) -> str:
    pairs = _canonical_pairs(pair for pair in request.pairs if pair[0] != "Signature")
    return f"{request.http.method}&{_encoded('/')}&{_encoded(pairs)}"


def _canonical_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """Sorted and encoded again: the wire may use `+` for a space where the signature uses `%20`."""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    return quote(text, safe="~")
