"""Every answer of ECS and VPC, field by field: a name the SDK's models do not know is a misspelt one."""

import json
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as ecs_models
from alibabacloud_vpc20160428 import models as vpc_models
from ecs_lab import FAMILY, REGION, TYPE, ZONE, open_lab

SDK = "https://api.aliyun.com/api-tools/sdk/Ecs?version=2014-05-26&language=python-tea"


class Checked:
    """Calls operations from inside the emulator and holds each raw answer against the SDK's model of it."""

    def __init__(self, lab) -> None:
        self._lab = lab
        self.seen: set[str] = set()

    def __call__(self, product: str, action: str, **params) -> dict[str, Any]:
        emulator = self._lab.emulator
        raw = emulator.call_api(
            product, action, {"RegionId": REGION, **params}, region_id=REGION, principal=emulator.accounts.root
        )
        module = ecs_models if product == "ecs" else vpc_models
        model = getattr(module, f"{action}ResponseBody")()
        assert model.from_map(raw).to_map() == raw, action
        self.seen.add(action)
        return raw


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def checked(lab):
    return Checked(lab)


@pytest.mark.documented(SDK)
def test_catalogue_answers_fit_the_models(checked):
    strip = {"RegionId": None}
    checked("ecs", "DescribeRegions", **strip)
    checked("ecs", "DescribeInstanceTypes", **strip)
    checked("ecs", "DescribeZones")
    for wanted in ("Zone", "IoOptimized", "InstanceType", "Network", "SystemDisk", "DataDisk"):
        checked("ecs", "DescribeAvailableResource", DestinationResource=wanted, InstanceType=TYPE)
    checked("ecs", "DescribeImages", PageSize=100)
    image = checked("ecs", "DescribeImageFromFamily", ImageFamily=FAMILY)["Image"]
    checked("ecs", "DescribeAccountAttributes")
    disk = {"Category": "cloud_essd", "Size": 40, "PerformanceLevel": "PL0"}
    checked("ecs", "DescribePrice", InstanceType=TYPE, ImageId=image["ImageId"], SystemDisk=disk)


@pytest.mark.documented(SDK)
def test_network_answers_fit_the_models(lab, checked):
    tag = [{"Key": "app", "Value": "shop"}]
    vpc_id = checked("vpc", "CreateVpc", CidrBlock="192.168.0.0/16", Tag=tag)["VpcId"]
    lab.settle()
    vswitch_id = checked("vpc", "CreateVSwitch", VpcId=vpc_id, ZoneId=ZONE, CidrBlock="192.168.0.0/24", Tag=tag)[
        "VSwitchId"
    ]
    lab.settle()
    group_id = checked("ecs", "CreateSecurityGroup", VpcId=vpc_id, Tag=tag)["SecurityGroupId"]
    rule = {"IpProtocol": "TCP", "PortRange": "80/80", "SourceCidrIp": "0.0.0.0/0"}
    checked("ecs", "AuthorizeSecurityGroup", SecurityGroupId=group_id, Permissions=[rule])
    for action, params in (
        ("DescribeVpcs", {}),
        ("DescribeVpcAttribute", {"VpcId": vpc_id}),
        ("DescribeVSwitches", {}),
        ("DescribeVSwitchAttributes", {"VSwitchId": vswitch_id}),
    ):
        checked("vpc", action, **params)
    checked("ecs", "DescribeSecurityGroups", IsQueryEcsCount=True)
    checked("ecs", "DescribeSecurityGroupAttribute", SecurityGroupId=group_id)
    allocation_id = checked("vpc", "AllocateEipAddress", Tag=tag)["AllocationId"]
    assert checked("vpc", "DescribeEipAddresses")["EipAddresses"]["EipAddress"][0]["AllocationId"] == allocation_id


@pytest.mark.documented(SDK)
def test_instance_answers_fit_the_models(lab, checked):
    network = lab.make_network()
    order = {
        "InstanceType": TYPE,
        "ImageFamily": FAMILY,
        "VSwitchId": network.vswitch_id,
        "SecurityGroupId": network.security_group_id,
    }
    disk = {"Category": "cloud_essd", "Size": "40"}
    extra = {"InternetMaxBandwidthOut": 5, "Tag": [{"Key": "app", "Value": "shop"}]}
    [instance_id] = checked("ecs", "RunInstances", SystemDisk=disk, **order, **extra)["InstanceIdSets"]["InstanceIdSet"]
    checked("ecs", "CreateInstance", **order)
    lab.settle()

    checked("ecs", "DescribeInstances")
    checked("ecs", "DescribeInstances", MaxResults=1)
    checked("ecs", "DescribeInstanceStatus")
    checked("ecs", "DescribeInstanceAttribute", InstanceId=instance_id, RegionId=None)
    checked("ecs", "DescribeDisks")
    checked("ecs", "ListTagResources", ResourceType="instance", ResourceId=[instance_id])
    checked("ecs", "AttachInstanceRamRole", InstanceIds=json.dumps([instance_id]), RamRoleName="deployer")
    checked("ecs", "DescribeInstanceRamRole", InstanceIds=json.dumps([instance_id]))
    checked("ecs", "StopInstances", InstanceId=[instance_id])
    lab.settle()
    checked("ecs", "StartInstances", InstanceId=[instance_id])
    allocation_id = checked("vpc", "AllocateEipAddress")["AllocationId"]
    lab.settle()
    stopped = lab.launch_running(network)
    checked("vpc", "AssociateEipAddress", AllocationId=allocation_id, InstanceId=stopped)
    lab.settle()
    checked("ecs", "DescribeInstances", InstanceIds=json.dumps([stopped]))
    checked("ecs", "DescribeInstanceAttribute", InstanceId=stopped, RegionId=None)
    checked("vpc", "DescribeEipAddresses")
