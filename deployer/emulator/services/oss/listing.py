"""Objects and unfinished uploads of a bucket, listed in pages."""

from typing import Any

from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.authorization import get_bucket
from deployer.emulator.services.oss.call import OssCall, xml_response
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import ObjectVersion, OssState
from deployer.emulator.wire.oss_listing import Question, encoder, is_encoded, list_page, make_token, read_token
from deployer.emulator.wire.oss_xml import iso_time

_PAGES = "https://www.alibabacloud.com/help/en/oss/developer-reference/"


class Listing:
    """Operations that list what a bucket holds."""

    def __init__(self, state: OssState) -> None:
        self._state = state

    @operation("ListObjects", source=_PAGES + "listobjects")
    def list_objects(self, call: OssCall) -> HttpResponse:
        encode = encoder(call.query)
        question = _question(call, marker=call.query.get("marker", ""))
        with call.lock:
            bucket = get_bucket(call, self._state)
            page = list_page(bucket.list_objects(), question)
            owner_id = bucket.owner_id
        tree = {
            "Name": call.bucket_name,
            "EncodingType": is_encoded(call.query),
            "Prefix": encode(question.prefix),
            "Marker": encode(question.marker),
            "MaxKeys": question.limit,
            "Delimiter": encode(question.delimiter),
            "IsTruncated": page.is_truncated,
            "NextMarker": encode(page.last) or None,
            "Contents": [object_summary(call, version, owner_id) for version in page.items],
            "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.common_prefixes],
        }
        return xml_response("ListBucketResult", tree)

    @operation("ListObjectsV2", source=_PAGES + "listobjectsv2")
    def list_objects_v2(self, call: OssCall) -> HttpResponse:
        encode = encoder(call.query)
        token, start_after = call.query.get("continuation-token"), call.query.get("start-after", "")
        question = _question(call, marker=read_token(token) if token else start_after)
        with call.lock:
            bucket = get_bucket(call, self._state)
            page = list_page(bucket.list_objects(), question)
            owner_id = bucket.owner_id if call.query.get("fetch-owner") == "true" else None
        tree = {
            "Name": call.bucket_name,
            "EncodingType": is_encoded(call.query),
            "Prefix": encode(question.prefix),
            "StartAfter": encode(start_after) or None,
            "ContinuationToken": encode(token) if token else None,
            "MaxKeys": question.limit,
            "Delimiter": encode(question.delimiter),
            "IsTruncated": page.is_truncated,
            "NextContinuationToken": encode(make_token(page.last)) if page.is_truncated else None,
            "KeyCount": len(page.items) + len(page.common_prefixes),
            "Contents": [object_summary(call, version, owner_id) for version in page.items],
            "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.common_prefixes],
        }
        return xml_response("ListBucketResult", tree)

    @operation("ListMultipartUploads", source=_PAGES + "listmultipartuploads")
    def list_multipart_uploads(self, call: OssCall) -> HttpResponse:
        """By object name, then by upload id; `upload-id-marker` counts only together with `key-marker`."""
        encode = encoder(call.query)
        key_marker, id_marker = call.query.get("key-marker", ""), call.query.get("upload-id-marker", "")
        limit = call.number("max-uploads", default=1000, low=1, high=1000)
        prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")
        with call.lock:
            uploads = sorted(
                get_bucket(call, self._state).uploads.values(),
                key=lambda upload: (upload.object_name.encode(), upload.upload_id),
            )
        if id_marker and key_marker:
            later = (u for u in uploads if (u.object_name.encode(), u.upload_id) > (key_marker.encode(), id_marker))
            page = list_page(later, Question(prefix=prefix, delimiter=delimiter, marker="", limit=limit))
        else:
            page = list_page(uploads, Question(prefix=prefix, delimiter=delimiter, marker=key_marker, limit=limit))
        tree = {
            "EncodingType": is_encoded(call.query),
            "Bucket": call.bucket_name,
            "KeyMarker": encode(key_marker),
            "UploadIdMarker": id_marker,
            "NextKeyMarker": encode(page.last) if page.is_truncated else "",  # oss2 reads both from every answer
            "NextUploadIdMarker": page.items[-1].upload_id if page.is_truncated and page.items else "",
            "Delimiter": encode(delimiter),
            "Prefix": encode(prefix),
            "MaxUploads": limit,
            "IsTruncated": page.is_truncated,
            "Upload": [
                {"Key": encode(u.object_name), "UploadId": u.upload_id, "Initiated": iso_time(u.initiated_at)}
                for u in page.items
            ],
            "CommonPrefixes": [{"Prefix": encode(folded)} for folded in page.common_prefixes],
        }
        return xml_response("ListMultipartUploadsResult", tree)


def _question(call: OssCall, *, marker: str) -> Question:
    return Question(
        prefix=call.query.get("prefix", ""),
        delimiter=call.query.get("delimiter", ""),
        marker=marker,
        limit=call.number("max-keys", default=100, low=1, high=1000),
    )


def object_summary(call: OssCall, version: ObjectVersion, owner_id: str | None) -> dict[str, Any]:
    """The `Contents` of one object in a list."""
    return {
        "Key": encoder(call.query)(version.object_name),
        "LastModified": iso_time(version.last_modified),
        "ETag": f'"{version.etag}"',
        "Type": version.object_type,
        "Size": version.size_bytes,
        "StorageClass": version.attributes.storage_class,
        "Owner": {"ID": owner_id, "DisplayName": owner_id} if owner_id else None,
    }
