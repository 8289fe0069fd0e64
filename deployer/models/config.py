"""What the user asked for, complete and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from deployer.models.analysis import ApplicationType
from deployer.models.secret import Secret

DEFAULT_INSTANCE_TYPE = "ecs.u1-c1m2.large"
DEFAULT_SYSTEM_DISK_GIB = 40
DEFAULT_BANDWIDTH_MBPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInstance:
    """An ECS instance to be created."""

    instance_type: str = DEFAULT_INSTANCE_TYPE
    system_disk_gib: int = DEFAULT_SYSTEM_DISK_GIB
    bandwidth_mbps: int = DEFAULT_BANDWIDTH_MBPS  # 0: no public address
    image_id: str | None = None  # None: the newest public Alibaba Cloud Linux of the region


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingInstance:
    """An ECS instance that is already there and stays the user's."""

    instance_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """When a release counts as running. Times are seconds."""

    path: str = "/"
    alive_seconds: int = 6  # the process has to live that long; some applications die only after 5 s
    timeout_seconds: int = 120  # for the port to listen and the path to answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits that block a deploy before its first changing call, in the account's currency."""

    max_hourly: Decimal | None = None
    max_monthly: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentModel:
    """The model an agent talks to."""

    name: str
    api_key: Secret | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployConfig:
    """Everything a deploy needs to know, from flags, environment, file, detection and defaults.

    `origins` says for each dotted key of the configuration file where its value came from, such as "--region flag".
    """

    application_name: str
    application_group_name: str
    type: ApplicationType
    deploy_region_id: str
    instance: NewInstance | ExistingInstance
    port: int | None
    start_script: str
    stop_script: str
    model: AgentModel | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    health: HealthCheck = field(default_factory=HealthCheck)
    budget: Budget = field(default_factory=Budget)
    ignore: tuple[str, ...] = ()
    include_secrets: tuple[str, ...] = ()  # paths packed although they look like secrets
    carry: bool = False  # whether the archive brings the application's packages along
    start_timeout_seconds: int = 900
    keep_releases: int = 3
    config_path: str | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    command_flags: str = ""  # what reaches the same cloud and account again, such as "--local" or "--profile NAME"
    notices: tuple[str, ...] = ()  # what was changed on the way, such as a normalised group name
