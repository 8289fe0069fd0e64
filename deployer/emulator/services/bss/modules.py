"""The pricing modules of pay-as-you-go ECS: what a Config must hold, and what it costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from deployer.emulator.services.bss.prices import PriceBook

Config = Mapping[str, str]

_HOURS: Mapping[str, Decimal] = {"Hour": Decimal(1), "Day": Decimal(24), "Month": Decimal(720), "Year": Decimal(8640)}
_BY_TRAFFIC = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One pricing module. `values` are the choices DescribePricingModule shows for an attribute."""

    code: str
    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    unit: str
    hourly: Callable[[PriceBook, Config], Decimal | None]


def parse_config(text: str) -> dict[str, str]:
    """`InstanceType:ecs.u1-c1m2.large,ImageOs:linux` as a dict. Errors: ValueError naming the part that is no pair."""
    pairs: dict[str, str] = {}
    for part in text.split(","):
        name, found, value = part.partition(":")
        if not found or not name.strip() or not value.strip():
            raise ValueError(part)
        pairs[name.strip()] = value.strip()
    return pairs


def module_price(module: Module, config: Config, price_type: str, book: PriceBook) -> Decimal | None:
    """The price in the unit asked for: per hour, day, month or year, or per GiB of traffic; None when not sold so."""
    if price_type == "Usage":
        is_traffic = config.get(f"{module.code}.IsFlowType") == _BY_TRAFFIC
        return book.traffic_per_gib if is_traffic else None
    hourly = module.hourly(book, config)
    return None if hourly is None or price_type not in _HOURS else hourly * _HOURS[price_type]


def ecs_modules(*, bandwidth_in_kbit: bool) -> dict[str, Module]:
    """The modules of product `ecs`, by code."""

    def bandwidth(book: PriceBook, config: Config) -> Decimal | None:
        if config["InternetMaxBandwidthOut.IsFlowType"] == _BY_TRAFFIC:
            return Decimal(0)  # by traffic, the width itself costs nothing
        number = _whole_number(config["InternetMaxBandwidthOut"])
        if number is None:
            return None
        return book.bandwidth_hourly(-(-number // 1024) if bandwidth_in_kbit else number)

    modules = (
        Module(
            code="InstanceType",
            name="Instance type",
            required=("InstanceType", "IoOptimized", "ImageOs", "InstanceTypeFamily"),
            optional=("Region", "NetworkType"),
            unit="",
            hourly=_instance_hourly,
        ),
        _disk_module("SystemDisk", "System disk"),
        _disk_module("DataDisk", "Data disk"),
        Module(
            code="InternetMaxBandwidthOut",
            name="Public bandwidth",
            required=("InternetMaxBandwidthOut", "InternetMaxBandwidthOut.IsFlowType", "NetworkType"),
            optional=("Region",),
            unit="Kbps" if bandwidth_in_kbit else "Mbps",
            hourly=bandwidth,
        ),
    )
    return {module.code: module for module in modules}


def _disk_module(code: str, name: str) -> Module:
    def hourly(book: PriceBook, config: Config) -> Decimal | None:
        size_gib = _whole_number(config[f"{code}.Size"])
        if size_gib is None:
            return None
        return book.disk_hourly(config[f"{code}.Category"], config.get(f"{code}.PerformanceLevel"), size_gib)

    return Module(
        code=code,
        name=name,
        required=(f"{code}.Category", f"{code}.Size"),
        optional=(f"{code}.PerformanceLevel", "Region"),
        unit="GB",
        hourly=hourly,
    )


def _instance_hourly(book: PriceBook, config: Config) -> Decimal | None:
    instance_type = config["InstanceType"]
    family = instance_type.rpartition(".")[0].partition("-")[0]
    if config["InstanceTypeFamily"] not in {family, instance_type.rpartition(".")[0]}:
        return None
    return book.instance_hourly(instance_type)


def _whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
