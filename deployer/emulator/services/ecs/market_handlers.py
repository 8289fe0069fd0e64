"""DescribeInstanceTypeFamilies and DescribeSpotPriceHistory: more of what is on offer."""

from datetime import timedelta
from decimal import Decimal

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import timestamps
from deployer.emulator.services.bss.prices import PriceBook
from deployer.emulator.services.ecs.instance_types import INSTANCE_TYPES
from deployer.emulator.services.ecs.launch_rules import read_instance_type
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.ecs.stock import offers_type
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported
from deployer.emulator.services.regions import get_region

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_NEWEST_HOURS = 3  # Source: DescribeSpotPriceHistory page, StartTime


class MarketActions:
    """What there is beside the plain catalogue."""

    def __init__(self, state: EcsState, prices: PriceBook) -> None:
        self._state = state
        self._prices = prices

    @action("DescribeInstanceTypeFamilies", source=_HELP + "describeinstancetypefamilies")
    def describe_families(self, call: Call) -> Body:
        """The families of the types on offer; the generation is the number in the name, as in `ecs.g7`."""
        get_region(call.region_id)
        families = dict.fromkeys(kind.family for kind in INSTANCE_TYPES.values())
        listed = [{"InstanceTypeFamilyId": family, "Generation": _generation(family)} for family in families]
        wanted = call.params.get("Generation")
        found = [family for family in listed if wanted in {None, family["Generation"]}]
        return {"InstanceTypeFamilies": {"InstanceTypeFamily": found}}

    @action("DescribeSpotPriceHistory", source=_HELP + "describespotpricehistory")
    def describe_spot_prices(self, call: Call) -> Body:
        """One price an hour and zone, newest last. Assumed: a steady fraction of the list price."""
        refuse_unsupported(call, "Offset", "StartTime", "EndTime")
        region = get_region(call.region_id)
        instance_type = read_instance_type(call)
        hourly = self._prices.instance_hourly(instance_type.instance_type_id)
        if call.params["NetworkType"] not in {"vpc", "classic"}:
            raise invalid_parameter("NetworkType")
        if hourly is None:
            raise ApiError(400, "PriceNotFound", "The price of the combination is not found.")
        now = self._state.context.clock.now().replace(minute=0, second=0, microsecond=0)
        spot = hourly * Decimal(str(self._state.context.assumptions.spot_price_fraction))
        prices = [
            {
                "InstanceType": instance_type.instance_type_id,
                "ZoneId": zone_id,
                "NetworkType": call.params["NetworkType"],
                "IoOptimized": call.params.get("IoOptimized", "optimized"),
                "OriginPrice": float(hourly),
                "SpotPrice": float(spot),
                "Timestamp": timestamps.to_second(now - timedelta(hours=back)),
            }
            for back in range(_NEWEST_HOURS, -1, -1)
            for zone_id in region.zone_ids
            if call.params.get("ZoneId", zone_id) == zone_id and offers_type(call.region_id, zone_id, instance_type)
        ]
        return {"Currency": self._prices.currency, "NextOffset": 0, "SpotPrices": {"SpotPriceType": prices}}


def _generation(family: str) -> str:
    """`ecs-7` for `ecs.g7`; `ecs-1` where the name has no number."""
    digits = "".join(letter for letter in family.partition(".")[2].partition("-")[0] if letter.isdigit())
    return f"ecs-{digits[:1] or '1'}"
