"""Objects read: whole, in part, or their headers alone."""

from urllib.parse import unquote_plus

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.attributes import METADATA_PREFIX
from deployer.emulator.services.oss.authorization import get_bucket, get_object
from deployer.emulator.services.oss.bodies import BodyStore
from deployer.emulator.services.oss.call import OssCall, http_time
from deployer.emulator.services.oss.conditions import check_conditions, read_range
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.restoring import check_is_readable, restore_headers
from deployer.emulator.services.oss.state import APPENDABLE, NULL_VERSION, SYMLINK, ObjectVersion, OssState

_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"
_OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-language": "Content-Language",
    "response-expires": "Expires",
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
}


class ObjectReading:
    """Operations that change nothing. The file is opened under the lock and streamed after it."""

    def __init__(self, state: OssState, bodies: BodyStore) -> None:
        self._state = state
        self._bodies = bodies

    @operation("GetObject", source=_PAGES + "getobject")
    def get_object(self, call: OssCall) -> HttpResponse:
        overrides = {name: call.query[name] for name in _OVERRIDES if call.query.get(name)}
        if overrides and call.key is None:
            raise ApiError(400, "InvalidRequest", "Response headers can be set by signed requests only.")
        with call.lock:
            version = self._readable_version(call)
            check_is_readable(version, call.now)
            assert version.body is not None
            check_conditions(call.request.headers, version)
            part = read_range(
                call.header("range"),
                version.size_bytes,
                is_standard=call.header("x-oss-range-behavior") == "standard",
            )
            start, length = (part.start, part.length) if part else (0, version.size_bytes)
            body = self._bodies.open(version.body, start, length)
            headers = object_headers(version) | restore_headers(version, call.now)
        headers.update({_OVERRIDES[name]: value for name, value in overrides.items()})
        headers["Accept-Ranges"] = "bytes"
        if part:
            headers["Content-Range"] = f"bytes {part.start}-{part.end}/{version.size_bytes}"
        return HttpResponse(status=206 if part else 200, headers=headers, body=body, content_length=length)

    @operation("HeadObject", source=_PAGES + "headobject")
    def head_object(self, call: OssCall) -> HttpResponse:
        with call.lock:
            version = self._readable_version(call)
            check_conditions(call.request.headers, version)
            headers = object_headers(version) | restore_headers(version, call.now)
        return HttpResponse(status=200, headers=headers, content_length=version.size_bytes)

    @operation("GetObjectMeta", source=_PAGES + "getobjectmeta")
    def get_object_meta(self, call: OssCall) -> HttpResponse:
        with call.lock:
            version = get_object(call, get_bucket(call, self._state))
            headers = identity_headers(version)
        return HttpResponse(status=200, headers=headers, content_length=version.size_bytes)

    def _readable_version(self, call: OssCall) -> ObjectVersion:
        """The version the call names, or the object it links to.

        Errors: those of `get_object`; ApiError 404 SymlinkTargetNotExist, 400 InvalidTargetType.
        """
        bucket = get_bucket(call, self._state)
        version = get_object(call, bucket)
        if version.object_type != SYMLINK:
            return version
        target = bucket.find_object(unquote_plus(version.link_target))
        if target is None:
            raise ApiError(404, "SymlinkTargetNotExist", "The symlink target object does not exist")
        if target.object_type == SYMLINK:
            raise ApiError(400, "InvalidTargetType", "The symbolic link points to another symbolic link.")
        return target


def object_headers(version: ObjectVersion) -> dict[str, str]:
    """The headers GetObject and HeadObject answer with."""
    attributes = version.attributes
    headers = {
        **identity_headers(version),
        **attributes.content_headers,
        **attributes.encryption,
        "x-oss-object-type": version.object_type,
        "x-oss-storage-class": attributes.storage_class,
    }
    if version.object_type == APPENDABLE:
        headers["x-oss-next-append-position"] = str(version.size_bytes)
    headers.update({METADATA_PREFIX + name: value for name, value in attributes.metadata.items()})
    if attributes.tags:
        headers["x-oss-tagging-count"] = str(len(attributes.tags))
    return headers


def identity_headers(version: ObjectVersion) -> dict[str, str]:
    """The headers that say which bytes these are."""
    assert version.body is not None
    headers = {
        "ETag": f'"{version.etag}"',
        "Last-Modified": http_time(version.last_modified),
        "x-oss-hash-crc64ecma": str(version.body.crc64),
    }
    if version.version_id != NULL_VERSION:
        headers["x-oss-version-id"] = version.version_id
    return headers
