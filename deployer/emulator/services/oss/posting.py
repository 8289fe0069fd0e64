"""Uploads by a form, as web pages send them: what signs the request is the policy among its fields.

Source: https://www.alibabacloud.com/help/en/oss/developer-reference/postobject
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from deployer.emulator.accounts import AccessKey
from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.services.oss.attributes import METADATA_PREFIX, read_attributes
from deployer.emulator.services.oss.authentication import KeyBook, check_token
from deployer.emulator.services.oss.authorization import check_ram_action, get_bucket
from deployer.emulator.services.oss.bodies import BodyStore, StoredBody
from deployer.emulator.services.oss.call import OssCall, empty_response, xml_response
from deployer.emulator.services.oss.object_writing import ObjectWriting, check_may_write, new_version, written_headers
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import OssState
from deployer.emulator.wire.oss_form import Form, read_form
from deployer.emulator.wire.oss_signature import v4_signing_key

_LARGEST_BYTES = 5 * 1024**3
_MOST_KEY_BYTES = 1023
_HEADER_FIELDS = frozenset(
    {"cache-control", "content-type", "content-disposition", "content-encoding", "content-language", "expires"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    """A form that may be uploaded: by whom, under which name, and how large it may be."""

    key: AccessKey | None
    object_name: str
    smallest: int
    largest: int


class Posting:
    """PostObject."""

    def __init__(self, state: OssState, bodies: BodyStore, objects: ObjectWriting, keys: KeyBook) -> None:
        self._state = state
        self._bodies = bodies
        self._objects = objects
        self._keys = keys

    @operation("PostObject", source="https://www.alibabacloud.com/help/en/oss/developer-reference/postobject")
    def post_object(self, call: OssCall) -> HttpResponse:
        """204, or what `success_action_status` and `success_action_redirect` ask for."""
        form = read_form(call.request.body, call.header("content-type") or "")
        posted = self._admit(call, form)
        call = _as_put(call, form, posted)
        check_ram_action(call, "oss:PutObject")
        with call.lock:
            bucket = get_bucket(call, self._state)
            check_may_write(call, bucket)
            attributes = read_attributes(call, bucket)
        body = self._receive(form, posted)
        version = self._objects.store(call, new_version(call, body, attributes))
        return _answer(call, form.fields, written_headers(version))

    def _receive(self, form: Form, posted: _Posted) -> StoredBody:
        body = self._bodies.receive(form.file, None)
        if not posted.smallest <= body.size_bytes <= posted.largest:
            self._bodies.remove(body)
            is_small = body.size_bytes < posted.smallest
            code = "EntityTooSmall" if is_small else "EntityTooLarge"
            size = "smaller than the minimum" if is_small else "exceeds the maximum"
            raise ApiError(400, code, f"Your proposed upload {size} allowed size.")
        return body

    def _admit(self, call: OssCall, form: Form) -> _Posted:
        """Errors: ApiError 400 InvalidArgument, InvalidPolicyDocument; 403 AccessDenied, SignatureDoesNotMatch."""
        name = form.fields.get("key", "").replace("${filename}", form.file_name)
        if not name or len(name.encode()) > _MOST_KEY_BYTES:
            raise ApiError(400, "InvalidArgument", "POST requires a field `key` with the name of the object.")
        key = self._signer(form.fields, call.now)
        if key is None:
            return _Posted(key=None, object_name=name, smallest=0, largest=_LARGEST_BYTES)
        values = {**form.fields, "bucket": call.bucket_name, "key": name}
        smallest, largest = _check_policy(_read_policy(form.fields["policy"]), values, call.now)
        return _Posted(key=key, object_name=name, smallest=smallest, largest=largest)

    def _signer(self, fields: Mapping[str, str], now: datetime) -> AccessKey | None:
        """Whose signature the form carries; None for a form without one."""
        is_v4 = fields.get("x-oss-signature-version") == "OSS4-HMAC-SHA256"
        key_id = fields.get("x-oss-credential", "").partition("/")[0] if is_v4 else fields.get("ossaccesskeyid", "")
        signature = fields.get("x-oss-signature" if is_v4 else "signature", "")
        if not key_id and not signature:
            return None
        if "policy" not in fields:
            raise ApiError(400, "InvalidArgument", "POST requires a field `policy` beside the signature.")
        key = self._keys.secret_for(key_id)
        if key is None or not key.active:
            message = "The OSS Access Key Id you provided does not exist in our records."
            raise ApiError(403, "InvalidAccessKeyId", message, extra={"OSSAccessKeyId": key_id, "EC": "0002-00000902"})
        check_token(key, fields.get("x-oss-security-token"), now)
        if key.has_secret and not hmac.compare_digest(_sign(fields, key.secret, is_v4=is_v4), signature):
            message = "The request signature we calculated does not match the signature you provided."
            raise ApiError(
                403, "SignatureDoesNotMatch", message, extra={"StringToSign": fields["policy"], "EC": "0002-00000040"}
            )
        return key


def _sign(fields: Mapping[str, str], secret: str, *, is_v4: bool) -> str:
    policy = fields["policy"].encode()
    if is_v4:
        scope = fields["x-oss-credential"].partition("/")[2]
        return hmac.new(v4_signing_key(secret, scope), policy, hashlib.sha256).hexdigest()
    return base64.b64encode(hmac.new(secret.encode(), policy, hashlib.sha1).digest()).decode()


def _read_policy(text: str) -> Mapping[str, Any]:
    try:
        policy = json.loads(base64.b64decode(text))
    except (binascii.Error, ValueError):
        policy = None
    if not isinstance(policy, dict) or not isinstance(policy.get("conditions"), list) or "expiration" not in policy:
        raise ApiError(400, "InvalidPolicyDocument", "Invalid Policy: it needs an expiration and conditions.")
    return policy


def _check_policy(policy: Mapping[str, Any], values: Mapping[str, str], now: datetime) -> tuple[int, int]:
    """The sizes the policy allows, once it allows all else. Errors: ApiError 403 AccessDenied; 400 InvalidPolicyDocument."""
    if _expiration(str(policy["expiration"])) <= now:
        raise ApiError(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
    sizes = (0, _LARGEST_BYTES)
    for condition in policy["conditions"]:
        match condition:
            case ["content-length-range", int(low), int(high)]:
                sizes = (low, high)
            case dict():
                for name, value in condition.items():
                    _require(values.get(name.lower(), "") == str(value), condition)
            case [str(how), str(name), wanted]:
                value = values.get(name.removeprefix("$").lower(), "")
                _require(_holds(how, value, wanted), condition)
            case _:
                raise ApiError(400, "InvalidPolicyDocument", f"Invalid Policy: unknown condition {condition!r}.")
    return sizes


def _holds(how: str, value: str, wanted: Any) -> bool:
    match how:
        case "eq":
            return value == str(wanted)
        case "starts-with":
            return value.startswith(str(wanted))
        case "in":
            return value in wanted
        case "not-in":
            return value not in wanted
        case _:
            raise ApiError(400, "InvalidPolicyDocument", f"Invalid Policy: unknown comparison {how!r}.")


def _require(holds: bool, condition: object) -> None:  # noqa: FBT001  (an assertion of the policy)
    if not holds:
        raise ApiError(
            403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}."
        )


def _expiration(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ApiError(400, "InvalidPolicyDocument", "Invalid Policy: the expiration is no time.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _as_put(call: OssCall, form: Form, posted: _Posted) -> OssCall:
    """The call as if the object had been put: the fields that are headers elsewhere are headers."""
    fields = {
        name: value
        for name, value in form.fields.items()
        if name in _HEADER_FIELDS or name.startswith((METADATA_PREFIX, "x-oss-"))
    }
    fields.setdefault("content-type", form.file_type or "application/octet-stream")
    carried = {name: call.request.headers[name] for name in ("host", "origin") if name in call.request.headers}
    request = HttpRequest(
        method="POST",
        target=call.request.target,
        headers={**carried, **fields},
        body=form.file,
        scheme=call.request.scheme,
    )
    address = replace(call.address, object_name=posted.object_name)
    return replace(call, request=request, address=address, key=posted.key)


def _answer(call: OssCall, fields: Mapping[str, str], headers: Mapping[str, str]) -> HttpResponse:
    if fields.get("success_action_redirect"):
        return empty_response(303, {**headers, "Location": fields["success_action_redirect"]})
    status = fields.get("success_action_status", "204")
    if status == "200":
        return empty_response(200, headers)
    if status != "201":
        return empty_response(204, headers)
    location = f"http://{call.request.headers.get('host', '')}/{call.object_name}"
    tree = {"Bucket": call.bucket_name, "Location": location, "Key": call.object_name, "ETag": headers["ETag"]}
    response = xml_response("PostResponse", tree)
    response.status = 201
    response.headers.update(headers)
    return response
