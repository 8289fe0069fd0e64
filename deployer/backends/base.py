"""The Backend protocol: what every way to reach the cloud can be asked. Small and coarse on purpose."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from deployer.cloud.session import Session
from deployer.events import Emit
from deployer.models.config import DeployConfig
from deployer.models.package import Package
from deployer.models.plan import InstanceFacts, Observed, Plan, Quote
from deployer.models.release import Artifact, InstanceVerification, Release, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidance:
    """One way to mend a finding. `auto_ok`: an agent may run it unasked; `needs_consent`: the user is asked first."""

    command: str
    note: str
    auto_ok: bool
    needs_consent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One finding of `check`. `ok` None: a warning. `ask` is what an agent should ask its user; `code` an error's.

    `guidance` are the ways to mend it, the best one first; nothing is ever run by the deployer itself.
    """

    id: str
    ok: bool | None
    detail: str
    fix: str | None = None
    ask: str | None = None
    code: str | None = None
    guidance: tuple[Guidance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What identifies a release besides where it goes."""

    artifact_sha256: str
    start_sha256: str
    stop_sha256: str
    settings_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    """A line of `list`."""

    application_name: str
    application_group_name: str
    deploy_region_id: str
    status: str
    instance_ids: tuple[str, ...]
    public_ips: tuple[str, ...]
    release_id: str | None
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """What `status` shows of one group."""

    summary: GroupSummary
    instances: tuple[InstanceFacts, ...]
    releases: tuple[dict[str, Any], ...]  # newest first, as recorded
    execution_id: str | None
    execution_log: str
    console_urls: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One thing `delete` would remove, or keeps with the reason."""

    kind: str
    id: str
    detail: str
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteScope:
    """What is to be deleted."""

    application_name: str
    application_group_name: str
    deploy_region_id: str
    keep_instance: bool = False
    purge_artifacts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRequest:
    """Which part of an application's log is wanted."""

    application_name: str
    application_group_name: str
    deploy_region_id: str
    instance_id: str | None = None
    lines: int = 200
    whole: bool = False  # False: only since the marker of the newest release
    port: int | None = None
    health_path: str = "/"
    outside: bool = False  # ask the public address from this computer too


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRelease:
    """What has to be known of an earlier release to release it again."""

    release_id: str
    artifact_sha256: str
    artifact_bytes: int
    start_sha256: str
    stop_sha256: str
    settings_sha256: str
    port: int | None
    health_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a backend is made with. `session` holds credentials and endpoints for those that speak by the SDKs.

    `is_local` says that the cloud is the one on this computer, which programs of others do not reach.
    """

    session: Session
    deploy_region_id: str
    is_local: bool = False


class Backend(Protocol):
    """The cloud, as operations see it. Reads come first; changes are made inside `begin` only."""

    name: str

    def check(self) -> Sequence[Check]:
        """Whether credentials, identity, reachability, clock and balance allow a deploy."""
        ...

    def identify(self) -> str:
        """Who the credentials belong to, in a line."""
        ...

    def draft_config(self, values: Mapping[str, Any]) -> str | None:
        """A new configuration file for these dotted values as the backend's own tool writes it; None without such a tool."""
        ...

    def list_region_ids(self) -> Sequence[str]: ...

    def list_instances(self, deploy_region_id: str) -> Sequence[InstanceFacts]:
        """Every instance of the region, newest first."""
        ...

    def observe(self, config: DeployConfig, content: Content) -> Observed:
        """What is there; changes nothing. Errors: TargetError when the chosen instance cannot be used."""
        ...

    def quote(self, config: DeployConfig, observed: Observed, artifact_bytes: int) -> Quote: ...

    def begin(self, plan: Plan, command: str, emit: Emit) -> AbstractContextManager[list[dict[str, str]]]:
        """The right to change the group while the block runs; gives the growing list of what was made.

        Errors: LockHeld.
        """
        ...

    def upload(self, plan: Plan, package: Package | None) -> Artifact:
        """The archive and scripts where instances can fetch them; without a package they are there already."""
        ...

    def provision(self, plan: Plan) -> Sequence[Target]:
        """Instances that exist, run and answer Cloud Assistant."""
        ...

    def release(self, plan: Plan, artifact: Artifact, targets: Sequence[Target]) -> Release:
        """What came of the release on each target; recorded, whatever it was."""
        ...

    def inspect(self, request: LogRequest) -> Sequence[InstanceVerification]:
        """The log and the state of the application on each instance of the group; changes nothing."""
        ...

    def list_groups(self, application_name: str | None) -> Sequence[GroupSummary]: ...

    def list_group_names(self, application_name: str) -> Sequence[str]:
        """Every group of the application; empty when there is no such application."""
        ...

    def is_leftover(self, application_name: str, group_name: str) -> bool:
        """Whether the group has no instance and no release of ours: something that failed elsewhere left it."""
        ...

    def find_newest_release(self, application_name: str, group_name: str) -> PastRelease | None: ...

    def get_release(self, application_name: str, group_name: str, release_id: str) -> PastRelease:
        """Errors: ReleaseNotFound listing what exists."""
        ...

    def get_status(self, application_name: str, group_name: str) -> GroupStatus: ...

    def plan_delete(self, scope: DeleteScope) -> Sequence[Removal]:
        """What `delete` would remove or keep; changes nothing."""
        ...

    def delete(self, scope: DeleteScope, removals: Sequence[Removal], emit: Emit) -> None: ...
