"""The object that a copy is made from."""

from urllib.parse import parse_qsl, unquote_plus

from deployer.emulator.actions import ApiError
from deployer.emulator.services.oss.authorization import (
    check_bucket_access,
    check_ram_action,
    find_bucket,
    no_such_key,
)
from deployer.emulator.services.oss.call import OssCall
from deployer.emulator.services.oss.conditions import check_conditions
from deployer.emulator.services.oss.restoring import check_is_readable
from deployer.emulator.services.oss.state import ObjectVersion, OssState


def get_copy_source(call: OssCall, state: OssState) -> ObjectVersion:
    """The version that `x-oss-copy-source` names, when the caller may read it and its conditions hold.

    Errors: ApiError 400 InvalidArgument; 403 AccessDenied, InvalidObjectState; 404 NoSuchBucket, NoSuchKey;
    412 PreconditionFailed, 304 NotModified.
    """
    path, _, query = (call.header("x-oss-copy-source") or "").partition("?")
    bucket_name, _, object_name = unquote_plus(path).removeprefix("/").partition("/")
    if not bucket_name or not object_name:
        raise ApiError(400, "InvalidArgument", "Copy Source must mention the source bucket and key: /bucket/key.")
    check_ram_action(call, "oss:GetObject", f"{bucket_name}/{object_name}")
    bucket = find_bucket(state, bucket_name)
    check_bucket_access(call, bucket)
    if bucket.region_id != call.region_id:
        raise ApiError(403, "AccessDenied", "Target object does not reside in the same data center as source.")
    version = bucket.find_version(object_name, dict(parse_qsl(query)).get("versionId"))
    if version is None or version.is_delete_marker:
        raise no_such_key(object_name)
    check_is_readable(version, call.now)
    check_conditions(call.request.headers, version, "x-oss-copy-source-")
    return version
