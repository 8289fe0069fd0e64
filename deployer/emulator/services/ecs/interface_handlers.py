"""CreateNetworkInterface and its siblings: secondary interfaces; primary ones come and go with their instances."""

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names
from deployer.emulator.services.ecs.instances import InstanceStatus
from deployer.emulator.services.ecs.interface_view import describe_interface, describe_primary
from deployer.emulator.services.ecs.interfaces import NetworkInterface
from deployer.emulator.services.ecs.launch_order import mac_address
from deployer.emulator.services.ecs.launch_rules import read_groups, read_vswitch
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_either_way
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import carries, read_tags
from deployer.emulator.services.vpc.networks import VSwitch

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_INTERFACES = 8  # Assumed: of one instance; the figure differs by type
_UNSUPPORTED = (
    "BusinessType",
    "ConnectionTrackingConfiguration",
    "EnablePrimaryIPv6",
    "EnhancedNetwork",
    "Ipv4Prefix",
    "Ipv4PrefixCount",
    "Ipv6Address",
    "Ipv6AddressCount",
    "Ipv6Prefix",
    "Ipv6PrefixCount",
    "NetworkInterfaceTrafficConfig",
    "QueueNumber",
    "QueuePairNumber",
    "RxQueueSize",
    "SourceDestCheck",
    "TxQueueSize",
)


class InterfaceActions:
    """The operations on network interfaces."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("CreateNetworkInterface", source=_HELP + "createnetworkinterface")
    def create(self, call: Call) -> Body:
        """A secondary interface, Available a moment later."""
        get_region(call.region_id)
        refuse_unsupported(call, *_UNSUPPORTED)
        return self._state.tokens.once(call, lambda: self._create(call))

    @action("DescribeNetworkInterfaces", source=_HELP + "describenetworkinterfaces")
    def describe(self, call: Call) -> Body:
        """The interfaces that match every filter, primary ones included."""
        get_region(call.region_id)
        refuse_unsupported(call, "Ipv6Address")
        account_id = self._state.context.account_id
        secondary = [one for one in self._state.interfaces.values() if one.region_id == call.region_id]
        views = [describe_interface(one, account_id) for one in secondary[::-1]]
        owners = self._state.every_interface(call.region_id)
        views += [describe_primary(owner, account_id) for owner in owners if owner.is_visible]
        found = [view for view in views if _matches(view, call)]
        page, fields = page_either_way(
            found, call.params, key=lambda view: str(view["NetworkInterfaceId"]), max_results=500
        )
        return {"NetworkInterfaceSets": {"NetworkInterfaceSet": list(page)}, **fields}

    @action("AttachNetworkInterface", source=_HELP + "attachnetworkinterface")
    def attach(self, call: Call) -> Body:
        """Nothing; the interface belongs to the instance, Attaching for a moment."""
        refuse_unsupported(call, "NetworkCardIndex", "TrunkNetworkInstanceId", "WaitForNetworkConfigurationReady")
        interface = self._get(call, "Available")
        instance = self._state.get_instance(call.params["InstanceId"], call.region_id)
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        if interface.vswitch.zone_id != instance.zone_id or interface.vswitch.vpc.vpc_id != instance.vpc_id:
            raise ApiError(
                403, "InvalidVSwitchId.ZoneIdNotMatch", "Instance and interface are not in one zone and VPC."
            )
        if len(self._state.interfaces_of(instance)) + 1 >= _MAX_INTERFACES:
            raise ApiError(403, "EniPerInstanceLimitExceeded", "The instance has too many network interfaces.")
        interface.instance_id = instance.instance_id
        self._state.settle_interface(interface, meanwhile="Attaching")
        return {}

    @action("DetachNetworkInterface", source=_HELP + "detachnetworkinterface")
    def detach(self, call: Call) -> Body:
        """Nothing; the interface is free, Detaching for a moment."""
        refuse_unsupported(call, "TrunkNetworkInstanceId")
        interface = self._get(call, "InUse")
        instance = self._state.get_instance(call.params["InstanceId"], call.region_id)
        if interface.instance_id != instance.instance_id:
            raise ApiError(403, "InvalidOperation.EniNotAttached", "The interface is not attached to the instance.")
        interface.instance_id = None
        self._state.settle_interface(interface, meanwhile="Detaching")
        return {}

    @action("DeleteNetworkInterface", source=_HELP + "deletenetworkinterface")
    def delete(self, call: Call) -> Body:
        """Nothing; an Available interface and its addresses are gone, for one that is none there is nothing to do."""
        if call.params["NetworkInterfaceId"] in self._state.interfaces:
            self._state.remove_interface(self._get(call, "Available"))
        return {}

    @action("ModifyNetworkInterfaceAttribute", source=_HELP + "modifynetworkinterfaceattribute")
    def modify(self, call: Call) -> Body:
        """Nothing; name, description, groups and what becomes of it with its instance are as given."""
        refuse_unsupported(call, *_UNSUPPORTED)
        interface = self._get(call, "Available", "InUse")
        _check_texts(call)
        if "SecurityGroupId" in call.params:
            groups = [self._state.get_group(group_id, call.region_id) for group_id in call.params["SecurityGroupId"]]
            interface.security_group_ids = [group.security_group_id for group in groups]
        interface.name = call.params.get("NetworkInterfaceName", interface.name)
        interface.description = call.params.get("Description", interface.description)
        interface.delete_on_release = call.params.get("DeleteOnRelease", interface.delete_on_release)
        return {}

    @action("AssignPrivateIpAddresses", source=_HELP + "assignprivateipaddresses")
    def assign_addresses(self, call: Call) -> Body:
        """The further addresses the interface has: those given, or as many as asked for."""
        refuse_unsupported(call, "Ipv4Prefix", "Ipv4PrefixCount")
        return self._state.tokens.once(call, lambda: self._assign(call))

    @action("UnassignPrivateIpAddresses", source=_HELP + "unassignprivateipaddresses")
    def unassign_addresses(self, call: Call) -> Body:
        """Nothing; the interface has these addresses no longer. Its primary one stays."""
        refuse_unsupported(call, "Ipv4Prefix")
        interface = self._get(call, "Available", "InUse")
        for text in call.params.get("PrivateIpAddress", []):
            address = IPv4Address(text)
            if address not in interface.private_ips[1:]:
                raise ApiError(404, "InvalidPrivateIpAddress.NotFound", f"{text} is no further address of it.")
            interface.private_ips.remove(address)
            del interface.vswitch.owners[address]
        return {}

    def _get(self, call: Call, *statuses: str) -> NetworkInterface:
        """Errors: 404 InvalidEcsId.NotFound; 403 InvalidOperation.InvalidEniState."""
        interface = self._state.interfaces.get(call.params["NetworkInterfaceId"])
        if interface is None or interface.region_id != call.region_id:
            raise ApiError(404, "InvalidEniId.NotFound", "The specified NetworkInterfaceId does not exist.")
        if interface.status not in statuses:
            message = f"The operation is not permitted for an interface that is {interface.status}."
            raise ApiError(403, "InvalidOperation.InvalidEniState", message)
        return interface

    def _create(self, call: Call) -> Body:
        params, context = call.params, self._state.context
        _check_texts(call)
        vswitch = read_vswitch(call, self._state)
        groups = read_groups(call, self._state, vswitch)
        wanted = [_address(params["PrimaryIpAddress"], vswitch)] if "PrimaryIpAddress" in params else []
        if not wanted and vswitch.available_addresses < 1:
            raise ApiError(400, "QuotaExceeded.PrivateIpAddress", "Maximum number of private IP addresses exceeded.")
        interface_id = context.ids.resource_id("eni")
        interface = NetworkInterface(
            network_interface_id=interface_id,
            vswitch=vswitch,
            private_ips=[vswitch.take_address(interface_id, *wanted)],
            mac_address=mac_address(context.ids.hexadecimal(6)),
            security_group_ids=[group.security_group_id for group in groups],
            created_at=context.clock.now(),
            name=params.get("NetworkInterfaceName", ""),
            description=params.get("Description", ""),
            delete_on_release=params.get("DeleteOnRelease", True),
            resource_group_id=params.get("ResourceGroupId", ""),
            tags=read_tags(params.get("Tag", [])),
        )
        self._add_addresses(interface, call)
        self._state.interfaces[interface_id] = interface
        self._state.settle_interface(interface, meanwhile="Creating")
        view = describe_interface(interface, context.account_id)
        return {name: value for name, value in view.items() if name not in _LISTED_ONLY}

    def _assign(self, call: Call) -> Body:
        interface = self._get(call, "Available", "InUse")
        added = [str(address) for address in self._add_addresses(interface, call)]
        fields = {"NetworkInterfaceId": interface.network_interface_id, "PrivateIpSet": {"PrivateIpAddress": added}}
        return {"AssignedPrivateIpAddressesSet": fields}

    def _add_addresses(self, interface: NetworkInterface, call: Call) -> list[IPv4Address]:
        texts: Sequence[str] = call.params.get("PrivateIpAddress", [])
        wanted = [_address(text, interface.vswitch) for text in texts]
        count = call.params.get("SecondaryPrivateIpAddressCount", 0)
        if interface.vswitch.available_addresses < len(wanted) + count:
            raise ApiError(400, "QuotaExceeded.PrivateIpAddress", "Maximum number of private IP addresses exceeded.")
        owner = interface.network_interface_id
        added = [interface.vswitch.take_address(owner, address) for address in wanted]
        added += [interface.vswitch.take_address(owner) for _ in range(count)]
        interface.private_ips += added
        return added


_LISTED_ONLY = frozenset({"Attachment", "AssociatedPublicIp", "CreationTime", "DeleteOnRelease", "InstanceId"})


def _address(text: str, vswitch: VSwitch) -> IPv4Address:
    """Errors: 400 InvalidPrivateIpAddress.Malformed, InvalidPrivateIpAddress.Duplicated."""
    refusal = ApiError(400, "InvalidPrivateIpAddress.Malformed", "Specified private IP address is not in the VSwitch.")
    try:
        address = IPv4Address(text)
    except AddressValueError:
        raise refusal from None
    if not vswitch.is_usable(address):
        raise refusal
    if address in vswitch.owners:
        raise ApiError(400, "InvalidPrivateIpAddress.Duplicated", "Specified private IP address is duplicated.")
    return address


def _check_texts(call: Call) -> None:
    """Errors: 400 InvalidEniName.Malformed, InvalidDescription.Malformed."""
    name, description = call.params.get("NetworkInterfaceName"), call.params.get("Description")
    if name is not None and not names.is_valid_name(name):
        raise ApiError(400, "InvalidEniName.Malformed", "The specified NetworkInterfaceName is wrongly formed.")
    if description is not None and not names.is_valid_description(description):
        raise ApiError(400, "InvalidDescription.Malformed", "The specified description is wrongly formed.")


def _matches(view: dict[str, Any], call: Call) -> bool:
    params = call.params
    addresses = [one["PrivateIpAddress"] for one in view["PrivateIpSets"]["PrivateIpSet"]]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in view["Tags"]["Tag"]}
    same = ("InstanceId", "Type", "Status", "VSwitchId", "VpcId", "ResourceGroupId", "NetworkInterfaceName")
    return (
        view["NetworkInterfaceId"] in params.get("NetworkInterfaceId", [view["NetworkInterfaceId"]])
        and all(params.get(name, view[name]) == view[name] for name in same)
        and params.get("PrimaryIpAddress", addresses[0]) == addresses[0]
        and set(params.get("PrivateIpAddress", [])) <= set(addresses)
        and (
            "SecurityGroupId" not in params or params["SecurityGroupId"] in view["SecurityGroupIds"]["SecurityGroupId"]
        )
        and not params.get("ServiceManaged", False)
        and carries(tags, params.get("Tag", []))
    )
