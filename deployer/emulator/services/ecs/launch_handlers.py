"""RunInstances and CreateInstance."""

from dataclasses import replace
from decimal import Decimal

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.bss.prices import PriceBook
from deployer.emulator.services.ecs.launch_order import LaunchOrder, launch, read_order
from deployer.emulator.services.ecs.launch_templates import merged
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import stop_dry_run

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_AMOUNT = 100


class LaunchActions:
    """The two operations that make instances."""

    def __init__(self, state: EcsState, prices: PriceBook) -> None:
        self._state = state
        self._prices = prices

    @action("RunInstances", source=_HELP + "runinstances")
    def run_instances(self, call: Call) -> Body:
        """The ids of new instances, which start by themselves. The ids come before the instances can be found.

        A batch may be smaller than Amount when MinAmount allows it.
        """
        return self._state.tokens.once(call, lambda: self._run(self._with_template(call)))

    @action("CreateInstance", source=_HELP + "createinstance")
    def create_instance(self, call: Call) -> Body:
        """The id of one new instance, which ends up Stopped and without a public address."""
        return self._state.tokens.once(call, lambda: self._create(call))

    def _with_template(self, call: Call) -> Call:
        """The call with what its launch template says where it is silent itself.

        Errors: 404 InvalidLaunchTemplate.NotFound, InvalidLaunchTemplateVersion.NotFound.
        """
        if not {"LaunchTemplateId", "LaunchTemplateName"} & call.params.keys():
            return call
        template = self._state.get_launch_template(call)
        version = template.find_version(call.params.get("LaunchTemplateVersion", template.default_number))
        if version is None:
            raise ApiError(404, "InvalidLaunchTemplateVersion.NotFound", "The specified version does not exist.")
        given = {name: value for name, value in call.params.items() if not name.startswith("LaunchTemplate")}
        return replace(call, params=merged(version.params, given))

    def _run(self, call: Call) -> Body:
        amount = call.params.get("Amount", 1)
        if not 1 <= amount <= _MAX_AMOUNT:
            raise ApiError(403, "InvalidParam.Amount", "The specified parameter Amount must be between 1 and 100.")
        min_amount = call.params.get("MinAmount", amount)
        if not 1 <= min_amount <= amount:
            raise ApiError(400, "InvalidMinAmount.Malformed", 'The specified parameter "MinAmount" is not valid.')
        order = read_order(call, self._state, amount=amount, min_amount=min_amount)
        stop_dry_run(call)
        instances = launch(order, self._state, start=True)
        return {
            "InstanceIdSets": {"InstanceIdSet": [instance.instance_id for instance in instances]},
            "OrderId": self._order_id(),
            "TradePrice": self._hourly_price(order),
        }

    def _create(self, call: Call) -> Body:
        order = read_order(call, self._state, amount=1, min_amount=1)
        stop_dry_run(call)
        [instance] = launch(order, self._state, start=False)
        return {
            "InstanceId": instance.instance_id,
            "OrderId": self._order_id(),
            "TradePrice": self._hourly_price(order),
        }

    def _order_id(self) -> str:
        return "2" + str(int(self._state.context.ids.hexadecimal(12), 16)).zfill(15)[:15]

    def _hourly_price(self, order: LaunchOrder) -> float:
        """The list price of one hour of the whole batch; what has no price counts as nothing, as in an order."""
        parts = [self._prices.instance_hourly(order.instance_type.instance_type_id)]
        parts += [
            self._prices.disk_hourly(disk.category, disk.performance_level, disk.size_gib) for disk in order.disks
        ]
        if order.internet_charge_type == "PayByBandwidth":
            parts.append(self._prices.bandwidth_hourly(order.bandwidth_out))
        return float(sum((part for part in parts if part is not None), Decimal(0)) * order.amount)
