"""Route tables, and what can be changed about networks and addresses."""

import pytest
from ecs_account import Account, said
from ecs_lab import EIP_PAGES, REGION, VPC_PAGES


@pytest.fixture
def vpc(account: Account):
    """`vpc("CreateRouteTable", …)`: an operation of the VPC service."""
    return lambda action, **params: account(action, product="vpc", **params)


@pytest.fixture
def own_table(account: Account, vpc) -> str:
    """The id of the VPC's own table."""
    return vpc("DescribeVpcs")["Vpcs"]["Vpc"][0]["RouterTableIds"]["RouterTableIds"][0]


@pytest.mark.documented(VPC_PAGES + "createrouteentry")
def test_routes_lead_to_instances(account: Account, vpc, own_table):
    instance_id = account.launch()
    route = {"RouteTableId": own_table, "DestinationCidrBlock": "10.8.0.0/16", "NextHopId": instance_id}
    made = vpc("CreateRouteEntry", RouteEntryName="tunnel", **route)["RouteEntryId"]

    entries = vpc("DescribeRouteEntryList", RouteTableId=own_table)["RouteEntrys"]["RouteEntry"]
    assert [(one["DestinationCidrBlock"], one["Type"]) for one in entries] == [
        ("10.8.0.0/16", "Custom"),
        ("192.168.0.0/24", "System"),
        ("100.64.0.0/10", "System"),
    ]
    assert entries[0]["NextHops"]["NextHop"][0]["NextHopId"] == instance_id
    assert vpc("DescribeRouteTables", RouteTableId=own_table)["RouteTables"]["RouteTable"][0]["RouteEntrys"]
    assert said(lambda: vpc("CreateRouteEntry", **route)) == "400 InvalidCidrBlock.Duplicate"
    nowhere = {**route, "DestinationCidrBlock": "10.9.0.0/16", "NextHopId": "i-0"}
    assert said(lambda: vpc("CreateRouteEntry", **nowhere)) == "404 InvalidNexthop.NotFound"
    vpc("DeleteRouteEntry", RouteEntryId=made)
    assert said(lambda: vpc("DeleteRouteEntry", RouteEntryId=made)) == "404 InvalidRouteEntry.NotFound"


@pytest.mark.documented(VPC_PAGES + "createroutetable")
def test_a_vswitch_has_the_table_it_was_given(account: Account, vpc, own_table):
    vpc_id, vswitch = account.network["VpcId"], {"VSwitchId": account.network["VSwitchId"]}
    table = {"RouteTableId": vpc("CreateRouteTable", VpcId=vpc_id, RouteTableName="mine")["RouteTableId"]}
    vpc("AssociateRouteTable", **table, **vswitch)

    listed = vpc("DescribeRouteTableList", VpcId=vpc_id)["RouterTableList"]["RouterTableListType"]
    assert [(one["RouteTableType"], one["VSwitchIds"]["VSwitchId"]) for one in listed] == [
        ("System", []),
        ("Custom", [account.network["VSwitchId"]]),
    ]
    assert said(lambda: vpc("DeleteRouteTable", **table)) == "400 DependencyViolation.VSwitch"
    assert said(lambda: vpc("DeleteRouteTable", RouteTableId=own_table)) == "400 OperationDenied.SystemRouteTable"
    vpc("ModifyRouteTableAttributes", RouteTableName="yours", **table)
    assert vpc("DescribeRouteTableList", RouteTableName="yours")["TotalCount"] == 1
    vpc("UnassociateRouteTable", **table, **vswitch)
    vpc("DeleteRouteTable", **table)
    routers = vpc("DescribeVRouters")["VRouters"]["VRouter"]
    assert [one["RouteTableIds"]["RouteTableId"] for one in routers] == [[own_table]]


@pytest.mark.documented(VPC_PAGES + "deletevpc")
def test_a_vpc_with_a_custom_table_stays(account: Account, vpc):
    vpc_id = vpc("CreateVpc", CidrBlock="10.0.0.0/16")["VpcId"]
    account.settle()
    table_id = vpc("CreateRouteTable", VpcId=vpc_id)["RouteTableId"]

    assert said(lambda: vpc("DeleteVpc", VpcId=vpc_id)) == "400 DependencyViolation.RouteTable"
    vpc("DeleteRouteTable", RouteTableId=table_id)
    vpc("DeleteVpc", VpcId=vpc_id)


@pytest.mark.documented(EIP_PAGES + "modifyeipaddressattribute-eips")
def test_networks_and_addresses_are_renamed_and_tagged(account: Account, vpc):
    network = account.network
    vpc("ModifyVpcAttribute", VpcId=network["VpcId"], VpcName="blue", Description="the blue one")
    vpc("ModifyVSwitchAttribute", VSwitchId=network["VSwitchId"], VSwitchName="front")
    allocation_id = vpc("AllocateEipAddress")["AllocationId"]
    vpc("ModifyEipAddressAttribute", AllocationId=allocation_id, Bandwidth="20", Name="entry")

    assert vpc("DescribeVpcs", VpcName="blue")["TotalCount"] == 1
    assert vpc("DescribeVSwitches", VSwitchName="front")["TotalCount"] == 1
    [address] = vpc("DescribeEipAddresses", EipName="entry")["EipAddresses"]["EipAddress"]
    assert address["Bandwidth"] == "20"
    change = {"AllocationId": allocation_id, "Bandwidth": "0"}
    assert said(lambda: vpc("ModifyEipAddressAttribute", **change)) == "400 InvalidParameter"
    tagged = {"ResourceType": "VPC", "ResourceId": [network["VpcId"]]}
    vpc("TagResources", Tag=[{"Key": "team", "Value": "a"}], **tagged)
    [tag] = vpc("ListTagResources", **tagged)["TagResources"]["TagResource"]
    assert (tag["TagKey"], tag["TagValue"]) == ("team", "a")
    vpc("UnTagResources", TagKey=["team"], **tagged)
    assert vpc("ListTagResources", **tagged)["TagResources"]["TagResource"] == []


@pytest.mark.documented(VPC_PAGES + "describeregions")
def test_regions_and_zones_have_names_in_two_languages(vpc):
    regions = {one["RegionId"]: one for one in vpc("DescribeRegions", AcceptLanguage="en-us")["Regions"]["Region"]}
    assert regions[REGION]["RegionEndpoint"] == "vpc.aliyuncs.com"
    assert regions["cn-beijing"]["RegionEndpoint"] == "vpc.cn-beijing.aliyuncs.com"
    assert regions["cn-beijing"]["LocalName"] == "China (Beijing)"
    zones = vpc("DescribeZones")["Zones"]["Zone"]
    assert zones[0]["LocalName"].startswith("华东1")


@pytest.mark.documented("https://www.alibabacloud.com/help/en/vpc/user-guide/default-vpc-and-default-vswitch")
def test_who_names_no_network_gets_the_default_one(account: Account, vpc):
    own = account.network["VpcId"]
    group_id = account("CreateSecurityGroup")["SecurityGroupId"]
    account.network = {"SecurityGroupId": group_id}
    first, second = account.launch(), account.launch(ZoneId="cn-hangzhou-i")

    [default] = vpc("DescribeVpcs", IsDefault=True)["Vpcs"]["Vpc"]
    assert default["VpcId"] != own
    assert vpc("DescribeVpcs")["TotalCount"] == 2
    found = {one["InstanceId"]: one for one in account("DescribeInstances")["Instances"]["Instance"]}
    assert {one["VpcAttributes"]["VpcId"] for one in found.values()} == {default["VpcId"]}
    assert found[first]["ZoneId"] != found[second]["ZoneId"] == "cn-hangzhou-i"
    assert vpc("DescribeVSwitches", IsDefault=True)["TotalCount"] == 2


@pytest.mark.documented("https://www.alibabacloud.com/help/en/vpc/user-guide/default-vpc-and-default-vswitch")
def test_a_group_of_another_network_needs_its_vswitch(account: Account, vpc):
    account.network.pop("VSwitchId")

    assert said(account.launch) == "400 InvalidVSwitchId.Necessary"
    assert vpc("DescribeVpcs", IsDefault=True)["TotalCount"] == 0
