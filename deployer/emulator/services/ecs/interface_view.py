"""Network interfaces in the words of the Describe operations."""

from collections.abc import Sequence
from typing import Any

from deployer.emulator.services import timestamps
from deployer.emulator.services.ecs.instance_view import tag_list
from deployer.emulator.services.ecs.instances import Instance
from deployer.emulator.services.ecs.interfaces import NetworkInterface
from deployer.emulator.services.vpc.networks import Eip, EipStatus, VSwitch


def describe_interface(interface: NetworkInterface, account_id: str) -> dict[str, Any]:
    """A secondary interface as an element of DescribeNetworkInterfaces."""
    return {
        **_shared(interface.vswitch, [str(address) for address in interface.private_ips], account_id),
        "NetworkInterfaceId": interface.network_interface_id,
        "NetworkInterfaceName": interface.name,
        "Description": interface.description,
        "Type": "Secondary",
        "Status": interface.status,
        "InstanceId": interface.instance_id or "",
        "MacAddress": interface.mac_address,
        "SecurityGroupIds": {"SecurityGroupId": list(interface.security_group_ids)},
        "CreationTime": timestamps.to_second(interface.created_at),
        "DeleteOnRelease": interface.delete_on_release,
        "ResourceGroupId": interface.resource_group_id,
        "Attachment": {"InstanceId": interface.instance_id} if interface.instance_id else {},
        "AssociatedPublicIp": _elastic(interface.eip),
        "Tags": tag_list(interface.tags),
    }


def describe_primary(owner: Instance, account_id: str) -> dict[str, Any]:
    """The primary interface of an instance, likewise."""
    public: dict[str, Any] = {"PublicIpAddress": owner.internet_ip} if owner.internet_ip else {}
    public |= _elastic(owner.eip)
    return {
        **_shared(owner.vswitch, [owner.private_ip], account_id),
        "NetworkInterfaceId": owner.network_interface_id,
        "NetworkInterfaceName": "",
        "Description": "",
        "Type": "Primary",
        "Status": "InUse",
        "InstanceId": owner.instance_id,
        "MacAddress": owner.mac_address,
        "SecurityGroupIds": {"SecurityGroupId": list(owner.security_group_ids)},
        "CreationTime": timestamps.to_second(owner.created_at),
        "DeleteOnRelease": True,
        "ResourceGroupId": owner.resource_group_id,
        "Attachment": {"InstanceId": owner.instance_id, "DeviceIndex": 0},
        "AssociatedPublicIp": public,
        "Tags": tag_list(owner.interface_tags),
    }


def _elastic(eip: Eip | None) -> dict[str, Any]:
    if eip is None or eip.status is not EipStatus.IN_USE:
        return {}
    return {"PublicIpAddress": eip.ip_address, "AllocationId": eip.allocation_id}


def _shared(vswitch: VSwitch, addresses: Sequence[str], account_id: str) -> dict[str, Any]:
    """What follows from the place; the first address is the primary one."""
    listed = [{"PrivateIpAddress": text, "Primary": position == 0} for position, text in enumerate(addresses)]
    return {
        "VSwitchId": vswitch.vswitch_id,
        "VpcId": vswitch.vpc.vpc_id,
        "ZoneId": vswitch.zone_id,
        "OwnerId": account_id,
        "PrivateIpAddress": addresses[0],
        "PrivateIpSets": {"PrivateIpSet": listed},
        "Ipv6Sets": {"Ipv6Set": []},
        "ServiceManaged": False,
    }
