"""VPCs and vSwitches through the SDK."""

import pytest
from alibabacloud_vpc20160428 import models
from ecs_lab import IDEMPOTENCE, VPC_PAGES, ZONE, open_lab, refused

VSWITCH_PAGE = "https://www.alibabacloud.com/help/doc-detail/35745.htm"
CREATE_VPC = VPC_PAGES + "createvpc"
DELETE_VPC = VPC_PAGES + "deletevpc"


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def vpc_id(lab):
    vpc_id = lab.vpc("create_vpc", cidr_block="10.0.0.0/16").vpc_id
    lab.settle()
    return vpc_id


def make_vswitch(lab, vpc_id, cidr_block="10.0.0.0/24", **fields):
    return lab.vpc(
        "create_vswitch", **{"vpc_id": vpc_id, "zone_id": ZONE, "cidr_block": cidr_block, **fields}
    ).v_switch_id


@pytest.mark.documented(CREATE_VPC)
def test_a_new_vpc_is_pending_and_then_available(lab):
    body = lab.vpc("create_vpc", vpc_name="shop", description="a shop")

    before = lab.vpc("describe_vpc_attribute", vpc_id=body.vpc_id)
    lab.settle()
    after = lab.vpc("describe_vpc_attribute", vpc_id=body.vpc_id)

    assert (before.status, after.status) == ("Pending", "Available")
    assert (after.vpc_name, after.cidr_block, after.vrouter_id) == ("shop", "172.16.0.0/12", body.vrouter_id)
    assert body.route_table_id.startswith("vtb-")


@pytest.mark.documented(CREATE_VPC)
@pytest.mark.parametrize("cidr_block", ["100.64.0.0/16", "127.0.0.0/16", "224.0.0.0/16", "10.0.0.0/29", "nonsense"])
def test_reserved_and_malformed_blocks_make_no_vpc(lab, cidr_block):
    refused("InvalidParameter", lambda: lab.vpc("create_vpc", cidr_block=cidr_block), status=400)


@pytest.mark.documented(CREATE_VPC)
@pytest.mark.parametrize("name", ["a b+c", "1", "(测试) x/y", "x" * 128])
def test_networks_are_called_anything_that_is_no_link(lab, vpc_id, name):
    described = lab.vpc("create_vpc", vpc_name=name, description="a")
    vswitch_id = make_vswitch(lab, vpc_id, v_switch_name=name)

    assert lab.vpc("describe_vpc_attribute", vpc_id=described.vpc_id).vpc_name == name
    assert lab.vpc("describe_vswitch_attributes", v_switch_id=vswitch_id).v_switch_name == name


@pytest.mark.documented(CREATE_VPC)
@pytest.mark.parametrize("name", ["http://shop", "https://shop", "x" * 129])
def test_a_link_and_a_name_that_is_too_long_are_refused(lab, name):
    refused("InvalidVpcName.Malformed", lambda: lab.vpc("create_vpc", vpc_name=name), status=400)


@pytest.mark.documented(IDEMPOTENCE)
def test_a_repeated_client_token_makes_one_vpc(lab):
    first = lab.vpc("create_vpc", cidr_block="10.0.0.0/16", client_token="plan-1")
    second = lab.vpc("create_vpc", cidr_block="10.0.0.0/16", client_token="plan-1")

    assert first.vpc_id == second.vpc_id
    assert lab.vpc("describe_vpcs").total_count == 1
    refused(
        "IdempotentParameterMismatch",
        lambda: lab.vpc("create_vpc", cidr_block="10.1.0.0/16", client_token="plan-1"),
    )


@pytest.mark.documented(CREATE_VPC)
def test_a_dry_run_that_passes_is_an_error_and_makes_nothing(lab):
    refused("DryRunOperation", lambda: lab.vpc("create_vpc", dry_run=True), status=400)

    assert lab.vpc("describe_vpcs").total_count == 0


@pytest.mark.assumed("the quota of an account may have been raised")
def test_the_vpc_quota_of_a_region_holds(lab):
    for _ in range(10):
        lab.vpc("create_vpc")

    refused("QuotaExceeded.Vpc", lambda: lab.vpc("create_vpc"), status=400)
    assert lab.vpc("create_vpc", region_id="cn-beijing").vpc_id


@pytest.mark.documented(VPC_PAGES + "describevpcs")
def test_vpcs_are_found_by_tag_name_and_page(lab):
    tag = models.CreateVpcRequestTag(key="deployer", value="network")
    ours = lab.vpc("create_vpc", vpc_name="ours", tag=[tag]).vpc_id
    others = [lab.vpc("create_vpc").vpc_id for _ in range(2)]

    wanted = models.DescribeVpcsRequestTag(key="deployer", value="network")
    by_tag = lab.vpc("describe_vpcs", tag=[wanted]).vpcs.vpc
    by_name = lab.vpc("describe_vpcs", vpc_name="ours").vpcs.vpc
    second_page = lab.vpc("describe_vpcs", page_size=2, page_number=2)

    assert [vpc.vpc_id for vpc in by_tag] == [vpc.vpc_id for vpc in by_name] == [ours]
    assert [(tag.key, tag.value) for tag in by_tag[0].tags.tag] == [("deployer", "network")]
    assert (second_page.total_count, [vpc.vpc_id for vpc in second_page.vpcs.vpc]) == (3, [ours])
    assert lab.vpc("describe_vpcs", vpc_id=f"{others[0]},{others[1]}").total_count == 2


@pytest.mark.documented(VSWITCH_PAGE)
def test_vswitches_of_a_vpc_are_made_one_at_a_time(lab, vpc_id):
    first = make_vswitch(lab, vpc_id)
    before = lab.vpc("describe_vswitch_attributes", v_switch_id=first).status

    refused("IncorrectVSwitchStatus", lambda: make_vswitch(lab, vpc_id, "10.0.1.0/24"), status=400)
    lab.settle()
    second = make_vswitch(lab, vpc_id, "10.0.1.0/24")
    lab.settle()

    assert before == "Pending"
    listed = lab.vpc("describe_vswitches", vpc_id=vpc_id).v_switches.v_switch
    assert {(vswitch.v_switch_id, vswitch.status) for vswitch in listed} == {
        (first, "Available"),
        (second, "Available"),
    }


@pytest.mark.documented(VSWITCH_PAGE)
def test_a_vswitch_in_a_vpc_that_is_still_made_is_refused(lab):
    vpc_id = lab.vpc("create_vpc", cidr_block="10.0.0.0/16").vpc_id

    refused("IncorrectVpcStatus", lambda: make_vswitch(lab, vpc_id), status=400)


@pytest.mark.documented(VSWITCH_PAGE)
@pytest.mark.parametrize(
    ("cidr_block", "code"),
    [
        ("10.0.0.0/30", "InvalidCirdrBlock.MaskLength"),
        ("10.0.0.0/15", "InvalidCirdrBlock.MaskLength"),
        ("10.0.0.1/24", "InvalidCidrBlock.Malformed"),
        ("192.168.0.0/24", "InvalidParameter"),
        ("10.0.0.128/25", "InvalidCidrBlock.Overlapped"),
    ],
)
def test_a_vswitch_block_that_does_not_fit_is_refused_with_the_documented_code(lab, vpc_id, cidr_block, code):
    make_vswitch(lab, vpc_id)
    lab.settle()

    refused(code, lambda: make_vswitch(lab, vpc_id, cidr_block), status=400)


@pytest.mark.documented(VSWITCH_PAGE)
def test_unknown_vpc_and_zone_are_refused(lab, vpc_id):
    refused("InvalidVpcId.NotFound", lambda: make_vswitch(lab, "vpc-none"), status=404)
    refused("InvalidZoneId.NotFound", lambda: make_vswitch(lab, vpc_id, zone_id="cn-beijing-h"), status=404)


@pytest.mark.documented(VSWITCH_PAGE)
def test_four_addresses_of_a_vswitch_are_reserved(lab, vpc_id):
    vswitch_id = make_vswitch(lab, vpc_id, "10.0.0.0/29")

    assert lab.vpc("describe_vswitch_attributes", v_switch_id=vswitch_id).available_ip_address_count == 4


@pytest.mark.documented(DELETE_VPC)
def test_a_vpc_goes_only_after_what_is_in_it(lab, vpc_id):
    vswitch_id = make_vswitch(lab, vpc_id)
    group_id = lab.ecs("create_security_group", vpc_id=vpc_id).security_group_id
    lab.settle()

    refused("DependencyViolation.VSwitch", lambda: lab.vpc("delete_vpc", vpc_id=vpc_id), status=400)
    lab.vpc("delete_vswitch", v_switch_id=vswitch_id)
    refused("DependencyViolation.SecurityGroup", lambda: lab.vpc("delete_vpc", vpc_id=vpc_id), status=400)
    lab.ecs("delete_security_group", security_group_id=group_id)
    lab.vpc("delete_vpc", vpc_id=vpc_id)

    refused("InvalidVpcId.NotFound", lambda: lab.vpc("delete_vpc", vpc_id=vpc_id), status=404)
    refused("InvalidVswitchID.NotFound", lambda: lab.vpc("delete_vswitch", v_switch_id=vswitch_id), status=404)


@pytest.mark.documented(VPC_PAGES + "tagresources")
def test_tags_of_vpc_resources_have_upper_case_types_and_strict_values(lab, vpc_id):
    def tag(value, resource_type="VPC", resource_id=vpc_id):
        request_tag = models.TagResourcesRequestTag(key="owner", value=value)
        lab.vpc("tag_resources", resource_type=resource_type, resource_id=[resource_id], tag=[request_tag])

    tag("first")
    tag("second")

    tags = lab.vpc("describe_vpc_attribute", vpc_id=vpc_id).tags.tag
    assert [(found.key, found.value) for found in tags] == [("owner", "second")]
    refused("InvalidTagValue.Malformed", lambda: tag("acs:mine"))
    refused("InvalidResourceId.NotFound", lambda: tag("first", resource_id="vpc-none"), status=404)


@pytest.mark.documented(VPC_PAGES + "describevpcattribute")
def test_a_vpc_is_found_in_its_own_region_only(lab, vpc_id):
    refused(
        "InvalidVpcId.NotFound",
        lambda: lab.vpc("describe_vpc_attribute", vpc_id=vpc_id, region_id="cn-beijing"),
        status=404,
    )
    assert lab.vpc("describe_vpcs", region_id="cn-beijing").total_count == 0
    refused("InvalidRegionId.NotFound", lambda: lab.vpc("describe_vpcs", region_id="cn-atlantis"), status=404)
