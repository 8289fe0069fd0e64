"""What is set on a bucket: lifecycle, encryption, Block Public Access, tags, versioning, policy."""

import itertools
import json
import uuid
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.authorization import get_bucket
from deployer.emulator.services.oss.bucket_policy import check_policy
from deployer.emulator.services.oss.call import OssCall, empty_response, invalid_argument, xml_response
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import Bucket, OssState
from deployer.emulator.services.oss.tagging import BUCKET_TAGS, read_tag_set, tag_set

_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"
_MOST_RULES = 1000


class BucketSettings:
    """Operations that put, get and delete one setting of a bucket; each put replaces the setting as a whole."""

    def __init__(self, state: OssState) -> None:
        self._state = state

    @operation("PutBucketLifecycle", source=_PAGES + "putbucketlifecycle")
    def put_lifecycle(self, call: OssCall) -> HttpResponse:
        rules = call.read_xml().get("Rule", [])
        check_lifecycle_rules(rules, may_overlap=call.header("x-oss-allow-same-action-overlap") == "true")
        for rule in rules:
            rule.setdefault("ID", str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(rule, sort_keys=True))))
        with call.lock:
            get_bucket(call, self._state).lifecycle_rules = rules
        return empty_response()

    @operation("GetBucketLifecycle", source=_PAGES + "getbucketlifecycle")
    def get_lifecycle(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            if bucket.lifecycle_rules is None:
                raise _missing(404, "NoSuchLifecycle", "No Row found in Lifecycle Table.", bucket)
            return xml_response("LifecycleConfiguration", {"Rule": bucket.lifecycle_rules})

    @operation("DeleteBucketLifecycle", source=_PAGES + "deletebucketlifecycle")
    def delete_lifecycle(self, call: OssCall) -> HttpResponse:
        with call.lock:
            get_bucket(call, self._state).lifecycle_rules = None
        return empty_response(204)

    @operation("PutBucketEncryption", source=_PAGES + "putbucketencryption")
    def put_encryption(self, call: OssCall) -> HttpResponse:
        rule = call.read_xml().get("ApplyServerSideEncryptionByDefault", {})
        check_encryption(call, rule.get("SSEAlgorithm", ""), rule.get("KMSMasterKeyID"))
        with call.lock:
            get_bucket(call, self._state).encryption = rule
        return empty_response()

    @operation("GetBucketEncryption", source=_PAGES + "getbucketencryption")
    def get_encryption(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            if bucket.encryption is None:
                message = "The server side encryption configuration does not exist."
                raise _missing(400, "NoSuchServerSideEncryptionRule", message, bucket)
            return xml_response("ServerSideEncryptionRule", {"ApplyServerSideEncryptionByDefault": bucket.encryption})

    @operation("DeleteBucketEncryption", source=_PAGES + "deletebucketencryption")
    def delete_encryption(self, call: OssCall) -> HttpResponse:
        with call.lock:
            get_bucket(call, self._state).encryption = None
        return empty_response(204)

    @operation("PutBucketPublicAccessBlock", source=_PAGES + "putbucketpublicaccessblock")
    def put_public_access_block(self, call: OssCall) -> HttpResponse:
        value = call.read_xml().get("BlockPublicAccess", "")
        if value not in {"true", "false"}:
            raise invalid_argument("BlockPublicAccess", value, "must be true or false")
        with call.lock:
            get_bucket(call, self._state).blocks_public_access = value == "true"
        return empty_response()

    @operation("GetBucketPublicAccessBlock", source=_PAGES + "getbucketpublicaccessblock")
    def get_public_access_block(self, call: OssCall) -> HttpResponse:
        with call.lock:
            blocks = get_bucket(call, self._state).blocks_public_access
        return xml_response("PublicAccessBlockConfiguration", {"BlockPublicAccess": blocks})

    @operation("DeleteBucketPublicAccessBlock", source=_PAGES + "deletebucketpublicaccessblock")
    def delete_public_access_block(self, call: OssCall) -> HttpResponse:
        with call.lock:
            get_bucket(call, self._state).blocks_public_access = False
        return empty_response(204)

    @operation("PutBucketTags", source=_PAGES + "putbuckettags")
    def put_tags(self, call: OssCall) -> HttpResponse:
        tags = read_tag_set(call.read_xml(), BUCKET_TAGS)
        with call.lock:
            get_bucket(call, self._state).tags = tags
        return empty_response()

    @operation("GetBucketTags", source=_PAGES + "getbuckettags")
    def get_tags(self, call: OssCall) -> HttpResponse:
        """A bucket without tags is answered with an empty set."""
        with call.lock:
            return xml_response("Tagging", tag_set(get_bucket(call, self._state).tags))

    @operation("DeleteBucketTags", source=_PAGES + "deletebuckettags")
    def delete_tags(self, call: OssCall) -> HttpResponse:
        """All tags go, or only those whose keys `tagging=k1,k2` names."""
        names = [name for name in call.query.get("tagging", "").split(",") if name]
        with call.lock:
            bucket = get_bucket(call, self._state)
            bucket.tags = {key: value for key, value in bucket.tags.items() if names and key not in names}
        return empty_response(204)

    @operation("PutBucketVersioning", source=_PAGES + "putbucketversioning")
    def put_versioning(self, call: OssCall) -> HttpResponse:
        status = call.read_xml().get("Status", "")
        if status not in {"Enabled", "Suspended"}:
            raise invalid_argument("Status", status, "must be Enabled or Suspended")
        with call.lock:
            get_bucket(call, self._state).versioning = status
        return empty_response()

    @operation("GetBucketVersioning", source=_PAGES + "getbucketversioning")
    def get_versioning(self, call: OssCall) -> HttpResponse:
        with call.lock:
            status = get_bucket(call, self._state).versioning
        return xml_response("VersioningConfiguration", {"Status": status or None})

    @operation("PutBucketPolicy", source=_PAGES + "putbucketpolicy")
    def put_policy(self, call: OssCall) -> HttpResponse:
        body = call.read_body()
        check_policy(body)
        with call.lock:
            get_bucket(call, self._state).policy = body
        return empty_response()

    @operation("GetBucketPolicy", source=_PAGES + "getbucketpolicy")
    def get_policy(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            if bucket.policy is None:
                raise _missing(404, "NoSuchBucketPolicy", "The bucket policy does not exist.", bucket)
            body = bucket.policy
        return HttpResponse(
            status=200, headers={"Content-Type": "application/json"}, body=body, content_length=len(body)
        )

    @operation("DeleteBucketPolicy", source=_PAGES + "deletebucketpolicy")
    def delete_policy(self, call: OssCall) -> HttpResponse:
        with call.lock:
            get_bucket(call, self._state).policy = None
        return empty_response(204)

    @operation("PutBucketReferer", source=_PAGES + "putbucketreferer")
    def put_referers(self, call: OssCall) -> HttpResponse:
        """Who may link to the objects; an empty list lets everybody."""
        asked = call.read_xml()
        for name in ("AllowEmptyReferer", "AllowTruncateQueryString"):
            if asked.get(name, "true") not in {"true", "false"}:
                raise ApiError(400, "MalformedXML", f"{name} must be true or false.")
        with call.lock:
            get_bucket(call, self._state).referers = asked
        return empty_response()

    @operation("GetBucketReferer", source=_PAGES + "getbucketreferer")
    def get_referers(self, call: OssCall) -> HttpResponse:
        """Before anything was put, everybody may."""
        with call.lock:
            settings = get_bucket(call, self._state).referers
        return xml_response("RefererConfiguration", settings or {"AllowEmptyReferer": True, "RefererList": {}})


def check_encryption(call: OssCall, algorithm: str, key_id: str | None) -> None:
    """Errors: ApiError 400 InvalidEncryptionAlgorithmError, InvalidArgument; 403 KmsServiceNotEnabled.

    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketencryption
    """
    if algorithm not in {"AES256", "KMS", "SM4"}:
        raise ApiError(400, "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid.")
    if algorithm == "KMS" and not call.assumptions.oss_kms_is_open:
        raise ApiError(403, "KmsServiceNotEnabled", "KMS is not enabled for this account.")
    if key_id and algorithm != "KMS":
        raise invalid_argument("KMSMasterKeyID", key_id, f"is not accepted with {algorithm}")


def check_lifecycle_rules(rules: list[dict[str, Any]], *, may_overlap: bool) -> None:
    """Errors: ApiError 400 MalformedXML, InvalidArgument.

    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketlifecycle
    """
    if not 0 < len(rules) <= _MOST_RULES:
        raise ApiError(400, "MalformedXML", "A lifecycle configuration has between 1 and 1000 rules.")
    for rule in rules:
        if rule.get("Status") not in {"Enabled", "Disabled"}:
            raise ApiError(400, "MalformedXML", "The Status of a lifecycle rule must be Enabled or Disabled.")
        if not rule.keys() - {"ID", "Prefix", "Status", "Tag", "Filter", "AtimeBase"}:
            raise ApiError(400, "MalformedXML", "A lifecycle rule needs at least one action.")
        for name in ("Expiration", "AbortMultipartUpload"):
            days = rule.get(name, {}).get("Days")
            if days is not None and not (days.isascii() and days.isdigit() and int(days) > 0):
                raise invalid_argument("Days", days, "must be a whole number above 0")
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(ids)) != len(ids):
        raise ApiError(400, "InvalidArgument", "The IDs of lifecycle rules must be unique.")
    if not may_overlap:
        _check_overlap(rules)


def _check_overlap(rules: list[dict[str, Any]]) -> None:
    """Prefixes of rules without tags must not contain one another."""
    prefixes = sorted(rule.get("Prefix", "") for rule in rules if not rule.get("Tag") and not rule.get("Filter"))
    for shorter, longer in itertools.pairwise(prefixes):
        if longer.startswith(shorter):
            raise ApiError(400, "InvalidArgument", f"Overlap for same action type: prefixes {shorter!r}, {longer!r}.")


def _missing(status: int, code: str, message: str, bucket: Bucket) -> ApiError:
    return ApiError(status, code, message, extra={"BucketName": bucket.name})
