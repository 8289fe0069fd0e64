"""CreateVSwitch and its siblings."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import timestamps
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, get_zone, region_asked
from deployer.emulator.services.tagging import carries, read_tags
from deployer.emulator.services.visibility import is_seen
from deployer.emulator.services.vpc.cidr import read_vswitch_network
from deployer.emulator.services.vpc.networks import VSwitch
from deployer.emulator.services.vpc.state import VpcState
from deployer.emulator.services.vpc.texts import check_texts

_HELP = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-"


class VSwitchActions:
    """The operations on vSwitches."""

    def __init__(self, state: VpcState) -> None:
        self._state = state

    @action("CreateVSwitch", source="https://www.alibabacloud.com/help/doc-detail/35745.htm")
    def create_vswitch(self, call: Call) -> Body:
        """The id of a new vSwitch. One at a time per VPC: the next is refused until this one is Available."""
        refuse_unsupported(call, "Ipv6CidrBlock", "Ipv6CidrMask", "VpcIpv6CidrBlock", "CidrMask")
        return self._state.tokens.once(call, lambda: self._create(call))

    @action("DescribeVSwitches", source=_HELP + "describevswitches")
    def describe_vswitches(self, call: Call) -> Body:
        """The vSwitches that match every filter, newest first."""
        get_region(call.region_id)
        region_id = region_asked(call)
        found = [
            vswitch
            for vswitch in list(self._state.vswitches.values())[::-1]
            if region_id in {None, vswitch.region_id} and self._is_seen(vswitch, call) and _matches(vswitch, call)
        ]
        page, fields = page_by_number(found, call.params, max_size=50)
        return {"VSwitches": {"VSwitch": [self._view(vswitch) for vswitch in page]}, **fields}

    @action("DescribeVSwitchAttributes", source=_HELP + "describevswitchattributes")
    def describe_vswitch_attributes(self, call: Call) -> Body:
        """Everything about one vSwitch."""
        vswitch = self._state.find_vswitch(call.params["VSwitchId"], region_asked(call))
        if vswitch is None or not self._is_seen(vswitch, call):
            raise ApiError(404, "InvalidVSwitchId.NotFound", "Specified virtual switch does not exist.")
        return self._view(vswitch)

    @action("DeleteVSwitch", source=_HELP + "deletevswitch")
    def delete_vswitch(self, call: Call) -> Body:
        """Nothing; the vSwitch is gone."""
        vswitch = self._state.find_vswitch(call.params["VSwitchId"], region_asked(call))
        if vswitch is None:
            raise ApiError(404, "InvalidVswitchID.NotFound", "Specified virtual switch does not exist.")
        stop_dry_run(call)
        self._state.remove_vswitch(vswitch)
        return {}

    @action("ModifyVSwitchAttribute", source=_HELP + "modifyvswitchattribute")
    def modify_vswitch_attribute(self, call: Call) -> Body:
        """Nothing; name and description are as given."""
        refuse_unsupported(call, "EnableIPv6", "Ipv6CidrBlock", "Ipv6CidrMask", "VpcIpv6CidrBlock")
        vswitch = self._state.find_vswitch(call.params["VSwitchId"], region_asked(call))
        if vswitch is None:
            raise ApiError(404, "InvalidVSwitchId.NotFound", "Specified virtual switch does not exist.")
        check_texts(call, "VSwitchName", "virtual switch")
        vswitch.vswitch_name = call.params.get("VSwitchName", vswitch.vswitch_name)
        vswitch.description = call.params.get("Description", vswitch.description)
        return {}

    def _is_seen(self, vswitch: VSwitch, call: Call) -> bool:
        return is_seen(self._state.context, vswitch.created_at, call.params)

    def _create(self, call: Call) -> Body:
        params = call.params
        vpc = self._state.get_vpc(params["VpcId"], region_asked(call))
        check_texts(call, "VSwitchName", "virtual switch")
        vswitch = VSwitch(
            vswitch_id=self._state.context.ids.resource_id("vsw", 21),
            vpc=vpc,
            zone_id=get_zone(vpc.region_id, params["ZoneId"]),
            network=read_vswitch_network(params["CidrBlock"]),
            vswitch_name=params.get("VSwitchName", ""),
            description=params.get("Description", ""),
            created_at=self._state.context.clock.now(),
            tags=read_tags(params.get("Tag", []), strict_values=True),
        )
        self._state.add_vswitch(vswitch)
        return {"VSwitchId": vswitch.vswitch_id}

    def _view(self, vswitch: VSwitch) -> dict[str, Any]:
        return {
            "VSwitchId": vswitch.vswitch_id,
            "VSwitchName": vswitch.vswitch_name,
            "Description": vswitch.description,
            "VpcId": vswitch.vpc.vpc_id,
            "ZoneId": vswitch.zone_id,
            "Status": vswitch.status.value,
            "CidrBlock": str(vswitch.network),
            "Ipv6CidrBlock": "",
            "EnabledIpv6": False,
            "AvailableIpAddressCount": vswitch.available_addresses,
            "CreationTime": timestamps.to_second(vswitch.created_at),
            "IsDefault": vswitch.is_default,
            "OwnerId": int(self._state.context.account_id),
            "ResourceGroupId": vswitch.vpc.resource_group_id,
            "NetworkAclId": "",
            "ShareType": "",
            "RouteTable": {"RouteTableId": vswitch.vpc.route_table_id, "RouteTableType": "System"},
            "Tags": {"Tag": [{"Key": key, "Value": value} for key, value in vswitch.tags.items()]},
        }


def _matches(vswitch: VSwitch, call: Call) -> bool:
    params = call.params
    return (
        params.get("VSwitchId", vswitch.vswitch_id) == vswitch.vswitch_id
        and params.get("VpcId", vswitch.vpc.vpc_id) == vswitch.vpc.vpc_id
        and params.get("ZoneId", vswitch.zone_id) == vswitch.zone_id
        and params.get("VSwitchName", vswitch.vswitch_name) == vswitch.vswitch_name
        and params.get("ResourceGroupId", vswitch.vpc.resource_group_id) == vswitch.vpc.resource_group_id
        and params.get("RouteTableId", vswitch.vpc.route_table_id) == vswitch.vpc.route_table_id
        and params.get("IsDefault", vswitch.is_default) == vswitch.is_default
        and not params.get("EnableIpv6", False)
        and carries(vswitch.tags, params.get("Tag", []))
    )
