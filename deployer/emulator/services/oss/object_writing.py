"""Objects made, copied, deleted; their ACLs and tags."""

import base64
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.ids import Ids
from deployer.emulator.services.oss.attributes import read_attributes, read_object_acl, with_acl
from deployer.emulator.services.oss.authorization import check_ram_action, get_bucket, get_object
from deployer.emulator.services.oss.bodies import BodyStore, StoredBody
from deployer.emulator.services.oss.call import OssCall, check_digest, empty_response, xml_response
from deployer.emulator.services.oss.copy_source import get_copy_source
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import NULL_VERSION, Bucket, ObjectAttributes, ObjectVersion, OssState
from deployer.emulator.services.oss.tagging import OBJECT_TAGS, read_tag_set, tag_set
from deployer.emulator.wire.oss_xml import iso_time

_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"
_LARGEST_PUT_BYTES = 5 * 1024**3
_MOST_DELETED_AT_ONCE = 1000


class ObjectWriting:
    """Operations that change objects, multipart uploads aside."""

    def __init__(self, state: OssState, bodies: BodyStore, ids: Ids) -> None:
        self._state = state
        self._bodies = bodies
        self._ids = ids

    @operation("PutObject", source=_PAGES + "putobject")
    def put_object(self, call: OssCall) -> HttpResponse:
        """The body is written outside the lock; rights and x-oss-forbid-overwrite are judged before and after."""
        if call.header("x-oss-tagging"):
            check_ram_action(call, "oss:PutObjectTagging")
        with call.lock:
            bucket = get_bucket(call, self._state)
            check_may_write(call, bucket)
            attributes = read_attributes(call, bucket)
        body = receive_body(call, self._bodies)
        version = self.store(call, new_version(call, body, attributes))
        headers = written_headers(version) | {"Content-MD5": base64.b64encode(body.md5).decode()}
        return empty_response(headers=headers)

    def store(self, call: OssCall, version: ObjectVersion) -> ObjectVersion:
        """The new current version, after a last look at the bucket; its body is removed when it is refused."""
        try:
            with call.lock:
                bucket = get_bucket(call, self._state)
                check_may_write(call, bucket)
                version.version_id = self._new_version_id(bucket)
                for replaced in bucket.put_version(version):
                    self._bodies.remove(replaced.body)
        except ApiError:
            self._bodies.remove(version.body)
            raise
        return version

    def _new_version_id(self, bucket: Bucket) -> str:
        return f"CAEQ{self._ids.alphanumeric(60)}" if bucket.versioning == "Enabled" else NULL_VERSION

    @operation("CopyObject", source=_PAGES + "copyobject")
    def copy_object(self, call: OssCall) -> HttpResponse:
        """Within one region. Metadata and tags come along unless their directives say REPLACE."""
        check_ram_action(call, "oss:PutObject")
        with call.lock:
            bucket = get_bucket(call, self._state)
            check_may_write(call, bucket)
            source = get_copy_source(call, self._state)
            attributes = _copied_attributes(call, source, read_attributes(call, bucket))
            assert source.body is not None
            body = self._bodies.copy(source.body)
        version = self.store(call, new_version(call, body, attributes))
        response = xml_response(
            "CopyObjectResult", {"LastModified": iso_time(version.last_modified), "ETag": f'"{version.etag}"'}
        )
        response.headers.update(written_headers(version))
        return response

    @operation("DeleteObject", source=_PAGES + "deleteobject")
    def delete_object(self, call: OssCall) -> HttpResponse:
        """204 whether there was such an object or not."""
        with call.lock:
            bucket = get_bucket(call, self._state)
            deleted = self._delete(call, bucket, call.object_name, call.query.get("versionId") or None)
        headers = {"x-oss-version-id": deleted.version_id} if deleted and deleted.version_id != NULL_VERSION else {}
        if deleted and deleted.is_delete_marker:
            headers["x-oss-delete-marker"] = "true"
        return empty_response(204, headers)

    @operation("DeleteMultipleObjects", source=_PAGES + "deletemultipleobjects")
    def delete_multiple_objects(self, call: OssCall) -> HttpResponse:
        """Up to 1,000 at once. Names in the answer are URL-encoded only when that was asked for."""
        if not call.header("content-md5"):
            raise ApiError(400, "InvalidRequest", "Missing Some Required Arguments: Content-MD5.")
        wanted = call.read_xml()
        entries = wanted.get("Object", [])
        if not 0 < len(entries) <= _MOST_DELETED_AT_ONCE or any(not entry.get("Key") for entry in entries):
            raise ApiError(400, "MalformedXML", "Delete names between 1 and 1000 objects by their keys.")
        for entry in entries:
            check_ram_action(call, "oss:DeleteObject", f"{call.bucket_name}/{entry['Key']}")
        encodes = call.query.get("encoding-type") == "url"
        found: list[dict[str, Any]] = []
        with call.lock:
            bucket = get_bucket(call, self._state)
            for entry in entries:
                deleted = self._delete(call, bucket, entry["Key"], entry.get("VersionId") or None)
                is_marker = bool(deleted and deleted.is_delete_marker)
                found.append(
                    {
                        "Key": quote(entry["Key"], safe="") if encodes else entry["Key"],
                        "VersionId": entry.get("VersionId") or None,
                        "DeleteMarker": is_marker or None,
                        "DeleteMarkerVersionId": deleted.version_id if deleted and is_marker else None,
                    }
                )
        if wanted.get("Quiet", "").lower() == "true":
            return empty_response()
        return xml_response("DeleteResult", {"EncodingType": "url" if encodes else None, "Deleted": found})

    def _delete(self, call: OssCall, bucket: Bucket, object_name: str, version_id: str | None) -> ObjectVersion | None:
        """What went, or the delete marker that was put on top; None when there was nothing to delete."""
        if version_id is not None or not bucket.keeps_versions:
            version = bucket.find_version(object_name, version_id)
            if version is not None:
                bucket.remove_version(version)
                self._bodies.remove(version.body)
            return version
        marker = ObjectVersion(
            object_name=object_name, version_id=self._new_version_id(bucket), last_modified=call.now, body=None
        )
        for replaced in bucket.put_version(marker):
            self._bodies.remove(replaced.body)
        return marker

    @operation("PutObjectAcl", source=_PAGES + "putobjectacl")
    def put_object_acl(self, call: OssCall) -> HttpResponse:
        if not call.header("x-oss-object-acl"):
            raise ApiError(400, "InvalidArgument", "x-oss-object-acl is required.", extra={"EC": "0017-00000105"})
        with call.lock:
            bucket = get_bucket(call, self._state)
            version = get_object(call, bucket)
            version.attributes = with_acl(version.attributes, read_object_acl(call, bucket))
        return empty_response()

    @operation("GetObjectAcl", source=_PAGES + "getobjectacl")
    def get_object_acl(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            acl = get_object(call, bucket).attributes.acl
        owner = {"ID": bucket.owner_id, "DisplayName": bucket.owner_id}
        return xml_response("AccessControlPolicy", {"Owner": owner, "AccessControlList": {"Grant": acl}})

    @operation("PutObjectTagging", source=_PAGES + "putobjecttagging")
    def put_object_tagging(self, call: OssCall) -> HttpResponse:
        tags = read_tag_set(call.read_xml(), OBJECT_TAGS)
        with call.lock:
            version = get_object(call, get_bucket(call, self._state))
            version.attributes = replace(version.attributes, tags=tags)
        return empty_response()

    @operation("GetObjectTagging", source=_PAGES + "getobjecttagging")
    def get_object_tagging(self, call: OssCall) -> HttpResponse:
        with call.lock:
            tags = get_object(call, get_bucket(call, self._state)).attributes.tags
        return xml_response("Tagging", tag_set(tags))

    @operation("DeleteObjectTagging", source=_PAGES + "deleteobjecttagging")
    def delete_object_tagging(self, call: OssCall) -> HttpResponse:
        with call.lock:
            version = get_object(call, get_bucket(call, self._state))
            version.attributes = replace(version.attributes, tags={})
        return empty_response(204)


def new_version(call: OssCall, body: StoredBody, attributes: ObjectAttributes) -> ObjectVersion:
    """A version as PutObject makes it: its ETag is the MD5 of its bytes. The version id is given when it is stored."""
    return ObjectVersion(
        object_name=call.object_name,
        version_id="",
        last_modified=call.now,
        body=body,
        etag=body.md5.hex().upper(),
        attributes=attributes,
    )


def _copied_attributes(call: OssCall, source: ObjectVersion, asked: ObjectAttributes) -> ObjectAttributes:
    kept = source.attributes
    if (call.header("x-oss-metadata-directive") or "COPY").upper() == "COPY":
        asked = replace(asked, content_headers=kept.content_headers, metadata=kept.metadata)
    if (call.header("x-oss-tagging-directive") or "COPY").upper() == "COPY":
        asked = replace(asked, tags=kept.tags)
    return asked


def check_may_write(call: OssCall, bucket: Bucket) -> None:
    """Errors: ApiError 409 FileAlreadyExists under x-oss-forbid-overwrite, which versioning makes ineffective.

    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putobject
    """
    forbids = (call.header("x-oss-forbid-overwrite") or "").lower() == "true"
    if forbids and not bucket.keeps_versions and bucket.find_object(call.object_name):
        raise ApiError(
            409,
            "FileAlreadyExists",
            "The object you specified already exists and can not be overwritten.",
            extra={"EC": "0026-00000011", "Key": call.object_name},
        )


def receive_body(call: OssCall, bodies: BodyStore) -> StoredBody:
    """The request's body, stored and checked against Content-MD5.

    Errors: ApiError 411 MissingContentLength; 400 EntityTooLarge, InvalidDigest, RequestTimeout.
    """
    length = call.request.content_length
    if length is None and "chunked" not in call.request.headers.get("transfer-encoding", "").lower():
        raise ApiError(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if length is not None and length > _LARGEST_PUT_BYTES:
        raise ApiError(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
    body = bodies.receive(call.request.body, length)
    try:
        check_digest(call.header("content-md5"), body.md5)
    except ApiError:
        bodies.remove(body)
        raise
    return body


def written_headers(version: ObjectVersion) -> dict[str, str]:
    """The headers that tell what was stored."""
    assert version.body is not None
    headers = {
        "ETag": f'"{version.etag}"',
        "x-oss-hash-crc64ecma": str(version.body.crc64),
        **version.attributes.encryption,
    }
    if version.version_id != NULL_VERSION:
        headers["x-oss-version-id"] = version.version_id
    return headers
