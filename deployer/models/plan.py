"""What would be done: what was observed, what it costs, which steps follow, and what needs consent."""

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias

from deployer.models.config import DeployConfig
from deployer.models.package import Package


class GroupState(str, Enum):
    """What is known of the application group before a deploy."""

    NOT_EXISTS = "NOT_EXISTS"
    HAS_ECS = "HAS_ECS"
    NO_ECS = "NO_ECS"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """An ECS instance as DescribeInstances shows it."""

    instance_id: str
    instance_name: str
    status: str
    deploy_region_id: str
    zone_id: str
    instance_type: str
    os_type: str
    os_name: str
    created_at: str
    public_ip: str | None
    private_ip: str | None
    vpc_id: str | None
    security_group_ids: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The network a new instance will live in; None where something has to be created."""

    vpc_id: str | None
    vswitch_id: str | None
    zone_id: str
    vpc_cidr: str
    vswitch_cidr: str
    security_group_id: str | None
    open_ports: tuple[int, ...]  # TCP ports the group already lets in from anywhere
    system_disk_category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRelease:
    """The newest good release of the group, from its record."""

    release_id: str
    artifact_sha256: str
    scripts_sha256: str
    settings_sha256: str
    instance_ids: tuple[str, ...]
    status: str
    finished_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What is there before anything changes."""

    account_id: str
    identity_arn: str
    bucket_name: str | None
    group_state: GroupState
    application_exists: bool
    group_exists: bool
    instances: tuple[InstanceFacts, ...]  # of the group, or the chosen existing one
    network: Network | None  # None where the backend leaves it to somebody else
    image_id: str | None
    artifact_exists: bool
    last_release: LastRelease | None
    other_applications: tuple[str, ...]  # applications of ours on the chosen existing instance
    leftover_groups: tuple[str, ...]  # groups of this application without an instance
    state_unknown_because: str = ""  # in the words of whoever was asked for the group
    replaces_running: bool = False  # something good was released to these instances, or they were brought by the user


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceItem:
    """One priced thing. `hourly` and `monthly` are None where it is charged by use; `note` says how."""

    name: str
    specification: str
    hourly: Decimal | None
    monthly: Decimal | None
    source: str  # "bss:GetPayAsYouGoPrice", "ecs:DescribePrice", "price table 2026-11-01"
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What the instance and its surroundings cost. `unpriced` names what has no price and is in no total."""

    currency: str
    items: tuple[PriceItem, ...]
    unpriced: tuple[str, ...]
    hourly_total: Decimal
    monthly_total: Decimal
    cross_check_hourly: Decimal | None  # the other price API's total, None when it gave none
    notes: tuple[str, ...]
    request_ids: tuple[str, ...]
    new_compute: bool


class RiskKind(str, Enum):
    """What a person has to agree to, by the word `--confirm` takes."""

    PRICE = "price"
    EXISTING_ECS = "existing-ecs"
    OVERWRITE = "overwrite"
    OPEN_PORT = "open-port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Something that needs consent before the plan may run."""

    kind: RiskKind
    title: str
    text: str
    question: str
    throwaway: bool  # True when `--yes` may answer it: a new group on a new instance


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureBucket:
    """The account's artifact bucket in the region. Removed by hand: it holds the releases of every application."""

    bucket_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadArtifact:
    """The archive and scripts, under names made of their content."""

    object_name: str
    size_bytes: int
    exists: bool
    carried: str = ""  # the packages in it, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureVpc:
    """One VPC per region, tagged ours."""

    vpc_id: str | None
    cidr_block: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureVSwitch:
    """A vSwitch in the zone that sells the instance type."""

    vswitch_id: str | None
    zone_id: str
    cidr_block: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureSecurityGroup:
    """One security group per application group."""

    security_group_id: str | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPort:
    """Let TCP connections to the application's port in."""

    port: int
    cidr_block: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInstance:
    """Create the ECS instance. Image and disk category are empty where the backend leaves them to somebody else."""

    instance_name: str
    instance_type: str
    image_id: str
    system_disk_category: str
    system_disk_gib: int
    bandwidth_mbps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagInstances:
    """Mark instances as members of the group, so that OOS and the console see them."""

    instance_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsureApplicationGroup:
    """The OOS application and its group, through which `list`, `status` and the console find the deployment."""

    application_exists: bool
    group_exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRelease:
    """Run the runner on each instance."""

    runner: str  # "oos" or "cloud-assistant"
    instance_ids: tuple[str, ...]  # empty: the instance that will be created


Step: TypeAlias = (
    EnsureBucket
    | UploadArtifact
    | EnsureVpc
    | EnsureVSwitch
    | EnsureSecurityGroup
    | OpenPort
    | RunInstance
    | TagInstances
    | EnsureApplicationGroup
    | StartRelease
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a deploy will do. No steps: there is nothing to do.

    `identity` is what consent binds to: canonical JSON values whose hash is `plan_id`. It holds what a person agrees
    to (account, region, steps, prices, hashes) and nothing that changes by itself, such as request ids or times.
    """

    config: DeployConfig
    package: Package | None  # None when an earlier artifact is released again
    artifact_sha256: str
    scripts_sha256: str
    settings_sha256: str
    observed: Observed
    quote: Quote
    steps: tuple[Step, ...]
    risks: tuple[Risk, ...]
    identity: dict[str, Any] = field(default_factory=dict)

    @property
    def plan_id(self) -> str:
        """SHA-256 over the canonical form, in hexadecimal."""
        return hashlib.sha256(canonical_json(self.identity).encode()).hexdigest()


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, no escapes of non-ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
