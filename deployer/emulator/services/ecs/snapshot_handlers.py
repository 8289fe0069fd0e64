"""CreateSnapshot and its siblings."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.ecs.batches import read_ids
from deployer.emulator.services.ecs.instance_view import tag_list
from deployer.emulator.services.ecs.instances import Disk
from deployer.emulator.services.ecs.snapshots import Snapshot, SnapshotStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_either_way
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.tagging import carries, read_tags

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_IDS = 100
_MAX_DAYS = 65536


class SnapshotActions:
    """The operations on snapshots."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("CreateSnapshot", source=_HELP + "createsnapshot")
    def create_snapshot(self, call: Call) -> Body:
        """The id of a snapshot, progressing for a while. One disk takes one at a time."""
        refuse_unsupported(call, "StorageLocationArn")
        return self._state.tokens.once(call, lambda: self._create(call))

    @action("DescribeSnapshots", source=_HELP + "describesnapshots")
    def describe_snapshots(self, call: Call) -> Body:
        """The snapshots that match every filter, newest first."""
        get_region(call.region_id)
        refuse_unsupported(call, "Filter", "SnapshotLinkId", "KMSKeyId")
        found = [
            snapshot
            for snapshot in list(self._state.snapshots.values())[::-1]
            if snapshot.region_id == call.region_id and self._matches(snapshot, call)
        ]
        page, fields = page_either_way(found, call.params, key=lambda snapshot: snapshot.snapshot_id)
        return {"Snapshots": {"Snapshot": [self._view(snapshot) for snapshot in page]}, **fields}

    @action("ModifySnapshotAttribute", source=_HELP + "modifysnapshotattribute")
    def modify_snapshot_attribute(self, call: Call) -> Body:
        """Nothing; name, description and retention are as given."""
        refuse_unsupported(call, "DisableInstantAccess")
        snapshot = self._state.get_snapshot(call.params["SnapshotId"], region_asked(call))
        _check_texts(call)
        snapshot.snapshot_name = call.params.get("SnapshotName", snapshot.snapshot_name)
        snapshot.description = call.params.get("Description", snapshot.description)
        snapshot.retention_days = call.params.get("RetentionDays", snapshot.retention_days)
        return {}

    @action("DeleteSnapshot", source=_HELP + "deletesnapshot")
    def delete_snapshot(self, call: Call) -> Body:
        """Nothing; the snapshot is gone. One that an image is made of stays, one that made disks needs Force."""
        snapshot = self._state.get_snapshot(call.params["SnapshotId"], region_asked(call))
        if self._made_images(snapshot):
            raise ApiError(403, "SnapshotCreatedImage", "The snapshot is used to create images.")
        if self._made_disks(snapshot) and not call.params.get("Force", False):
            raise ApiError(403, "SnapshotCreatedDisk", "The snapshot is used to create disks.")
        del self._state.snapshots[snapshot.snapshot_id]
        return {}

    def _create(self, call: Call) -> Body:
        disk = self._state.get_disk(call.params["DiskId"], region_asked(call))
        _check_texts(call)
        siblings = [one for one in self._state.snapshots.values() if one.source_disk_id == disk.disk_id]
        if any(one.status is SnapshotStatus.PROGRESSING for one in siblings):
            raise ApiError(403, "CreatingSnapshot", "A previous snapshot is still in process of being created.")
        if disk.disk_type == "data" and disk.instance_id is None and disk.detached_at is None:
            raise ApiError(403, "IncorrectDiskStatus.NeverAttached", "The specified disk has never been attached.")
        if len(siblings) >= self._state.context.assumptions.snapshots_of_disk_quota:
            raise ApiError(403, "QuotaExceed.Snapshot", "The snapshot quota of the disk is exceeded.")
        snapshot = take_snapshot(
            self._state,
            disk,
            snapshot_name=call.params.get("SnapshotName", ""),
            description=call.params.get("Description", ""),
        )
        snapshot.retention_days = call.params.get("RetentionDays")
        snapshot.resource_group_id = call.params.get("ResourceGroupId", "")
        snapshot.tags.update(read_tags(call.params.get("Tag", [])))
        return {"SnapshotId": snapshot.snapshot_id}

    def _made_images(self, snapshot: Snapshot) -> bool:
        return any(snapshot.snapshot_id in image.snapshot_ids for image in self._state.own_images.values())

    def _made_disks(self, snapshot: Snapshot) -> bool:
        return any(disk.source_snapshot_id == snapshot.snapshot_id for disk in self._state.disks.values())

    def _matches(self, snapshot: Snapshot, call: Call) -> bool:
        params = call.params
        wanted_ids = read_ids(params, "SnapshotIds", _MAX_IDS)
        disk = self._state.disks.get(snapshot.source_disk_id)
        usage = params.get("Usage", self._usage(snapshot))
        return (
            (wanted_ids is None or snapshot.snapshot_id in wanted_ids)
            and params.get("DiskId", snapshot.source_disk_id) == snapshot.source_disk_id
            and ("InstanceId" not in params or (disk is not None and disk.instance_id == params["InstanceId"]))
            and params.get("SnapshotName", snapshot.snapshot_name) == snapshot.snapshot_name
            and params.get("Status", "all") in {"all", snapshot.status.value}
            and params.get("SnapshotType", "all") in {"all", "user"}
            and params.get("SourceDiskType", snapshot.source_disk_type).lower() == snapshot.source_disk_type
            and params.get("Encrypted", snapshot.encrypted) == snapshot.encrypted
            and usage == self._usage(snapshot)
            and params.get("Category", "standard").lower() == "standard"
            and params.get("ResourceGroupId", snapshot.resource_group_id) == snapshot.resource_group_id
            and carries(snapshot.tags, params.get("Tag", []))
        )

    def _usage(self, snapshot: Snapshot) -> str:
        kinds = {(True, True): "image_disk", (True, False): "image", (False, True): "disk", (False, False): "none"}
        return kinds[self._made_images(snapshot), self._made_disks(snapshot)]

    def _view(self, snapshot: Snapshot) -> dict[str, Any]:
        is_done = snapshot.status is SnapshotStatus.ACCOMPLISHED
        created = timestamps.to_second(snapshot.created_at)
        return {
            "SnapshotId": snapshot.snapshot_id,
            "SnapshotName": snapshot.snapshot_name,
            "SnapshotSN": snapshot.serial_number,
            "SnapshotType": "user",
            "Description": snapshot.description,
            "RegionId": snapshot.region_id,
            "SourceDiskId": snapshot.source_disk_id,
            "SourceDiskType": snapshot.source_disk_type,
            "SourceDiskSize": str(snapshot.size_gib),
            "Status": snapshot.status.value,
            "Progress": "100%" if is_done else "0%",
            "RemainTime": 0 if is_done else int(self._state.context.assumptions.snapshot_seconds) + 1,
            "Available": is_done,
            "Category": "standard",
            "Encrypted": snapshot.encrypted,
            "InstantAccess": False,
            "Usage": self._usage(snapshot),
            "CreationTime": created,
            "LastModifiedTime": created,
            "ProductCode": "",
            "KMSKeyId": "",
            "ResourceGroupId": snapshot.resource_group_id,
            "Tags": tag_list(snapshot.tags),
            **({} if snapshot.retention_days is None else {"RetentionDays": snapshot.retention_days}),
        }


def take_snapshot(state: EcsState, disk: Disk, *, snapshot_name: str, description: str) -> Snapshot:
    """A snapshot of the disk, accomplished a while later; DeleteSnapshot removes it."""
    context = state.context
    snapshot = Snapshot(
        snapshot_id=context.ids.resource_id("s"),
        region_id=disk.region_id,
        snapshot_name=snapshot_name,
        description=description,
        source_disk_id=disk.disk_id,
        source_disk_type=disk.disk_type,
        source_category=disk.category,
        source_image_id=disk.image_id,
        size_gib=disk.size_gib,
        encrypted=disk.encrypted,
        created_at=context.clock.now(),
        serial_number=f"64111-{context.ids.hexadecimal(12)}",
    )
    state.snapshots[snapshot.snapshot_id] = snapshot

    def finish() -> None:
        snapshot.status = SnapshotStatus.ACCOMPLISHED

    context.scheduler.after(context.assumptions.snapshot_seconds, finish)
    return snapshot


def _check_texts(call: Call) -> None:
    """Errors: 400 InvalidSnapshotName.Malformed, InvalidDescription.Malformed, InvalidRetentionDays.Malformed."""
    name, description = call.params.get("SnapshotName"), call.params.get("Description")
    if name is not None and (not names.is_valid_name(name) or name.startswith("auto")):
        raise ApiError(400, "InvalidSnapshotName.Malformed", "The specified SnapshotName is wrongly formed.")
    if description is not None and not names.is_valid_description(description):
        raise ApiError(400, "InvalidDescription.Malformed", "The specified description is wrongly formed.")
    if not 1 <= call.params.get("RetentionDays", 1) <= _MAX_DAYS:
        raise ApiError(400, "InvalidRetentionDays.Malformed", "The specified RetentionDays is not valid.")
