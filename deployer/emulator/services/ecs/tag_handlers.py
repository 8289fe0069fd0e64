"""TagResources, UntagResources and ListTagResources for everything ECS keeps. Resource types ignore letter case."""

from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.state import EcsState, Taggable
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import MAX_TAGS, add_tags, carries, read_tags, untag

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_RESOURCES = 50
_PAGE_SIZE = 50
# Source: TagResources page, ResourceType. Kinds nobody keeps here exist, without any resource.
RESOURCE_TYPES = frozenset(
    {
        "activation",
        "capacityreservation",
        "command",
        "ddh",
        "disk",
        "elasticityassurance",
        "eni",
        "image",
        "instance",
        "invocation",
        "keypair",
        "launchtemplate",
        "managedinstance",
        "reservedinstance",
        "securitygroup",
        "snapshot",
        "snapshotpolicy",
        "volume",
    }
)


class TagActions:
    """The three operations on tags."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("TagResources", source=_HELP + "tagresources")
    def tag_resources(self, call: Call) -> Body:
        """Nothing; every resource carries the tags. One unknown id refuses the whole call."""
        get_region(call.region_id)
        if len(call.params["Tag"]) > MAX_TAGS:
            raise ApiError(400, "NumberExceed.Tags", "The maximum number of tags is exceeded.")
        tags = read_tags(call.params["Tag"])
        for holder in self._holders(call):
            add_tags(holder, tags)
        return {}

    @action("UntagResources", source=_HELP + "untagresources")
    def untag_resources(self, call: Call) -> Body:
        """Nothing; the keys are gone, all of them with All. Keys that are not there are no mistake."""
        get_region(call.region_id)
        untag(call, self._holders(call))
        return {}

    @action("ListTagResources", source=_HELP + "listtagresources")
    def list_tag_resources(self, call: Call) -> Body:
        """One entry per resource and tag, in pages of 50."""
        get_region(call.region_id)
        resource_type = self._resource_type(call)
        wanted_ids = call.params.get("ResourceId")
        if wanted_ids is None and "Tag" not in call.params and "TagFilter" not in call.params:
            raise ApiError(404, "MissingParameter.Tags", "ResourceId, Tag or TagFilter must be given.")
        entries = [
            {"ResourceId": resource_id, "ResourceType": resource_type, "TagKey": key, "TagValue": value}
            for resource_id, tags in self._every(call).items()
            if (wanted_ids is None or resource_id in wanted_ids) and _wanted(tags, call)
            for key, value in tags.items()
        ]
        page, token = page_by_token(
            entries,
            call.params,
            key=lambda entry: f"{entry['ResourceId']} {entry['TagKey']}",
            default_size=_PAGE_SIZE,
        )
        return {"TagResources": {"TagResource": list(page)}, "NextToken": token}

    def _resource_type(self, call: Call) -> str:
        """Errors: 404 InvalidResourceType.NotFound."""
        resource_type = str(call.params["ResourceType"]).lower()
        if resource_type not in RESOURCE_TYPES:
            raise ApiError(404, "InvalidResourceType.NotFound", "The specified ResourceType does not exist.")
        return resource_type

    def _taggable(self, call: Call) -> Taggable | None:
        return self._state.taggables.get(self._resource_type(call))

    def _holders(self, call: Call) -> list[dict[str, str]]:
        """The tags of each resource asked for. Errors: 400 NumberExceed.ResourceIds, 404 InvalidResourceId.NotFound."""
        resource_ids = call.params["ResourceId"]
        if len(resource_ids) > _MAX_RESOURCES:
            raise ApiError(400, "NumberExceed.ResourceIds", "The maximum number of resource ids is exceeded.")
        taggable = self._taggable(call)
        holders = [taggable.find(resource_id, call.region_id) if taggable else None for resource_id in resource_ids]
        found = [holder for holder in holders if holder is not None]
        if len(found) < len(holders):
            raise ApiError(404, "InvalidResourceId.NotFound", "The specified ResourceIds are not found in our records.")
        return found

    def _every(self, call: Call) -> Mapping[str, dict[str, str]]:
        taggable = self._taggable(call)
        return taggable.every(call.region_id) if taggable else {}


def _wanted(tags: Mapping[str, str], call: Call) -> bool:
    filters: list[Mapping[str, Any]] = call.params.get("TagFilter", [])
    matches_filters = all(
        entry.get("TagKey") in tags and ("TagValues" not in entry or tags[str(entry["TagKey"])] in entry["TagValues"])
        for entry in filters
    )
    return matches_filters and carries(tags, call.params.get("Tag", []))
