"""The cloud product actions and public templates that come with the emulator, run against its services."""

import json

import pytest
from oos_cloud import TYPE, OosCloud

from deployer.oos.shipped import product_actions, public_templates

CLIENT = "https://github.com/aliyun/alibaba-cloud-ops-mcp-server (tools/oos_tools.py)"
PAGE = "https://help.aliyun.com/zh/oos/user-guide/terms"


@pytest.fixture
def cloud(tmp_path) -> OosCloud:
    return OosCloud(tmp_path)


def instance(_cloud: OosCloud, instance_id: str) -> str:
    return instance_id


def snapshot(cloud: OosCloud, instance_id: str) -> str:
    snapshot_id = cloud.ecs("CreateSnapshot", DiskId=system_disk(cloud, instance_id))["SnapshotId"]
    cloud.emulator.advance(3600)
    return snapshot_id


def system_disk(cloud: OosCloud, instance_id: str) -> str:
    return cloud.ecs("DescribeDisks", InstanceId=instance_id)["Disks"]["Disk"][0]["DiskId"]


def new_disk(cloud: OosCloud, _instance_id: str) -> str:
    disk = cloud.ecs("CreateDisk", ZoneId="cn-hangzhou-h", Size=40, DiskCategory="cloud_essd")
    cloud.emulator.advance(60)
    return disk["DiskId"]


def own_image(cloud: OosCloud, instance_id: str) -> str:
    image_id = cloud.ecs("CreateImage", InstanceId=instance_id, ImageName="own")["ImageId"]
    cloud.emulator.advance(3600)
    return image_id


def attached_disk(cloud: OosCloud, instance_id: str) -> str:
    disk_id = new_disk(cloud, instance_id)
    cloud.ecs("AttachDisk", InstanceId=instance_id, DiskId=disk_id)
    cloud.emulator.advance(60)
    return disk_id


def command(cloud: OosCloud, _instance_id: str) -> str:
    content = "ZWNobyBoaQ=="
    return cloud.ecs("CreateCommand", Name="c", Type="RunShellScript", CommandContent=content)["CommandId"]


def stopped(cloud: OosCloud, instance_id: str) -> str:
    cloud.ecs("StopInstance", InstanceId=instance_id)
    cloud.emulator.advance(60)
    return instance_id


def with_address(cloud: OosCloud, instance_id: str) -> str:
    address = cloud.call("vpc", "AllocateEipAddress", RegionId="cn-hangzhou")["AllocationId"]
    cloud.call("vpc", "AssociateEipAddress", RegionId="cn-hangzhou", AllocationId=address, InstanceId=instance_id)
    cloud.emulator.advance(60)
    return instance_id


def key_pair(cloud: OosCloud, _instance_id: str) -> str:
    return cloud.ecs("CreateKeyPair", KeyPairName="key-1")["KeyPairName"]


def image(cloud: OosCloud, _instance_id: str) -> str:
    return cloud.image_id


def security_group(cloud: OosCloud, _instance_id: str) -> str:
    return cloud.security_group_id


def vswitch(cloud: OosCloud, _instance_id: str) -> str:
    return cloud.vswitch_id


def filled(value, cloud: OosCloud, instance_id: str):
    """The value with every function in it called."""
    if callable(value):
        return value(cloud, instance_id)
    if isinstance(value, dict):
        return {name: filled(inner, cloud, instance_id) for name, inner in value.items()}
    return [filled(inner, cloud, instance_id) for inner in value] if isinstance(value, list) else value


HOOK = "https://example.com/hook"
PACKAGE = {"bucketName": "bucket-1", "objectName": "a/b c.zip"}
NEW_INSTANCES = {"instanceType": TYPE, "amount": 2, "tags": [{"Key": "team", "Value": "a"}]}
# What each action is given; functions make what has to be there, from a running instance.
PROPERTIES = {
    "ACS::CICD::SoftwarePackageDeploy": {
        **PACKAGE,
        "targets": {"Type": "ResourceIds", "ResourceIds": [instance]},
    },
    "ACS::CICD::SoftwarePackageDeployOnSingleEcs": {**PACKAGE, "instanceId": instance},
    "ACS::ECS::AllocateEipAddressAndAttachToInstance": {
        "instanceId": instance,
        "tags": [{"Key": "k", "Value": "v"}],
    },
    "ACS::ECS::AllocateAndAssociateEipAddress": {"instanceId": instance, "instanceType": "EcsInstance"},
    "ACS::ECS::AttachDisk": {"instanceId": instance, "diskId": new_disk},
    "ACS::ECS::AttachKeyPair": {"instanceId": instance, "keyPairName": key_pair},
    "ACS::ECS::CheckAvailableInstanceTypes": {"zoneId": "cn-hangzhou-h", "instanceTypes": ["ecs.none", TYPE]},
    "ACS::ECS::CopyImage": {
        "imageId": own_image,
        "targetRegionId": "cn-beijing",
        "targetImageName": "copy",
    },
    "ACS::ECS::CreateAndAttachAndInitDataDisk": {"instanceId": instance, "category": "cloud_essd"},
    "ACS::ECS::CreateImageForSystemDisk": {"instanceId": instance, "imageName": "image-1"},
    "ACS::ECS::CreateImage": {"instanceId": instance, "imageName": "image-1"},
    "ACS::ECS::CreateSnapshot": {"diskId": system_disk, "snapshotName": "snapshot-1"},
    "ACS::ECS::DeleteImage": {"imageId": own_image},
    "ACS::ECS::DeleteInstance": {"instanceId": stopped},
    "ACS::ECS::DescribeInstancesByName": {"instanceName": "web"},
    "ACS::ECS::DescribeInstancesByStatus": {"status": "Running"},
    "ACS::ECS::DescribeInstancesByTag": {"tagKey": "a", "tagValue": "b"},
    "ACS::ECS::DetachDisk": {"instanceId": instance, "diskId": attached_disk},
    "ACS::ECS::DownloadFile": {
        "instanceId": instance,
        "sourceType": "https",
        "sourcePath": "https://example.com/a.zip",
        "destinationDir": "/root/x",
    },
    "ACS::ECS::DownloadFileAndRunCommand": {
        "instanceId": instance,
        "sourceType": "https",
        "sourcePath": "https://example.com/a.zip",
        "destinationDir": "/root/x",
        "commandContent": "ls",
    },
    "ACS::ECS::DownloadOSSFileAndRunCommand": {
        **PACKAGE,
        "instanceId": instance,
        "destinationDir": "/root/x",
        "commandContent": "ls",
    },
    "ACS::ECS::DownloadOssFile": {**PACKAGE, "instanceId": instance, "destinationDir": "/root/x"},
    "ACS::ECS::EnableInstanceDeletionProtection": {"instanceId": instance},
    "ACS::ECS::InheritDiskTagToSnapshot": {"diskId": system_disk, "tagKeys": ["team"]},
    "ACS::ECS::InstallCloudAssistant": {"instanceId": instance},
    "ACS::ECS::InvokeCommand": {"instanceId": instance, "commandId": command, "parameters": {"": ""}},
    "ACS::ECS::ModifyInstanceAttribute": {
        "instanceId": instance,
        "instanceAttributes": [
            {"instanceId": "i-other"},
            {"instanceId": instance, "instanceName": "web-1", "hostName": ""},
        ],
    },
    "ACS::ECS::ModifyInstanceSpec": {"instanceId": instance, "instanceType": "ecs.u1-c1m4.large"},
    "ACS::ECS::ReInitDisk": {"instanceId": instance},
    "ACS::ECS::RebootInstance": {"instanceId": instance, "forceStop": True},
    "ACS::ECS::ReleaseEipAddress": {"instanceId": with_address},
    "ACS::ECS::ReplaceSystemDisk": {"instanceId": instance, "imageId": image},
    "ACS::ECS::ResetDisk": {
        "instanceId": instance,
        "diskId": system_disk,
        "snapshotId": snapshot,
    },
    "ACS::ECS::RunCommand": {"instanceId": instance, "commandContent": "echo hi"},
    "ACS::ECS::RunCommandForLongTime": {"instanceId": instance, "commandContent": "echo hi"},
    "ACS::ECS::RunInstances": {
        **NEW_INSTANCES,
        "imageId": image,
        "securityGroupId": security_group,
        "vSwitchId": vswitch,
    },
    "ACS::ECS::StartInstance": {"instanceId": stopped},
    "ACS::ECS::StopInstance": {"instanceId": instance},
    "ACS::ECS::TagInstanceByLinuxKernelVersion": {"instanceId": instance},
    "ACS::ECS::TagInstanceByOSType": {"instanceId": instance},
    "ACS::ECS::TagInstanceByRunCommandResult": {"instanceId": instance, "tagKey": "k", "commandContent": "ls"},
    "ACS::ECS::UploadOssFile": {**PACKAGE, "instanceId": instance, "fileToUpload": "/root/a"},
    "ACS::ECS::UpdateDiskTagsByEcsInstanceTags": {"instanceId": instance, "tagKeys": ["team"]},
    "ACS::ECS::UpdateEniTagsByEcsInstanceTags": {"instanceId": instance, "tagKeys": ["team"]},
    "ACS::ECS::UpdateSnapshotTagsByEcsInstanceTags": {"instanceId": instance, "tagKeys": ["team"]},
    "ACS::Notify::DingTalkWebhook": {"webhook": HOOK, "text": {"content": "hi"}},
    "ACS::OSS::GenerateUrl": PACKAGE,
}
# They are tried below, and with application management.
UNTRIED = {
    "ACS::Approve::DingTalkWebhook",
    "ACS::CICD::DeployRevisionOnEcs",
}


@pytest.mark.documented(PAGE)
def test_every_product_action_is_tried():
    assert set(product_actions().names) == PROPERTIES.keys() | UNTRIED


@pytest.mark.documented(PAGE)
@pytest.mark.parametrize("action", PROPERTIES)
def test_a_product_action_does_its_work(cloud, action):
    (instance_id,) = cloud.launch()
    execution = cloud.run_action(action, filled(PROPERTIES[action], cloud, instance_id))
    assert execution["Status"] == "Success", execution.get("StatusMessage")


@pytest.mark.documented(PAGE)
@pytest.mark.parametrize(
    ("action", "before", "after"),
    [("ACS::ECS::StopInstance", "Stopped", "Stopped"), ("ACS::ECS::StartInstance", "Running", "Running")],
)
def test_an_instance_that_is_as_it_should_be_is_left_alone(cloud, action, before, after):
    (instance_id,) = cloud.launch()
    if before == "Stopped":
        stopped(cloud, instance_id)
    started_at = cloud.emulator.context.clock.now()
    execution = cloud.run_action(action, {"instanceId": instance_id})
    assert (execution["Status"], cloud.status_of(instance_id)) == ("Success", after)
    calls = {call.action for call in cloud.emulator.recorder.calls if call.at >= started_at}
    assert not calls & {"StopInstance", "StartInstance"}


@pytest.mark.documented(PAGE)
def test_an_instance_that_runs_is_not_deleted(cloud):
    (instance_id,) = cloud.launch()
    execution = cloud.run_action("ACS::ECS::DeleteInstance", {"instanceId": instance_id})
    assert (execution["Status"], cloud.status_of(instance_id)) == ("Failed", "Running")


TARGETS = ("ACS-ECS-BulkyStopInstances", "ACS-ECS-BulkyStartInstances", "ACS-ECS-BulkyRebootInstances")


@pytest.mark.documented(CLIENT)
@pytest.mark.parametrize(
    ("name", "more", "outputs"),
    [
        (
            "ACS-ECS-BulkyRunCommand",
            {"commandContent": "ls", "commandType": "RunShellScript"},
            {"commandOutputs": ["ok\n"] * 2},
        ),
        ("ACS-ECS-BulkyStopInstances", {"forceStop": False}, None),
        ("ACS-ECS-BulkyStartInstances", {}, None),
        ("ACS-ECS-BulkyRebootInstances", {"forceStop": True}, None),
        ("ACS-ECS-BulkyResetPassword", {"password": "Secret-123!"}, {}),
        ("ACS-ECS-BulkyDeleteInstances", {"force": True}, {}),
        ("ACS-ECS-BulkyDownloadOSSFileAndRunCommand", {**PACKAGE, "destinationDir": "/root/x"}, {}),
    ],
)
def test_a_public_template_does_it_for_several_instances(cloud, name, more, outputs):
    ids = cloud.launch(2)
    targets = {"ResourceIds": ids, "RegionId": "cn-hangzhou", "Type": "ResourceIds"}
    parameters = {"regionId": "cn-hangzhou", "resourceType": "ALIYUN::ECS::Instance", "targets": targets, **more}
    execution = cloud.run(name=name, parameters=parameters)
    assert execution["Status"] == "Success", execution.get("StatusMessage")
    given = json.loads(execution["Outputs"])
    assert given == outputs or sorted(given["instanceIds"]) == sorted(ids)


@pytest.mark.documented(CLIENT)
def test_instances_are_made_by_a_public_template(cloud):
    cloud.launch()
    parameters = {
        "imageId": cloud.image_id,
        "instanceType": TYPE,
        "securityGroupId": cloud.security_group_id,
        "vSwitchId": cloud.vswitch_id,
        "systemDiskCategory": "cloud_essd",
        "dataDiskParameters": [{"Size": "100", "DiskName": "data-1", "Category": "cloud_essd"}],
    }
    execution = cloud.run(name="ACS-ECS-RunInstances", parameters=parameters)
    (instance_id,) = json.loads(execution["Outputs"])["instanceIds"]
    assert cloud.status_of(instance_id) == "Running"


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-listtemplates")
def test_public_templates_are_listed_and_read_apart_from_the_own_ones(cloud):
    assert cloud.oos("ListTemplates")["Templates"] == []
    listed = cloud.oos("ListTemplates", ShareType="Public", TemplateName="Bulky")["Templates"]
    assert {"ACS-ECS-BulkyRunCommand", *TARGETS} <= {template["TemplateName"] for template in listed}
    read = cloud.oos("GetTemplate", TemplateName="ACS-ECS-BulkyRunCommand")
    assert read["Content"] == public_templates().find("ACS-ECS-BulkyRunCommand").text
    assert read["Template"]["ShareType"] == "Public"


@pytest.mark.documented(PAGE)
@pytest.mark.parametrize(("is_update", "team"), [(False, "disk's"), (True, "instance's")])
def test_tags_of_an_instance_are_handed_on_to_its_disks(cloud, is_update, team):
    (instance_id,) = cloud.launch()
    disk_id = system_disk(cloud, instance_id)
    instance_tags = [
        {"Key": "team", "Value": "instance's"},
        {"Key": "cost", "Value": "7"},
        {"Key": "own", "Value": "x"},
    ]
    cloud.ecs("TagResources", ResourceType="Instance", ResourceId=[instance_id], Tag=instance_tags)
    cloud.ecs("TagResources", ResourceType="disk", ResourceId=[disk_id], Tag=[{"Key": "team", "Value": "disk's"}])
    properties = {"instanceId": instance_id, "tagKeys": ["team", "cost"], "isUpdate": is_update}
    cloud.run_action("ACS::ECS::UpdateDiskTagsByEcsInstanceTags", properties)
    (disk,) = cloud.ecs("DescribeDisks", DiskIds=[disk_id])["Disks"]["Disk"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in disk["Tags"]["Tag"]} == {"team": team, "cost": "7"}


@pytest.mark.documented(PAGE)
def test_an_approval_by_a_robot_waits(cloud):
    execution_id = cloud.run_action("ACS::Approve::DingTalkWebhook", {"webhook": HOOK})["ExecutionId"]
    (child,) = cloud.children_of(execution_id)
    assert child["Status"] == "Waiting"
    assert [request.url for request in cloud.emulator.services.oos.state.web.requests] == [HOOK]
    cloud.oos("NotifyExecution", ExecutionId=child["ExecutionId"], NotifyType="Approve")
    cloud.emulator.advance(10)
    assert cloud.execution(execution_id)["Status"] == "Success"
