"""What was released where, and whether it runs."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An instance that exists, runs, and answers Cloud Assistant."""

    instance_id: str
    instance_name: str
    deploy_region_id: str
    public_ip: str | None
    private_ip: str | None
    created: bool  # by this deploy


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """The uploaded archive and scripts."""

    bucket_name: str
    object_name: str
    sha256: str
    size_bytes: int
    uploaded_bytes: int  # 0 when it was there already
    start_object_name: str
    stop_object_name: str


class Verdict(str, Enum):
    """What `verify` can say; its exit codes are 0, 1 and 2."""

    RUNNING = "running"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One thing that was looked at on an instance. `ok` is None when it could not be told or does not apply."""

    name: str  # "process", "port", "http", "outside"
    ok: bool | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceResult:
    """What the runner reported from one instance. `evidence` is its JSON line, empty when it did not get that far."""

    instance_id: str
    ok: bool
    failed_stage: str | None  # "lock", "space", "fetch", "hash", "unpack", "stop", "start", "gate", "command", None
    message: str
    log_tail: str
    evidence: dict[str, Any] = field(default_factory=dict)
    restored_release_id: str | None = None  # the release that was started again after a failure
    invoke_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One roll-out of one artifact."""

    release_id: str
    runner: str  # "oos" or "cloud-assistant"
    execution_id: str | None
    results: tuple[InstanceResult, ...]
    failed_in_a_row: int = 0  # releases of the group, this one included; 0 after a good one

    @property
    def ok(self) -> bool:
        return bool(self.results) and all(result.ok for result in self.results)


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceVerification:
    """The verdict on one instance and what it rests on."""

    instance_id: str
    public_ip: str | None
    release_id: str | None
    verdict: Verdict
    checks: tuple[CheckResult, ...]
    log: str  # of this release only
    log_source: str  # "cloud-assistant" or "deployCommandOutput"
    log_dropped_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The verdict on every instance."""

    instances: tuple[InstanceVerification, ...]

    @property
    def verdict(self) -> Verdict:
        """Failed if any failed, running if all run, else inconclusive."""
        verdicts = {one.verdict for one in self.instances}
        if Verdict.FAILED in verdicts:
            return Verdict.FAILED
        return Verdict.RUNNING if verdicts == {Verdict.RUNNING} else Verdict.INCONCLUSIVE
