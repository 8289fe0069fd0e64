"""AllocateEipAddress and its siblings. An address is bound to an instance of ECS or to a secondary interface."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import timestamps
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import not_implemented, refuse_unsupported
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.tagging import carries, read_tags
from deployer.emulator.services.vpc.networks import Eip, EipStatus
from deployer.emulator.services.vpc.state import VpcState

_HELP = "https://www.alibabacloud.com/help/en/eip/developer-reference/api-vpc-2016-04-28-"
_DEFAULT_BANDWIDTH = "5"  # Mbit/s. Source: AllocateEipAddress page
_MAX_BANDWIDTH = 500
_ECS_INSTANCE = "EcsInstance"
_BINDABLE = (_ECS_INSTANCE, "NetworkInterface")


class EipActions:
    """The operations on elastic IP addresses."""

    def __init__(self, state: VpcState) -> None:
        self._state = state

    @action("AllocateEipAddress", source=_HELP + "allocateeipaddress-eips")
    def allocate(self, call: Call) -> Body:
        """A new address that costs money until it is released, bound or not."""
        get_region(call.region_id)
        refuse_unsupported(
            call, "IpAddress", "InstanceId", "PublicIpAddressPoolId", "SecurityProtectionTypes", "Zone", "ActivityId"
        )
        if call.params.get("InstanceChargeType", "PostPaid") != "PostPaid":
            raise not_implemented(call, "InstanceChargeType=PrePaid")
        return self._state.tokens.once(call, lambda: self._allocate(call))

    @action("DescribeEipAddresses", source=_HELP + "describeeipaddresses-eips")
    def describe(self, call: Call) -> Body:
        """The addresses that match every filter, newest first."""
        get_region(call.region_id)
        refuse_unsupported(call, "Filter", "IncludeReservationData", "LockReason", "SegmentInstanceId")
        found = [
            eip
            for eip in list(self._state.eips.values())[::-1]
            if eip.region_id == call.region_id and _matches(eip, call)
        ]
        page, fields = page_by_number(found, call.params)
        return {"EipAddresses": {"EipAddress": [self._view(eip) for eip in page]}, **fields}

    @action("AssociateEipAddress", source=_HELP + "associateeipaddress-eips")
    def associate(self, call: Call) -> Body:
        """Nothing; the address is Associating, then InUse."""
        _check_type(call)
        refuse_unsupported(call, "PrivateIpAddress", "Mode")
        return self._state.tokens.once(call, lambda: self._associate(call))

    @action("UnassociateEipAddress", source=_HELP + "unassociateeipaddress-eips")
    def unassociate(self, call: Call) -> Body:
        """Nothing; the address is Unassociating, then Available."""
        _check_type(call)
        return self._state.tokens.once(call, lambda: self._unassociate(call))

    @action("ReleaseEipAddress", source=_HELP + "releaseeipaddress-eips")
    def release(self, call: Call) -> Body:
        """Nothing; the address is given back."""
        self._state.remove_eip(self._state.get_eip(call.params["AllocationId"], region_asked(call)))
        return {}

    @action("ModifyEipAddressAttribute", source=_HELP + "modifyeipaddressattribute-eips")
    def modify(self, call: Call) -> Body:
        """Nothing; bandwidth, name and description are as given."""
        eip, params = self._state.get_eip(call.params["AllocationId"], region_asked(call)), call.params
        eip.bandwidth = _read_bandwidth(call) if "Bandwidth" in params else eip.bandwidth
        eip.name = params.get("Name", eip.name)
        eip.description = params.get("Description", eip.description)
        return {}

    def _allocate(self, call: Call) -> Body:
        params, context = call.params, self._state.context
        bandwidth = _read_bandwidth(call)
        tags = read_tags(params.get("Tag", []), strict_values=True)
        held = sum(eip.region_id == call.region_id for eip in self._state.eips.values())
        if held >= context.assumptions.eip_quota:
            raise ApiError(400, "QuotaExceeded.Eip", "Elastic IP address quota exceeded.")
        address = self._state.public_addresses.take()
        if address is None:
            raise ApiError(400, "ReserveIpFail", "Reserve eip failed.")
        eip = Eip(
            allocation_id=context.ids.resource_id("eip", 21),
            region_id=call.region_id,
            ip_address=address,
            bandwidth=bandwidth,
            internet_charge_type=params.get("InternetChargeType", "PayByBandwidth"),
            name=params.get("Name", ""),
            description=params.get("Description", ""),
            isp=params.get("ISP", "BGP"),
            allocated_at=context.clock.now(),
            resource_group_id=params.get("ResourceGroupId", ""),
            tags=tags,
        )
        self._state.eips[eip.allocation_id] = eip
        return {
            "AllocationId": eip.allocation_id,
            "EipAddress": eip.ip_address,
            "ResourceGroupId": eip.resource_group_id,
        }

    def _associate(self, call: Call) -> Body:
        eip = self._state.get_eip(call.params["AllocationId"], region_asked(call))
        target = self._state.find_bindable(call.params["InstanceId"], eip.region_id)
        if target is None or target.bindable_type != call.params.get("InstanceType", _ECS_INSTANCE):
            raise ApiError(404, "InvalidInstanId.NotFound", "The specified instance is not found.")
        if eip.status is not EipStatus.AVAILABLE:
            raise ApiError(400, "IncorrectEipStatus", "Current elastic IP status does not support this operation.")
        if not target.can_bind_address:
            raise ApiError(400, "IncorrectInstanceStatus", "Current instance status does not support this operation.")
        if target.eip is not None or target.public_ip is not None:
            raise ApiError(400, "InvalidAssociation.Duplicated", "The specified instance has a public IP address.")
        self._state.bind_eip(eip, target)
        return {}

    def _unassociate(self, call: Call) -> Body:
        eip = self._state.get_eip(call.params["AllocationId"], region_asked(call))
        if eip.status is not EipStatus.IN_USE or eip.instance_id is None:
            raise ApiError(400, "IncorrectEipStatus", "Current elastic IP status does not support this operation.")
        asked = (call.params.get("InstanceId", eip.instance_id), call.params.get("InstanceType", eip.instance_type))
        if asked != (eip.instance_id, eip.instance_type):
            raise ApiError(400, "InvalidBindingStatus", "Specified instance is not bound to the elastic IP address.")
        self._state.unbind_eip(eip, self._state.find_bindable(eip.instance_id, eip.region_id))
        return {}

    def _view(self, eip: Eip) -> dict[str, Any]:
        return {
            "AllocationId": eip.allocation_id,
            "AllocationTime": timestamps.to_second(eip.allocated_at),
            "IpAddress": eip.ip_address,
            "RegionId": eip.region_id,
            "Status": eip.status.value,
            "InstanceId": eip.instance_id or "",
            "InstanceType": eip.instance_type,
            "InstanceRegionId": eip.region_id if eip.instance_id else "",
            "Bandwidth": str(eip.bandwidth),
            "EipBandwidth": str(eip.bandwidth),
            "InternetChargeType": eip.internet_charge_type,
            "ChargeType": "PostPaid",
            "BusinessStatus": "Normal",
            "ISP": eip.isp,
            "Name": eip.name,
            "Description": eip.description,
            "Netmode": "public",
            "DeletionProtection": False,
            "SecondLimited": False,
            "ServiceManaged": 0,
            "ExpiredTime": "",
            "ResourceGroupId": eip.resource_group_id,
            "OperationLocks": {"LockReason": []},
            "Tags": {"Tag": [{"Key": key, "Value": value} for key, value in eip.tags.items()]},
        }


def _check_type(call: Call) -> None:
    """Errors: 501 Emulator.NotImplemented for what else an address can be bound to."""
    kind = call.params.get("InstanceType", _ECS_INSTANCE)
    if kind not in _BINDABLE:
        raise not_implemented(call, f"InstanceType={kind}")


def _read_bandwidth(call: Call) -> int:
    """Mbit/s. Errors: 400 InvalidParameter."""
    text = str(call.params.get("Bandwidth", _DEFAULT_BANDWIDTH))
    if not text.isdigit() or not 1 <= int(text) <= _MAX_BANDWIDTH:
        raise ApiError(400, "InvalidParameter", "Specified Bandwidth is not valid.")
    return int(text)


def _matches(eip: Eip, call: Call) -> bool:
    params = call.params
    wanted_addresses = [found for found in params.get("EipAddress", "").split(",") if found]
    wanted_ids = [found for found in params.get("AllocationId", "").split(",") if found]
    return (
        (not wanted_ids or eip.allocation_id in wanted_ids)
        and (not wanted_addresses or eip.ip_address in wanted_addresses)
        and params.get("AssociatedInstanceId", eip.instance_id) == eip.instance_id
        and params.get("AssociatedInstanceType", eip.instance_type) == eip.instance_type
        and params.get("EipName", eip.name) == eip.name
        and params.get("Status", eip.status.value) == eip.status.value
        and params.get("ChargeType", "PostPaid") == "PostPaid"
        and params.get("ISP", eip.isp) == eip.isp
        and params.get("ResourceGroupId", eip.resource_group_id) == eip.resource_group_id
        and not params.get("ServiceManaged", False)
        and not params.get("SecurityProtectionEnabled", False)
        and "PublicIpAddressPoolId" not in params
        and carries(eip.tags, params.get("Tag", []))
    )
