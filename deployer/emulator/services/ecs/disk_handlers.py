"""CreateDisk and its siblings: data disks that come, go, move and grow."""

from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names
from deployer.emulator.services.ecs.batches import read_ids
from deployer.emulator.services.ecs.disk_rules import MAX_DATA_DISKS, check_loose_disk, check_new_size
from deployer.emulator.services.ecs.instances import Disk, Instance, InstanceStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import missing_parameter, not_implemented, refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, get_zone, region_asked
from deployer.emulator.services.tagging import read_tags

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_DISKS = 100
_UNSUPPORTED = (
    "AdvancedFeatures",
    "Arn",
    "BurstingEnabled",
    "EncryptAlgorithm",
    "KMSKeyId",
    "ProvisionedIops",
    "StorageClusterId",
    "StorageSetId",
)


class DiskActions:
    """The operations on disks of their own."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("CreateDisk", source=_HELP + "createdisk")
    def create_disk(self, call: Call) -> Body:
        """A pay-as-you-go data disk, Available a moment later."""
        get_region(call.region_id)
        refuse_unsupported(call, *_UNSUPPORTED)
        if "InstanceId" in call.params:
            raise not_implemented(call, "a disk for a subscription instance (InstanceId)")
        if call.params.get("MultiAttach", "Disabled") != "Disabled":
            raise not_implemented(call, "MultiAttach=Enabled")
        return self._state.tokens.once(call, lambda: self._create(call))

    @action("DeleteDisk", source=_HELP + "deletedisk")
    def delete_disk(self, call: Call) -> Body:
        """Nothing; the disk is gone. Only an Available one can go."""
        disk = self._state.get_disk(call.params["DiskId"], region_asked(call))
        if disk.status != "Available":
            raise _wrong_disk_status()
        del self._state.disks[disk.disk_id]
        return {}

    @action("AttachDisk", source=_HELP + "attachdisk")
    def attach_disk(self, call: Call) -> Body:
        """Nothing; the disk belongs to the instance, Attaching for a moment."""
        refuse_unsupported(call, "Bootable", "Force", "KeyPairName", "Password")
        disk = self._state.get_disk(call.params["DiskId"], region_asked(call))
        instance = self._state.get_instance(call.params["InstanceId"], disk.region_id)
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        if disk.status != "Available":
            raise _wrong_disk_status()
        if disk.zone_id != instance.zone_id:
            raise ApiError(403, "ResourcesNotInSameZone", "The instance and the disk are not in the same zone.")
        if sum(one.disk_type == "data" for one in instance.disks) >= MAX_DATA_DISKS:
            raise ApiError(403, "InstanceDiskLimitExceeded", "The amount of the disk on instance reaches its limits.")
        disk.instance_id, disk.device = instance.instance_id, _free_device(instance)
        disk.attached_at = self._state.context.clock.now()
        disk.delete_with_instance = call.params.get("DeleteWithInstance", False)
        instance.disks.append(disk)
        self._state.settle_disk(disk, meanwhile="Attaching")
        return {}

    @action("DetachDisk", source=_HELP + "detachdisk")
    def detach_disk(self, call: Call) -> Body:
        """Nothing; the disk is free, Detaching for a moment."""
        disk = self._state.get_disk(call.params["DiskId"], region_asked(call))
        instance = self._state.get_instance(call.params["InstanceId"], disk.region_id)
        if disk.disk_type == "system":
            raise not_implemented(call, "detaching a system disk")
        if disk not in instance.disks:
            raise ApiError(403, "DependencyViolation", "The specified disk is not attached to the specified instance.")
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        if disk.status != "In_use":
            raise _wrong_disk_status()
        instance.disks.remove(disk)
        disk.instance_id, disk.attached_at = None, None
        disk.detached_at = self._state.context.clock.now()
        self._state.settle_disk(disk, meanwhile="Detaching")
        return {}

    @action("ResizeDisk", source=_HELP + "resizedisk")
    def resize_disk(self, call: Call) -> Body:
        """Nothing; the disk is larger. `offline` counts from the next boot, for the machine, not for the API."""
        refuse_unsupported(call, "DryRun")
        disk = self._state.get_disk(call.params["DiskId"], region_asked(call))
        if call.params.get("Type", "offline") not in {"offline", "online"}:
            raise ApiError(400, "InvalidType.ValueNotSupported", "The specified parameter Type is not valid.")

        def resize() -> Body:
            if disk.status not in {"Available", "In_use"}:
                raise _wrong_disk_status()
            check_new_size(disk.disk_type, disk.category, disk.performance_level, disk.size_gib, call.params["NewSize"])
            disk.size_gib = call.params["NewSize"]
            return {}

        return self._state.tokens.once(call, resize)

    @action("ModifyDiskAttribute", source=_HELP + "modifydiskattribute")
    def modify_disk_attribute(self, call: Call) -> Body:
        """Nothing; the attributes given are changed, of every disk named."""
        refuse_unsupported(call, "BurstingEnabled")
        params = call.params
        disk_ids = read_ids(params, "DiskIds", _MAX_DISKS) or ([params["DiskId"]] if "DiskId" in params else [])
        if not disk_ids:
            raise missing_parameter("DiskId")
        _check_texts(params)
        for disk in [self._state.get_disk(disk_id, region_asked(call)) for disk_id in disk_ids]:
            disk.disk_name = params.get("DiskName", disk.disk_name)
            disk.description = params.get("Description", disk.description)
            disk.delete_with_instance = params.get("DeleteWithInstance", disk.delete_with_instance)
            disk.delete_auto_snapshot = params.get("DeleteAutoSnapshot", disk.delete_auto_snapshot)
            disk.enable_auto_snapshot = params.get("EnableAutoSnapshot", disk.enable_auto_snapshot)
        return {}

    @action("ModifyDiskSpec", source=_HELP + "modifydiskspec")
    def modify_disk_spec(self, call: Call) -> Body:
        """Nothing; an ESSD has another level, or a disk another category."""
        refuse_unsupported(call, "DestinationZoneId", "PerformanceControlOptions", "ProvisionedIops")
        disk = self._state.get_disk(call.params["DiskId"], region_asked(call))
        if disk.status not in {"Available", "In_use"}:
            raise _wrong_disk_status()
        wanted = {
            "Category": call.params.get("DiskCategory", disk.category),
            "PerformanceLevel": call.params.get("PerformanceLevel") or disk.performance_level or None,
            "Size": disk.size_gib,
        }
        if wanted["Category"] != "cloud_essd":
            wanted["PerformanceLevel"] = call.params.get("PerformanceLevel")
        order = check_loose_disk(wanted, region_id=disk.region_id, zone_id=disk.zone_id)
        stop_dry_run(call)
        disk.category, disk.performance_level = order.category, order.performance_level
        return {}

    def _create(self, call: Call) -> Body:
        params, state = call.params, self._state
        if "ZoneId" not in params:
            raise missing_parameter("ZoneId")
        zone_id = get_zone(call.region_id, params["ZoneId"])
        _check_texts(params)
        order = check_loose_disk(self._wanted(call), region_id=call.region_id, zone_id=zone_id)
        disk = Disk(
            disk_id=state.context.ids.resource_id("d"),
            region_id=call.region_id,
            zone_id=zone_id,
            disk_type="data",
            category=order.category,
            performance_level=order.performance_level,
            size_gib=order.size_gib,
            device="",
            created_at=state.context.clock.now(),
            disk_name=params.get("DiskName", ""),
            description=params.get("Description", ""),
            delete_with_instance=False,
            encrypted=params.get("Encrypted", False),
            source_snapshot_id=params.get("SnapshotId", ""),
            resource_group_id=params.get("ResourceGroupId", ""),
            tags=read_tags(params.get("Tag", [])),
        )
        state.disks[disk.disk_id] = disk
        state.settle_disk(disk, meanwhile="Creating")
        return {"DiskId": disk.disk_id}

    def _wanted(self, call: Call) -> dict[str, Any]:
        """Kind and size asked for; never smaller than the snapshot. Errors: 404 InvalidSnapshotId.NotFound."""
        params = call.params
        size = params.get("Size", 0)
        if "SnapshotId" in params:
            size = max(size, self._state.get_snapshot(params["SnapshotId"], call.region_id).size_gib)
        if not size:
            raise missing_parameter("Size")
        category = params.get("DiskCategory", "cloud")
        return {"Category": category, "PerformanceLevel": params.get("PerformanceLevel"), "Size": size}


def _check_texts(params: Mapping[str, Any]) -> None:
    """Errors: 400 InvalidDiskName.Malformed, InvalidDescription.Malformed."""
    if "DiskName" in params and not names.is_valid_name(params["DiskName"]):
        raise ApiError(400, "InvalidDiskName.Malformed", "The specified disk name is wrongly formed.")
    if "Description" in params and not names.is_valid_description(params["Description"]):
        raise ApiError(400, "InvalidDescription.Malformed", "The specified description is wrongly formed.")


def _free_device(instance: Instance) -> str:
    taken = {disk.device for disk in instance.disks}
    return next(name for letter in "bcdefghijklmnopqrstuvwxyz" if (name := f"/dev/xvd{letter}") not in taken)


def _wrong_disk_status() -> ApiError:
    return ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
