"""Instances and disks as the emulator holds them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from deployer.clock import Clock
from deployer.emulator.machines.base import Machine
from deployer.emulator.services.ecs.images import Image
from deployer.emulator.services.ecs.instance_types import InstanceType
from deployer.emulator.services.vpc.networks import Eip, EipStatus, VSwitch


class InstanceStatus(str, Enum):
    """The states of an instance; there is none for "deleted": the id disappears.

    Source: https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-instance-states
    """

    PENDING = "Pending"
    STARTING = "Starting"
    RUNNING = "Running"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    def __str__(self) -> str:
        return str(self.value)


@dataclass(slots=True, kw_only=True, eq=False)
class Disk:
    """One cloud disk."""

    disk_id: str
    region_id: str
    zone_id: str
    disk_type: str  # system, data
    category: str
    performance_level: str  # "" for kinds without levels
    size_gib: int
    device: str
    created_at: datetime
    disk_name: str = ""
    description: str = ""
    delete_with_instance: bool = True
    encrypted: bool = False
    image_id: str = ""
    source_snapshot_id: str = ""
    instance_id: str | None = None
    attached_at: datetime | None = None
    detached_at: datetime | None = None
    under_way: str = ""  # Creating, Attaching, Detaching, ReIniting while that lasts
    delete_auto_snapshot: bool = False
    enable_auto_snapshot: bool = True
    snapshot_policy_id: str = ""
    resource_group_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Source: https://www.alibabacloud.com/help/en/ecs/user-guide/disk-states."""
        return self.under_way or ("In_use" if self.instance_id else "Available")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataOptions:
    """How the instance's metadata service answers."""

    http_endpoint: str = "enabled"
    http_tokens: str = "optional"
    hop_limit: int = 1


@dataclass(slots=True, kw_only=True, eq=False)
class Instance:
    """One instance. `machine` is what runs its processes while it is Running."""

    instance_id: str
    region_id: str
    zone_id: str
    instance_type: InstanceType
    image: Image
    instance_name: str
    hostname: str
    vswitch: VSwitch
    private_ip: str
    network_interface_id: str
    mac_address: str
    serial_number: str
    security_group_ids: list[str]
    created_at: datetime
    visible_from: float  # monotonic: before it, no call finds the instance
    clock: Clock
    agent_ready_seconds: float
    description: str = ""
    internet_max_bandwidth_out: int = 0
    internet_charge_type: str = "PayByTraffic"
    public_ip: str | None = None
    eip: Eip | None = None
    status: InstanceStatus = InstanceStatus.PENDING
    stopped_mode: str = "Not-applicable"
    started_at: datetime | None = None
    running_since: float | None = None  # monotonic, None unless Running
    machine: Machine | None = None
    boot_error: str | None = None  # why the last boot gave no machine
    agent_installed: bool = True
    booted_before: bool = False
    releasing: bool = False
    plan_number: int = 0  # counts up with each change of plan, so that an overtaken transition does nothing
    disks: list[Disk] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    interface_tags: dict[str, str] = field(default_factory=dict)
    deletion_protection: bool = False
    auto_release_at: datetime | None = None
    ram_role_name: str = ""
    key_pair_name: str = ""
    resource_group_id: str = ""
    metadata: MetadataOptions = field(default_factory=MetadataOptions)
    user_data: bytes | None = None

    @property
    def os_type(self) -> str:
        """`linux` or `windows`."""
        return self.image.os_type

    @property
    def vpc_id(self) -> str:
        return self.vswitch.vpc.vpc_id

    @property
    def internet_ip(self) -> str | None:
        """The address the internet reaches it by: the elastic one, else its own; None without either."""
        if self.eip is not None and self.eip.status is EipStatus.IN_USE:
            return self.eip.ip_address
        return self.public_ip

    @property
    def agent_ready(self) -> bool:
        """True once Cloud Assistant answers: Running for a while, with the agent installed and a machine below."""
        if not self.agent_installed or self.machine is None or self.running_since is None:
            return False
        return self.clock.monotonic() - self.running_since >= self.agent_ready_seconds

    @property
    def is_visible(self) -> bool:
        """False for the moment after creation in which no call finds it."""
        return self.clock.monotonic() >= self.visible_from

    @property
    def bindable_id(self) -> str:
        return self.instance_id

    @property
    def bindable_type(self) -> str:
        """As AssociateEipAddress calls it."""
        return "EcsInstance"

    @property
    def can_bind_address(self) -> bool:
        """True in the states in which an elastic IP address can be bound.

        Source: https://www.alibabacloud.com/help/en/eip/developer-reference/api-vpc-2016-04-28-associateeipaddress-eips
        """
        return self.status in {InstanceStatus.RUNNING, InstanceStatus.STOPPED} and not self.releasing
