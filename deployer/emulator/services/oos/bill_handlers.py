"""What the instances of an application group have cost in a month, from the price table and how long they have existed."""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from deployer.emulator.actions import Body, Call, action
from deployer.emulator.services.bss.prices import PriceBook
from deployer.emulator.services.ecs.instances import Instance
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.oos.application_handlers import check_control_region
from deployer.emulator.services.oos.group_handlers import find_group
from deployer.emulator.services.oos.state import OosState
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import invalid_parameter, not_implemented
from deployer.emulator.services.timestamps import to_minute

_INSTANCES = "ALIYUN::ECS::INSTANCE"
_CYCLE = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_HOUR = timedelta(hours=1)


class BillActions:
    """Reads the groups of OOS, the instances of ECS and the prices of BSS."""

    def __init__(self, state: OosState, ecs_state: EcsState, prices: PriceBook) -> None:
        self._state = state
        self._ecs_state = ecs_state
        self._prices = prices

    @action(
        "DescribeApplicationGroupBill",
        source="https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-describeapplicationgroupbill",
    )
    def describe_application_group_bill(self, call: Call) -> Body:
        """One entry for each instance that carries the group's tag, newest first.

        Assumed: the page does not say when costs appear; here each begun hour counts at once. What a released
        instance cost is forgotten with it, and utilization (PeakType, Performance, Optimization) is not measured.
        Errors: 400 InvalidParameter, 404 EntityNotExists.Application, EntityNotExists.ApplicationGroup.
        """
        check_control_region(call)
        _application, group = find_group(self._state, call)
        begins, ends = _read_cycle(call.params["BillingCycle"])
        if call.params["ResourceType"].upper() != _INSTANCES:
            raise not_implemented(call, f"ResourceType={call.params['ResourceType']}")
        members = [
            instance
            for instance in self._ecs_state.instances(group.deploy_region_id)
            if instance.tags.get(group.import_tag_key) == group.import_tag_value and instance.created_at < ends
        ]
        page, token = page_by_token(members, call.params, key=lambda one: one.instance_id, default_size=50)
        until = min(ends, self._state.now())
        return {
            "ApplicationGroupConsume": [self._view(one, max(begins, one.created_at), until) for one in page],
            "MaxResults": call.params.get("MaxResults", 50),
            "NextToken": token,
        }

    def _view(self, instance: Instance, begins: datetime, ends: datetime) -> dict[str, Any]:
        begun_hours = max(0, -((begins - ends) // _HOUR))
        return {
            "InstanceId": instance.instance_id,
            "InstanceName": instance.instance_name,
            "InstanceType": _INSTANCES,
            "CreationTime": to_minute(instance.created_at),
            "Status": str(instance.status),
            "Amount": float(round(self._hourly(instance) * begun_hours, 2)),
            "Currency": self._prices.currency,
        }

    def _hourly(self, instance: Instance) -> Decimal:
        """What the instance and its disks cost an hour, whether it runs or not."""
        disks = [
            self._prices.disk_hourly(disk.category, disk.performance_level or None, disk.size_gib)
            for disk in instance.disks
        ]
        parts = (self._prices.instance_hourly(instance.instance_type.instance_type_id), *disks)
        return sum((price for price in parts if price is not None), Decimal(0))


def _read_cycle(text: str) -> tuple[datetime, datetime]:
    """When the month `YYYY-MM` begins and ends, in the accounts' time zone, UTC+8. Errors: 400 InvalidParameter."""
    found = _CYCLE.fullmatch(text)
    if found is None:
        raise invalid_parameter("BillingCycle")
    year, month = int(found[1]), int(found[2])
    zone = timezone(timedelta(hours=8))
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    try:
        return datetime(year, month, 1, tzinfo=zone), datetime(*following, 1, tzinfo=zone)
    except ValueError:
        raise invalid_parameter("BillingCycle") from None
