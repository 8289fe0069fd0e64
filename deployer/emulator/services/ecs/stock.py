"""What can be bought where. Everything offered is in stock until a test (or a user) says otherwise."""

from dataclasses import dataclass
from enum import Enum

from deployer.emulator.services.ecs.instance_types import InstanceType
from deployer.emulator.services.regions import REGIONS


class Supply(str, Enum):
    """How much is left, in the words of DescribeAvailableResource's StatusCategory."""

    WITH_STOCK = "WithStock"
    CLOSED_WITH_STOCK = "ClosedWithStock"  # little left, resupply not sure
    WITHOUT_STOCK = "WithoutStock"

    @property
    def status(self) -> str:
        """`Available` or `SoldOut`."""
        return "SoldOut" if self is Supply.WITHOUT_STOCK else "Available"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shelf:
    """A state set by hand; `left` is the number of instances still to be had, None for any number."""

    supply: Supply
    left: int | None = None


class Stock:
    """The stock table. A zone of None means every zone of the region."""

    def __init__(self) -> None:
        self._shelves: dict[tuple[str, str, str], _Shelf] = {}
        self._zones_off_sale: set[str] = set()

    def set_sold_out(self, region_id: str, zone_id: str | None, instance_type: str) -> None:
        """The type is sold out from now on."""
        self._set(region_id, zone_id, instance_type, _Shelf(supply=Supply.WITHOUT_STOCK, left=0))

    def set_scarce(self, region_id: str, zone_id: str | None, instance_type: str, left: int) -> None:
        """Only `left` more instances of the type can be had."""
        supply = Supply.CLOSED_WITH_STOCK if left else Supply.WITHOUT_STOCK
        self._set(region_id, zone_id, instance_type, _Shelf(supply=supply, left=left))

    def set_in_stock(self, region_id: str, zone_id: str | None, instance_type: str) -> None:
        """There is plenty again."""
        for zone in _zones(region_id, zone_id):
            self._shelves.pop((region_id, zone, instance_type), None)

    def set_off_sale(self, zone_id: str) -> None:
        """Nothing is sold in the zone any more."""
        self._zones_off_sale.add(zone_id)

    def is_off_sale(self, zone_id: str) -> bool:
        return zone_id in self._zones_off_sale

    def supply(self, region_id: str, zone_id: str, instance_type: str) -> Supply:
        """What is left of a type that the zone offers."""
        if self.is_off_sale(zone_id):
            return Supply.WITHOUT_STOCK
        shelf = self._shelves.get((region_id, zone_id, instance_type))
        return shelf.supply if shelf else Supply.WITH_STOCK

    def left(self, region_id: str, zone_id: str, instance_type: str) -> int | None:
        """How many instances can still be had; None when there is no known end."""
        if self.is_off_sale(zone_id):
            return 0
        shelf = self._shelves.get((region_id, zone_id, instance_type))
        return shelf.left if shelf else None

    def take(self, region_id: str, zone_id: str, instance_type: str, amount: int) -> None:
        """Take instances off the shelf; the caller looked at `left` before."""
        left = self.left(region_id, zone_id, instance_type)
        if left is not None:
            self.set_scarce(region_id, zone_id, instance_type, max(0, left - amount))

    def _set(self, region_id: str, zone_id: str | None, instance_type: str, shelf: _Shelf) -> None:
        for zone in _zones(region_id, zone_id):
            self._shelves[region_id, zone, instance_type] = shelf


def offers_type(region_id: str, zone_id: str, instance_type: InstanceType) -> bool:
    """True when the zone sells the type at all: ARM and GPU types are missing in the last zone of a larger region.

    Assumed: which zone lacks what changes from month to month; that some zone lacks something does not.
    """
    return not (
        _is_last_of_many(region_id, zone_id) and (instance_type.architecture == "ARM" or instance_type.gpu_spec)
    )


def offers_performance_level(region_id: str, zone_id: str, level: str) -> bool:
    """True when the zone sells cloud_essd of that level: PL0 is missing in the last zone of a larger region.

    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances (PL0 is not
    sold in each zone). Assumed: which zone.
    """
    return not (level == "PL0" and _is_last_of_many(region_id, zone_id))


def _is_last_of_many(region_id: str, zone_id: str) -> bool:
    zone_ids = REGIONS[region_id].zone_ids
    return len(zone_ids) > 3 and zone_id == zone_ids[-1]


def _zones(region_id: str, zone_id: str | None) -> tuple[str, ...]:
    return (zone_id,) if zone_id is not None else REGIONS[region_id].zone_ids
