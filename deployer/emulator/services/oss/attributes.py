"""What a request says of the object it makes: headers to keep, user metadata, ACL, encryption, tags."""

import re
from collections.abc import Mapping
from dataclasses import replace

from deployer.emulator.actions import ApiError
from deployer.emulator.services.oss.bucket_settings import check_encryption
from deployer.emulator.services.oss.call import OssCall, invalid_argument
from deployer.emulator.services.oss.state import Bucket, ObjectAttributes
from deployer.emulator.services.oss.tagging import OBJECT_TAGS, read_tag_header

METADATA_PREFIX = "x-oss-meta-"
_KEPT_HEADERS = {
    "content-type": "Content-Type",
    "cache-control": "Cache-Control",
    "content-disposition": "Content-Disposition",
    "content-encoding": "Content-Encoding",
    "content-language": "Content-Language",
    "expires": "Expires",
}
_METADATA_NAME = re.compile(r"[a-z0-9-]+")
_MOST_METADATA_BYTES = 8 * 1024
_ACLS = ("default", "private", "public-read", "public-read-write")
_STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
_ENCRYPTION_HEADERS = (
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-server-side-data-encryption",
)


def read_attributes(call: OssCall, bucket: Bucket) -> ObjectAttributes:
    """The attributes the headers ask for, the bucket's own encryption where they ask for none.

    Errors: ApiError 400 InvalidArgument, InvalidTag, InvalidEncryptionAlgorithmError; 403 AccessDenied,
    KmsServiceNotEnabled.
    Source: https://www.alibabacloud.com/help/en/oss/developer-reference/putobject
    """
    kept = {name: value for lower, name in _KEPT_HEADERS.items() if (value := call.header(lower))}
    kept.setdefault("Content-Type", "application/octet-stream")
    storage_class = call.header("x-oss-storage-class") or bucket.storage_class
    if storage_class not in _STORAGE_CLASSES:
        raise invalid_argument("x-oss-storage-class", storage_class, f"must be one of {', '.join(_STORAGE_CLASSES)}")
    return ObjectAttributes(
        content_headers=kept,
        metadata=_read_metadata(call.request.headers),
        tags=read_tag_header(call.header("x-oss-tagging"), OBJECT_TAGS),
        encryption=_read_encryption(call, bucket),
        storage_class=storage_class,
        acl=read_object_acl(call, bucket),
    )


def with_acl(attributes: ObjectAttributes, acl: str) -> ObjectAttributes:
    """The same attributes under another ACL."""
    return replace(attributes, acl=acl)


def read_object_acl(call: OssCall, bucket: Bucket) -> str:
    """`x-oss-object-acl`, "default" when it is missing.

    Errors: ApiError 400 InvalidArgument, 403 AccessDenied for a public one while Block Public Access is on.
    """
    acl = call.header("x-oss-object-acl") or "default"
    if acl not in _ACLS:
        raise invalid_argument("x-oss-object-acl", acl, f"must be one of {', '.join(_ACLS)}")
    if acl.startswith("public") and bucket.blocks_public_access:
        raise ApiError(403, "AccessDenied", "Put public object acl is not allowed.", extra={"BucketName": bucket.name})
    return acl


def _read_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    metadata = {
        name.removeprefix(METADATA_PREFIX): value
        for name, value in sorted(headers.items())
        if name.startswith(METADATA_PREFIX)
    }
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name):
            raise invalid_argument(METADATA_PREFIX + name, value, "may hold letters, digits and hyphens only")
    if sum(len(name) + len(value.encode()) for name, value in metadata.items()) > _MOST_METADATA_BYTES:
        raise ApiError(400, "InvalidArgument", "User metadata may take 8 KB in all.")
    return metadata


def _read_encryption(call: OssCall, bucket: Bucket) -> dict[str, str]:
    asked = {name: value for name in _ENCRYPTION_HEADERS if (value := call.header(name))}
    if asked:
        check_encryption(call, asked.get(_ENCRYPTION_HEADERS[0], ""), asked.get(_ENCRYPTION_HEADERS[1]))
        return asked
    return {_ENCRYPTION_HEADERS[0]: bucket.encryption["SSEAlgorithm"]} if bucket.encryption else {}
