"""All versions of a bucket's objects, delete markers included, in pages."""

from collections.abc import Iterator
from typing import Any

from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.authorization import get_bucket
from deployer.emulator.services.oss.call import OssCall, xml_response
from deployer.emulator.services.oss.listing import object_summary
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import Bucket, ObjectVersion, OssState
from deployer.emulator.wire.oss_listing import Question, encoder, is_encoded, list_page
from deployer.emulator.wire.oss_xml import iso_time


class VersionListing:
    """ListObjectVersions."""

    def __init__(self, state: OssState) -> None:
        self._state = state

    @operation(
        "ListObjectVersions", source="https://www.alibabacloud.com/help/en/oss/developer-reference/listobjectversions"
    )
    def list_object_versions(self, call: OssCall) -> HttpResponse:
        """By name, the newest version of each first; `version-id-marker` counts only together with `key-marker`."""
        encode = encoder(call.query)
        key_marker, id_marker = call.query.get("key-marker", ""), call.query.get("version-id-marker", "")
        question = Question(
            prefix=call.query.get("prefix", ""),
            delimiter=call.query.get("delimiter", ""),
            marker="" if id_marker else key_marker,
            limit=call.number("max-keys", default=100, low=1, high=1000),
        )
        with call.lock:
            bucket = get_bucket(call, self._state)
            versions = list(_newest_first(bucket))
            newest = {name: found[-1] for name, found in bucket.versions.items()}
            owner_id = bucket.owner_id
        later = _behind(versions, key_marker, id_marker) if key_marker and id_marker else versions
        page = list_page(later, question)
        entries = [
            _entry(call, version, owner_id, is_latest=version is newest[version.object_name]) for version in page.items
        ]
        tree = {
            "Name": call.bucket_name,
            "EncodingType": is_encoded(call.query),
            "Prefix": encode(question.prefix),
            "KeyMarker": encode(key_marker),
            "VersionIdMarker": id_marker,
            "MaxKeys": question.limit,
            "Delimiter": encode(question.delimiter),
            "IsTruncated": page.is_truncated,
            "NextKeyMarker": encode(page.last) if page.is_truncated else None,
            "NextVersionIdMarker": page.items[-1].version_id if page.is_truncated and page.items else None,
            "Version": [entry for entry in entries if "ETag" in entry],
            "DeleteMarker": [entry for entry in entries if "ETag" not in entry],
            "CommonPrefixes": [{"Prefix": encode(prefix)} for prefix in page.common_prefixes],
        }
        return xml_response("ListVersionsResult", tree)


def _newest_first(bucket: Bucket) -> Iterator[ObjectVersion]:
    for name in sorted(bucket.versions, key=str.encode):
        yield from reversed(bucket.versions[name])


def _behind(versions: list[ObjectVersion], key_marker: str, id_marker: str) -> list[ObjectVersion]:
    """What stands behind that version; all of the later names when the version is gone."""
    for number, version in enumerate(versions):
        if (version.object_name, version.version_id) == (key_marker, id_marker):
            return versions[number + 1 :]
    return [version for version in versions if version.object_name.encode() > key_marker.encode()]


def _entry(call: OssCall, version: ObjectVersion, owner_id: str, *, is_latest: bool) -> dict[str, Any]:
    head = {"Key": encoder(call.query)(version.object_name), "VersionId": version.version_id, "IsLatest": is_latest}
    if version.is_delete_marker:
        owner = {"ID": owner_id, "DisplayName": owner_id}
        return {**head, "LastModified": iso_time(version.last_modified), "Owner": owner}
    return {**head, **object_summary(call, version, owner_id)}
