"""The history of an application group: one record a release, read by `releases`, `rollback` and every next deploy."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from deployer.cloud.oss import OssClient
from deployer.ledger.names import LedgerNames

SCHEMA_VERSION = 1
GOOD = "good"
FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRecord:
    """Who released what where and how it ended. Holds hashes and ids, never a script, a URL or a secret."""

    release_id: str
    application_name: str
    application_group_name: str
    deploy_region_id: str
    status: str  # "started", "good", "failed"
    artifact_sha256: str
    artifact_bytes: int
    start_sha256: str
    stop_sha256: str
    settings_sha256: str
    instance_ids: tuple[str, ...]
    plan_id: str
    runner: str
    started_at: str
    finished_at: str = ""
    port: int | None = None
    health_path: str = "/"
    execution_id: str | None = None
    account_id: str = ""
    identity_arn: str = ""
    session_id: str = ""
    source_commit: str | None = None
    hourly_total: str = ""
    currency: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


class ReleaseHistory:
    """The release records of one application group."""

    def __init__(self, oss: OssClient, bucket_name: str, names: LedgerNames) -> None:
        self._oss = oss
        self._bucket_name = bucket_name
        self._names = names

    def write(self, record: ReleaseRecord) -> None:
        """Store the record, over an earlier state of the same release."""
        data = json.dumps(asdict(record), sort_keys=True, ensure_ascii=False, indent=1).encode()
        self._oss.put_bytes(self._bucket_name, self._names.release(record.release_id), data)

    def list_ids(self) -> tuple[str, ...]:
        """Release ids, newest first; they begin with the time of the release."""
        names = self._oss.list_object_names(self._bucket_name, self._names.releases)
        return tuple(name.removeprefix(self._names.releases).removesuffix(".json") for name in reversed(names))

    def find(self, release_id: str) -> ReleaseRecord | None:
        """The record; None when there is none, or when its content is no record of ours."""
        return read_record(self._oss.find_bytes(self._bucket_name, self._names.release(release_id)))

    def find_newest(self, *, status: str | None = None, limit: int = 10) -> ReleaseRecord | None:
        """The newest record (with that status), among the last `limit`."""
        for release_id in self.list_ids()[:limit]:
            record = self.find(release_id)
            if record is not None and status in {None, record.status}:
                return record
        return None

    def count_failed(self, limit: int = 10) -> int:
        """How many releases failed one after another since the last good one, the newest included; at most `limit`."""
        for count, release_id in enumerate(self.list_ids()[:limit]):
            record = self.find(release_id)
            if record is None or record.status != FAILED:
                return count
        return min(limit, len(self.list_ids()))


def read_record(data: bytes | None) -> ReleaseRecord | None:
    """The record that stored bytes hold; anything unexpected in them makes it None, never an exception."""
    if data is None:
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.get("schema_version") != SCHEMA_VERSION:
        return None
    known = {name: value[name] for name in ReleaseRecord.__slots__ if name in value}
    try:
        known["instance_ids"] = tuple(str(one) for one in known.get("instance_ids", ()))
        return ReleaseRecord(**known)
    except TypeError:
        return None
