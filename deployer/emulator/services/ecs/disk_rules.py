"""Which disks an instance can have: category, level and size, and the codes that say no."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.services.ecs.images import Image
from deployer.emulator.services.ecs.instance_types import InstanceType
from deployer.emulator.services.ecs.stock import offers_performance_level

MAX_DATA_DISKS = 16
_DEFAULT_SYSTEM_SIZE = 40
_LEVELS = ("PL0", "PL1", "PL2", "PL3")
_CATEGORIES = ("cloud", "cloud_auto", "cloud_efficiency", "cloud_essd", "cloud_essd_entry", "cloud_ssd")

# Smallest and largest size in GiB of a system disk. Source: RunInstances page, SystemDisk.Size
_SYSTEM_SIZES: Mapping[tuple[str, str], tuple[int, int]] = MappingProxyType(
    {
        ("cloud", ""): (20, 500),
        ("cloud_efficiency", ""): (20, 2048),
        ("cloud_ssd", ""): (20, 2048),
        ("cloud_essd_entry", ""): (20, 2048),
        ("cloud_auto", ""): (1, 2048),
        ("cloud_essd", "PL0"): (1, 2048),
        ("cloud_essd", "PL1"): (20, 2048),
        ("cloud_essd", "PL2"): (461, 2048),
        ("cloud_essd", "PL3"): (1261, 2048),
    }
)

# The same for data disks. Source: RunInstances page, DataDisk.N.Size
_DATA_SIZES: Mapping[tuple[str, str], tuple[int, int]] = MappingProxyType(
    {
        ("cloud", ""): (5, 2000),
        ("cloud_efficiency", ""): (20, 32768),
        ("cloud_ssd", ""): (20, 32768),
        ("cloud_essd_entry", ""): (10, 32768),
        ("cloud_auto", ""): (1, 65536),
        ("cloud_essd", "PL0"): (1, 65536),
        ("cloud_essd", "PL1"): (20, 65536),
        ("cloud_essd", "PL2"): (461, 65536),
        ("cloud_essd", "PL3"): (1261, 65536),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskOrder:
    """One disk as it will be made. `performance_level` is "" for kinds without levels."""

    disk_type: str  # system, data
    category: str
    performance_level: str
    size_gib: int
    disk_name: str = ""
    description: str = ""
    encrypted: bool = False
    delete_with_instance: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskPlace:
    """Where a disk is to go."""

    region_id: str
    zone_id: str
    instance_type: InstanceType


def order_system_disk(given: Mapping[str, Any], image: Image, place: DiskPlace) -> DiskOrder:
    """The system disk asked for, with the defaults filled in: at least 40 GiB and at least the image's size.

    Errors: 400 InvalidSystemDiskCategory.ValueNotSupported, InvalidPerformanceLevel.ValueNotSupported,
    InvalidSystemDiskSize.ValueNotSupported; 403 InvalidDiskCategory.NotSupported;
    404 InvalidSystemDiskSize.LessThanImageSize.
    """
    category, level = _kind(given, place, "InvalidSystemDiskCategory.ValueNotSupported")
    low, high = _SYSTEM_SIZES[category, level]
    size = _whole(given.get("Size"), max(_DEFAULT_SYSTEM_SIZE, image.size_gib, low))
    if size is None or size > high or (size < low and size >= image.size_gib):
        raise ApiError(400, "InvalidSystemDiskSize.ValueNotSupported", "The specified system disk size is not valid.")
    if size < image.size_gib:
        raise ApiError(
            404,
            "InvalidSystemDiskSize.LessThanImageSize",
            "The specified parameter SystemDisk.Size is less than the image size.",
        )
    return _order("system", given, category, level, size)


def order_data_disks(given: list[Mapping[str, Any]], place: DiskPlace) -> tuple[DiskOrder, ...]:
    """The data disks asked for.

    Errors: 400 InstanceDiskNumber.LimitExceed, InvalidDataDiskCategory.ValueNotSupported,
    InvalidDataDiskSize.ValueNotSupported, and those of the system disk's kind.
    """
    if len(given) > MAX_DATA_DISKS:
        raise ApiError(400, "InstanceDiskNumber.LimitExceed", "The total number of specified disk is exceeded.")
    return tuple(_order_data_disk(disk, place) for disk in given)


def check_loose_disk(given: Mapping[str, Any], *, region_id: str, zone_id: str) -> DiskOrder:
    """A data disk that belongs to no instance yet, so that no type restricts it.

    Errors: 400 InvalidDataDiskCategory.ValueNotSupported, InvalidPerformanceLevel.ValueNotSupported,
    InvalidDataDiskSize.ValueNotSupported.
    """
    category = str(given["Category"])
    if category not in _CATEGORIES:
        raise ApiError(400, "InvalidDataDiskCategory.ValueNotSupported", "The specified disk category is not valid.")
    level = _level(category, given.get("PerformanceLevel"), region_id, zone_id)
    _check_size(_DATA_SIZES[category, level], given["Size"])
    return _order("data", given, category, level, given["Size"])


def check_new_size(disk_type: str, category: str, level: str, size_gib: int, new_size_gib: int) -> None:
    """Raise unless the disk may grow to that size.

    Errors: 403 InvalidDiskSize.TooSmall, 400 InvalidDataDiskSize.ValueNotSupported.
    """
    if new_size_gib <= size_gib:
        raise ApiError(403, "InvalidDiskSize.TooSmall", "Specified new disk size is less than the original disk size.")
    _check_size((_SYSTEM_SIZES if disk_type == "system" else _DATA_SIZES)[category, level], new_size_gib)


def _check_size(limits: tuple[int, int], size_gib: int | None) -> None:
    if size_gib is None or not limits[0] <= size_gib <= limits[1]:
        raise ApiError(400, "InvalidDataDiskSize.ValueNotSupported", "The specified DataDisk.n.Size is not valid.")


def _order_data_disk(given: Mapping[str, Any], place: DiskPlace) -> DiskOrder:
    category, level = _kind(given, place, "InvalidDataDiskCategory.ValueNotSupported")
    size = _whole(given.get("Size"), None)
    _check_size(_DATA_SIZES[category, level], size)
    assert size is not None
    return _order("data", given, category, level, size)


def _kind(given: Mapping[str, Any], place: DiskPlace, unknown_code: str) -> tuple[str, str]:
    """Category and level. Without a category: cloud_efficiency where the type takes it, else cloud_essd PL0."""
    category = given.get("Category")
    level = given.get("PerformanceLevel")
    if category is None:
        category = "cloud_efficiency" if place.instance_type.allows_efficiency_disk else "cloud_essd"
        level = level or ("PL0" if category == "cloud_essd" else None)
    if category not in _CATEGORIES:
        raise ApiError(400, unknown_code, "The specified disk category is not valid.")
    if category not in place.instance_type.disk_categories:
        raise ApiError(
            403, "InvalidDiskCategory.NotSupported", "The specified disk category is not support the instance type."
        )
    return category, _level(category, level, place.region_id, place.zone_id)


def _level(category: str, level: str | None, region_id: str, zone_id: str) -> str:
    """The level of an ESSD, PL1 by default; "" for the other kinds, which take none."""
    is_known = level is None or (category == "cloud_essd" and level in _LEVELS)
    found = (level or "PL1") if category == "cloud_essd" else ""
    if not is_known or not offers_performance_level(region_id, zone_id, found):
        raise ApiError(
            400, "InvalidPerformanceLevel.ValueNotSupported", "The specified parameter PerformanceLevel is not valid."
        )
    return found


def _whole(given: Any, default: int | None) -> int | None:
    """A size, which RunInstances takes as text and CreateInstance as a number; None for what is none."""
    if given is None:
        return default
    return int(given) if str(given).isdigit() else None


def _order(disk_type: str, given: Mapping[str, Any], category: str, level: str, size_gib: int) -> DiskOrder:
    return DiskOrder(
        disk_type=disk_type,
        category=category,
        performance_level=level,
        size_gib=size_gib,
        disk_name=given.get("DiskName", ""),
        description=given.get("Description", ""),
        encrypted=str(given.get("Encrypted", "false")).lower() == "true",
        delete_with_instance=given.get("DeleteWithInstance", True),
    )
