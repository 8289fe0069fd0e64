"""OSS: one private bucket, whole objects, and signed URLs for instances."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from deployer.cloud.session import Session
from deployer.errors.base import DeployerError
from deployer.errors.cloud import AnswerNotUnderstood, UploadDamaged

PART_BYTES = 4 * 1024 * 1024
DELETE_BATCH = 1000  # DeleteMultipleObjects takes up to 1,000 keys


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketFacts:
    """What has to be known before a bucket is written to."""

    name: str
    region_id: str
    owner_id: str
    acl: str
    block_public_access: bool
    is_encrypted: bool
    versioning: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """What HEAD says of an object."""

    size_bytes: int
    crc64: int | None
    modified_at: dt.datetime | None


class OssClient:
    """Object Storage Service in one region, by V4 signatures."""

    def __init__(self, session: Session, region_id: str) -> None:
        self._session = session
        self.region_id = region_id
        self._clients: dict[str, Any] = {}

    def _client(self, endpoint: str | None = None) -> Any:
        endpoint = endpoint or self._session.endpoints.oss(self.region_id)
        if endpoint not in self._clients:
            import alibabacloud_oss_v2 as oss

            config = oss.config.load_default()
            config.region = self.region_id
            config.endpoint = endpoint
            config.credentials_provider = oss.credentials.CredentialsProviderFunc(self._credentials)
            config.user_agent = self._session.user_agent
            config.retry_max_attempts = 1  # the session decides what is tried again
            config.disable_upload_crc64_check = True  # compared once for the whole object, by a faster library
            config.disable_download_crc64_check = True
            if self._session.loopback_proxy:
                config.proxy_host = {"http": self._session.loopback_proxy}  # a plain string has no effect
            self._clients[endpoint] = oss.Client(config)
        return self._clients[endpoint]

    def _credentials(self) -> Any:
        import alibabacloud_oss_v2 as oss

        credential = self._session.read_credential()
        return oss.credentials.Credentials(
            credential.access_key_id, credential.access_key_secret, credential.security_token
        )

    def _call(self, ram_action: str, method: str, request: Any) -> Any:
        """The result of one call; `ram_action` is the name RAM knows it by, `method` the SDK's.

        Every answer of OSS has a request id: one without is a page of something on the way, whatever its status.
        Source: https://www.alibabacloud.com/help/en/oss/developer-reference/common-http-headers
        """
        action = f"oss:{ram_action}"
        perform = getattr(self._client(), method)

        def ask() -> Any:
            result = perform(request)
            if not result.request_id:
                raise AnswerNotUnderstood(action, f"HTTP {result.status_code} without a request id")
            return result

        return self._session.call(action, ask)

    def list_bucket_names(self, tag_key: str, tag_value: str) -> tuple[str, ...]:
        """The account's buckets of this region with the tag, oldest first."""
        import alibabacloud_oss_v2 as oss

        found: list[tuple[Any, str]] = []
        marker: str | None = None
        while True:
            request = oss.ListBucketsRequest(tag_key=tag_key, tag_value=tag_value, marker=marker)
            result = self._call("ListBuckets", "list_buckets", request)
            found.extend(
                (bucket.creation_date, bucket.name)
                for bucket in result.buckets or []
                if (bucket.location or "").removeprefix("oss-") == self.region_id
            )
            if not result.is_truncated or result.next_marker == marker:
                return tuple(name for _, name in sorted(found, key=lambda one: (str(one[0]), one[1])))
            marker = result.next_marker

    def find_bucket(self, bucket_name: str) -> BucketFacts | None:
        """The bucket; None when there is none of this name. Errors: PermissionDenied for somebody else's."""
        import alibabacloud_oss_v2 as oss

        request = oss.GetBucketInfoRequest(bucket=bucket_name)
        result = self._absent_is_none(lambda: self._call("GetBucketInfo", "get_bucket_info", request))
        if result is None:
            return None
        info = result.bucket_info
        return BucketFacts(
            name=bucket_name,
            region_id=(info.location or "").removeprefix("oss-"),
            owner_id=(info.owner.id if info.owner else "") or "",
            acl=str(info.acl or ""),
            block_public_access=bool(info.block_public_access),
            is_encrypted=(info.sse_rule.sse_algorithm or "None") != "None" if info.sse_rule else False,
            versioning=info.versioning or None,
        )

    def read_server_time(self) -> str | None:
        """The Date header of an answer, by which the clock is compared."""
        import alibabacloud_oss_v2 as oss

        result = self._call("ListBuckets", "list_buckets", oss.ListBucketsRequest(max_keys=1))
        date: str | None = result.headers.get("Date")
        return date

    def create_bucket(self, bucket_name: str, tags: str) -> None:
        """A private bucket that blocks public access, encrypts at rest and drops unfinished uploads after a day.

        `tags` is in the form `key=value&key=value`. Removed by hand: it holds every application's releases.
        """
        import alibabacloud_oss_v2 as oss

        self._call(
            "PutBucket", "put_bucket", oss.PutBucketRequest(bucket=bucket_name, acl="private", bucket_tagging=tags)
        )
        self.protect_bucket(bucket_name)

    def protect_bucket(self, bucket_name: str) -> None:
        """Switch on block public access, the rule for unfinished uploads and, last, encryption; safe to repeat.

        A bucket that is encrypted and blocks public access has therefore had all of it done.
        """
        import alibabacloud_oss_v2 as oss

        block = oss.PublicAccessBlockConfiguration(block_public_access=True)
        encrypt = oss.ApplyServerSideEncryptionByDefault(sse_algorithm="AES256")
        drop_unfinished = oss.LifecycleRule(
            id="deployer-abort-unfinished-uploads",
            prefix="",
            status="Enabled",
            abort_multipart_upload=oss.LifecycleRuleAbortMultipartUpload(days=1),
        )
        self._call(
            "PutBucketPublicAccessBlock",
            "put_bucket_public_access_block",
            oss.PutBucketPublicAccessBlockRequest(bucket=bucket_name, public_access_block_configuration=block),
        )
        self._call(
            "PutBucketLifecycle",
            "put_bucket_lifecycle",
            oss.PutBucketLifecycleRequest(
                bucket=bucket_name, lifecycle_configuration=oss.LifecycleConfiguration(rules=[drop_unfinished])
            ),
        )
        self._call(
            "PutBucketEncryption",
            "put_bucket_encryption",
            oss.PutBucketEncryptionRequest(
                bucket=bucket_name,
                server_side_encryption_rule=oss.ServerSideEncryptionRule(
                    apply_server_side_encryption_by_default=encrypt
                ),
            ),
        )

    def delete_bucket(self, bucket_name: str) -> None:
        """Remove the bucket, which must be empty."""
        import alibabacloud_oss_v2 as oss

        self._call("DeleteBucket", "delete_bucket", oss.DeleteBucketRequest(bucket=bucket_name))

    def find_object(self, bucket_name: str, object_name: str) -> ObjectFacts | None:
        """The object; None when there is none of this name."""
        import alibabacloud_oss_v2 as oss

        request = oss.HeadObjectRequest(bucket=bucket_name, key=object_name)
        result = self._absent_is_none(lambda: self._call("GetObject", "head_object", request))
        if result is None:
            return None
        return ObjectFacts(
            size_bytes=result.content_length or 0,
            crc64=int(result.hash_crc64) if result.hash_crc64 else None,
            modified_at=result.last_modified,
        )

    def put_bytes(self, bucket_name: str, object_name: str, data: bytes, *, forbid_overwrite: bool = False) -> bool:
        """True when written; False when `forbid_overwrite` met an object of this name. Removed by `delete_objects`."""
        import alibabacloud_oss_v2 as oss

        request = oss.PutObjectRequest(
            bucket=bucket_name, key=object_name, body=data, forbid_overwrite="true" if forbid_overwrite else None
        )
        try:
            self._call("PutObject", "put_object", request)
        except DeployerError as error:
            if error.facts.get("api_code") == "FileAlreadyExists":
                return False
            raise
        return True

    def find_bytes(self, bucket_name: str, object_name: str) -> bytes | None:
        """The whole object; None when there is none of this name."""
        import alibabacloud_oss_v2 as oss

        request = oss.GetObjectRequest(bucket=bucket_name, key=object_name)
        result = self._absent_is_none(lambda: self._call("GetObject", "get_object", request))
        if result is None:
            return None
        with result.body as body:
            return bytes(body.read())

    def put_file(
        self, bucket_name: str, object_name: str, path: Path, on_progress: Callable[[int], None] = lambda _sent: None
    ) -> int | None:
        """Upload the file in parts of 4 MiB, at most one of them in memory; the CRC-64 that OSS computed, if it says.

        An upload that fails is aborted, so that no parts stay behind. Removed by `delete_objects`.
        """
        size = path.stat().st_size
        with path.open("rb") as stream:
            if size <= PART_BYTES:
                crc64 = self._put_small(bucket_name, object_name, stream.read())
            else:
                crc64 = self._put_parts(bucket_name, object_name, stream, on_progress)
        on_progress(size)
        return crc64

    def _put_small(self, bucket_name: str, object_name: str, data: bytes) -> int | None:
        import alibabacloud_oss_v2 as oss

        request = oss.PutObjectRequest(bucket=bucket_name, key=object_name, body=data)
        result = self._call("PutObject", "put_object", request)
        return int(result.hash_crc64) if result.hash_crc64 else None

    def _put_parts(
        self, bucket_name: str, object_name: str, stream: BinaryIO, on_progress: Callable[[int], None]
    ) -> int | None:
        import alibabacloud_oss_v2 as oss

        start = oss.InitiateMultipartUploadRequest(bucket=bucket_name, key=object_name)
        upload_id = self._call("PutObject", "initiate_multipart_upload", start).upload_id
        try:
            parts: list[Any] = []
            sent = 0
            for number, data in enumerate(_pieces(stream), 1):
                request = oss.UploadPartRequest(
                    bucket=bucket_name, key=object_name, upload_id=upload_id, part_number=number, body=data
                )
                result = self._call("PutObject", "upload_part", request)
                parts.append(oss.UploadPart(part_number=number, etag=result.etag))
                sent += len(data)
                on_progress(sent)
            finish = oss.CompleteMultipartUploadRequest(
                bucket=bucket_name,
                key=object_name,
                upload_id=upload_id,
                complete_multipart_upload=oss.CompleteMultipartUpload(parts=parts),
            )
            done = self._absent_is_none(lambda: self._call("PutObject", "complete_multipart_upload", finish))
        except BaseException:
            self._abort_upload(bucket_name, object_name, upload_id)
            raise
        self._abort_lost_uploads(bucket_name, object_name)
        if done is not None:
            return int(done.hash_crc64) if done.hash_crc64 else None
        facts = self.find_object(bucket_name, object_name)
        if facts is None:
            raise UploadDamaged(object_name)
        return facts.crc64  # it was finished by a call whose answer was lost; asked again, OSS knows no such upload

    def _abort_upload(self, bucket_name: str, object_name: str, upload_id: str) -> None:
        import alibabacloud_oss_v2 as oss

        abort = oss.AbortMultipartUploadRequest(bucket=bucket_name, key=object_name, upload_id=upload_id)
        self._absent_is_none(lambda: self._call("AbortMultipartUpload", "abort_multipart_upload", abort))

    def _abort_lost_uploads(self, bucket_name: str, object_name: str) -> None:
        """Parts of this object that a killed run or a lost answer left, which would be billed until the next day."""
        import alibabacloud_oss_v2 as oss

        request = oss.ListMultipartUploadsRequest(bucket=bucket_name, prefix=object_name)
        for one in self._call("ListMultipartUploads", "list_multipart_uploads", request).uploads or []:
            self._abort_upload(bucket_name, object_name, one.upload_id)

    def list_object_names(self, bucket_name: str, prefix: str) -> tuple[str, ...]:
        """Every object name with the prefix, in order."""
        import alibabacloud_oss_v2 as oss

        names: list[str] = []
        token: str | None = None
        while True:
            request = oss.ListObjectsV2Request(
                bucket=bucket_name, prefix=prefix, max_keys=1000, continuation_token=token
            )
            result = self._call("ListObjects", "list_objects_v2", request)
            names.extend(one.key for one in result.contents or [])
            if not result.is_truncated or result.next_continuation_token == token:
                return tuple(names)
            token = result.next_continuation_token

    def delete_objects(self, bucket_name: str, object_names: Iterable[str]) -> None:
        """Remove the objects; gone already is fine."""
        import alibabacloud_oss_v2 as oss

        names = list(object_names)
        for first in range(0, len(names), DELETE_BATCH):
            request = oss.DeleteMultipleObjectsRequest(
                bucket=bucket_name,
                objects=[oss.DeleteObject(key=name) for name in names[first : first + DELETE_BATCH]],
                quiet=True,
            )
            self._call("DeleteObject", "delete_multiple_objects", request)

    def sign_download(self, bucket_name: str, object_name: str, lifetime_seconds: int) -> str:
        """A URL by which an instance of the region can GET this one object, for that long. Treat it as a secret.

        Source: https://www.alibabacloud.com/help/en/oss/developer-reference/include-signatures-in-urls
        """
        import alibabacloud_oss_v2 as oss

        client = self._client(self._session.endpoints.oss_from_instance(self.region_id))
        result = client.presign(
            oss.GetObjectRequest(bucket=bucket_name, key=object_name),
            expiration=self._session.clock.now() + dt.timedelta(seconds=lifetime_seconds),
        )
        return str(result.url)

    @staticmethod
    def _absent_is_none(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except DeployerError as error:
            if error.facts.get("http_status") == 404:
                return None
            raise


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while data := stream.read(PART_BYTES):
        yield data
