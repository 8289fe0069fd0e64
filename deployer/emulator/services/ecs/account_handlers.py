"""DescribeAccountAttributes: the quotas of the account."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.instance_types import INSTANCE_TYPES
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import not_implemented
from deployer.emulator.services.regions import get_region


class AccountActions:
    """What the account may have."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action(
        "DescribeAccountAttributes",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/"
        "api-ecs-2014-05-26-describeaccountattributes",
    )
    def describe_account_attributes(self, call: Call) -> Body:
        """The attributes asked for; all that are known here when none is named."""
        get_region(call.region_id)
        known = self._attributes(call.region_id)
        names: list[str] = call.params.get("AttributeName") or list(known)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise not_implemented(call, ", ".join(unknown))
        if len(names) > 8 and "AttributeName" in call.params:
            raise ApiError(403, "Invalid.Parameter", "At most eight attributes can be asked for.")
        items = [
            {"AttributeName": name, "AttributeValues": {"ValueItem": [{"Value": value} for value in known[name]]}}
            for name in names
        ]
        return {"AccountAttributeItems": {"AccountAttributeItem": items}}

    def _attributes(self, region_id: str) -> dict[str, list[Any]]:
        return {
            "instance-network-type": ["vpc"],
            "max-security-groups": [str(self._state.context.assumptions.security_group_quota)],
            "max-postpaid-instance-vcpu-count": [str(self._state.context.assumptions.postpaid_vcpu_quota)],
            "used-postpaid-instance-vcpu-count": [str(self._state.vcpus_in_use(region_id))],
            "supported-postpaid-instance-types": list(INSTANCE_TYPES),
            "real-name-authentication": ["yes"],
        }
