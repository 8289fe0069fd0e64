"""TagResources, UnTagResources and ListTagResources of the VPC service: resource types are in upper case."""

from collections.abc import Mapping

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import missing_parameter, not_implemented
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import add_tags, carries, read_tags, untag
from deployer.emulator.services.vpc.networks import Tagged
from deployer.emulator.services.vpc.state import VpcState

_HELP = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-"
_MAX_RESULTS = 50


class VpcTagActions:
    """The operations on tags of VPCs, vSwitches and elastic IP addresses."""

    def __init__(self, state: VpcState) -> None:
        self._state = state

    @action("TagResources", source=_HELP + "tagresources")
    def tag_resources(self, call: Call) -> Body:
        """Nothing; every resource carries the tags. One unknown id refuses the whole call."""
        get_region(call.region_id)
        tags = read_tags(call.params["Tag"], strict_values=True)
        if call.params["ResourceType"] == "EIP" and not all(tags.values()):
            raise ApiError(400, "InvalidTagValue.Malformed", "The tag value of an EIP cannot be empty.")
        for holder in self._holders(call):
            add_tags(holder, tags)
        return {}

    @action("UnTagResources", source=_HELP + "untagresources")
    def untag_resources(self, call: Call) -> Body:
        """Nothing; the keys are gone, all of them with All. Keys that are not there are no mistake."""
        get_region(call.region_id)
        untag(call, self._holders(call))
        return {}

    @action("ListTagResources", source=_HELP + "listtagresources")
    def list_tag_resources(self, call: Call) -> Body:
        """One entry per resource and tag, in pages."""
        get_region(call.region_id)
        wanted_ids, wanted_tags = call.params.get("ResourceId"), call.params.get("Tag", [])
        if wanted_ids is None and not wanted_tags:
            raise missing_parameter("ResourceId")
        entries = [
            {"ResourceId": resource_id, "ResourceType": call.params["ResourceType"], "TagKey": key, "TagValue": value}
            for resource_id, found in self._tagged(call).items()
            if found.region_id == call.region_id and (wanted_ids is None or resource_id in wanted_ids)
            if carries(found.tags, wanted_tags)
            for key, value in found.tags.items()
        ]
        page, token = page_by_token(
            entries,
            call.params,
            key=lambda entry: f"{entry['ResourceId']} {entry['TagKey']}",
            default_size=_MAX_RESULTS,
            max_size=_MAX_RESULTS,
        )
        return {"TagResources": {"TagResource": list(page)}, "NextToken": token}

    def _tagged(self, call: Call) -> Mapping[str, Tagged]:
        """Errors: 501 for a kind that is not emulated."""
        found = self._state.tagged(call.params["ResourceType"])
        if found is None:
            raise not_implemented(call, f"ResourceType={call.params['ResourceType']}")
        return found

    def _holders(self, call: Call) -> list[dict[str, str]]:
        """The tags of each resource asked for. Errors: 404 InvalidResourceId.NotFound."""
        kept = self._tagged(call)
        holders = []
        for resource_id in call.params["ResourceId"]:
            found = kept.get(resource_id)
            if found is None or found.region_id != call.region_id:
                raise ApiError(
                    404, "InvalidResourceId.NotFound", f"The specified ResourceId {resource_id} does not exist."
                )
            holders.append(found.tags)
        return holders
