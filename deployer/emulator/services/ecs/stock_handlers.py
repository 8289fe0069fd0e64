"""DescribeAvailableResource: what can be bought in which zone. Advice only; RunInstances may still say no."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.instance_types import INSTANCE_TYPES, InstanceType
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.ecs.stock import Supply, offers_type
from deployer.emulator.services.refusals import not_implemented, refuse_unsupported
from deployer.emulator.services.regions import get_region, get_zone

# Smallest and largest size in GiB, whatever the performance level. Source: RunInstances page.
_DISK_SIZES: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "SystemDisk": {
        "cloud_auto": (1, 2048),
        "cloud_efficiency": (20, 2048),
        "cloud_essd": (1, 2048),
        "cloud_essd_entry": (20, 2048),
        "cloud_ssd": (20, 2048),
    },
    "DataDisk": {
        "cloud_auto": (1, 65536),
        "cloud_efficiency": (20, 32768),
        "cloud_essd": (1, 65536),
        "cloud_essd_entry": (10, 32768),
        "cloud_ssd": (20, 32768),
    },
}
_BEST_FIRST = (Supply.WITH_STOCK, Supply.CLOSED_WITH_STOCK, Supply.WITHOUT_STOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    """One thing a zone has, with its sizes for disks."""

    value: str
    supply: Supply
    sizes: tuple[int, int] | None = None

    def view(self) -> dict[str, Any]:
        described: dict[str, Any] = {
            "Value": self.value,
            "Status": self.supply.status,
            "StatusCategory": self.supply.value,
        }
        if self.sizes is not None:
            described.update({"Min": self.sizes[0], "Max": self.sizes[1], "Unit": "GiB"})
        return described


class StockActions:
    """What is on the shelves."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action(
        "DescribeAvailableResource",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/"
        "api-ecs-2014-05-26-describeavailableresource",
    )
    def describe_available_resource(self, call: Call) -> Body:
        """For each zone that offers something of what is asked, what it has and how much of it."""
        region = get_region(call.region_id)
        _check(call)
        zone_id = call.params.get("ZoneId")
        zone_ids = region.zone_ids if zone_id is None else (get_zone(call.region_id, zone_id),)
        zones = [zone for zone in (self._describe_zone(call, found) for found in zone_ids) if zone is not None]
        return {"AvailableZones": {"AvailableZone": zones}}

    def _describe_zone(self, call: Call, zone_id: str) -> dict[str, Any] | None:
        """The zone's part of the answer; None when it does not offer what is asked at all."""
        wanted = call.params["DestinationResource"]
        resources = self._resources(call, zone_id)
        if not resources:
            return None
        best = _best(resource.supply for resource in resources)
        offered = {
            "Type": wanted,
            "SupportedResources": {"SupportedResource": [resource.view() for resource in resources]},
        }
        return {
            "RegionId": call.region_id,
            "ZoneId": zone_id,
            "Status": best.status,
            "StatusCategory": best.value,
            "AvailableResources": {"AvailableResource": [offered]},
        }

    def _resources(self, call: Call, zone_id: str) -> list[_Resource]:
        wanted = call.params["DestinationResource"]
        types = [found for found in _wanted_types(call) if offers_type(call.region_id, zone_id, found)]
        supplies = {
            found.instance_type_id: self._state.stock.supply(call.region_id, zone_id, found.instance_type_id)
            for found in types
        }
        if wanted == "InstanceType":
            return [_Resource(value=type_id, supply=supply) for type_id, supply in supplies.items()]
        if not types:
            return []
        best = _best(supplies.values())
        if wanted in _DISK_SIZES:
            return [
                _Resource(value=category, supply=best, sizes=sizes)
                for category, sizes in _DISK_SIZES[wanted].items()
                if any(category in found.disk_categories for found in types)
            ]
        value = {"Zone": zone_id, "IoOptimized": "optimized", "Network": "vpc"}[wanted]
        return [_Resource(value=value, supply=best)]


def _check(call: Call) -> None:
    """Raise for a question that makes no sense.

    Errors: 404 Invalid.DestinationResource, Invalid.NetworkCategory; 400 Invalid.Param, Invalid.InstanceChargeType; 403
    InvalidParam.TypeAndCpuMem.Conflict.
    """
    params = call.params
    refuse_unsupported(call, "DedicatedHostId")
    wanted = params["DestinationResource"]
    if wanted == "ddh" or params.get("ResourceType", "instance") not in {"instance", "disk"}:
        raise not_implemented(call, "anything but instances and disks")
    if wanted not in {"Zone", "IoOptimized", "InstanceType", "Network", "SystemDisk", "DataDisk"}:
        raise ApiError(404, "Invalid.DestinationResource", "The specified parameter DestinationResource is not valid.")
    if wanted == "SystemDisk" and "InstanceType" not in params:
        raise ApiError(400, "Invalid.Param", "InstanceType is needed: the disk categories depend on it.")
    if "InstanceType" in params and ("Cores" in params or "Memory" in params):
        raise ApiError(403, "InvalidParam.TypeAndCpuMem.Conflict", "InstanceType conflicts with Cores and Memory.")
    if params.get("NetworkCategory", "vpc") not in {"vpc", "classic"}:
        raise ApiError(404, "Invalid.NetworkCategory", "The specified parameter NetworkCategory is not valid.")
    if params.get("InstanceChargeType", "PostPaid") not in {"PostPaid", "PrePaid"}:
        raise ApiError(400, "Invalid.InstanceChargeType", "The specified InstanceChargeType is not valid.")


def _wanted_types(call: Call) -> list[InstanceType]:
    """The types every filter leaves over."""
    params = call.params
    disk_categories = {params[name] for name in ("SystemDiskCategory", "DataDiskCategory") if name in params}
    if params.get("NetworkCategory", "vpc") == "classic" or params.get("IoOptimized", "optimized") == "none":
        return []
    return [
        found
        for found in INSTANCE_TYPES.values()
        if params.get("InstanceType", found.instance_type_id) == found.instance_type_id
        and params.get("Cores", found.cores) == found.cores
        and params.get("Memory", found.memory_gib) == found.memory_gib
        and disk_categories <= set(found.disk_categories)
    ]


def _best(supplies: Any) -> Supply:
    found = set(supplies)
    return next(supply for supply in _BEST_FIRST if supply in found)
