"""Tags of templates and applications.

Source: https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-tagresources
"""

from collections.abc import Iterator
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.oos.execution_handlers import has_tags
from deployer.emulator.services.oos.state import OosState
from deployer.emulator.services.oos.template_handlers import text_tags
from deployer.emulator.services.refusals import invalid_parameter, not_implemented

_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
_SUPPORTED = ("template", "application")


class TagActions:
    """Resources are named by their names, and a type in lower case."""

    def __init__(self, state: OosState) -> None:
        self._state = state

    @action("TagResources", source=_PAGES + "tagresources")
    def tag_resources(self, call: Call) -> Body:
        tags = text_tags(call)
        for holder in self._chosen(call):
            if len({*holder, *tags}) > 20:
                raise invalid_parameter("Tags")
            holder.update(tags)
        return {}

    @action("UntagResources", source=_PAGES + "untagresources")
    def untag_resources(self, call: Call) -> Body:
        """The keys named, or every tag with All."""
        keys = _names(call, "TagKeys") if "TagKeys" in call.params else []
        for holder in self._chosen(call):
            for key in list(holder) if call.params.get("All", False) else keys:
                holder.pop(key, None)
        return {}

    @action("ListTagResources", source=_PAGES + "listtagresources")
    def list_tag_resources(self, call: Call) -> Body:
        """One entry per resource and tag."""
        wanted = _names(call, "ResourceIds") if "ResourceIds" in call.params else None
        resource_type = self._resource_type(call)
        entries = [
            {"ResourceId": name, "ResourceType": resource_type, "TagKey": key, "TagValue": value}
            for name, tags in self._tagged(call, resource_type)
            if (wanted is None or name in wanted) and has_tags(tags, call.params.get("Tags"))
            for key, value in sorted(tags.items())
        ]
        return {"TagResources": {"TagResource": entries}, "NextToken": ""}

    def _chosen(self, call: Call) -> list[dict[str, str]]:
        """The tags of each resource named. Errors: 404 InvalidResourceId.NotFound."""
        tagged = dict(self._tagged(call, self._resource_type(call)))
        holders = []
        for name in _names(call, "ResourceIds"):
            if name not in tagged:
                status = self._state.context.assumptions.oos_not_exists_status
                raise ApiError(status, "InvalidResourceId.NotFound", f"The specified ResourceIds {name} are not found.")
            holders.append(tagged[name])
        return holders

    def _resource_type(self, call: Call) -> str:
        resource_type = str(call.params["ResourceType"])
        if resource_type not in _SUPPORTED:
            raise not_implemented(call, f"the resource type {resource_type}")
        return resource_type

    def _tagged(self, call: Call, resource_type: str) -> Iterator[tuple[str, dict[str, str]]]:
        account_id = call.principal.account_id
        if resource_type == "template":
            for template in self._state.templates.values():
                if (template.account_id, template.region_id) == (account_id, call.region_id):
                    yield template.name, template.tags
        else:
            for application in self._state.applications.values():
                if application.account_id == account_id:
                    yield application.name, application.tags


def _names(call: Call, name: str) -> list[str]:
    value: Any = call.params[name]
    if not isinstance(value, list) or not value:
        raise invalid_parameter(name)
    return [str(element) for element in value]
