"""CreateVpc and its siblings."""

from ipaddress import IPv4Network
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import timestamps
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.tagging import carries, read_tags
from deployer.emulator.services.visibility import is_seen
from deployer.emulator.services.vpc.cidr import read_vpc_network
from deployer.emulator.services.vpc.networks import Vpc
from deployer.emulator.services.vpc.state import VpcState
from deployer.emulator.services.vpc.texts import check_texts

_HELP = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-"
DEFAULT_CIDR = "172.16.0.0/12"  # Source: CreateVpc page, CidrBlock


class VpcActions:
    """The operations on VPCs."""

    def __init__(self, state: VpcState) -> None:
        self._state = state

    @action("CreateVpc", source=_HELP + "createvpc")
    def create_vpc(self, call: Call) -> Body:
        """The ids of a new VPC, Pending for a moment."""
        get_region(call.region_id)
        refuse_unsupported(call, "EnableIpv6", "Ipv4CidrMask", "Ipv4IpamPoolId", "Ipv6CidrBlock", "Ipv6IpamPoolId")
        return self._state.tokens.once(call, lambda: self._create(call))

    @action("DescribeVpcs", source=_HELP + "describevpcs")
    def describe_vpcs(self, call: Call) -> Body:
        """The VPCs that match every filter, newest first."""
        get_region(call.region_id)
        found = [
            vpc for vpc in self._state.vpcs_in(call.region_id)[::-1] if self._is_seen(vpc, call) and _matches(vpc, call)
        ]
        page, fields = page_by_number(found, call.params, max_size=50)
        return {"Vpcs": {"Vpc": [self._summary(vpc) for vpc in page]}, **fields}

    @action("DescribeVpcAttribute", source=_HELP + "describevpcattribute")
    def describe_vpc_attribute(self, call: Call) -> Body:
        """Everything about one VPC."""
        vpc = self._state.get_vpc(call.params["VpcId"], region_asked(call))
        if not self._is_seen(vpc, call):
            raise ApiError(404, "InvalidVpcId.NotFound", "Specified VPC does not exist.")
        return {
            **self._shared_fields(vpc),
            "ClassicLinkEnabled": False,
            "CloudResources": {
                "CloudResourceSetType": [
                    {"ResourceType": "VSwitch", "ResourceCount": len(self._state.vswitches_of(vpc))},
                    {"ResourceType": "VRouter", "ResourceCount": 1},
                    {"ResourceType": "RouteTable", "ResourceCount": len(self._state.route_tables_of(vpc))},
                    {"ResourceType": "SecurityGroup", "ResourceCount": len(vpc.security_group_ids)},
                ]
            },
            "AssociatedCens": {"AssociatedCen": []},
            "AssociatedPropagationSources": {"AssociatedPropagationSources": []},
            "Ipv4GatewayId": "",
            "SupportIpv4Gateway": False,
        }

    @action("DeleteVpc", source=_HELP + "deletevpc")
    def delete_vpc(self, call: Call) -> Body:
        """Nothing; the VPC is gone. ForceDelete removes gateways only, and there are none here."""
        stop_dry_run(call)
        return self._state.tokens.once(call, lambda: self._delete(call))

    @action("ModifyVpcAttribute", source=_HELP + "modifyvpcattribute")
    def modify_vpc_attribute(self, call: Call) -> Body:
        """Nothing; name and description are as given."""
        refuse_unsupported(call, "CidrBlock", "EnableIPv6", "Ipv6CidrBlock", "Ipv6Isp", "EnableDnsHostname")
        vpc = self._state.get_vpc(call.params["VpcId"], region_asked(call))
        check_texts(call, "VpcName", "VPC")
        vpc.vpc_name = call.params.get("VpcName", vpc.vpc_name)
        vpc.description = call.params.get("Description", vpc.description)
        return {}

    def _create(self, call: Call) -> Body:
        params = call.params
        ids = self._state.context.ids
        check_texts(call, "VpcName", "VPC")
        vpc = Vpc(
            vpc_id=ids.resource_id("vpc", 21),
            region_id=call.region_id,
            network=read_vpc_network(params.get("CidrBlock", DEFAULT_CIDR)),
            vpc_name=params.get("VpcName", ""),
            description=params.get("Description", ""),
            virtual_router_id=ids.resource_id("vrt", 21),
            route_table_id=ids.resource_id("vtb", 21),
            created_at=self._state.context.clock.now(),
            resource_group_id=params.get("ResourceGroupId", ""),
            user_cidr=_read_user_cidr(params.get("UserCidr", "")),
            tags=read_tags(params.get("Tag", []), strict_values=True),
        )
        stop_dry_run(call)
        self._state.add_vpc(vpc)
        return {
            "VpcId": vpc.vpc_id,
            "VRouterId": vpc.virtual_router_id,
            "RouteTableId": vpc.route_table_id,
            "ResourceGroupId": vpc.resource_group_id,
        }

    def _is_seen(self, vpc: Vpc, call: Call) -> bool:
        return is_seen(self._state.context, vpc.created_at, call.params)

    def _delete(self, call: Call) -> Body:
        self._state.remove_vpc(self._state.get_vpc(call.params["VpcId"], region_asked(call)))
        return {}

    def _summary(self, vpc: Vpc) -> dict[str, Any]:
        return {
            **self._shared_fields(vpc),
            "CenStatus": "Detached",
            "NatGatewayIds": {"NatGatewayIds": []},
            "RouterTableIds": {"RouterTableIds": [one.route_table_id for one in self._state.route_tables_of(vpc)]},
        }

    def _shared_fields(self, vpc: Vpc) -> dict[str, Any]:
        return {
            "VpcId": vpc.vpc_id,
            "VpcName": vpc.vpc_name,
            "Description": vpc.description,
            "RegionId": vpc.region_id,
            "Status": vpc.status.value,
            "CidrBlock": str(vpc.network),
            "SecondaryCidrBlocks": {"SecondaryCidrBlock": []},
            "UserCidrs": {"UserCidr": vpc.user_cidr.split(",") if vpc.user_cidr else []},
            "Ipv6CidrBlock": "",
            "Ipv6CidrBlocks": {"Ipv6CidrBlock": []},
            "EnabledIpv6": False,
            "VRouterId": vpc.virtual_router_id,
            "VSwitchIds": {"VSwitchId": [vswitch.vswitch_id for vswitch in self._state.vswitches_of(vpc)]},
            "IsDefault": vpc.is_default,
            "CreationTime": timestamps.to_second(vpc.created_at),
            "OwnerId": int(self._state.context.account_id),
            "ResourceGroupId": vpc.resource_group_id,
            "DhcpOptionsSetId": "",
            "DhcpOptionsSetStatus": "Available",
            "DnsHostnameStatus": "DISABLED",
            "Tags": {"Tag": [{"Key": key, "Value": value} for key, value in vpc.tags.items()]},
        }


def _matches(vpc: Vpc, call: Call) -> bool:
    params = call.params
    wanted_ids = [found.strip() for found in params.get("VpcId", "").split(",") if found.strip()]
    return (
        (not wanted_ids or vpc.vpc_id in wanted_ids)
        and params.get("VpcName", vpc.vpc_name) == vpc.vpc_name
        and params.get("ResourceGroupId", vpc.resource_group_id) == vpc.resource_group_id
        and params.get("IsDefault", vpc.is_default) == vpc.is_default
        and not params.get("EnableIpv6", False)
        and not params.get("DhcpOptionsSetId")
        and carries(vpc.tags, params.get("Tag", []))
    )


def _read_user_cidr(text: str) -> str:
    """At most three CIDR blocks, joined by commas. Errors: 400 InvalidUserCidr.Malformed."""
    parts = [part.strip() for part in text.split(",")] if text else []
    refusal = ApiError(400, "InvalidUserCidr.Malformed", "Specified UserCidr is not valid.")
    if len(parts) > 3:
        raise refusal
    try:
        return ",".join(str(IPv4Network(part)) for part in parts)
    except ValueError as error:
        raise refusal from error
