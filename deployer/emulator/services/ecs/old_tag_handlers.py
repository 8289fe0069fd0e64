"""AddTags, RemoveTags and DescribeTags: what TagResources and its siblings replaced, and old programs still call."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.ecs.tag_handlers import RESOURCE_TYPES
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import add_tags, read_tags

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_COUNTED = {
    "disk": "Disk",
    "eni": "Eni",
    "image": "Image",
    "instance": "Instance",
    "keypair": "KeyPair",
    "securitygroup": "Securitygroup",
    "snapshot": "Snapshot",
}


class OldTagActions:
    """The three operations on one resource's tags at a time."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("AddTags", source=_HELP + "addtags")
    def add_tags(self, call: Call) -> Body:
        """Nothing; the resource carries the tags."""
        add_tags(self._holder(call), read_tags(call.params["Tag"]))
        return {}

    @action("RemoveTags", source=_HELP + "removetags")
    def remove_tags(self, call: Call) -> Body:
        """Nothing; the tags are gone, where a value is given only those that have it."""
        holder = self._holder(call)
        for tag in call.params.get("Tag", []):
            if "Value" not in tag or holder.get(tag.get("Key", "")) == tag["Value"]:
                holder.pop(tag.get("Key", ""), None)
        return {}

    @action("DescribeTags", source=_HELP + "describetags")
    def describe_tags(self, call: Call) -> Body:
        """Every key and value in use, with how many resources of each kind carry it."""
        get_region(call.region_id)
        refuse_unsupported(call, "Category")
        counts: dict[tuple[str, str], dict[str, int]] = {}
        wanted_type, wanted_id = call.params.get("ResourceType", "").lower(), call.params.get("ResourceId")
        for kind, name in _COUNTED.items():
            if wanted_type in {"", kind} and kind in self._state.taggables:
                for resource_id, tags in self._state.taggables[kind].every(call.region_id).items():
                    for pair in tags.items() if wanted_id in {None, resource_id} else ():
                        count = counts.setdefault(pair, dict.fromkeys(_COUNTED.values(), 0))
                        count[name] += 1
        listed = [
            {"TagKey": key, "TagValue": value, "ResourceTypeCount": count}
            for (key, value), count in sorted(counts.items())
            if _is_wanted(key, value, call)
        ]
        page, fields = page_by_number(listed, call.params, default_size=50)
        return {"Tags": {"Tag": list(page)}, **fields}

    def _holder(self, call: Call) -> dict[str, str]:
        """Errors: 404 InvalidResourceType.NotFound, InvalidResourceId.NotFound."""
        get_region(call.region_id)
        kind = str(call.params["ResourceType"]).lower()
        if kind not in RESOURCE_TYPES:
            raise ApiError(404, "InvalidResourceType.NotFound", "The specified ResourceType does not exist.")
        taggable = self._state.taggables.get(kind)
        holder = taggable.find(call.params["ResourceId"], call.region_id) if taggable else None
        if holder is None:
            raise ApiError(404, "InvalidResourceId.NotFound", "The specified ResourceId is not found in our records.")
        return holder


def _is_wanted(key: str, value: str, call: Call) -> bool:
    wanted: list[dict[str, Any]] = call.params.get("Tag", [])
    return all(tag.get("Key", key) == key and tag.get("Value", value) == value for tag in wanted)
