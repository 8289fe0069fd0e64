"""Instances, groups and interfaces that change after they were made."""

import base64
import json
from datetime import timedelta

import pytest
from ecs_account import Account, said
from ecs_lab import ECS_PAGES, REGION, ZONE

WEB = {"IpProtocol": "tcp", "PortRange": "443/443"}


def ids(*names: str) -> str:
    return json.dumps(names)


@pytest.fixture
def instance_id(account: Account) -> str:
    return account.launch(InternetMaxBandwidthOut=5, UserData=base64.b64encode(b"#!/bin/sh\ntrue\n").decode())


def stop(account: Account, instance_id: str) -> None:
    account("StopInstance", InstanceId=instance_id)
    account.settle()


@pytest.mark.documented(ECS_PAGES + "authorizesecuritygroupegress")
def test_outbound_rules_are_kept_apart_from_inbound_ones(account: Account):
    group = {"SecurityGroupId": account.network["SecurityGroupId"]}
    account("AuthorizeSecurityGroup", Permissions=[{**WEB, "SourceCidrIp": "10.0.0.0/8"}], **group)
    for _ in range(2):
        account("AuthorizeSecurityGroupEgress", Permissions=[{**WEB, "DestCidrIp": "10.0.0.0/8"}], **group)

    def directions(**wanted):
        listed = account("DescribeSecurityGroupAttribute", **group, **wanted)["Permissions"]["Permission"]
        return [rule["Direction"] for rule in listed]

    assert directions() == ["ingress", "egress"]
    assert directions(Direction="egress") == ["egress"]
    assert said(lambda: account("AuthorizeSecurityGroupEgress", Permissions=[WEB], **group)) == (
        "400 MissingParameter.Dest"
    )
    account(
        "RevokeSecurityGroup", Permissions=[{**WEB, "DestCidrIp": "10.0.0.0/8", "SourceCidrIp": "1.1.1.1"}], **group
    )
    account("RevokeSecurityGroupEgress", Permissions=[{**WEB, "DestCidrIp": "10.0.0.0/8"}], **group)
    assert directions() == ["ingress"]


@pytest.mark.documented(ECS_PAGES + "modifysecuritygrouprule")
def test_a_rule_keeps_its_id_and_what_is_not_given(account: Account):
    group = {"SecurityGroupId": account.network["SecurityGroupId"]}
    account("AuthorizeSecurityGroup", Permissions=[{**WEB, "SourceCidrIp": "10.0.0.0/8"}], **group)

    def rule():
        return account("DescribeSecurityGroupAttribute", **group)["Permissions"]["Permission"][0]

    before = rule()
    rule_id = before["SecurityGroupRuleId"]
    account("ModifySecurityGroupRule", SecurityGroupRuleId=rule_id, PortRange="80/80", Description="plain", **group)
    after = rule()
    assert (after["SecurityGroupRuleId"], after["PortRange"], after["SourceCidrIp"]) == (rule_id, "80/80", "10.0.0.0/8")
    assert after["Description"] == "plain"
    account("AuthorizeSecurityGroup", Permissions=[{**WEB, "SourceCidrIp": "10.0.0.0/8"}], **group)
    change = {"SecurityGroupRuleId": rule_id, "PortRange": "443/443", **group}
    assert said(lambda: account("ModifySecurityGroupRule", **change)) == "403 InvalidParam.SecurityRuleExist"


@pytest.mark.documented(ECS_PAGES + "modifysecuritygrouppolicy")
def test_groups_are_renamed_named_by_others_and_left(account: Account, instance_id):
    first = {"SecurityGroupId": account.network["SecurityGroupId"]}
    second = {"SecurityGroupId": account("CreateSecurityGroup", VpcId=account.network["VpcId"])["SecurityGroupId"]}
    account("ModifySecurityGroupAttribute", SecurityGroupName="web", Description="all of web", **second)
    account("ModifySecurityGroupPolicy", InnerAccessPolicy="Drop", **second)
    account("AuthorizeSecurityGroup", Permissions=[{**WEB, "SourceGroupId": second["SecurityGroupId"]}], **first)

    described = account("DescribeSecurityGroupAttribute", **second)
    assert (described["SecurityGroupName"], described["InnerAccessPolicy"]) == ("web", "Drop")
    [reference] = account("DescribeSecurityGroupReferences", SecurityGroupId=list(second.values()))[
        "SecurityGroupReferences"
    ]["SecurityGroupReference"]
    [naming] = reference["ReferencingSecurityGroups"]["ReferencingSecurityGroup"]
    assert naming["SecurityGroupId"] == first["SecurityGroupId"]
    assert said(lambda: account("DeleteSecurityGroup", **second)) == "403 DependencyViolation"
    leave = {"InstanceId": instance_id, **first}
    assert said(lambda: account("LeaveSecurityGroup", **leave)) == "403 InstanceLastSecurityGroup"
    account("JoinSecurityGroup", InstanceId=instance_id, **second)
    account("LeaveSecurityGroup", **leave)
    assert account.one("DescribeInstances")["SecurityGroupIds"]["SecurityGroupId"] == list(second.values())
    assert said(lambda: account("LeaveSecurityGroup", **leave)) == "403 InstanceNotInSecurityGroup"


@pytest.mark.documented(ECS_PAGES + "modifyinstancespec")
def test_a_stopped_instance_changes_its_type(account: Account, instance_id):
    change = {"InstanceId": instance_id, "InstanceType": "ecs.u1-c1m2.xlarge"}
    assert said(lambda: account("ModifyInstanceSpec", **change)) == "403 IncorrectInstanceStatus"
    account("ModifyInstanceNetworkSpec", InstanceId=instance_id, InternetMaxBandwidthOut=50)
    stop(account, instance_id)
    account("ModifyInstanceSpec", **change)
    account("ModifyInstanceMetadataOptions", InstanceId=instance_id, HttpEndpoint="enabled", HttpTokens="required")

    instance = account.one("DescribeInstances")
    assert (instance["InstanceType"], instance["Cpu"]) == ("ecs.u1-c1m2.xlarge", 4)
    assert instance["InternetMaxBandwidthOut"] == 50
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert said(lambda: account("ModifyInstanceSpec", InstanceId=instance_id, InstanceType="ecs.none")) == (
        "400 InvalidInstanceType.ValueNotSupported"
    )


@pytest.mark.documented(ECS_PAGES + "modifyinstanceautoreleasetime")
def test_an_instance_goes_at_the_time_it_is_told_last(account: Account, instance_id):
    now = account.emulator.context.clock.now()

    def release_in(hours: int) -> None:
        moment = (now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")
        account("ModifyInstanceAutoReleaseTime", InstanceId=instance_id, AutoReleaseTime=moment)

    release_in(1)
    release_in(3)
    account.emulator.advance(2 * 3600)
    assert account("DescribeInstances")["TotalCount"] == 1
    account("ModifyInstanceAutoReleaseTime", InstanceId=instance_id)
    account.emulator.advance(2 * 3600)
    assert account("DescribeInstances")["TotalCount"] == 1
    now = account.emulator.context.clock.now()
    release_in(1)
    account.emulator.advance(2 * 3600)
    assert account("DescribeInstances")["TotalCount"] == 0


@pytest.mark.documented(ECS_PAGES + "modifyinstancevpcattribute")
def test_a_stopped_instance_moves_within_its_vpc(account: Account, instance_id):
    vswitch_id = account.network["VSwitchId"]
    change = {"InstanceId": instance_id, "VSwitchId": vswitch_id, "PrivateIpAddress": "192.168.0.77"}
    assert said(lambda: account("ModifyInstanceVpcAttribute", **change)) == "403 IncorrectInstanceStatus"
    stop(account, instance_id)
    free = account("DescribeVSwitchAttributes", product="vpc", VSwitchId=vswitch_id)["AvailableIpAddressCount"]
    account("ModifyInstanceVpcAttribute", **change)

    instance = account.one("DescribeInstances")
    assert instance["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] == ["192.168.0.77"]
    after = account("DescribeVSwitchAttributes", product="vpc", VSwitchId=vswitch_id)["AvailableIpAddressCount"]
    assert after == free


@pytest.mark.documented(ECS_PAGES + "convertnatpubliciptoeip")
def test_an_own_address_is_given_back_or_made_elastic(account: Account, instance_id):
    address = account.one("DescribeInstances")["PublicIpAddress"]["IpAddress"][0]
    account("ConvertNatPublicIpToEip", InstanceId=instance_id)
    instance = account.one("DescribeInstances")
    assert (instance["PublicIpAddress"]["IpAddress"], instance["EipAddress"]["IpAddress"]) == ([], address)
    other = account.launch(InternetMaxBandwidthOut=5)
    public = account.one("DescribeInstances", InstanceIds=ids(other))["PublicIpAddress"]["IpAddress"][0]
    account("ReleasePublicIpAddress", PublicIpAddress=public)
    assert account.one("DescribeInstances", InstanceIds=ids(other))["PublicIpAddress"]["IpAddress"] == []
    assert said(lambda: account("ReleasePublicIpAddress", PublicIpAddress=public)) == "404 InvalidIpAddress.NotFound"


@pytest.mark.documented(ECS_PAGES + "detachinstanceramrole")
def test_roles_user_data_health_and_reboots_of_several(account: Account, instance_id):
    account("AttachInstanceRamRole", RamRoleName="web", InstanceIds=ids(instance_id))
    gone = account("DetachInstanceRamRole", RamRoleName="web", InstanceIds=ids(instance_id, "i-0"))
    assert (gone["TotalCount"], gone["FailCount"]) == (2, 1)
    assert base64.b64decode(account("DescribeUserData", InstanceId=instance_id)["UserData"]).startswith(b"#!")
    assert account.one("DescribeInstancesFullStatus")["HealthStatus"]["Name"] == "Ok"
    [answer] = account("RebootInstances", InstanceId=[instance_id])["InstanceResponses"]["InstanceResponse"]
    assert answer["CurrentStatus"] == "Starting"
    assert account.one("DescribeInstancesFullStatus", Status="Starting")["HealthStatus"]["Name"] == "Initializing"


@pytest.mark.documented(ECS_PAGES + "createnetworkinterface")
def test_an_interface_is_made_attached_and_goes_with_its_instance(account: Account, instance_id):
    place = {"VSwitchId": account.network["VSwitchId"], "SecurityGroupId": account.network["SecurityGroupId"]}
    made = account("CreateNetworkInterface", NetworkInterfaceName="second", SecondaryPrivateIpAddressCount=1, **place)
    interface = {"NetworkInterfaceId": made["NetworkInterfaceId"]}
    assert made["Status"] == "Creating"
    account.settle()
    account("AttachNetworkInterface", InstanceId=instance_id, **interface)
    account.settle()
    more = account("AssignPrivateIpAddresses", PrivateIpAddress=["192.168.0.200"], **interface)
    assert more["AssignedPrivateIpAddressesSet"]["PrivateIpSet"]["PrivateIpAddress"] == ["192.168.0.200"]

    listed = account("DescribeNetworkInterfaces", InstanceId=instance_id)["NetworkInterfaceSets"]["NetworkInterfaceSet"]
    assert [(one["Type"], one["Status"]) for one in listed] == [("Secondary", "InUse"), ("Primary", "InUse")]
    assert len(listed[0]["PrivateIpSets"]["PrivateIpSet"]) == 3
    own = account.one("DescribeInstances")["NetworkInterfaces"]["NetworkInterface"]
    assert [one["Type"] for one in own] == ["Primary", "Secondary"]
    account("UnassignPrivateIpAddresses", PrivateIpAddress=["192.168.0.200"], **interface)
    assert said(lambda: account("DeleteNetworkInterface", **interface)) == "403 InvalidOperation.InvalidEniState"
    account("DetachNetworkInterface", InstanceId=instance_id, **interface)
    account.settle()
    account("ModifyNetworkInterfaceAttribute", NetworkInterfaceName="third", DeleteOnRelease=True, **interface)
    account("AttachNetworkInterface", InstanceId=instance_id, **interface)
    account.settle()
    account("DeleteInstance", InstanceId=instance_id, Force=True)
    account.settle()
    assert account("DescribeNetworkInterfaces")["TotalCount"] == 0
    assert account("DeleteNetworkInterface", **interface) == {}


@pytest.mark.documented(ECS_PAGES + "deletesecuritygroup")
def test_an_interface_holds_its_group_and_its_vswitch(account: Account):
    group_id = account.network["SecurityGroupId"]
    account("CreateNetworkInterface", VSwitchId=account.network["VSwitchId"], SecurityGroupId=group_id)
    account.settle()

    assert said(lambda: account("DeleteSecurityGroup", SecurityGroupId=group_id)) == "403 DependencyViolation"
    assert said(lambda: account("DeleteVSwitch", product="vpc", VSwitchId=account.network["VSwitchId"])) == (
        "400 DependencyViolation.NetworkInterface"
    )


@pytest.mark.documented(ECS_PAGES + "describetags")
def test_the_old_operations_on_tags_see_the_same_tags(account: Account, instance_id):
    tags = [{"Key": "team", "Value": "a"}, {"Key": "stage", "Value": "test"}]
    account("AddTags", ResourceType="instance", ResourceId=instance_id, Tag=tags)
    account("AddTags", ResourceType="securitygroup", ResourceId=account.network["SecurityGroupId"], Tag=tags[:1])
    [team] = account("DescribeTags", Tag=[{"Key": "team"}])["Tags"]["Tag"]
    assert (team["ResourceTypeCount"]["Instance"], team["ResourceTypeCount"]["Securitygroup"]) == (1, 1)
    account("RemoveTags", ResourceType="instance", ResourceId=instance_id, Tag=[{"Key": "team"}])
    account("RemoveTags", ResourceType="instance", ResourceId=instance_id, Tag=[{"Key": "stage", "Value": "other"}])
    assert account.one("DescribeInstances")["Tags"]["Tag"] == [{"TagKey": "stage", "TagValue": "test"}]
    assert said(lambda: account("AddTags", ResourceType="disk", ResourceId="d-0", Tag=tags)) == (
        "404 InvalidResourceId.NotFound"
    )


@pytest.mark.assumed("spot prices are a steady part of the list price")
def test_families_and_spot_prices_are_listed(account: Account):
    families = account("DescribeInstanceTypeFamilies")["InstanceTypeFamilies"]["InstanceTypeFamily"]
    assert "ecs.u1" in [family["InstanceTypeFamilyId"] for family in families]
    wanted = {"InstanceType": "ecs.u1-c1m2.large", "NetworkType": "vpc", "ZoneId": ZONE, "RegionId": REGION}
    prices = account("DescribeSpotPriceHistory", **wanted)["SpotPrices"]["SpotPriceType"]
    assert prices
    assert all(0 < price["SpotPrice"] < price["OriginPrice"] for price in prices)


@pytest.mark.documented(ECS_PAGES + "createlaunchtemplate")
def test_a_launch_template_fills_what_the_call_leaves_out(account: Account):
    network = {name: value for name, value in account.network.items() if name != "VpcId"}
    data = {"InstanceType": "ecs.u1-c1m2.large", "SystemDisk": {"Category": "cloud_essd", "Size": 60}, **network}
    image_id = account("DescribeImageFromFamily", ImageFamily="acs:ubuntu_24_04_x64")["Image"]["ImageId"]
    tag = [{"Key": "team", "Value": "a"}]
    made = account("CreateLaunchTemplate", LaunchTemplateName="web", ImageId=image_id, Tag=tag, **data)
    template = {"LaunchTemplateId": made["LaunchTemplateId"]}
    bigger = {**data, "InstanceType": "ecs.u1-c1m2.xlarge", "ImageId": image_id}
    assert account("CreateLaunchTemplateVersion", **template, **bigger)["LaunchTemplateVersionNumber"] == 2

    def launched(**fields) -> dict:
        [instance_id] = account("RunInstances", **fields)["InstanceIdSets"]["InstanceIdSet"]
        account.settle()
        return account.one("DescribeInstances", InstanceIds=ids(instance_id))

    by_default = launched(LaunchTemplateName="web", SystemDisk={"PerformanceLevel": "PL0"})
    assert (by_default["InstanceType"], by_default["ImageId"]) == ("ecs.u1-c1m2.large", image_id)
    assert by_default["Tags"]["Tag"] == [{"TagKey": "team", "TagValue": "a"}]
    disk = account.one("DescribeDisks", InstanceId=by_default["InstanceId"])
    assert (disk["Size"], disk["PerformanceLevel"]) == (60, "PL0")
    assert launched(LaunchTemplateVersion=2, **template)["InstanceType"] == "ecs.u1-c1m2.xlarge"
    assert said(lambda: launched(LaunchTemplateVersion=3, **template)) == "404 InvalidLaunchTemplateVersion.NotFound"


@pytest.mark.documented(ECS_PAGES + "describelaunchtemplateversions")
def test_versions_of_a_launch_template_are_listed_chosen_and_removed(account: Account):
    create = {"LaunchTemplateName": "web", "TemplateTag": [{"Key": "team", "Value": "a"}]}
    template = {"LaunchTemplateId": account("CreateLaunchTemplate", **create, ImageId="i")["LaunchTemplateId"]}
    assert said(lambda: account("CreateLaunchTemplate", **create)) == "400 LaunchTemplateName.Duplicated"
    disks = [{"Category": "cloud_essd", "Size": 20}]
    account("CreateLaunchTemplateVersion", VersionDescription="second", DataDisk=disks, **template)

    listed = account.one("DescribeLaunchTemplateVersions", LaunchTemplateVersion=["2"], **template)
    assert (listed["VersionDescription"], listed["DefaultVersion"]) == ("second", False)
    assert listed["LaunchTemplateData"]["DataDisks"]["DataDisk"] == disks
    plain = account.one("DescribeLaunchTemplateVersions", DefaultVersion=True, DetailFlag=False, **template)
    assert (plain["VersionNumber"], "LaunchTemplateData" in plain) == (1, False)
    account("ModifyLaunchTemplateDefaultVersion", DefaultVersionNumber=2, **template)
    found = account.one("DescribeLaunchTemplates", TemplateTag=[{"Key": "team", "Value": "a"}])
    assert (found["DefaultVersionNumber"], found["LatestVersionNumber"]) == (2, 2)
    remove = {"DeleteVersion": ["2"], **template}
    assert said(lambda: account("DeleteLaunchTemplateVersion", **remove)) == (
        "400 InvalidDefaultVersion.DeleteNotAllowed"
    )
    account("DeleteLaunchTemplateVersion", **{**remove, "DeleteVersion": ["1"]})
    assert account("DeleteLaunchTemplate", **template)["LaunchTemplateVersionNumbers"]["versionNumbers"] == [2]
    assert said(lambda: account("DescribeLaunchTemplateVersions", **template)) == "404 InvalidLaunchTemplate.NotFound"


@pytest.mark.documented(ECS_PAGES + "modifycommand")
def test_a_kept_command_is_changed_for_its_next_run(account: Account):
    content = base64.b64encode(b"echo one").decode()
    command = {
        "CommandId": account("CreateCommand", Type="RunShellScript", Name="say", CommandContent=content)["CommandId"]
    }
    account("ModifyCommand", Name="shout", CommandContent=base64.b64encode(b"echo TWO").decode(), Timeout=90, **command)

    found = account.one("DescribeCommands", **command)
    assert (found["Name"], base64.b64decode(found["CommandContent"]), found["Timeout"]) == ("shout", b"echo TWO", 90)
