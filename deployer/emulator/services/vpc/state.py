"""What VPCs, vSwitches and elastic IP addresses exist, and when they may come and go."""

from collections.abc import Callable, Mapping
from ipaddress import IPv4Network

from deployer.emulator.actions import ApiError
from deployer.emulator.context import Context
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.vpc.networks import (
    Bindable,
    Eip,
    EipStatus,
    InstanceDirectory,
    NetworkStatus,
    PublicAddresses,
    Tagged,
    Vpc,
    VSwitch,
)
from deployer.emulator.services.vpc.routes import RouteTable

_DEFAULT_CIDR = "172.31.0.0/16"


class VpcState:
    """The networks of one account, in all regions."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.tokens = ClientTokens()
        self.public_addresses = PublicAddresses(context.public_network)
        self.vpcs: dict[str, Vpc] = {}
        self.vswitches: dict[str, VSwitch] = {}
        self.eips: dict[str, Eip] = {}
        self.route_tables: dict[str, RouteTable] = {}  # custom ones and each VPC's own
        self._instances: InstanceDirectory | None = None

    def connect_instances(self, directory: InstanceDirectory) -> None:
        """Let elastic IP addresses find the instances of the ECS service."""
        self._instances = directory

    def find_bindable(self, bindable_id: str, region_id: str | None) -> Bindable | None:
        """The instance or interface an address may be bound to; None when there is none of that id."""
        return self._instances.find_bindable(bindable_id, region_id) if self._instances else None

    def tagged(self, kind: str) -> Mapping[str, Tagged] | None:
        """What carries tags, by id; `kind` is `VPC`, `VSWITCH`, `EIP`, `ROUTETABLE` in whatever letter case, None for another."""
        kinds: Mapping[str, Mapping[str, Tagged]] = {
            "vpc": self.vpcs,
            "vswitch": self.vswitches,
            "eip": self.eips,
            "routetable": self.route_tables,
        }
        return kinds.get(kind.lower())

    def tags_of(self, kind: str, resource_id: str, region_id: str) -> dict[str, str] | None:
        """The tags of that VPC, vSwitch or address; None when there is none."""
        found = (self.tagged(kind) or {}).get(resource_id)
        return found.tags if found is not None and found.region_id == region_id else None

    # VPCs

    def find_vpc(self, vpc_id: str, region_id: str | None) -> Vpc | None:
        """The VPC of that id; `region_id` None looks in every region."""
        vpc = self.vpcs.get(vpc_id)
        return vpc if vpc is not None and region_id in {None, vpc.region_id} else None

    def get_vpc(self, vpc_id: str, region_id: str | None) -> Vpc:
        """The VPC of that id. Errors: 404 InvalidVpcId.NotFound."""
        vpc = self.find_vpc(vpc_id, region_id)
        if vpc is None:
            raise ApiError(404, "InvalidVpcId.NotFound", "Specified VPC does not exist.")
        return vpc

    def vpcs_in(self, region_id: str) -> list[Vpc]:
        return [vpc for vpc in self.vpcs.values() if vpc.region_id == region_id]

    def add_vpc(self, vpc: Vpc) -> None:
        """Keep a new VPC and let it become Available.

        Errors: 400 QuotaExceeded.Vpc. `remove_vpc` takes it away again.
        """
        if len(self.vpcs_in(vpc.region_id)) >= self.context.assumptions.vpc_quota:
            raise ApiError(400, "QuotaExceeded.Vpc", "VPC quota exceeded.")
        self.vpcs[vpc.vpc_id] = vpc
        self.route_tables[vpc.route_table_id] = RouteTable(
            route_table_id=vpc.route_table_id, vpc=vpc, is_system=True, created_at=vpc.created_at
        )
        self._after_pending(lambda: _make_available(vpc))

    def remove_vpc(self, vpc: Vpc) -> None:
        """Take the VPC away once nothing is in it.

        Errors: 400 DependencyViolation.VSwitch, .SecurityGroup, .RouteTable; IncorrectVpcStatus.
        """
        if vpc.status is not NetworkStatus.AVAILABLE:
            raise ApiError(400, "IncorrectVpcStatus", "Current VPC status does not support this operation.")
        if self.vswitches_of(vpc):
            raise ApiError(400, "DependencyViolation.VSwitch", "Specified object has dependent resources.")
        if vpc.security_group_ids:
            raise ApiError(400, "DependencyViolation.SecurityGroup", "Specified object has dependent resources.")
        if len(self.route_tables_of(vpc)) > 1:
            raise ApiError(400, "DependencyViolation.RouteTable", "Specified object has dependent resources.")
        del self.vpcs[vpc.vpc_id]
        del self.route_tables[vpc.route_table_id]

    # The default network

    def default_vpc(self, region_id: str) -> Vpc | None:
        """The region's default VPC, made now when there is none yet; None when the account has no such thing.

        Source: https://www.alibabacloud.com/help/en/vpc/user-guide/default-vpc-and-default-vswitch
        """
        found = next((vpc for vpc in self.vpcs_in(region_id) if vpc.is_default), None)
        if found is not None or not self.context.assumptions.has_default_network:
            return found
        ids = self.context.ids
        vpc = Vpc(
            vpc_id=ids.resource_id("vpc", 21),
            region_id=region_id,
            network=IPv4Network(_DEFAULT_CIDR),
            vpc_name="",
            description="System created default VPC.",
            virtual_router_id=ids.resource_id("vrt", 21),
            route_table_id=ids.resource_id("vtb", 21),
            created_at=self.context.clock.now(),
            is_default=True,
        )
        self.add_vpc(vpc)
        vpc.status = NetworkStatus.AVAILABLE
        return vpc

    def default_vswitch(self, region_id: str, zone_id: str) -> VSwitch | None:
        """The zone's default vSwitch, likewise."""
        vpc = self.default_vpc(region_id)
        if vpc is None:
            return None
        siblings = self.vswitches_of(vpc)
        found = next((one for one in siblings if one.zone_id == zone_id and one.is_default), None)
        if found is None:
            taken = {one.network for one in siblings}
            found = VSwitch(
                vswitch_id=self.context.ids.resource_id("vsw", 21),
                vpc=vpc,
                zone_id=zone_id,
                network=next(one for one in IPv4Network(_DEFAULT_CIDR).subnets(new_prefix=20) if one not in taken),
                vswitch_name="",
                description="System created default virtual switch.",
                created_at=self.context.clock.now(),
                status=NetworkStatus.AVAILABLE,
                is_default=True,
            )
            self.vswitches[found.vswitch_id] = found
        return found

    # vSwitches

    def find_vswitch(self, vswitch_id: str, region_id: str | None) -> VSwitch | None:
        """The vSwitch of that id; `region_id` None looks in every region."""
        vswitch = self.vswitches.get(vswitch_id)
        return vswitch if vswitch is not None and region_id in {None, vswitch.region_id} else None

    def vswitches_of(self, vpc: Vpc) -> list[VSwitch]:
        return [vswitch for vswitch in self.vswitches.values() if vswitch.vpc is vpc]

    def check_vswitch_fits(self, vpc: Vpc, network: IPv4Network) -> None:
        """Raise unless the VPC can take one more vSwitch of these addresses right now.

        Errors: 400 IncorrectVpcStatus, IncorrectVSwitchStatus, QuotaExceeded.VSwitch, InvalidParameter,
        InvalidCidrBlock.Overlapped.
        Source: https://www.alibabacloud.com/help/doc-detail/35745.htm
        """
        siblings = self.vswitches_of(vpc)
        if vpc.status is not NetworkStatus.AVAILABLE:
            raise ApiError(400, "IncorrectVpcStatus", "Current VPC status does not support this operation.")
        if any(sibling.status is not NetworkStatus.AVAILABLE for sibling in siblings):
            raise ApiError(400, "IncorrectVSwitchStatus", "The VSwitch status is incorrect: another one is being made.")
        if len(siblings) >= self.context.assumptions.vswitch_quota:
            raise ApiError(400, "QuotaExceeded.VSwitch", "VSwitch quota exceeded.")
        if not network.subnet_of(vpc.network):
            raise ApiError(400, "InvalidParameter", "Specified CIDR block is not in the CIDR block of the VPC.")
        if any(network.overlaps(sibling.network) for sibling in siblings):
            raise ApiError(400, "InvalidCidrBlock.Overlapped", "Specified CIDR block overlapped with other subnets.")

    def add_vswitch(self, vswitch: VSwitch) -> None:
        """Keep a new vSwitch and let it become Available; `remove_vswitch` takes it away again."""
        self.check_vswitch_fits(vswitch.vpc, vswitch.network)
        self.vswitches[vswitch.vswitch_id] = vswitch
        self._after_pending(lambda: _make_available(vswitch))

    def remove_vswitch(self, vswitch: VSwitch) -> None:
        """Take the vSwitch away once no network interface holds an address of it.

        Errors: 400 DependencyViolation.NetworkInterface, IncorrectVSwitchStatus.
        """
        if vswitch.status is not NetworkStatus.AVAILABLE:
            raise ApiError(400, "IncorrectVSwitchStatus", "The VSwitch status is incorrect.")
        if vswitch.owners:
            raise ApiError(
                400, "DependencyViolation.NetworkInterface", "Specified object has dependent network interfaces."
            )
        for table in self.route_tables_of(vswitch.vpc):
            if vswitch.vswitch_id in table.vswitch_ids:
                table.vswitch_ids.remove(vswitch.vswitch_id)
        del self.vswitches[vswitch.vswitch_id]

    # Route tables

    def find_route_table(self, route_table_id: str, region_id: str | None) -> RouteTable | None:
        """The table of that id; `region_id` None looks in every region."""
        table = self.route_tables.get(route_table_id)
        return table if table is not None and region_id in {None, table.region_id} else None

    def route_tables_of(self, vpc: Vpc) -> list[RouteTable]:
        """The VPC's own table, then its custom ones."""
        return [table for table in self.route_tables.values() if table.vpc is vpc]

    # Elastic IP addresses

    def get_eip(self, allocation_id: str, region_id: str | None) -> Eip:
        """The address of that id. Errors: 404 InvalidAllocationId.NotFound."""
        eip = self.eips.get(allocation_id)
        if eip is None or region_id not in {None, eip.region_id}:
            raise ApiError(404, "InvalidAllocationId.NotFound", "The specified AllocationId is not found.")
        return eip

    def bind_eip(self, eip: Eip, target: Bindable) -> None:
        """Bind the address: Associating at once, InUse a moment later; `unbind_eip` undoes it."""
        eip.status, eip.instance_id, eip.instance_type = (
            EipStatus.ASSOCIATING,
            target.bindable_id,
            target.bindable_type,
        )
        target.eip = eip

        def finish() -> None:
            if eip.status is EipStatus.ASSOCIATING:
                eip.status = EipStatus.IN_USE

        self._after_pending(finish)

    def unbind_eip(self, eip: Eip, target: Bindable | None) -> None:
        """Take the address from what it is bound to: Unassociating at once, Available a moment later."""
        eip.status = EipStatus.UNASSOCIATING
        if target is not None:
            target.eip = None

        def finish() -> None:
            if eip.status is EipStatus.UNASSOCIATING:
                eip.status, eip.instance_id, eip.instance_type = EipStatus.AVAILABLE, None, ""

        self._after_pending(finish)

    def remove_eip(self, eip: Eip) -> None:
        """Give the address back. Errors: 400 IncorrectEipStatus while it is bound."""
        if eip.status is not EipStatus.AVAILABLE:
            raise ApiError(400, "IncorrectEipStatus", "Current elastic IP status does not support this operation.")
        self.public_addresses.release(eip.ip_address)
        del self.eips[eip.allocation_id]

    def _after_pending(self, callback: Callable[[], None]) -> None:
        self.context.scheduler.after(self.context.assumptions.network_pending_seconds, callback)


def _make_available(network: Vpc | VSwitch) -> None:
    network.status = NetworkStatus.AVAILABLE
