"""Snapshots of disks as the emulator holds them. They have a size and a state, no content."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class SnapshotStatus(str, Enum):
    """Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describesnapshots."""

    PROGRESSING = "progressing"
    ACCOMPLISHED = "accomplished"


@dataclass(slots=True, kw_only=True, eq=False)
class Snapshot:
    """One snapshot. It outlives its disk."""

    snapshot_id: str
    region_id: str
    snapshot_name: str
    description: str
    source_disk_id: str
    source_disk_type: str  # system, data
    source_category: str
    source_image_id: str  # what the system disk was made of
    size_gib: int
    encrypted: bool
    created_at: datetime
    serial_number: str
    status: SnapshotStatus = SnapshotStatus.PROGRESSING
    retention_days: int | None = None
    resource_group_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)
