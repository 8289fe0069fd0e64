"""What the caller may do with a bucket: RAM and bucket policies, owner, ACLs under Block Public Access, referers."""

from collections.abc import Sequence

from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.ram.guard import Request, Right
from deployer.emulator.ram.patterns import wildcard
from deployer.emulator.ram.policy import Verdict
from deployer.emulator.services.oss.bucket_policy import judge_bucket_policy, make_access
from deployer.emulator.services.oss.call import OssCall
from deployer.emulator.services.oss.state import Bucket, ObjectVersion, OssState

_PUBLIC_READS = frozenset({"GetObject", "HeadObject", "GetObjectMeta", "ListObjects", "ListObjectsV2"})
_PUBLIC_WRITES = frozenset(
    {"PutObject", "InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "DeleteObject"}
)
# Operations that say in headers or body which objects they are about; their handlers check the rights for those.
_NAME_OBJECTS_INSIDE = frozenset({"CopyObject", "UploadPartCopy", "DeleteMultipleObjects"})
# What ListObjects asks for, as conditions name it.
_LISTING_FACTS = {"oss:prefix": "prefix", "oss:delimiter": "delimiter"}
# Operations that any endpoint answers for any region's bucket, so that a client can find the right one.
_ANY_ENDPOINT = frozenset({"GetBucketLocation"})
_ABOUT_THE_POLICY = frozenset({"oss:GetBucketPolicy", "oss:PutBucketPolicy", "oss:DeleteBucketPolicy"})
_REFERRED = frozenset({"GetObject", "HeadObject"})


def check_ram(call: OssCall) -> None:
    """Errors: ApiError 403 AccessDenied when the caller's policies do not allow what the operation needs."""
    if call.operation_name in _NAME_OBJECTS_INSIDE:
        return
    for action in call.ram_actions:
        check_ram_action(call, action)


def check_ram_action(call: OssCall, ram_action: str, place: str | None = None) -> None:
    """Errors: ApiError 403 AccessDenied when the bucket's policy denies it, or the caller's policies do not allow it.

    What the caller's own policies are silent about, the bucket's may allow. `place` is `bucket/object` where the address does not say it. Source of the resources and conditions:
    https://www.alibabacloud.com/help/en/oss/user-guide/how-oss-works-with-ram
    """
    place = place or "/".join(part for part in (call.address.bucket_name, call.address.object_name) if part) or "*"
    of_bucket = _ask_bucket_policy(call, ram_action, place)
    if of_bucket is Verdict.EXPLICIT_DENY:
        raise ApiError(403, "AccessDenied", "Access denied by bucket policy.")
    if call.key is None:
        return
    resource = f"acs:oss:{call.region_id}:{call.key.principal.account_id}:{place}"
    try:
        call.guard.check("oss", call.key, Right(action=ram_action, resource=resource), _facts(call))
    except ApiError as denied:
        reason = denied.extra["AccessDeniedDetail"]["NoPermissionType"]
        if of_bucket is not Verdict.ALLOW or reason == Verdict.EXPLICIT_DENY.value:
            raise


def _ask_bucket_policy(call: OssCall, ram_action: str, place: str) -> Verdict:
    """Assumed: the account that owns the bucket can always get at the policy itself, to mend one that keeps all out."""
    bucket = call.state.buckets.get(place.partition("/")[0])
    principal = _principal(call)
    is_owner = bucket is not None and (principal.account_id, principal.identity_type) == (bucket.owner_id, "Account")
    if bucket is None or (is_owner and ram_action in _ABOUT_THE_POLICY):
        return Verdict.IMPLICIT_DENY
    return judge_bucket_policy(bucket, principal, make_access(ram_action, bucket, place, _facts(call)))


def _principal(call: OssCall) -> Principal:
    """Who calls; nobody by name for an anonymous call."""
    return call.key.principal if call.key else Principal(account_id="", access_key_id="", arn="", user_id="")


def _facts(call: OssCall) -> dict[str, Sequence[str]]:
    """What conditions can ask of the request."""
    principal = _principal(call)
    request = Request(
        account_id=principal.account_id,
        region_id=call.region_id,
        params={},
        is_secure=call.request.scheme == "https",
    )
    facts = call.guard.request_facts(principal, request)
    for key, parameter in _LISTING_FACTS.items():
        if parameter in call.query:
            facts[key] = (call.query[parameter],)
    return facts


def get_bucket(call: OssCall, state: OssState) -> Bucket:
    """The bucket the call names, when its caller may do the operation there.

    Errors: ApiError 404 NoSuchBucket, 403 AccessDenied.
    """
    bucket = find_bucket(state, call.bucket_name)
    if bucket.region_id != call.region_id and call.operation_name not in _ANY_ENDPOINT:
        raise _wrong_endpoint(bucket)
    check_bucket_access(call, bucket)
    return bucket


def find_bucket(state: OssState, bucket_name: str) -> Bucket:
    """Errors: ApiError 404 NoSuchBucket."""
    bucket = state.buckets.get(bucket_name)
    if bucket is None:
        raise ApiError(
            404,
            "NoSuchBucket",
            "The specified bucket does not exist.",
            extra={"EC": "0015-00000101", "BucketName": bucket_name},
        )
    return bucket


def check_bucket_access(call: OssCall, bucket: Bucket, acl: str | None = None) -> None:
    """Errors: ApiError 403 AccessDenied. `acl` is the object's own, which stands before the bucket's.

    Source: https://www.alibabacloud.com/help/en/oss/support/0003-00000001
    """
    if call.operation_name in _REFERRED:
        _check_referer(call, bucket)
    if call.account_id == bucket.owner_id or _policy_lets_in(call, bucket):
        return
    public = bucket.acl if acl in {None, "default"} else acl
    if not bucket.blocks_public_access:
        if call.operation_name in _PUBLIC_READS and public in {"public-read", "public-read-write"}:
            return
        if call.operation_name in _PUBLIC_WRITES and public == "public-read-write":
            return
    if acl is None and call.address.level == "object" and call.operation_name in _PUBLIC_READS:
        return  # the object's own ACL decides, once it is known
    if call.key is None or call.operation_name in _PUBLIC_READS:
        message = "You have no right to access this object because of bucket acl."
    else:
        message = "The bucket you access does not belong to you."
    raise ApiError(403, "AccessDenied", message, extra={"EC": "0003-00000001"})


def _policy_lets_in(call: OssCall, bucket: Bucket) -> bool:
    """True when the bucket's policy allows all that the operation needs; to everybody, only if that is not blocked."""
    if call.key is None and bucket.blocks_public_access:
        return False
    place = "/".join(part for part in (bucket.name, call.address.object_name) if part)
    verdicts = [_ask_bucket_policy(call, action, place) for action in call.ram_actions]
    return bool(verdicts) and all(verdict is Verdict.ALLOW for verdict in verdicts)


def _check_referer(call: OssCall, bucket: Bucket) -> None:
    """Errors: ApiError 403 AccessDenied for anonymous and URL-signed reads from a page that may not link to the bucket.

    Source: https://www.alibabacloud.com/help/en/oss/user-guide/hotlink-protection
    """
    settings, referer = bucket.referers, call.header("referer")
    if settings is None or (call.key is not None and "authorization" in call.request.headers):
        return
    allowed = settings.get("RefererList", {}).get("Referer", ())
    if referer is None:
        is_fine = settings.get("AllowEmptyReferer", "true") == "true" or not allowed
    else:
        is_fine = not allowed or any(wildcard(pattern, ignore_case=True).fullmatch(referer) for pattern in allowed)
    if not is_fine:
        raise ApiError(
            403,
            "AccessDenied",
            "You are denied by bucket referer policy.",
            extra={"EC": "0003-00000503", "BucketName": bucket.name},
        )


def get_object(call: OssCall, bucket: Bucket) -> ObjectVersion:
    """The version the call names, when its caller may do the operation with it; never a delete marker.

    Errors: ApiError 404 NoSuchKey, NoSuchVersion; 405 MethodNotAllowed; 403 AccessDenied.
    """
    version_id = call.query.get("versionId") or None
    version = bucket.find_version(call.object_name, version_id)
    acl = version.attributes.acl if version else "default"
    check_bucket_access(call, bucket, acl)
    if version is None and version_id is not None:
        raise ApiError(404, "NoSuchVersion", "The specified version does not exist.", extra={"VersionId": version_id})
    if version is None or version.is_delete_marker:
        raise no_such_key(call.object_name, is_delete_marker=version is not None)
    return version


def no_such_key(object_name: str, *, is_delete_marker: bool = False) -> ApiError:
    """The 404 of an object; a delete marker is told in a header."""
    return ApiError(
        404,
        "NoSuchKey",
        "The specified key does not exist.",
        extra={"EC": "0026-00000001", "Key": object_name},
        headers={"x-oss-delete-marker": "true"} if is_delete_marker else None,
    )


def _wrong_endpoint(bucket: Bucket) -> ApiError:
    return ApiError(
        403,
        "AccessDenied",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        extra={
            "EC": "0003-00001403",
            "Bucket": bucket.name,
            "Endpoint": f"oss-{bucket.region_id}.aliyuncs.com",
        },
    )
