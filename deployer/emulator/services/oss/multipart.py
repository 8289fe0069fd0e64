"""Multipart uploads: parts are files of their own until they are joined."""

import hashlib
import itertools
from collections.abc import Sequence

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.ids import Ids
from deployer.emulator.services.oss.attributes import read_attributes, read_object_acl, with_acl
from deployer.emulator.services.oss.authorization import check_ram_action, get_bucket
from deployer.emulator.services.oss.bodies import BodyStore, StoredBody
from deployer.emulator.services.oss.call import OssCall, empty_response, invalid_argument, xml_response
from deployer.emulator.services.oss.conditions import read_range
from deployer.emulator.services.oss.copy_source import get_copy_source
from deployer.emulator.services.oss.object_writing import (
    ObjectWriting,
    check_may_write,
    new_version,
    receive_body,
    written_headers,
)
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import Bucket, OssState, Part, Upload
from deployer.emulator.wire.oss_listing import encoder, is_encoded
from deployer.emulator.wire.oss_xml import iso_time

_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"
_MOST_PARTS = 10_000
_SMALLEST_PART_BYTES = 100 * 1024


class MultipartUploads:
    """From InitiateMultipartUpload to an object, or to nothing."""

    def __init__(self, state: OssState, bodies: BodyStore, ids: Ids, objects: ObjectWriting) -> None:
        self._state = state
        self._bodies = bodies
        self._ids = ids
        self._objects = objects

    @operation("InitiateMultipartUpload", source=_PAGES + "initiatemultipartupload")
    def initiate(self, call: OssCall) -> HttpResponse:
        encode = encoder(call.query)
        with call.lock:
            bucket = get_bucket(call, self._state)
            check_may_write(call, bucket)
            upload = Upload(
                upload_id=self._ids.hexadecimal(32).upper(),
                object_name=call.object_name,
                initiated_at=call.now,
                attributes=read_attributes(call, bucket),
            )
            bucket.uploads[upload.upload_id] = upload
        tree = {
            "EncodingType": is_encoded(call.query),
            "Bucket": call.bucket_name,
            "Key": encode(call.object_name),
            "UploadId": upload.upload_id,
        }
        return xml_response("InitiateMultipartUploadResult", tree)

    @operation("UploadPart", source=_PAGES + "uploadpart")
    def upload_part(self, call: OssCall) -> HttpResponse:
        """A part with a number that was there before replaces it."""
        number = _part_number(call)
        with call.lock:
            _get_upload(call, get_bucket(call, self._state))
        part = self._keep(call, number, receive_body(call, self._bodies))
        return empty_response(headers={"ETag": f'"{part.etag}"', "x-oss-hash-crc64ecma": str(part.body.crc64)})

    @operation("UploadPartCopy", source=_PAGES + "uploadpartcopy")
    def upload_part_copy(self, call: OssCall) -> HttpResponse:
        """A part made of another object's bytes, all of them or those of `x-oss-copy-source-range`."""
        check_ram_action(call, "oss:PutObject")
        number = _part_number(call)
        with call.lock:
            _get_upload(call, get_bucket(call, self._state))
            source = get_copy_source(call, self._state)
            assert source.body is not None
            asked = read_range(call.header("x-oss-copy-source-range"), source.size_bytes, is_standard=True)
            start, length = (asked.start, asked.length) if asked else (0, source.size_bytes)
            body = self._bodies.copy_part(source.body, start, length)
        part = self._keep(call, number, body)
        tree = {"LastModified": iso_time(part.last_modified), "ETag": f'"{part.etag}"'}
        response = xml_response("CopyPartResult", tree)
        response.headers["ETag"] = f'"{part.etag}"'
        return response

    def _keep(self, call: OssCall, number: int, body: StoredBody) -> Part:
        """The part, in place of one with its number; its body is removed when the upload is gone meanwhile."""
        part = Part(number=number, etag=body.md5.hex().upper(), last_modified=call.now, body=body)
        try:
            with call.lock:
                upload = _get_upload(call, get_bucket(call, self._state))
                replaced = upload.parts.get(number)
                upload.parts[number] = part
        except ApiError:
            self._bodies.remove(body)
            raise
        self._bodies.remove(replaced.body if replaced else None)
        return part

    @operation("CompleteMultipartUpload", source=_PAGES + "completemultipartupload")
    def complete(self, call: OssCall) -> HttpResponse:
        """The object is there; its ETag is made of the parts' and is no MD5 of its bytes."""
        takes_all = (call.header("x-oss-complete-all") or "").lower() == "yes"
        wanted = None if takes_all else _read_part_list(call)
        with call.lock:
            bucket = get_bucket(call, self._state)
            upload = _get_upload(call, bucket)
            check_may_write(call, bucket)
            parts = _choose_parts(upload, wanted)
            attributes = upload.attributes
            if call.header("x-oss-object-acl"):
                attributes = with_acl(attributes, read_object_acl(call, bucket))
        try:
            body = self._bodies.join(part.body for part in parts)
        except FileNotFoundError:  # aborted, completed or written again meanwhile
            raise _no_such_upload(call) from None
        version = new_version(call, body, attributes)
        version.object_type = "Multipart"
        version.etag = _multipart_etag(parts)
        with call.lock:
            try:
                upload = _get_upload(call, get_bucket(call, self._state))
            except ApiError:
                self._bodies.remove(version.body)
                raise
            self._objects.store(call, version)
            self._discard(bucket, upload)
        encode = encoder(call.query)
        tree = {
            "EncodingType": is_encoded(call.query),
            "Location": f"http://{call.request.headers.get('host', '')}/{encode(call.object_name)}",
            "Bucket": call.bucket_name,
            "Key": encode(call.object_name),
            "ETag": f'"{version.etag}"',
        }
        response = xml_response("CompleteMultipartUploadResult", tree)
        response.headers.update(written_headers(version))
        return response

    @operation("AbortMultipartUpload", source=_PAGES + "abortmultipartupload")
    def abort(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            self._discard(bucket, _get_upload(call, bucket))
        return empty_response(204)

    def _discard(self, bucket: Bucket, upload: Upload) -> None:
        del bucket.uploads[upload.upload_id]
        for part in upload.parts.values():
            self._bodies.remove(part.body)

    @operation("ListParts", source=_PAGES + "listparts")
    def list_parts(self, call: OssCall) -> HttpResponse:
        """NextPartNumberMarker is always there: resumable uploads of older clients read it without a look."""
        limit = call.number("max-parts", default=1000, low=1, high=1000)
        marker = call.number("part-number-marker", default=0, low=0, high=_MOST_PARTS)
        with call.lock:
            bucket = get_bucket(call, self._state)
            upload = _get_upload(call, bucket)
            parts = [part for number, part in sorted(upload.parts.items()) if number > marker]
        page = parts[:limit]
        tree = {
            "EncodingType": is_encoded(call.query),
            "Bucket": call.bucket_name,
            "Key": encoder(call.query)(call.object_name),
            "UploadId": upload.upload_id,
            "StorageClass": upload.attributes.storage_class,
            "PartNumberMarker": marker,
            "NextPartNumberMarker": page[-1].number if page else marker,
            "MaxParts": limit,
            "IsTruncated": len(parts) > limit,
            "Part": [
                {
                    "PartNumber": part.number,
                    "LastModified": iso_time(part.last_modified),
                    "ETag": f'"{part.etag}"',
                    "HashCrc64ecma": part.body.crc64,
                    "Size": part.body.size_bytes,
                }
                for part in page
            ],
        }
        return xml_response("ListPartsResult", tree)


def _part_number(call: OssCall) -> int:
    number = call.number("partNumber", default=0, low=1, high=_MOST_PARTS)
    if number == 0:
        raise invalid_argument("partNumber", "", f"must be between 1 and {_MOST_PARTS}")
    return number


def _get_upload(call: OssCall, bucket: Bucket) -> Upload:
    upload = bucket.uploads.get(call.query.get("uploadId", ""))
    if upload is None or upload.object_name != call.object_name:
        raise _no_such_upload(call)
    return upload


def _no_such_upload(call: OssCall) -> ApiError:
    return ApiError(
        404,
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed.",
        extra={"UploadId": call.query.get("uploadId", "")},
    )


def _read_part_list(call: OssCall) -> list[tuple[int, str]]:
    found = []
    for entry in call.read_xml().get("Part", []):
        number = entry.get("PartNumber", "")
        if not (number.isascii() and number.isdigit()):
            raise invalid_argument("PartNumber", number, "must be a whole number")
        found.append((int(number), entry.get("ETag", "").strip('"').upper()))
    if not found:
        raise ApiError(400, "MalformedXML", "The list of parts is empty.")
    return found


def _choose_parts(upload: Upload, wanted: Sequence[tuple[int, str]] | None) -> list[Part]:
    """The parts the object is made of; all of them when none are named.

    Errors: ApiError 400 InvalidPartOrder, InvalidPart, EntityTooSmall.
    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload
    """
    if wanted is None:
        wanted = [(number, part.etag) for number, part in sorted(upload.parts.items())]
    numbers = [number for number, _ in wanted]
    if any(later <= earlier for earlier, later in itertools.pairwise(numbers)):
        raise ApiError(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
    chosen = []
    for number, etag in wanted:
        part = upload.parts.get(number)
        if part is None or part.etag != etag:
            raise ApiError(
                400,
                "InvalidPart",
                "One or more of the specified parts could not be found or the specified entity tag might not have "
                "matched the part's entity tag.",
                extra={"PartNumber": str(number), "UploadId": upload.upload_id},
            )
        chosen.append(part)
    if not chosen:
        raise ApiError(400, "InvalidPart", "The upload has no parts.")
    for part in chosen[:-1]:
        if part.body.size_bytes < _SMALLEST_PART_BYTES:
            raise ApiError(
                400,
                "EntityTooSmall",
                "Your proposed upload smaller than the minimum allowed size.",
                extra={"PartNumber": str(part.number), "MinSizeAllowed": str(_SMALLEST_PART_BYTES)},
            )
    return chosen


def _multipart_etag(parts: Sequence[Part]) -> str:
    """`<MD5 over the parts' MD5s>-<number of parts>`."""
    digest = hashlib.md5(b"".join(part.body.md5 for part in parts), usedforsecurity=False)
    return f"{digest.hexdigest().upper()}-{len(parts)}"
