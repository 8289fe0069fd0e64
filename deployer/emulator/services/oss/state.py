"""Buckets and what is in them. Rules that need no request stand here; who may do what stands in `authorization`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from deployer.emulator.services.oss.bodies import StoredBody

APPENDABLE = "Appendable"
SYMLINK = "Symlink"
NULL_VERSION = "null"  # the version id of objects written while versioning was not enabled


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAttributes:
    """What a client says of an object when it makes it."""

    content_headers: Mapping[str, str] = field(default_factory=dict)  # Content-Type, Cache-Control …
    metadata: Mapping[str, str] = field(default_factory=dict)  # names without `x-oss-meta-`
    tags: Mapping[str, str] = field(default_factory=dict)
    encryption: Mapping[str, str] = field(default_factory=dict)  # the x-oss-server-side-… headers to answer with
    storage_class: str = "Standard"
    acl: str = "default"


@dataclass(slots=True, kw_only=True)
class ObjectVersion:
    """One version of an object; without a body it is a delete marker. `etag` is without quotes."""

    object_name: str
    version_id: str
    last_modified: datetime
    body: StoredBody | None
    etag: str = ""
    object_type: str = "Normal"  # or "Multipart", APPENDABLE, SYMLINK
    link_target: str = ""  # of a symbolic link, as it was sent
    readable_from: datetime | None = None  # of an object that was put away and restored
    readable_until: datetime | None = None
    attributes: ObjectAttributes = field(default_factory=ObjectAttributes)

    @property
    def is_delete_marker(self) -> bool:
        return self.body is None

    @property
    def size_bytes(self) -> int:
        return self.body.size_bytes if self.body else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of an upload, a file of its own. `etag` is without quotes."""

    number: int
    etag: str
    last_modified: datetime
    body: StoredBody


@dataclass(slots=True, kw_only=True)
class Upload:
    """A multipart upload that was neither completed nor aborted."""

    upload_id: str
    object_name: str
    initiated_at: datetime
    attributes: ObjectAttributes
    parts: dict[int, Part] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Bucket:
    """A bucket with its settings; `versions` holds the newest version of each object last."""

    name: str
    owner_id: str
    region_id: str
    created_at: datetime
    acl: str = "private"
    storage_class: str = "Standard"
    redundancy: str = "LRS"
    resource_group_id: str = ""
    blocks_public_access: bool = True
    versioning: str = ""  # "", "Enabled", "Suspended"
    tags: dict[str, str] = field(default_factory=dict)
    encryption: dict[str, str] | None = None
    lifecycle_rules: list[dict[str, Any]] | None = None
    policy: bytes | None = None
    cross_origin: dict[str, Any] | None = None  # the CORS configuration, as it was put
    referers: dict[str, Any] | None = None  # the referer configuration, as it was put
    versions: dict[str, list[ObjectVersion]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True when neither objects, nor versions, nor unfinished uploads are left."""
        return not self.versions and not self.uploads

    @property
    def keeps_versions(self) -> bool:
        """True once versioning was switched on, suspended included: x-oss-forbid-overwrite has no effect then."""
        return self.versioning != ""

    def find_object(self, object_name: str) -> ObjectVersion | None:
        """The current version, None when there is none or it is a delete marker."""
        current = self.find_version(object_name, None)
        return None if current is None or current.is_delete_marker else current

    def find_version(self, object_name: str, version_id: str | None) -> ObjectVersion | None:
        """That version, or the current one when no id is given; delete markers included."""
        versions = self.versions.get(object_name, [])
        if version_id is None:
            return versions[-1] if versions else None
        return next((version for version in versions if version.version_id == version_id), None)

    def list_objects(self) -> list[ObjectVersion]:
        """The current versions in the order OSS lists them: by the bytes of their names."""
        current = (versions[-1] for versions in self.versions.values())
        return sorted(
            (version for version in current if not version.is_delete_marker),
            key=lambda version: version.object_name.encode(),
        )

    def put_version(self, version: ObjectVersion) -> list[ObjectVersion]:
        """Make it the current one; the versions it replaces are returned and no longer in the bucket.

        With versioning enabled none is replaced, otherwise the one written without versioning is.
        """
        versions = self.versions.setdefault(version.object_name, [])
        replaced = [other for other in versions if other.version_id == version.version_id]
        versions[:] = [other for other in versions if other.version_id != version.version_id]
        versions.append(version)
        return replaced

    def remove_version(self, version: ObjectVersion) -> None:
        """It is gone for good; the one before it becomes the current one."""
        versions = self.versions[version.object_name]
        versions.remove(version)
        if not versions:
            del self.versions[version.object_name]

    def expire(self, now: datetime) -> Iterator[StoredBody]:
        """Apply the lifecycle rules up to `now`; the bodies that went are returned.

        Rules run once a day in the cloud; here they hold as soon as the days are over.
        Source: https://www.alibabacloud.com/help/en/oss/user-guide/overview-54
        """
        for rule in self.lifecycle_rules or ():
            if rule["Status"] == "Enabled":
                yield from self._expire_uploads(rule, now)
                yield from self._expire_objects(rule, now)

    def _expire_uploads(self, rule: Mapping[str, Any], now: datetime) -> Iterator[StoredBody]:
        days = rule.get("AbortMultipartUpload", {}).get("Days")
        for upload in list(self.uploads.values()) if days else ():
            if _is_over(upload.initiated_at, days, now) and upload.object_name.startswith(rule.get("Prefix", "")):
                del self.uploads[upload.upload_id]
                yield from (part.body for part in upload.parts.values())

    def _expire_objects(self, rule: Mapping[str, Any], now: datetime) -> Iterator[StoredBody]:
        days = rule.get("Expiration", {}).get("Days")
        if not days or self.keeps_versions or rule.get("Filter"):
            return
        wanted = {(tag["Key"], tag["Value"]) for tag in rule.get("Tag", ())}
        for version in self.list_objects():
            matches = version.object_name.startswith(rule.get("Prefix", ""))
            if (
                matches
                and wanted <= set(version.attributes.tags.items())
                and _is_over(version.last_modified, days, now)
            ):
                self.remove_version(version)
                if version.body:
                    yield version.body


def _is_over(start: datetime, days: str, now: datetime) -> bool:
    return now >= start + timedelta(days=int(days))


@dataclass(slots=True, kw_only=True)
class OssState:
    """Every bucket there is, of whichever account: their names are shared by all accounts."""

    buckets: dict[str, Bucket] = field(default_factory=dict)

    def create_foreign_bucket(self, name: str, account_id: str, *, now: datetime, region_id: str) -> Bucket:
        """A bucket of somebody else's, so that its name is taken."""
        bucket = Bucket(name=name, owner_id=account_id, region_id=region_id, created_at=now)
        self.buckets[name] = bucket
        return bucket

    def list_object_names(self, bucket_name: str) -> list[str]:
        """The current objects; empty when there is no such bucket."""
        bucket = self.buckets.get(bucket_name)
        return [version.object_name for version in bucket.list_objects()] if bucket else []

    @property
    def open_upload_count(self) -> int:
        """Multipart uploads nobody completed or aborted, in all buckets."""
        return sum(len(bucket.uploads) for bucket in self.buckets.values())
