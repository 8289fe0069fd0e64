"""What an application group costs."""

import pytest
from oos_cloud import REGION, OosCloud

from deployer.emulator.actions import ApiError

BILL = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-describeapplicationgroupbill"
HOUR = 3600


@pytest.fixture
def cloud(tmp_path):
    cloud = OosCloud(tmp_path)
    cloud.oos("CreateApplication", Name="shop")
    cloud.oos("CreateApplicationGroup", ApplicationName="shop", Name="g", DeployRegionId=REGION)
    yield cloud
    cloud.emulator.close()


def bill(cloud: OosCloud, cycle: str = "2026-01", **params) -> dict:
    wanted = {"ApplicationName": "shop", "Name": "g", "ResourceType": "ALIYUN::ECS::INSTANCE", **params}
    return cloud.oos("DescribeApplicationGroupBill", BillingCycle=cycle, **wanted)


@pytest.mark.documented(BILL)
def test_each_instance_of_the_group_costs_by_the_hours_of_the_month(cloud):
    first, second, _stranger = cloud.launch(3)
    tags = [{"Key": "app-shop", "Value": "g"}]
    cloud.ecs("TagResources", ResourceType="instance", ResourceId=[first, second], Tag=tags)
    cloud.emulator.advance(10 * HOUR)

    early = {one["InstanceId"]: one for one in bill(cloud)["ApplicationGroupConsume"]}
    cloud.emulator.advance(10 * HOUR)
    later = bill(cloud)["ApplicationGroupConsume"]

    assert set(early) == {first, second}
    assert (early[first]["Status"], early[first]["Currency"]) == ("Running", "CNY")
    assert [one["Amount"] > 1.8 * early[one["InstanceId"]]["Amount"] > 0 for one in later] == [True, True]
    assert bill(cloud, "2025-12")["ApplicationGroupConsume"] == []
    assert [one["Amount"] for one in bill(cloud, "2026-02")["ApplicationGroupConsume"]] == [0.0, 0.0]
    page = bill(cloud, MaxResults=1)
    assert len(page["ApplicationGroupConsume"]) == 1
    assert len(bill(cloud, MaxResults=1, NextToken=page["NextToken"])["ApplicationGroupConsume"]) == 1


@pytest.mark.documented(BILL)
@pytest.mark.parametrize("cycle", ["2026", "2026-13", "2026-1", "0000-01", "9999-12"])
def test_a_cycle_is_a_month(cloud, cycle):
    with pytest.raises(ApiError) as caught:
        bill(cloud, cycle)
    assert caught.value.code == "InvalidParameter"
