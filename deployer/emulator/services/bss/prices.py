"""The price table: pay-as-you-go list prices in CNY, mainland China, as of `PRICES_AS_OF`.

Real prices move and differ by region; the figures have the right order and the right relations to each other (a
larger type costs more, a higher disk level costs more). Nothing here is an offer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

PRICES_AS_OF = "2026-01"
CURRENCY = "CNY"

_HOURS_PER_MONTH = Decimal(720)

# CNY per hour for one vCPU of a family whose memory is one, two, four or eight GiB per vCPU.
# Assumed: rounded from list prices of cn-hangzhou seen over the years; only the order of magnitude is meant.
_PER_VCPU_HOUR: Mapping[str, Decimal] = {
    "ecs.t6-c2m1": Decimal("0.056"),
    "ecs.t6-c1m1": Decimal("0.084"),
    "ecs.t6-c1m2": Decimal("0.106"),
    "ecs.t6-c1m4": Decimal("0.170"),
    "ecs.e-c4m1": Decimal("0.070"),
    "ecs.e-c2m1": Decimal("0.090"),
    "ecs.e-c1m1": Decimal("0.106"),
    "ecs.e-c1m2": Decimal("0.133"),
    "ecs.e-c1m4": Decimal("0.175"),
    "ecs.u1-c1m1": Decimal("0.144"),
    "ecs.u1-c1m2": Decimal("0.180"),
    "ecs.u1-c1m4": Decimal("0.230"),
    "ecs.u1-c1m8": Decimal("0.306"),
    "ecs.c6": Decimal("0.195"),
    "ecs.c7": Decimal("0.207"),
    "ecs.c8i": Decimal("0.214"),
    "ecs.g5": Decimal("0.265"),
    "ecs.g6": Decimal("0.250"),
    "ecs.g7": Decimal("0.265"),
    "ecs.g8i": Decimal("0.274"),
    "ecs.r6": Decimal("0.330"),
    "ecs.r7": Decimal("0.348"),
    "ecs.r8i": Decimal("0.360"),
    "ecs.s6-c1m1": Decimal("0.134"),
    "ecs.s6-c1m2": Decimal("0.170"),
    "ecs.s6-c1m4": Decimal("0.244"),
    "ecs.n4": Decimal("0.158"),
}

_VCPUS: Mapping[str, int] = {"small": 1, "medium": 1, "large": 2, "xlarge": 4}

# CNY per GiB and month, by category and performance level.
_PER_GIB_MONTH: Mapping[tuple[str, str], Decimal] = {
    ("cloud", ""): Decimal("0.30"),
    ("cloud_efficiency", ""): Decimal("0.35"),
    ("cloud_ssd", ""): Decimal("1.00"),
    ("cloud_essd_entry", ""): Decimal("0.40"),
    ("cloud_auto", ""): Decimal("0.60"),
    ("cloud_essd", "PL0"): Decimal("0.50"),
    ("cloud_essd", "PL1"): Decimal("1.00"),
    ("cloud_essd", "PL2"): Decimal("2.00"),
    ("cloud_essd", "PL3"): Decimal("4.00"),
}

_DEFAULT_LEVEL: Mapping[str, str] = {"cloud_essd": "PL1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """List prices per hour. Every method gives CNY; None where the thing is not sold."""

    currency: str = CURRENCY
    traffic_per_gib: Decimal = Decimal("0.80")
    instance_overrides: Mapping[str, Decimal] = field(default_factory=dict)

    def instance_hourly(self, instance_type: str) -> Decimal | None:
        """The price of one instance: vCPUs of its size times the price of a vCPU of its family."""
        if instance_type in self.instance_overrides:
            return self.instance_overrides[instance_type]
        family, _, size = instance_type.rpartition(".")
        per_vcpu, vcpus = _PER_VCPU_HOUR.get(family), _vcpus(size)
        return None if per_vcpu is None or vcpus is None else per_vcpu * vcpus

    def disk_hourly(self, category: str, level: str | None, size_gib: int) -> Decimal | None:
        """The price of one disk; `level` counts for cloud_essd only, where PL1 is the default."""
        wanted = (level or _DEFAULT_LEVEL[category]) if category in _DEFAULT_LEVEL else ""
        per_month = _PER_GIB_MONTH.get((category, wanted))
        if per_month is None or size_gib <= 0:
            return None
        return (per_month * size_gib / _HOURS_PER_MONTH).quantize(Decimal("0.000001"))

    def bandwidth_hourly(self, mbps: int) -> Decimal:
        """Fixed bandwidth, in tiers: up to 5 Mbit/s a lower price, above it a higher one."""
        lower, upper = min(mbps, 5), max(mbps - 5, 0)
        return Decimal("0.063") * lower + Decimal("0.248") * upper

    def instance_types(self, vcpu_sizes: tuple[str, ...] = ("large", "xlarge", "2xlarge")) -> tuple[str, ...]:
        """Types that have a price, in the sizes asked for."""
        return tuple(f"{family}.{size}" for family in _PER_VCPU_HOUR for size in vcpu_sizes)


def _vcpus(size: str) -> int | None:
    """`large` is 2 vCPUs, `xlarge` 4, `2xlarge` 8; None for what is no size."""
    if size in _VCPUS:
        return _VCPUS[size]
    factor, found, rest = size.partition("xlarge")
    return int(factor) * 4 if found and not rest and factor.isdigit() else None
