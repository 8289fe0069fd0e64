"""DescribeRegions and DescribeZones."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.instance_types import INSTANCE_TYPES, InstanceType
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.ecs.stock import offers_type
from deployer.emulator.services.regions import REGIONS, Region, get_region

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_LANGUAGES = frozenset({"zh-CN", "zh-TW", "en-US", "ja", "fr", "de", "ko"})
_CHINESE = frozenset({"zh-CN", "zh-TW"})
_RESOURCE_TYPES = frozenset({"instance", "disk", "reservedinstance", "scu"})


class RegionActions:
    """Where instances can be."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("DescribeRegions", source=_HELP + "describeregions")
    def describe_regions(self, call: Call) -> Body:
        """Every region, named in the language asked for (Chinese by default, English for what is not Chinese)."""
        chinese = _wants_chinese(call)
        if call.params.get("ResourceType", "instance") not in _RESOURCE_TYPES:
            raise ApiError(404, "InvalidResourceType.NotFound", "The specified ResourceType does not exist.")
        return {"Regions": {"Region": [_describe_region(region, chinese=chinese) for region in REGIONS.values()]}}

    @action("DescribeZones", source=_HELP + "describezones")
    def describe_zones(self, call: Call) -> Body:
        """The zones of a region with what they sell; ids and names alone when Verbose is off."""
        chinese, region = _wants_chinese(call), get_region(call.region_id)
        if call.params.get("InstanceChargeType", "PostPaid") not in {"PostPaid", "PrePaid"}:
            raise ApiError(404, "InvalidInstanceChargeType.NotFound", "The InstanceChargeType does not exist.")
        zones = []
        for zone_id in region.zone_ids:
            zone: dict[str, Any] = {
                "ZoneId": zone_id,
                "LocalName": region.zone_name(zone_id, chinese=chinese),
                "ZoneType": "AvailabilityZone",
            }
            if call.params.get("Verbose", True):
                zone.update(self._offers(region.region_id, zone_id))
            zones.append(zone)
        return {"Zones": {"Zone": zones}}

    def _offers(self, region_id: str, zone_id: str) -> dict[str, Any]:
        sold: list[InstanceType] = []
        if not self._state.stock.is_off_sale(zone_id):
            sold = [found for found in INSTANCE_TYPES.values() if offers_type(region_id, zone_id, found)]
        type_ids = [found.instance_type_id for found in sold]
        families = sorted({found.family for found in sold})
        disks = sorted({category for found in sold for category in found.disk_categories})
        resource = {
            "IoOptimized": True,
            "NetworkTypes": {"supportedNetworkCategory": ["vpc"]},
            "InstanceTypes": {"supportedInstanceType": type_ids},
            "InstanceTypeFamilies": {"supportedInstanceTypeFamily": families},
            "InstanceGenerations": {"supportedInstanceGeneration": families},
            "SystemDiskCategories": {"supportedSystemDiskCategory": disks},
            "DataDiskCategories": {"supportedDataDiskCategory": disks},
        }
        return {
            "AvailableResourceCreation": {"ResourceTypes": ["VSwitch", "IoOptimized", "Instance", "Disk"]},
            "AvailableDiskCategories": {"DiskCategories": disks},
            "AvailableInstanceTypes": {"InstanceTypes": type_ids},
            "AvailableResources": {"ResourcesInfo": [resource]},
            "AvailableVolumeCategories": {"VolumeCategories": []},
            "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
            "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        }


def _wants_chinese(call: Call) -> bool:
    language = call.params.get("AcceptLanguage", "zh-CN")
    if language not in _LANGUAGES:
        raise ApiError(404, "InvalidAcceptLanguage.NotFound", "The specified AcceptLanguage does not exist.")
    return language in _CHINESE


def _describe_region(region: Region, *, chinese: bool) -> dict[str, str]:
    shared = region.region_id == "cn-hangzhou" or region.finance
    return {
        "RegionId": region.region_id,
        "LocalName": region.chinese_name if chinese else region.english_name,
        "RegionEndpoint": "ecs-cn-hangzhou.aliyuncs.com" if shared else f"ecs.{region.region_id}.aliyuncs.com",
        "Status": "available",
    }
