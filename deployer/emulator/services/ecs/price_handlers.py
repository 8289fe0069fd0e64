"""DescribePrice: the hourly list price of instances, disks and bandwidth."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.bss.prices import PriceBook
from deployer.emulator.services.ecs import launch_rules as rules
from deployer.emulator.services.ecs.disk_rules import DiskOrder, DiskPlace, order_data_disks, order_system_disk
from deployer.emulator.services.ecs.images import Image
from deployer.emulator.services.ecs.instance_types import InstanceType
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import missing_parameter, not_implemented, refuse_unsupported
from deployer.emulator.services.regions import get_region, get_zone

_UNSUPPORTED = ("DedicatedHostType", "InstanceTypeList", "RecurrenceRules", "SchedulerOptions", "Capacity")
Item = tuple[str, Decimal]  # what it is, and its price for one instance


class PriceActions:
    """What a purchase would cost."""

    def __init__(self, state: EcsState, prices: PriceBook) -> None:
        self._state = state
        self._prices = prices

    @action(
        "DescribePrice",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeprice",
    )
    def describe_price(self, call: Call) -> Body:
        """The price of Amount pieces for Period hours, as a total and item by item.

        Errors: those of RunInstances for a combination that cannot be bought, 400 PriceNotFound.
        """
        get_region(call.region_id)
        refuse_unsupported(call, *_UNSUPPORTED)
        params = call.params
        if params.get("PriceUnit", "Hour") != "Hour":
            raise not_implemented(call, "prices by month or year (subscriptions)")
        if params.get("SpotStrategy", "NoSpot") != "NoSpot":
            raise not_implemented(call, "spot prices")
        resource_type = params.get("ResourceType", "instance")
        if resource_type == "instance":
            items = self._instance_items(call)
        elif resource_type == "disk":
            items = self._disk_items(call)
        elif resource_type == "bandwidth":
            items = [("bandwidth", Decimal(0))]  # PayByTraffic: what flows is paid for, not the hour
        else:
            raise not_implemented(call, f"ResourceType={resource_type}")
        pieces = params.get("Amount", 1) * params.get("Period", 1)
        return {"PriceInfo": self._describe([(name, price * pieces) for name, price in items])}

    def _instance_items(self, call: Call) -> list[Item]:
        params = call.params
        instance_type = _read_type(call)
        image = self._read_image(call, instance_type)
        rules.check_on_sale(call, self._state, _zone(call), instance_type)
        place = DiskPlace(region_id=call.region_id, zone_id=_zone(call), instance_type=instance_type)
        bandwidth, charge_type = rules.read_bandwidth(call)
        items = [("instanceType", _found(self._prices.instance_hourly(instance_type.instance_type_id)))]
        if "SystemDisk" in params:
            if image is None:  # Assumed: the page asks for ImageId with the system disk, it does not say what happens
                raise missing_parameter("ImageId")
            items.append(("systemDisk", self._disk_price(order_system_disk(params["SystemDisk"], image, place))))
        data_disks = [self._disk_price(disk) for disk in order_data_disks(params.get("DataDisk", []), place)]
        if data_disks:
            items.append(("dataDisk", sum(data_disks, Decimal(0))))
        by_bandwidth = charge_type == "PayByBandwidth"
        items.append(("bandwidth", self._prices.bandwidth_hourly(bandwidth) if by_bandwidth else Decimal(0)))
        if image is not None:
            items.append(("image", Decimal(0)))
        return items

    def _read_image(self, call: Call, instance_type: InstanceType) -> Image | None:
        """The image, which must suit the type; None when none was given: a Linux price then."""
        image_id = call.params.get("ImageId")
        if image_id is None:
            return None
        image = self._state.find_image(call.region_id, image_id)
        if image is None:
            raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
        if image.architecture != instance_type.image_architecture:
            raise ApiError(403, "ImageNotSupportInstanceType", "The specified image don't support the InstanceType.")
        return image

    def _disk_items(self, call: Call) -> list[Item]:
        disks: Sequence[Mapping[str, Any]] = call.params.get("DataDisk", [])
        if not disks:
            raise ApiError(404, "InvalidDiskCategory.Missing", "DataDisk.1.Category is mandatory for disk prices.")
        prices = [
            _found(
                self._prices.disk_hourly(
                    str(disk.get("Category", "")), disk.get("PerformanceLevel"), int(disk.get("Size", 0))
                )
            )
            for disk in disks
        ]
        return [("dataDisk", sum(prices, Decimal(0)))]

    def _disk_price(self, disk: DiskOrder) -> Decimal:
        return _found(self._prices.disk_hourly(disk.category, disk.performance_level or None, disk.size_gib))

    def _describe(self, items: Sequence[Item]) -> dict[str, Any]:
        details = [{"Resource": name, **_amounts(price), "SubRules": {"Rule": []}} for name, price in items]
        total = _amounts(sum((price for _, price in items), Decimal(0)))
        return {
            "Price": {**total, "Currency": self._prices.currency, "DetailInfos": {"DetailInfo": details}},
            "Rules": {"Rule": []},
        }


def _read_type(call: Call) -> InstanceType:
    if "InstanceType" not in call.params:
        raise ApiError(404, "InvalidInstanceType.Missing", "InstanceType is mandatory for instance prices.")
    return rules.read_instance_type(call)


def _zone(call: Call) -> str:
    """The zone asked for, else the first of the region."""
    zone_id = call.params.get("ZoneId")
    return get_zone(call.region_id, zone_id) if zone_id else get_region(call.region_id).zone_ids[0]


def _found(price: Decimal | None) -> Decimal:
    """Errors: 400 PriceNotFound."""
    if price is None:
        raise ApiError(400, "PriceNotFound", "The price of the combination is not found.")
    return price


def _amounts(price: Decimal) -> dict[str, float]:
    """List prices: there are no discounts."""
    return {"OriginalPrice": float(price), "DiscountPrice": 0.0, "TradePrice": float(price)}
