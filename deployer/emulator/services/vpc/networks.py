"""VPCs, vSwitches and elastic IP addresses as the emulator holds them, and the address rules they follow."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from ipaddress import IPv4Address, IPv4Network
from typing import Protocol

# The first and the last three addresses of a vSwitch are reserved.
# Source: https://www.alibabacloud.com/help/doc-detail/35745.htm
RESERVED_AT_START = 1
RESERVED_AT_END = 3


class NetworkStatus(str, Enum):
    """Where a VPC or a vSwitch stands."""

    PENDING = "Pending"
    AVAILABLE = "Available"


class EipStatus(str, Enum):
    """Where an elastic IP address stands."""

    ASSOCIATING = "Associating"
    UNASSOCIATING = "Unassociating"
    IN_USE = "InUse"
    AVAILABLE = "Available"
    RELEASING = "Releasing"


@dataclass(slots=True, kw_only=True, eq=False)
class Vpc:
    """One VPC."""

    vpc_id: str
    region_id: str
    network: IPv4Network
    vpc_name: str
    description: str
    virtual_router_id: str
    route_table_id: str
    created_at: datetime
    resource_group_id: str = ""
    user_cidr: str = ""
    is_default: bool = False
    status: NetworkStatus = NetworkStatus.PENDING
    tags: dict[str, str] = field(default_factory=dict)
    security_group_ids: set[str] = field(default_factory=set)


@dataclass(slots=True, kw_only=True, eq=False)
class VSwitch:
    """One vSwitch; `owners` says which network interface holds which of its addresses."""

    vswitch_id: str
    vpc: Vpc
    zone_id: str
    network: IPv4Network
    vswitch_name: str
    description: str
    created_at: datetime
    status: NetworkStatus = NetworkStatus.PENDING
    tags: dict[str, str] = field(default_factory=dict)
    owners: dict[IPv4Address, str] = field(default_factory=dict)
    next_offset: int = RESERVED_AT_START
    is_default: bool = False

    @property
    def region_id(self) -> str:
        return self.vpc.region_id

    @property
    def available_addresses(self) -> int:
        """How many addresses nobody holds."""
        return self.network.num_addresses - RESERVED_AT_START - RESERVED_AT_END - len(self.owners)

    def is_usable(self, address: IPv4Address) -> bool:
        """True for an address of the vSwitch that is not reserved."""
        offset = int(address) - int(self.network.network_address)
        return RESERVED_AT_START <= offset < self.network.num_addresses - RESERVED_AT_END

    def take_address(self, owner: str, wanted: IPv4Address | None = None) -> IPv4Address:
        """An address that now belongs to `owner`. The caller made sure that one is free."""
        address = wanted if wanted is not None else self._next_free()
        self.owners[address] = owner
        return address

    def release_addresses(self, owner: str, *, but: IPv4Address | None = None) -> None:
        """Nobody holds the owner's addresses any more, except one that is kept."""
        for address in [one for one, holder in self.owners.items() if holder == owner and one != but]:
            del self.owners[address]

    def _next_free(self) -> IPv4Address:
        usable = self.network.num_addresses - RESERVED_AT_START - RESERVED_AT_END
        for _ in range(usable):
            address = self.network.network_address + self.next_offset
            self.next_offset = RESERVED_AT_START + (self.next_offset - RESERVED_AT_START + 1) % usable
            if address not in self.owners:
                return address
        raise LookupError(self.vswitch_id)


@dataclass(slots=True, kw_only=True, eq=False)
class Eip:
    """One elastic IP address. It outlives the instance or interface it is bound to."""

    allocation_id: str
    region_id: str
    ip_address: str
    bandwidth: int
    internet_charge_type: str
    name: str
    description: str
    isp: str
    allocated_at: datetime
    resource_group_id: str = ""
    status: EipStatus = EipStatus.AVAILABLE
    tags: dict[str, str] = field(default_factory=dict)
    instance_id: str | None = None  # of whatever it is bound to
    instance_type: str = ""  # EcsInstance, NetworkInterface


class Tagged(Protocol):
    """What carries tags."""

    tags: dict[str, str]

    @property
    def region_id(self) -> str: ...


class Bindable(Protocol):
    """What an elastic IP address can be bound to."""

    eip: Eip | None

    @property
    def bindable_id(self) -> str: ...

    @property
    def bindable_type(self) -> str:
        """EcsInstance, NetworkInterface."""
        ...

    @property
    def public_ip(self) -> str | None: ...

    @property
    def can_bind_address(self) -> bool:
        """True in a state in which it takes an elastic IP address."""
        ...


class InstanceDirectory(Protocol):
    """The ECS service as the VPC service sees it."""

    def find_bindable(self, bindable_id: str, region_id: str | None) -> Bindable | None: ...


class PublicAddresses:
    """The pool public addresses come from. A released address goes to the end of the queue."""

    def __init__(self, network: str) -> None:
        self._network = IPv4Network(network)
        self._taken: set[IPv4Address] = set()
        self._offset = 0

    def take(self) -> str | None:
        """An address nobody holds; None when all are taken."""
        usable = self._network.num_addresses - 2
        for _ in range(usable):
            address = self._network.network_address + 1 + self._offset
            self._offset = (self._offset + 1) % usable
            if address not in self._taken:
                self._taken.add(address)
                return str(address)
        return None

    def release(self, address: str) -> None:
        self._taken.discard(IPv4Address(address))
