"""DescribeRegions and DescribeZones of the VPC service."""

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.regions import REGIONS, Region, get_region

_HELP = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-"


class VpcRegionActions:
    """Where networks can be."""

    @action("DescribeRegions", source=_HELP + "describeregions")
    def describe_regions(self, call: Call) -> Body:
        """Every region with its endpoint."""
        refuse_unsupported(call, "ProductType")
        chinese = _wants_chinese(call)
        regions = [
            {
                "RegionId": region.region_id,
                "LocalName": region.chinese_name if chinese else region.english_name,
                "RegionEndpoint": _endpoint(region),
            }
            for region in REGIONS.values()
        ]
        return {"Regions": {"Region": regions}}

    @action("DescribeZones", source=_HELP + "describezones")
    def describe_zones(self, call: Call) -> Body:
        """The zones of a region."""
        refuse_unsupported(call, "ZoneType")
        region, chinese = get_region(call.region_id), _wants_chinese(call)
        zones = [
            {
                "ZoneId": zone_id,
                "LocalName": region.zone_name(zone_id, chinese=chinese),
                "ZoneType": "AvailabilityZone",
            }
            for zone_id in region.zone_ids
        ]
        return {"Zones": {"Zone": zones}}


def _wants_chinese(call: Call) -> bool:
    return str(call.params.get("AcceptLanguage", "zh-cn")).lower().startswith("zh")


def _endpoint(region: Region) -> str:
    """Hangzhou and the finance cloud have the one without a region."""
    is_first = region.region_id == "cn-hangzhou" or region.finance
    return "vpc.aliyuncs.com" if is_first else f"vpc.{region.region_id}.aliyuncs.com"
