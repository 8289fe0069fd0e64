"""Disks, snapshots, images and key pairs: how they come, belong to something, and go."""

import json

import pytest
from ecs_account import Account, said
from ecs_lab import ECS_PAGES, FAMILY, REGION, ZONE

DISK_STATES = "https://www.alibabacloud.com/help/en/ecs/user-guide/disk-states"


def ids(*names: str) -> str:
    return json.dumps(names)


def status(account: Account, disk_id: str) -> str:
    return account.one("DescribeDisks", DiskIds=ids(disk_id))["Status"]


@pytest.fixture
def instance_id(account: Account) -> str:
    return account.launch()


@pytest.fixture
def disk_id(account: Account) -> str:
    """A data disk that belongs to nobody."""
    made = account("CreateDisk", ZoneId=ZONE, DiskCategory="cloud_essd", Size=20, DiskName="data")["DiskId"]
    account.settle()
    return made


@pytest.mark.documented(DISK_STATES)
def test_a_disk_passes_through_the_states_between(account: Account, instance_id):
    disk_id = account("CreateDisk", ZoneId=ZONE, DiskCategory="cloud_essd", Size=20)["DiskId"]
    seen = [status(account, disk_id)]
    account.settle()
    seen.append(status(account, disk_id))
    account("AttachDisk", DiskId=disk_id, InstanceId=instance_id, DeleteWithInstance=True)
    seen.append(status(account, disk_id))
    account.settle()
    attached = account.one("DescribeDisks", DiskIds=ids(disk_id))
    account("DetachDisk", DiskId=disk_id, InstanceId=instance_id)
    seen += [attached["Status"], status(account, disk_id)]
    account.settle()
    account("DeleteDisk", DiskId=disk_id)

    assert seen == ["Creating", "Available", "Attaching", "In_use", "Detaching"]
    assert (attached["InstanceId"], attached["Device"]) == (instance_id, "/dev/xvdb")
    assert attached["DeleteWithInstance"]
    assert account("DescribeDisks", DiskIds=ids(disk_id))["TotalCount"] == 0


@pytest.mark.documented(ECS_PAGES + "attachdisk")
def test_a_disk_that_goes_with_its_instance_is_gone_and_another_one_stays(account: Account, instance_id):
    kept, lost = (
        account("CreateDisk", ZoneId=ZONE, DiskCategory="cloud_essd", Size=20, DiskName=name)["DiskId"]
        for name in ("kept", "lost")
    )
    account.settle()
    account("AttachDisk", DiskId=kept, InstanceId=instance_id)
    account("AttachDisk", DiskId=lost, InstanceId=instance_id)
    account.settle()
    account("ModifyDiskAttribute", DiskId=lost, DeleteWithInstance=True, DiskName="goner")
    account("DeleteInstance", InstanceId=instance_id, Force=True)
    account.settle()

    assert [disk["DiskId"] for disk in account("DescribeDisks")["Disks"]["Disk"]] == [kept]
    assert status(account, kept) == "Available"


@pytest.mark.documented(ECS_PAGES + "resizedisk")
def test_disks_grow_and_change_their_kind(account: Account, disk_id):
    account("ResizeDisk", DiskId=disk_id, NewSize=500, Type="online")
    account("ModifyDiskSpec", DiskId=disk_id, PerformanceLevel="PL2")

    disk = account.one("DescribeDisks", DiskIds=ids(disk_id))
    assert (disk["Size"], disk["PerformanceLevel"]) == (500, "PL2")
    assert said(lambda: account("ResizeDisk", DiskId=disk_id, NewSize=499)) == "403 InvalidDiskSize.TooSmall"
    assert said(lambda: account("ResizeDisk", DiskId=disk_id, NewSize=99999)) == (
        "400 InvalidDataDiskSize.ValueNotSupported"
    )


@pytest.mark.documented(ECS_PAGES + "createdisk")
@pytest.mark.parametrize(
    ("action", "params", "refusal"),
    [
        ("CreateDisk", {"Size": 20}, "400 MissingParameter"),
        ("CreateDisk", {"ZoneId": ZONE}, "400 MissingParameter"),
        ("CreateDisk", {"ZoneId": "cn-mars-a", "Size": 20}, "404 InvalidZoneId.NotFound"),
        (
            "CreateDisk",
            {"ZoneId": ZONE, "Size": 20, "DiskCategory": "floppy"},
            "400 InvalidDataDiskCategory.ValueNotSupported",
        ),
        (
            "CreateDisk",
            {"ZoneId": ZONE, "Size": 10, "DiskCategory": "cloud_essd"},
            "400 InvalidDataDiskSize.ValueNotSupported",
        ),
        ("CreateDisk", {"ZoneId": ZONE, "SnapshotId": "s-0"}, "404 InvalidSnapshotId.NotFound"),
        ("CreateDisk", {"ZoneId": ZONE, "Size": 20, "MultiAttach": "Enabled"}, "501 Emulator.NotImplemented"),
        ("DeleteDisk", {"DiskId": "d-0"}, "404 InvalidDiskId.NotFound"),
        ("AttachDisk", {"DiskId": "d-0", "InstanceId": "i-0"}, "404 InvalidDiskId.NotFound"),
        ("CreateSnapshot", {"DiskId": "d-0"}, "404 InvalidDiskId.NotFound"),
        ("DeleteSnapshot", {"SnapshotId": "s-0"}, "404 InvalidSnapshotId.NotFound"),
        ("CreateImage", {}, "400 MissingParameter"),
        ("CreateImage", {"InstanceId": "i-0"}, "404 InvalidInstanceId.NotFound"),
        ("DeleteImage", {"ImageId": "m-0"}, "404 InvalidImageId.NotFound"),
        ("ImportKeyPair", {"KeyPairName": "ab", "PublicKeyBody": "key"}, "400 InvalidPublicKeyBody.Malformed"),
        ("ImportKeyPair", {"KeyPairName": "ab", "PublicKeyBody": "ssh-rsa ü"}, "400 InvalidPublicKeyBody.Malformed"),
        ("AttachKeyPair", {"KeyPairName": "ab", "InstanceIds": "[]"}, "404 InvalidKeyPair.NotFound"),
        ("CreateKeyPair", {"KeyPairName": "1"}, "400 InvalidKeyPairName.Malformed"),
    ],
)
def test_what_cannot_be_is_refused_by_name(account: Account, action, params, refusal):
    assert said(lambda: account(action, **params)) == refusal


@pytest.mark.documented(ECS_PAGES + "attachdisk")
def test_a_disk_is_attached_once_and_in_its_zone(account: Account, disk_id, instance_id):
    far = account("CreateDisk", ZoneId="cn-hangzhou-i", DiskCategory="cloud_essd", Size=20)["DiskId"]
    account.settle()
    attach = {"InstanceId": instance_id}
    assert said(lambda: account("AttachDisk", DiskId=far, **attach)) == "403 ResourcesNotInSameZone"
    account("AttachDisk", DiskId=disk_id, **attach)
    account.settle()
    assert said(lambda: account("AttachDisk", DiskId=disk_id, **attach)) == "403 IncorrectDiskStatus"
    assert said(lambda: account("DeleteDisk", DiskId=disk_id)) == "403 IncorrectDiskStatus"
    other = account.launch()
    assert said(lambda: account("DetachDisk", DiskId=disk_id, InstanceId=other)) == "403 DependencyViolation"


@pytest.mark.documented(ECS_PAGES + "createsnapshot")
def test_a_snapshot_takes_a_while_and_makes_disks(account: Account, instance_id):
    system = account.one("DescribeDisks", InstanceId=instance_id)
    made = account("CreateSnapshot", DiskId=system["DiskId"], SnapshotName="before", RetentionDays=7)["SnapshotId"]
    assert said(lambda: account("CreateSnapshot", DiskId=system["DiskId"])) == "403 CreatingSnapshot"
    under_way = account.one("DescribeSnapshots", SnapshotIds=ids(made))
    account.settle()
    done = account.one("DescribeSnapshots", InstanceId=instance_id)
    account("CreateDisk", ZoneId=ZONE, DiskCategory="cloud_essd", SnapshotId=made)

    assert (under_way["Status"], done["Status"], done["Progress"]) == ("progressing", "accomplished", "100%")
    assert (done["SnapshotId"], done["SourceDiskSize"], done["RetentionDays"]) == (made, "40", 7)
    assert account.one("DescribeDisks", SnapshotId=made)["Size"] == 40
    assert account.one("DescribeSnapshots", Usage="disk")["SnapshotName"] == "before"
    assert said(lambda: account("DeleteSnapshot", SnapshotId=made)) == "403 SnapshotCreatedDisk"
    account("ModifySnapshotAttribute", SnapshotId=made, SnapshotName="after")
    account("DeleteSnapshot", SnapshotId=made, Force=True)
    assert account("DescribeSnapshots")["TotalCount"] == 0


@pytest.mark.documented(ECS_PAGES + "createsnapshot")
def test_a_disk_that_was_never_attached_has_no_snapshot(account: Account, disk_id):
    assert said(lambda: account("CreateSnapshot", DiskId=disk_id)) == "403 IncorrectDiskStatus.NeverAttached"


@pytest.mark.documented(ECS_PAGES + "createimage")
def test_an_image_of_an_instance_makes_instances(account: Account, instance_id):
    image_id = account("CreateImage", InstanceId=instance_id, ImageName="golden", ImageFamily="mine")["ImageId"]
    creating = account("DescribeImages", ImageId=image_id, Status="Creating")["Images"]["Image"]
    assert said(lambda: account.launch(ImageFamily=None, ImageId=image_id)) == "404 InvalidImageId.NotFound"
    account.settle()
    listed = account.one("DescribeImages", ImageOwnerAlias="self")
    second = account.launch(ImageFamily="mine")

    assert [image["Status"] for image in creating] == ["Creating"]
    assert (listed["ImageId"], listed["Status"], listed["IsPublic"]) == (image_id, "Available", False)
    [mapping] = listed["DiskDeviceMappings"]["DiskDeviceMapping"]
    assert account.one("DescribeInstances", InstanceIds=ids(second))["ImageId"] == image_id
    assert said(lambda: account("DeleteSnapshot", SnapshotId=mapping["SnapshotId"])) == "403 SnapshotCreatedImage"
    assert said(lambda: account("DeleteImage", ImageId=image_id)) == "400 ImageUsingByInstance"
    assert said(lambda: account("CreateImage", InstanceId=second, ImageName="golden")) == (
        "400 InvalidImageName.Duplicated"
    )
    account("ModifyImageAttribute", ImageId=image_id, Status="Deprecated", Description="an old one")
    assert said(lambda: account.launch(ImageFamily="mine")) == "403 InvalidImageFamily.MissingAvailableImage"
    account("DeleteImage", ImageId=image_id, Force=True)
    account("DeleteSnapshot", SnapshotId=mapping["SnapshotId"])


@pytest.mark.documented(ECS_PAGES + "copyimage")
def test_images_are_copied_to_other_regions_and_shared_with_other_accounts(account: Account, instance_id):
    image_id = account("CreateImage", InstanceId=instance_id)["ImageId"]
    copy = {"ImageId": image_id, "DestinationRegionId": "cn-beijing", "DestinationImageName": "there"}
    assert said(lambda: account("CopyImage", **copy)) == "403 IncorrectImageStatus"
    account.settle()
    copied = account("CopyImage", **copy)["ImageId"]
    account.settle()
    account("ModifyImageSharePermission", ImageId=image_id, AddAccount=["2222222222222222", "3333333333333333"])
    account("ModifyImageSharePermission", ImageId=image_id, RemoveAccount=["3333333333333333"])

    assert account("DescribeImages", RegionId="cn-beijing", ImageName="there")["Images"]["Image"][0]["IsCopied"]
    assert account("DescribeImages", ImageId=copied)["TotalCount"] == 0
    shared = account("DescribeImageSharePermission", ImageId=image_id)
    assert [one["AliyunId"] for one in shared["Accounts"]["Account"]] == ["2222222222222222"]


@pytest.mark.documented(ECS_PAGES + "replacesystemdisk")
def test_a_system_disk_starts_over_on_a_stopped_instance_only(account: Account, instance_id):
    disk = account.one("DescribeDisks", InstanceId=instance_id)["DiskId"]
    ubuntu = account("DescribeImageFromFamily", ImageFamily="acs:ubuntu_24_04_x64")["Image"]["ImageId"]
    replace = {"InstanceId": instance_id, "ImageId": ubuntu, "SystemDisk": {"Size": 60}}
    assert said(lambda: account("ReplaceSystemDisk", **replace)) == "403 IncorrectInstanceStatus"
    assert said(lambda: account("ReInitDisk", DiskId=disk)) == "403 IncorrectInstanceStatus"
    account("CreateSnapshot", DiskId=disk)
    account("StopInstance", InstanceId=instance_id)
    account.settle()
    snapshot = account.one("DescribeSnapshots")["SnapshotId"]

    account("ResetDisk", DiskId=disk, SnapshotId=snapshot)
    account.settle()
    new_disk = account("ReplaceSystemDisk", **replace)["DiskId"]
    account.settle()
    account("ReInitDisk", DiskId=new_disk, AutoStartInstance=True)
    account.settle()

    found = account.one("DescribeDisks", InstanceId=instance_id)
    assert (found["DiskId"], found["Size"], found["ImageId"]) == (new_disk, 60, ubuntu)
    instance = account.one("DescribeInstances")
    assert (instance["Status"], instance["ImageId"]) == ("Running", ubuntu)
    assert status(account, new_disk) == "In_use"
    assert said(lambda: account("DeleteDisk", DiskId=disk)) == "404 InvalidDiskId.NotFound"


@pytest.mark.documented(ECS_PAGES + "createkeypair")
def test_key_pairs_bind_to_instances_and_go_when_nothing_has_them(account: Account):
    made = account("CreateKeyPair", KeyPairName="mine", Tag=[{"Key": "team", "Value": "a"}])
    assert made["PrivateKeyBody"].startswith("-----BEGIN PRIVATE KEY-----")
    assert len(made["KeyPairFingerPrint"]) == 32
    assert said(lambda: account("CreateKeyPair", KeyPairName="mine")) == "400 KeyPair.AlreadyExist"
    listed = account.one("DescribeKeyPairs", KeyPairName="mi*", IncludePublicKey=True)
    imported = account("ImportKeyPair", KeyPairName="theirs", PublicKeyBody=listed["PublicKey"])
    assert imported["KeyPairFingerPrint"] == made["KeyPairFingerPrint"]

    instance_id = account.launch(KeyPairName="mine")
    assert account.one("DescribeInstances", KeyPairName="mine")["InstanceId"] == instance_id
    bound = account("AttachKeyPair", KeyPairName="theirs", InstanceIds=ids(instance_id, "i-0"))
    assert (bound["TotalCount"], bound["FailCount"]) == ("2", "1")
    both = ids("mine", "theirs", "nobody")
    assert said(lambda: account("DeleteKeyPairs", KeyPairNames=both)) == (
        "403 InvalidParameter.KeypairAlreadyAttachedInstance"
    )
    account("DetachKeyPair", KeyPairName="theirs", InstanceIds=ids(instance_id))
    account("DeleteKeyPairs", KeyPairNames=both)
    assert account("DescribeKeyPairs")["TotalCount"] == 0
    assert said(lambda: account.launch(KeyPairName="mine")) == "404 InvalidKeyPairName.NotFound"


@pytest.mark.documented(ECS_PAGES + "tagresources")
def test_disks_snapshots_images_and_key_pairs_carry_tags(account: Account, instance_id):
    disk = account.one("DescribeDisks", InstanceId=instance_id)["DiskId"]
    made = {
        "disk": disk,
        "snapshot": account("CreateSnapshot", DiskId=disk)["SnapshotId"],
        "image": account("CreateImage", InstanceId=instance_id)["ImageId"],
        "keypair": account("CreateKeyPair", KeyPairName="mine")["KeyPairId"],
    }
    for kind, resource_id in made.items():
        account("TagResources", ResourceType=kind, ResourceId=[resource_id], Tag=[{"Key": "team", "Value": "a"}])
        [tag] = account("ListTagResources", ResourceType=kind, ResourceId=[resource_id])["TagResources"]["TagResource"]
        assert (tag["ResourceId"], tag["TagValue"]) == (resource_id, "a")
    tagged = [{"Key": "team", "Value": "a"}]
    assert account("DescribeImages", ImageOwnerAlias="self", Status="ALL", Tag=tagged)["TotalCount"] == 1
    assert account("DescribeImages", ImageFamily=FAMILY, RegionId=REGION, Tag=tagged)["TotalCount"] == 0
