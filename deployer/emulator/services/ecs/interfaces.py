"""Secondary network interfaces as the emulator holds them. They have addresses and groups; no traffic flows over them."""

from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address

from deployer.emulator.services.vpc.networks import Eip, VSwitch


@dataclass(slots=True, kw_only=True, eq=False)
class NetworkInterface:
    """One secondary interface; `private_ips` begins with the primary address."""

    network_interface_id: str
    vswitch: VSwitch
    private_ips: list[IPv4Address]
    mac_address: str
    security_group_ids: list[str]
    created_at: datetime
    name: str = ""
    description: str = ""
    instance_id: str | None = None
    under_way: str = ""  # Creating, Attaching, Detaching while that lasts
    delete_on_release: bool = True
    resource_group_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    eip: Eip | None = None

    @property
    def bindable_id(self) -> str:
        return self.network_interface_id

    @property
    def bindable_type(self) -> str:
        """As AssociateEipAddress calls it."""
        return "NetworkInterface"

    @property
    def public_ip(self) -> None:
        """A secondary interface has no public address but an elastic one."""

    @property
    def can_bind_address(self) -> bool:
        """Source: https://www.alibabacloud.com/help/en/eip/developer-reference/api-vpc-2016-04-28-associateeipaddress-eips."""
        return not self.under_way

    @property
    def region_id(self) -> str:
        return self.vswitch.region_id

    @property
    def status(self) -> str:
        """Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describenetworkinterfaces."""
        return self.under_way or ("InUse" if self.instance_id else "Available")
