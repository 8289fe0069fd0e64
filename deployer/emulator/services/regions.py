"""The regions and zones of the emulated cloud, as data. Zones of a region are named by its letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from deployer.emulator.actions import ApiError, Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region. `finance` ones belong to the finance cloud."""

    region_id: str
    chinese_name: str
    english_name: str
    letters: str
    finance: bool = False

    @property
    def zone_ids(self) -> tuple[str, ...]:
        """`cn-hangzhou-b`, but `ap-southeast-1a` where the region's name ends in a digit.

        Source: https://www.alibabacloud.com/help/en/ecs/product-overview/regions-and-zones
        """
        joint = "" if self.region_id[-1].isdigit() else "-"
        return tuple(f"{self.region_id}{joint}{letter}" for letter in self.letters)

    def zone_name(self, zone_id: str, *, chinese: bool) -> str:
        """`杭州 可用区B`, or `Hangzhou Zone B`."""
        letter = zone_id[-1].upper()
        if chinese:
            return f"{self.chinese_name} 可用区{letter}"
        return f"{self.english_name} Zone {letter}"


def _region(region_id: str, chinese_name: str, english_name: str, letters: str, *, finance: bool = False) -> Region:
    return Region(
        region_id=region_id, chinese_name=chinese_name, english_name=english_name, letters=letters, finance=finance
    )


# Source: https://www.alibabacloud.com/help/en/ecs/product-overview/regions-and-zones (a selection of the zones)
REGIONS: Mapping[str, Region] = MappingProxyType(
    {
        region.region_id: region
        for region in (
            _region("cn-qingdao", "华北1（青岛）", "China (Qingdao)", "bc"),
            _region("cn-beijing", "华北2（北京）", "China (Beijing)", "cfghijkl"),
            _region("cn-zhangjiakou", "华北3（张家口）", "China (Zhangjiakou)", "abc"),
            _region("cn-huhehaote", "华北5（呼和浩特）", "China (Hohhot)", "ab"),
            _region("cn-wulanchabu", "华北6（乌兰察布）", "China (Ulanqab)", "abc"),
            _region("cn-hangzhou", "华东1（杭州）", "China (Hangzhou)", "bghijk"),
            _region("cn-shanghai", "华东2（上海）", "China (Shanghai)", "befglmn"),
            _region("cn-shenzhen", "华南1（深圳）", "China (Shenzhen)", "cdef"),
            _region("cn-heyuan", "华南2（河源）", "China (Heyuan)", "ab"),
            _region("cn-guangzhou", "华南3（广州）", "China (Guangzhou)", "ab"),
            _region("cn-chengdu", "西南1（成都）", "China (Chengdu)", "ab"),
            _region("cn-hongkong", "中国香港", "China (Hong Kong)", "bcd"),
            _region("ap-northeast-1", "日本（东京）", "Japan (Tokyo)", "abc"),
            _region("ap-northeast-2", "韩国（首尔）", "South Korea (Seoul)", "a"),
            _region("ap-southeast-1", "新加坡", "Singapore", "abc"),
            _region("ap-southeast-3", "马来西亚（吉隆坡）", "Malaysia (Kuala Lumpur)", "ab"),
            _region("ap-southeast-5", "印度尼西亚（雅加达）", "Indonesia (Jakarta)", "abc"),
            _region("ap-southeast-6", "菲律宾（马尼拉）", "Philippines (Manila)", "a"),
            _region("ap-southeast-7", "泰国（曼谷）", "Thailand (Bangkok)", "a"),
            _region("us-east-1", "美国（弗吉尼亚）", "US (Virginia)", "ab"),
            _region("us-west-1", "美国（硅谷）", "US (Silicon Valley)", "ab"),
            _region("eu-west-1", "英国（伦敦）", "UK (London)", "ab"),
            _region("eu-central-1", "德国（法兰克福）", "Germany (Frankfurt)", "abc"),
            _region("me-east-1", "阿联酋（迪拜）", "UAE (Dubai)", "a"),
            _region("cn-beijing-finance-1", "华北2 金融云", "China (Beijing) Finance", "kl", finance=True),
            _region("cn-shanghai-finance-1", "华东2 金融云", "China (Shanghai) Finance", "abfgkz", finance=True),
            _region("cn-shenzhen-finance-1", "华南1 金融云", "China (Shenzhen) Finance", "ade", finance=True),
        )
    }
)


def get_region(region_id: str) -> Region:
    """The region of that id. Errors: 404 InvalidRegionId.NotFound."""
    region = REGIONS.get(region_id)
    if region is None:
        raise ApiError(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
    return region


def get_zone(region_id: str, zone_id: str) -> str:
    """`zone_id`, which the region has. Errors: 404 InvalidRegionId.NotFound, InvalidZoneId.NotFound."""
    if zone_id not in get_region(region_id).zone_ids:
        raise ApiError(404, "InvalidZoneId.NotFound", "The specified ZoneId does not exist.")
    return zone_id


def region_asked(call: Call) -> str | None:
    """The region an operation speaks of: its RegionId, else the endpoint's region; None when neither says one.

    The endpoints without a region in their name, and the one of cn-hangzhou, serve other regions as well, and so does
    a loopback address. A call from another service always says its region.
    Source: aliyun-openapi-meta (StartInstance and its siblings have no RegionId; the endpoint decides).
    """
    if "RegionId" in call.params or not call.host:
        return call.region_id
    is_regional = call.host.endswith(".aliyuncs.com") and call.region_id in call.host
    return call.region_id if is_regional and call.region_id != "cn-hangzhou" else None
