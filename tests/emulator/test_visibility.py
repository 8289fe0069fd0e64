"""What was made is found late when the assumptions say so, and by its tags later still."""

from datetime import datetime, timezone

import pytest
from ecs_account import Account, make_account, said
from ecs_lab import ZONE

from deployer.clock import VirtualClock
from deployer.emulator.assumptions import Assumptions

REASON = "eventual consistency is documented as such, no figure"
TAG = [{"Key": "deployer:group", "Value": "a"}]


@pytest.fixture
def late(make_emulator, driver) -> Account:
    """An account whose new things are missing for 5 seconds, and for 30 from filters by tag."""
    clock = VirtualClock(datetime.now(timezone.utc))
    assumptions = Assumptions(list_lag_seconds=5.0, tag_lag_seconds=30.0, describe_lag_seconds=5.0)
    return make_account(make_emulator(driver=driver, clock=clock, assumptions=assumptions))


@pytest.mark.assumed(REASON)
def test_networks_and_groups_are_missing_from_every_look_for_a_while(late: Account):
    vpc_id = late("CreateVpc", product="vpc", CidrBlock="10.0.0.0/16", Tag=TAG)["VpcId"]

    def looks() -> list[object]:
        plain = late("DescribeVpcs", product="vpc", VpcId=vpc_id)["TotalCount"]
        tagged = late("DescribeVpcs", product="vpc", VpcId=vpc_id, Tag=TAG)["TotalCount"]
        return [plain, tagged]

    assert looks() == [0, 0]
    assert said(lambda: late("DescribeVpcAttribute", product="vpc", VpcId=vpc_id)) == "404 InvalidVpcId.NotFound"
    late.emulator.advance(6)
    assert looks() == [1, 0]
    late.emulator.advance(30)
    assert looks() == [1, 1]

    place = {"VpcId": vpc_id, "ZoneId": ZONE, "CidrBlock": "10.0.0.0/24"}
    vswitch_id = late("CreateVSwitch", product="vpc", **place)["VSwitchId"]
    group_id = late("CreateSecurityGroup", VpcId=vpc_id)["SecurityGroupId"]
    assert late("DescribeVSwitches", product="vpc", VSwitchId=vswitch_id)["TotalCount"] == 0
    assert late("DescribeSecurityGroups", SecurityGroupId=group_id)["TotalCount"] == 0
    assert said(lambda: late("DescribeSecurityGroupAttribute", SecurityGroupId=group_id)) == (
        "404 InvalidSecurityGroupId.NotFound"
    )
    late.emulator.advance(6)
    assert late("DescribeVSwitchAttributes", product="vpc", VSwitchId=vswitch_id)["Status"] == "Available"
    assert late("DescribeSecurityGroups", SecurityGroupId=group_id)["TotalCount"] == 1


@pytest.mark.assumed(REASON)
def test_a_filter_by_tag_finds_a_new_instance_last(late: Account):
    late.launch(Tag=TAG)

    assert [late("DescribeInstances")["TotalCount"], late("DescribeInstances", Tag=TAG)["TotalCount"]] == [1, 0]
    late.emulator.advance(30)
    assert late("DescribeInstances", Tag=TAG)["TotalCount"] == 1
