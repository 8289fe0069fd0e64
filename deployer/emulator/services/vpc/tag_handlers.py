"""TagResources of the VPC service: its resource types are written in upper case."""

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.refusals import not_implemented
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import add_tags, read_tags
from deployer.emulator.services.vpc.networks import Eip, Vpc, VSwitch
from deployer.emulator.services.vpc.state import VpcState


class VpcTagActions:
    """TagResources for VPCs, vSwitches and elastic IP addresses."""

    def __init__(self, state: VpcState) -> None:
        self._state = state

    @action(
        "TagResources",
        source="https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-tagresources",
    )
    def tag_resources(self, call: Call) -> Body:
        """Nothing; every resource carries the tags. One unknown id refuses the whole call."""
        get_region(call.region_id)
        tags = read_tags(call.params["Tag"], strict_values=True)
        if call.params["ResourceType"] == "EIP" and not all(tags.values()):
            raise ApiError(400, "InvalidTagValue.Malformed", "The tag value of an EIP cannot be empty.")
        holders = [self._tags_of(call, resource_id) for resource_id in call.params["ResourceId"]]
        for holder in holders:
            add_tags(holder, tags)
        return {}

    def _tags_of(self, call: Call, resource_id: str) -> dict[str, str]:
        resource_type = call.params["ResourceType"]
        found: Vpc | VSwitch | Eip | None
        if resource_type == "VPC":
            found = self._state.find_vpc(resource_id, call.region_id)
        elif resource_type == "VSWITCH":
            found = self._state.find_vswitch(resource_id, call.region_id)
        elif resource_type == "EIP":
            eip = self._state.eips.get(resource_id)
            found = eip if eip is not None and eip.region_id == call.region_id else None
        else:
            raise not_implemented(call, f"ResourceType={resource_type}")
        if found is None:
            raise ApiError(404, "InvalidResourceId.NotFound", f"The specified ResourceId {resource_id} does not exist.")
        return found.tags
