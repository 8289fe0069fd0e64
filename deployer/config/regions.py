"""Alibaba Cloud regions by the city they stand in, and what can be told of a region id without asking the cloud."""

import difflib
import re
from collections.abc import Mapping
from types import MappingProxyType

# Source: https://www.alibabacloud.com/help/en/ecs/product-overview/regions-and-zones (finance and gov regions included)
CITIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "cn-hangzhou": ("Hangzhou", "杭州"),
        "cn-shanghai": ("Shanghai", "上海"),
        "cn-beijing": ("Beijing", "北京"),
        "cn-shenzhen": ("Shenzhen", "深圳"),
        "cn-guangzhou": ("Guangzhou", "广州"),
        "cn-chengdu": ("Chengdu", "成都"),
        "cn-nanjing": ("Nanjing", "南京"),
        "cn-hongkong": ("Hong Kong", "香港"),
        "cn-qingdao": ("Qingdao", "青岛"),
        "cn-zhangjiakou": ("Zhangjiakou", "张家口"),
        "cn-huhehaote": ("Hohhot", "呼和浩特"),
        "cn-wulanchabu": ("Ulanqab", "乌兰察布"),
        "cn-heyuan": ("Heyuan", "河源"),
        "cn-fuzhou": ("Fuzhou", "福州"),
        "cn-wuhan-lr": ("Wuhan", "武汉"),
        "cn-zhengzhou-jva": ("Zhengzhou", "郑州"),
        "ap-northeast-1": ("Tokyo", "东京"),
        "ap-northeast-2": ("Seoul", "首尔"),
        "ap-southeast-1": ("Singapore", "新加坡"),
        "ap-southeast-3": ("Kuala Lumpur", "吉隆坡"),
        "ap-southeast-5": ("Jakarta", "雅加达"),
        "ap-southeast-6": ("Manila", "马尼拉"),
        "ap-southeast-7": ("Bangkok", "曼谷"),
        "us-east-1": ("Virginia", "弗吉尼亚"),
        "us-west-1": ("Silicon Valley", "硅谷"),
        "us-southeast-1": ("Atlanta", "亚特兰大"),
        "na-south-1": ("Mexico", "墨西哥"),
        "eu-central-1": ("Frankfurt", "法兰克福"),
        "eu-west-1": ("London", "伦敦"),
        "me-east-1": ("Dubai", "迪拜"),
        "me-central-1": ("Riyadh", "利雅得"),
        "cn-hangzhou-finance": ("Hangzhou (finance)", "杭州金融云"),
        "cn-shanghai-finance-1": ("Shanghai (finance)", "上海金融云"),
        "cn-shenzhen-finance-1": ("Shenzhen (finance)", "深圳金融云"),
        "cn-beijing-finance-1": ("Beijing (finance)", "北京金融云"),
        "cn-north-2-gov-1": ("Beijing (government)", "北京政务云"),
        "cn-heyuan-acdr-1": ("Heyuan (dedicated)", "河源专属云"),
    }
)

# The cities a person is asked about first, in that order.
OFFERED = (
    "cn-shanghai",
    "cn-hangzhou",
    "cn-beijing",
    "cn-shenzhen",
    "cn-guangzhou",
    "cn-chengdu",
    "cn-nanjing",
    "cn-hongkong",
)

REGION_PATTERN = r"[a-z]{2,8}(-[a-z0-9]+){1,4}"
REGION_MAX_LENGTH = 32
_CONTINENTS = ("cn-", "ap-", "us-", "eu-", "me-", "na-", "sa-", "af-")


def city_of(region_id: str, language: str = "en") -> str:
    """The city's name in "en" or "zh", or the id itself for a region that is not listed here."""
    names = CITIES.get(region_id)
    if names is None:
        return region_id
    return names[1] if language == "zh" else names[0]


def region_choices(language: str = "en") -> tuple[tuple[str, str], ...]:
    """(region id, city) of the regions a person is offered."""
    return tuple((region_id, city_of(region_id, language)) for region_id in OFFERED)


def region_of_zone(text: str) -> str | None:
    """`cn-hangzhou` of `cn-hangzhou-b`, `ap-southeast-1` of `ap-southeast-1a`; None when `text` is no zone."""
    match = re.fullmatch(r"(.+?\d)([a-z])|(.+)-([a-z])", text)
    if match is None:
        return None
    region_id = match.group(1) or match.group(3)
    return region_id if region_id in CITIES else None


def nearest_region(text: str) -> str | None:
    """The region that was most likely meant: by a city's name in the text, else by likeness of the id."""
    folded = text.casefold()
    for region_id, names in CITIES.items():
        if any(name.casefold() in folded for name in names):
            return region_id
    close = difflib.get_close_matches(folded, CITIES, n=1, cutoff=0.7)
    return close[0] if close else None


def may_be_new(region_id: str) -> bool:
    """True for a well-formed id that is not listed here and is no misspelling of a listed one.

    `ap-southeast-8` differs from a listed region in its number alone, so it may have opened since; `cn-hangzou` differs
    in a letter, so it is a slip.
    """
    if not region_id.startswith(_CONTINENTS):
        return False
    nearest = nearest_region(region_id)
    return nearest is None or re.sub(r"\d", "", nearest) == re.sub(r"\d", "", region_id)
