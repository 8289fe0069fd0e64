"""ReInitDisk, ResetDisk and ReplaceSystemDisk: disks that start over."""

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.disk_rules import DiskPlace, order_system_disk
from deployer.emulator.services.ecs.instances import Disk, Instance, InstanceStatus
from deployer.emulator.services.ecs.launch_rules import is_valid_password, read_key_pair
from deployer.emulator.services.ecs.snapshots import SnapshotStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import missing_parameter, refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import region_asked

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"


class SystemDiskActions:
    """The operations that put a disk back. The machine's own disk is removed when its system disk starts over."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("ReInitDisk", source=_HELP + "reinitdisk")
    def reinit_disk(self, call: Call) -> Body:
        """Nothing; the disk is as it was made. Its instance has to be Stopped, and starts when AutoStartInstance says so."""
        disk, instance = self._stopped_disk(call)
        _check_password(call)
        if disk.disk_type == "system":
            self._forget_machine(call, instance)
        self._state.settle_disk(disk, meanwhile="ReIniting")
        if call.params.get("AutoStartInstance", False):
            self._state.lifecycle.start(instance)
        return {}

    @action("ResetDisk", source=_HELP + "resetdisk")
    def reset_disk(self, call: Call) -> Body:
        """Nothing; the disk is as it was when the snapshot was taken. What a machine had on it then is not kept here.

        Errors: 403 InvalidSnapshotId.NotReady, InvalidParameter.Mismatch. Assumed: these two codes.
        """
        disk, instance = self._stopped_disk(call)
        snapshot = self._state.get_snapshot(call.params["SnapshotId"], disk.region_id)
        if snapshot.source_disk_id != disk.disk_id:
            raise ApiError(403, "InvalidParameter.Mismatch", "The snapshot is not of the specified disk.")
        if snapshot.status is not SnapshotStatus.ACCOMPLISHED:
            raise ApiError(403, "InvalidSnapshotId.NotReady", "The specified snapshot has not completed yet.")
        stop_dry_run(call)
        if disk.disk_type == "system":
            self._forget_machine(call, instance)
        self._state.settle_disk(disk, meanwhile="ReIniting")
        return {}

    @action("ReplaceSystemDisk", source=_HELP + "replacesystemdisk")
    def replace_system_disk(self, call: Call) -> Body:
        """The id of a new system disk with another image; the old one is gone. The instance has to be Stopped."""
        refuse_unsupported(call, "Arn", "DiskId", "Encrypted", "EncryptAlgorithm", "KMSKeyId")
        return self._state.tokens.once(call, lambda: self._replace(call))

    def _stopped_disk(self, call: Call) -> tuple[Disk, Instance]:
        """Errors: 404 InvalidDiskId.NotFound; 403 IncorrectDiskStatus, IncorrectInstanceStatus."""
        disk = self._state.get_disk(call.params["DiskId"], region_asked(call))
        if disk.status != "In_use" or disk.instance_id is None:
            raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
        instance = self._state.get_instance(disk.instance_id, disk.region_id)
        self._state.lifecycle.require(instance, InstanceStatus.STOPPED)
        return disk, instance

    def _replace(self, call: Call) -> Body:
        instance = self._state.get_instance(call.params["InstanceId"], region_asked(call))
        self._state.lifecycle.require(instance, InstanceStatus.STOPPED)
        if "ImageId" not in call.params:
            raise missing_parameter("ImageId")
        image = self._state.find_image(instance.region_id, call.params["ImageId"])
        if image is None:
            raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
        if image.architecture != instance.instance_type.image_architecture:
            raise ApiError(403, "ImageNotSupportInstanceType", "The specified image don't support the InstanceType.")
        _check_password(call)
        old = next(disk for disk in instance.disks if disk.disk_type == "system")
        wanted = {"Category": old.category, "PerformanceLevel": old.performance_level or None, "Size": old.size_gib}
        place = DiskPlace(region_id=old.region_id, zone_id=old.zone_id, instance_type=instance.instance_type)
        order = order_system_disk({**wanted, **call.params.get("SystemDisk", {})}, image, place)
        now = self._state.context.clock.now()
        disk = Disk(
            disk_id=self._state.context.ids.resource_id("d"),
            region_id=old.region_id,
            zone_id=old.zone_id,
            disk_type="system",
            category=order.category,
            performance_level=order.performance_level,
            size_gib=order.size_gib,
            device=old.device,
            created_at=now,
            image_id=image.image_id,
            instance_id=instance.instance_id,
            attached_at=now,
            resource_group_id=old.resource_group_id,
            tags=dict(old.tags),
        )
        instance.disks[instance.disks.index(old)] = disk
        instance.image = image
        del self._state.disks[old.disk_id]
        self._state.disks[disk.disk_id] = disk
        self._forget_machine(call, instance)
        self._state.settle_disk(disk, meanwhile="ReIniting")
        return {"DiskId": disk.disk_id}

    def _forget_machine(self, call: Call, instance: Instance) -> None:
        """The next boot finds an empty system, with the key pair given now and without UserData of the first launch."""
        self._state.context.driver.destroy(instance.instance_id)
        instance.agent_installed = True
        instance.key_pair_name = read_key_pair(call, self._state, instance.image) or instance.key_pair_name


def _check_password(call: Call) -> None:
    """Errors: 400 InvalidPassword.Malformed."""
    if "Password" in call.params and not is_valid_password(call.params["Password"]):
        raise ApiError(400, "InvalidPassword.Malformed", "The specified parameter Password is not valid.")
