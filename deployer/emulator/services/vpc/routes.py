"""Route tables as the emulator holds them. No traffic follows them."""

from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Network

from deployer.emulator.services.vpc.networks import Vpc, VSwitch

# Where the cloud's own services live; every table leads there.
# Source: https://www.alibabacloud.com/help/en/vpc/user-guide/route-table-overview
SERVICES_NETWORK = "100.64.0.0/10"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry:
    """One route. System routes lead to `local`, custom ones to an instance or a network interface."""

    route_entry_id: str
    destination: IPv4Network
    next_hop_type: str  # local, Instance, NetworkInterface
    next_hop_id: str
    is_custom: bool
    name: str = ""
    description: str = ""


@dataclass(slots=True, kw_only=True, eq=False)
class RouteTable:
    """One table: the VPC's own, which every vSwitch has, or one that vSwitches were given."""

    route_table_id: str
    vpc: Vpc
    is_system: bool
    created_at: datetime
    name: str = ""
    description: str = ""
    vswitch_ids: list[str] = field(default_factory=list)  # of a custom table
    custom_entries: list[RouteEntry] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def region_id(self) -> str:
        return self.vpc.region_id

    def entries(self, vswitches: list[VSwitch]) -> list[RouteEntry]:
        """Custom routes, then those every table of the VPC has: to its vSwitches, and to the cloud's services."""
        networks = [(vswitch.vswitch_id, vswitch.network) for vswitch in vswitches]
        return [
            *self.custom_entries,
            *(
                RouteEntry(
                    route_entry_id=f"rte-{self.route_table_id.removeprefix('vtb-')}-{key}",
                    destination=network,
                    next_hop_type="local",
                    next_hop_id="",
                    is_custom=False,
                )
                for key, network in [*networks, ("services", IPv4Network(SERVICES_NETWORK))]
            ),
        ]
