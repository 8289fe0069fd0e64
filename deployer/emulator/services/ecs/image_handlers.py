"""CreateImage and its siblings: the account's own images."""

from dataclasses import replace
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.ecs.images import Image
from deployer.emulator.services.ecs.instances import InstanceStatus
from deployer.emulator.services.ecs.own_images import DeviceMapping, OwnImage
from deployer.emulator.services.ecs.snapshot_handlers import take_snapshot
from deployer.emulator.services.ecs.snapshots import Snapshot, SnapshotStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import missing_parameter, refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import read_tags

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_FIRST_DEVICE = "/dev/xvda"


class ImageActions:
    """The operations on own images."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("CreateImage", source=_HELP + "createimage")
    def create_image(self, call: Call) -> Body:
        """The id of an image of an instance or of a system disk's snapshot, Creating for a while."""
        get_region(call.region_id)
        refuse_unsupported(call, "DiskDeviceMapping", "Features", "BootMode", "DetectionStrategy", "SecureBootOptions")
        return self._state.tokens.once(call, lambda: self._create(call))

    @action("CopyImage", source=_HELP + "copyimage")
    def copy_image(self, call: Call) -> Body:
        """The id of the same image in another region, Creating for a while."""
        get_region(call.region_id)
        refuse_unsupported(call, "Encrypted", "EncryptAlgorithm", "KMSKeyId")
        return self._state.tokens.once(call, lambda: self._copy(call))

    @action("ModifyImageAttribute", source=_HELP + "modifyimageattribute")
    def modify_image_attribute(self, call: Call) -> Body:
        """Nothing; what the image is called, or whether it is Deprecated, is as given."""
        refuse_unsupported(call, "BootMode", "Features", "LicenseType")
        own, params = self._get(call), call.params
        self._check_texts(call, own)
        if params.get("Status", "Available") not in {"Available", "Deprecated"}:
            raise ApiError(400, "InvalidStatus.ValueNotSupported", "The specified Status is not valid.")
        own.image = replace(
            own.image,
            image_name=params.get("ImageName", own.image.image_name),
            image_family=params.get("ImageFamily", own.image.image_family),
            description=params.get("Description", own.image.description),
        )
        own.is_deprecated = params.get("Status", own.status) == "Deprecated"
        return {}

    @action("DeleteImage", source=_HELP + "deleteimage")
    def delete_image(self, call: Call) -> Body:
        """Nothing; the image is gone, its snapshots stay. One that instances were made of needs Force."""
        own = self._get(call)
        used = any(one.image.image_id == own.image.image_id for one in self._state.instances(call.region_id))
        if used and not call.params.get("Force", False):
            raise ApiError(400, "ImageUsingByInstance", "The specified image is used by instances.")
        del self._state.own_images[own.image.image_id]
        return {}

    @action("ModifyImageSharePermission", source=_HELP + "modifyimagesharepermission")
    def modify_share_permission(self, call: Call) -> Body:
        """Nothing; the accounts given may use the image, or no longer."""
        refuse_unsupported(call, "LaunchPermission", "IsPublic")
        own = self._get(call)
        for account_id in call.params.get("AddAccount", []):
            own.shared_with[account_id] = timestamps.to_second(self._state.context.clock.now())
        for account_id in call.params.get("RemoveAccount", []):
            own.shared_with.pop(account_id, None)
        return {}

    @action("DescribeImageSharePermission", source=_HELP + "describeimagesharepermission")
    def describe_share_permission(self, call: Call) -> Body:
        """The accounts that may use the image."""
        own = self._get(call)
        page, fields = page_by_number(list(own.shared_with.items()), call.params)
        accounts = [{"AliyunId": account_id, "SharedTime": since} for account_id, since in page]
        return {
            "ImageId": own.image.image_id,
            "RegionId": call.region_id,
            "Accounts": {"Account": accounts},
            "ShareGroups": {"ShareGroup": []},
            **fields,
        }

    def _get(self, call: Call) -> OwnImage:
        """Errors: 404 InvalidImageId.NotFound, for public images as well, which are not the caller's."""
        own = self._state.own_images.get(call.params["ImageId"])
        if own is None or own.region_id != call.region_id:
            raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
        return own

    def _create(self, call: Call) -> Body:
        params = call.params
        self._check_texts(call)
        if "InstanceId" in params:
            source, mappings = self._of_instance(call)
        elif "SnapshotId" in params:
            source, mappings = self._of_snapshot(call)
        else:
            raise missing_parameter("InstanceId")
        stop_dry_run(call)
        own = self._add(call, source, mappings, call.region_id)
        own.source_instance_id = params.get("InstanceId", "")
        return {"ImageId": own.image.image_id}

    def _of_instance(self, call: Call) -> tuple[Image, list[DeviceMapping]]:
        instance = self._state.get_instance(call.params["InstanceId"], call.region_id)
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        mappings = [
            _mapping(disk.device, take_snapshot(self._state, disk, snapshot_name="", description=""))
            for disk in instance.disks
        ]
        return instance.image, mappings

    def _of_snapshot(self, call: Call) -> tuple[Image, list[DeviceMapping]]:
        """Errors: 403 InvalidSnapshot.NotSystemDisk, IncorrectSnapshotStatus. Assumed: these two codes."""
        snapshot = self._state.get_snapshot(call.params["SnapshotId"], call.region_id)
        source = self._state.find_image(call.region_id, snapshot.source_image_id)
        if snapshot.source_disk_type != "system" or source is None:
            raise ApiError(403, "InvalidSnapshot.NotSystemDisk", "The specified snapshot is not of a system disk.")
        if snapshot.status is not SnapshotStatus.ACCOMPLISHED:
            raise ApiError(403, "IncorrectSnapshotStatus", "The snapshot is not accomplished.")
        return source, [_mapping(_FIRST_DEVICE, snapshot)]

    def _copy(self, call: Call) -> Body:
        own = self._get(call)
        if own.status != "Available":
            raise ApiError(403, "IncorrectImageStatus", "The image is not available.")
        region_id = get_region(call.params.get("DestinationRegionId", call.region_id)).region_id
        stop_dry_run(call)
        copied = self._add(call, own.image, list(own.mappings), region_id)
        copied.is_copied = True
        return {"ImageId": copied.image.image_id}

    def _add(self, call: Call, source: Image, mappings: list[DeviceMapping], region_id: str) -> OwnImage:
        context, params = self._state.context, call.params
        if len(self._state.own_images) >= context.assumptions.own_image_quota:
            raise ApiError(400, "QuotaExceed.Image", "The Image Quota exceeds.")
        image_id = context.ids.resource_id("m")
        image = replace(
            source,
            image_id=image_id,
            region_id=region_id,
            image_name=params.get("ImageName") or params.get("DestinationImageName") or image_id,
            image_family=params.get("ImageFamily", ""),
            description=params.get("Description") or params.get("DestinationDescription") or "",
            size_gib=next((one.size_gib for one in mappings if one.disk_type == "system"), source.size_gib),
            created_at=timestamps.to_second(context.clock.now()),
        )
        own = OwnImage(
            image=image,
            mappings=tuple(mappings),
            image_version=params.get("ImageVersion", ""),
            resource_group_id=params.get("ResourceGroupId", ""),
            tags=read_tags(params.get("Tag", [])),
        )
        self._state.own_images[image_id] = own

        def finish() -> None:
            own.is_ready = True

        context.scheduler.after(context.assumptions.image_seconds, finish)
        return own

    def _check_texts(self, call: Call, own: OwnImage | None = None) -> None:
        """Errors: 400 InvalidImageName.Malformed, InvalidImageName.Duplicated, InvalidDescription.Malformed."""
        name, description = call.params.get("ImageName"), call.params.get("Description")
        others = {one.image.image_name for one in self._state.own_images.values() if one is not own}
        if name is not None and (not names.is_valid_name(name) or name.startswith(("aliyun", "acs:"))):
            raise ApiError(400, "InvalidImageName.Malformed", "The specified Image name is wrongly formed.")
        if name in others:
            raise ApiError(400, "InvalidImageName.Duplicated", "The specified Image name has already bean used.")
        if description is not None and not names.is_valid_description(description):
            raise ApiError(400, "InvalidDescription.Malformed", "The specified description is wrongly formed.")


def describe_mappings(own: OwnImage) -> dict[str, Any]:
    """DiskDeviceMappings as DescribeImages has them."""
    return {
        "DiskDeviceMapping": [
            {
                "Device": mapping.device,
                "Type": mapping.disk_type,
                "SnapshotId": mapping.snapshot_id,
                "Size": str(mapping.size_gib),
                "Format": "",
                "Encrypted": False,
                "ImportOSSBucket": "",
                "ImportOSSObject": "",
                "Progress": "",
                "RemainTime": 0,
            }
            for mapping in own.mappings
        ]
    }


def _mapping(device: str, snapshot: Snapshot) -> DeviceMapping:
    return DeviceMapping(
        device=device,
        disk_type=snapshot.source_disk_type,
        snapshot_id=snapshot.snapshot_id,
        size_gib=snapshot.size_gib,
    )
