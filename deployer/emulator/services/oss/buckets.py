"""Buckets themselves: made, found, described and deleted."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse
from deployer.emulator.services.oss.authorization import get_bucket
from deployer.emulator.services.oss.call import OssCall, empty_response, invalid_argument, xml_response
from deployer.emulator.services.oss.operations import operation
from deployer.emulator.services.oss.state import Bucket, OssState
from deployer.emulator.services.oss.tagging import BUCKET_TAGS, read_tag_header
from deployer.emulator.services.regions import REGIONS
from deployer.emulator.wire.oss_xml import iso_time

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BUCKETS_PER_REGION = 100  # https://www.alibabacloud.com/help/en/oss/user-guide/limits
_ACLS = ("private", "public-read", "public-read-write")
_STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")


class Buckets:
    """Operations on the service and on buckets, their settings aside."""

    def __init__(self, state: OssState) -> None:
        self._state = state

    @operation("ListBuckets", source="https://www.alibabacloud.com/help/en/oss/developer-reference/listbuckets")
    def list_buckets(self, call: OssCall) -> HttpResponse:
        """The caller's buckets of all regions, by name; `tag-key` and `tag-value` filter."""
        limit = call.number("max-keys", default=100, low=1, high=1000)
        prefix, marker = call.query.get("prefix", ""), call.query.get("marker", "")
        with call.lock:
            found = [
                _summary(bucket)
                for name, bucket in sorted(self._state.buckets.items())
                if bucket.owner_id == call.account_id
                and name.startswith(prefix)
                and name > marker
                and _has_tag(bucket, call.query)
                and call.header("x-oss-resource-group-id") in {None, bucket.resource_group_id}
            ]
        page, is_truncated = found[:limit], len(found) > limit
        tree = {
            "Prefix": prefix or None,
            "Marker": marker or None,
            "MaxKeys": limit,
            "IsTruncated": is_truncated,
            "NextMarker": page[-1]["Name"] if is_truncated else None,
            "Owner": _owner(call.account_id or ""),
            "Buckets": {"Bucket": page},
        }
        return xml_response("ListAllMyBucketsResult", tree)

    @operation("DescribeRegions", source="https://www.alibabacloud.com/help/en/oss/developer-reference/describeregions")
    def describe_regions(self, call: OssCall) -> HttpResponse:
        """The endpoints of the region `regions` names, or of all. Errors: ApiError 404 NoSuchRegion."""
        wanted = call.query.get("regions", "")
        found = [region_id for region_id in REGIONS if wanted in {"", f"oss-{region_id}"}]
        if not found:
            raise ApiError(404, "NoSuchRegion", wanted)
        return xml_response("RegionInfoList", {"RegionInfo": [_endpoints(region_id) for region_id in found]})

    @operation("PutBucket", source="https://www.alibabacloud.com/help/en/oss/developer-reference/putbucket")
    def put_bucket(self, call: OssCall) -> HttpResponse:
        """The bucket exists and is the caller's; an own one that was there takes over the ACL that was sent.

        Names are shared by all accounts.
        """
        if not _BUCKET_NAME.fullmatch(call.bucket_name):
            raise ApiError(
                400,
                "InvalidBucketName",
                "The specified bucket is not valid.",
                extra={"BucketName": call.bucket_name},
            )
        acl = call.header("x-oss-acl")
        configuration = _read_configuration(call)
        with call.lock:
            bucket = self._state.buckets.get(call.bucket_name)
            if bucket is not None:
                is_own = (bucket.owner_id, bucket.region_id) == (call.account_id, call.region_id)
                if not (is_own and call.assumptions.oss_own_bucket_can_be_put_again):
                    raise _already_exists(call.bucket_name)
                set_bucket_acl(bucket, acl or bucket.acl)
            else:
                bucket = self._new_bucket(call, configuration)
                set_bucket_acl(bucket, acl or "private")
                self._state.buckets[bucket.name] = bucket
        return empty_response(headers={"Location": f"/{call.bucket_name}"})

    def _new_bucket(self, call: OssCall, configuration: Mapping[str, str]) -> Bucket:
        assert call.account_id is not None
        mine = [
            bucket
            for bucket in self._state.buckets.values()
            if (bucket.owner_id, bucket.region_id) == (call.account_id, call.region_id)
        ]
        if len(mine) >= _BUCKETS_PER_REGION:
            raise ApiError(400, "TooManyBuckets", "You have attempted to create more buckets than allowed.")
        tags = read_tag_header(call.header("x-oss-bucket-tagging"), BUCKET_TAGS)
        return Bucket(
            name=call.bucket_name,
            owner_id=call.account_id,
            region_id=call.region_id,
            created_at=call.now,
            storage_class=configuration.get("StorageClass", "Standard"),
            redundancy=configuration.get("DataRedundancyType", "LRS"),
            resource_group_id=call.header("x-oss-resource-group-id") or "rg-default",
            tags=tags,
        )

    @operation("DeleteBucket", source="https://www.alibabacloud.com/help/en/oss/developer-reference/deletebucket")
    def delete_bucket(self, call: OssCall) -> HttpResponse:
        """Only an empty bucket goes: no objects, no versions, no unfinished uploads."""
        with call.lock:
            bucket = get_bucket(call, self._state)
            if not bucket.is_empty:
                raise ApiError(
                    409,
                    "BucketNotEmpty",
                    "The bucket has objects. Please delete them first.",
                    extra={"EC": "0015-00000301", "BucketName": bucket.name},
                )
            del self._state.buckets[bucket.name]
        return empty_response(204)

    @operation("GetBucketInfo", source="https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketinfo")
    def get_bucket_info(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            return xml_response("BucketInfo", {"Bucket": _details(bucket)})

    @operation(
        "GetBucketLocation", source="https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketlocation"
    )
    def get_bucket_location(self, call: OssCall) -> HttpResponse:
        with call.lock:
            return xml_response("LocationConstraint", f"oss-{get_bucket(call, self._state).region_id}")

    @operation("GetBucketStat", source="https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketstat")
    def get_bucket_stat(self, call: OssCall) -> HttpResponse:
        """Counted at once; the cloud's figures lag by an hour or more."""
        with call.lock:
            bucket = get_bucket(call, self._state)
            versions = [version for of_one in bucket.versions.values() for version in of_one]
            bodies = [version for version in versions if not version.is_delete_marker]
            standard = [version for version in bodies if version.attributes.storage_class == "Standard"]
            tree = {
                "Storage": sum(version.size_bytes for version in bodies),
                "ObjectCount": len(bodies),
                "MultipartUploadCount": len(bucket.uploads),
                "LiveChannelCount": 0,
                "LastModifiedTime": int(call.now.timestamp()),
                "StandardStorage": sum(version.size_bytes for version in standard),
                "StandardObjectCount": len(standard),
                "DeleteMarkerCount": len(versions) - len(bodies),
            }
        return xml_response("BucketStat", tree)

    @operation("PutBucketAcl", source="https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketacl")
    def put_bucket_acl(self, call: OssCall) -> HttpResponse:
        with call.lock:
            set_bucket_acl(get_bucket(call, self._state), call.header("x-oss-acl") or "")
        return empty_response()

    @operation("GetBucketAcl", source="https://www.alibabacloud.com/help/en/oss/developer-reference/getbucketacl")
    def get_bucket_acl(self, call: OssCall) -> HttpResponse:
        with call.lock:
            bucket = get_bucket(call, self._state)
            tree = {"Owner": _owner(bucket.owner_id), "AccessControlList": {"Grant": bucket.acl}}
        return xml_response("AccessControlPolicy", tree)


def set_bucket_acl(bucket: Bucket, acl: str) -> None:
    """Errors: ApiError 400 InvalidArgument, 403 AccessDenied while Block Public Access is on."""
    if acl not in _ACLS:
        raise invalid_argument("x-oss-acl", acl, f"must be one of {', '.join(_ACLS)}")
    if acl != "private" and bucket.blocks_public_access:
        raise ApiError(403, "AccessDenied", "Put public bucket acl is not allowed.", extra={"BucketName": bucket.name})
    bucket.acl = acl


def _read_configuration(call: OssCall) -> dict[str, str]:
    has_body = call.request.content_length != 0 and "content-length" in call.request.headers
    configuration: dict[str, str] = call.read_xml() if has_body else {}
    storage_class = configuration.get("StorageClass", "Standard")
    if storage_class not in _STORAGE_CLASSES:
        raise invalid_argument("StorageClass", storage_class, f"must be one of {', '.join(_STORAGE_CLASSES)}")
    redundancy = configuration.get("DataRedundancyType", "LRS")
    if redundancy not in {"LRS", "ZRS"}:
        raise invalid_argument("DataRedundancyType", redundancy, "must be LRS or ZRS")
    return configuration


def _already_exists(bucket_name: str) -> ApiError:
    return ApiError(
        409,
        "BucketAlreadyExists",
        "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
        "Please select a different name and try again.",
        extra={"EC": "0015-00000104", "BucketName": bucket_name},
    )


def _has_tag(bucket: Bucket, query: Mapping[str, str]) -> bool:
    """True when the bucket has the tag asked for: `tag-key` with or without `tag-value`, or `tagging` as JSON-free text."""
    wanted = dict(parse_qsl(query.get("tagging", ""), keep_blank_values=True))
    if any(bucket.tags.get(key) != value for key, value in wanted.items()):
        return False
    key = query.get("tag-key")
    if not key:
        return True
    return key in bucket.tags and query.get("tag-value", bucket.tags[key]) == bucket.tags[key]


def _endpoints(region_id: str) -> dict[str, str]:
    return {
        "Region": f"oss-{region_id}",
        "InternetEndpoint": f"oss-{region_id}.aliyuncs.com",
        "InternalEndpoint": f"oss-{region_id}-internal.aliyuncs.com",
        "AccelerateEndpoint": "oss-accelerate.aliyuncs.com",
    }


def _owner(account_id: str) -> dict[str, str]:
    return {"ID": account_id, "DisplayName": account_id}


def _summary(bucket: Bucket) -> dict[str, Any]:
    return {
        "Name": bucket.name,
        "Location": f"oss-{bucket.region_id}",
        "CreationDate": iso_time(bucket.created_at),
        "StorageClass": bucket.storage_class,
        "ExtranetEndpoint": f"oss-{bucket.region_id}.aliyuncs.com",
        "IntranetEndpoint": f"oss-{bucket.region_id}-internal.aliyuncs.com",
        "Region": bucket.region_id,
        "ResourceGroupId": bucket.resource_group_id,
    }


def _details(bucket: Bucket) -> dict[str, Any]:
    summary = _summary(bucket)
    del summary["Region"]
    return summary | {
        "AccessMonitor": "Disabled",
        "AccessControlList": {"Grant": bucket.acl},
        "DataRedundancyType": bucket.redundancy,
        "Owner": _owner(bucket.owner_id),
        "ServerSideEncryptionRule": bucket.encryption or {"SSEAlgorithm": "None"},
        "Versioning": bucket.versioning or None,
        "TransferAcceleration": "Disabled",
        "CrossRegionReplication": "Disabled",
        "BucketPolicy": {"LogBucket": "", "LogPrefix": ""},
        "Comment": "",
        "BlockPublicAccess": bucket.blocks_public_access,
    }
