"""CreateLaunchTemplate and its siblings."""

import re
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import timestamps
from deployer.emulator.services.ecs.instance_view import tag_list
from deployer.emulator.services.ecs.launch_templates import OWN_PARAMETERS, LaunchTemplate, TemplateVersion
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import invalid_parameter
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import carries, read_tags

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_NAME = re.compile(r"[A-Za-z\u4e00-\u9fff][\w:.\-]{1,127}")  # Source: CreateLaunchTemplate page, LaunchTemplateName
_MAX_VERSIONS = 30  # Source: the same page
# How DescribeLaunchTemplateVersions nests what requests spread.
_NESTED = {
    "DataDisk": ("DataDisks", "DataDisk"),
    "NetworkInterface": ("NetworkInterfaces", "NetworkInterface"),
    "SecurityGroupIds": ("SecurityGroupIds", "SecurityGroupId"),
    "Tag": ("Tags", "InstanceTag"),
}


class LaunchTemplateActions:
    """The operations on launch templates."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("CreateLaunchTemplate", source=_HELP + "createlaunchtemplate")
    def create_template(self, call: Call) -> Body:
        """A template whose first version is the default. Assumed: the code for a name that is taken."""
        get_region(call.region_id)
        params, context = call.params, self._state.context
        name = params["LaunchTemplateName"]
        if not _NAME.fullmatch(name):
            raise ApiError(400, "InvalidLaunchTemplateName.Malformed", "The LaunchTemplateName is wrongly formed.")
        if any(one.name == name and one.region_id == call.region_id for one in self._state.launch_templates.values()):
            raise ApiError(400, "LaunchTemplateName.Duplicated", "The LaunchTemplateName is used already.")
        template = LaunchTemplate(
            template_id=context.ids.resource_id("lt"),
            region_id=call.region_id,
            name=name,
            created_at=context.clock.now(),
            versions=[self._version(call, 1)],
            resource_group_id=params.get("TemplateResourceGroupId", ""),
            tags=read_tags(params.get("TemplateTag", [])),
        )
        self._state.launch_templates[template.template_id] = template
        return {"LaunchTemplateId": template.template_id, "LaunchTemplateVersionNumber": 1}

    @action("CreateLaunchTemplateVersion", source=_HELP + "createlaunchtemplateversion")
    def create_version(self, call: Call) -> Body:
        """A further version. It starts from nothing, not from an older one."""
        template = self._state.get_launch_template(call)
        if len(template.versions) >= _MAX_VERSIONS:
            raise ApiError(403, "QuotaExceed.LaunchTemplateVersion", "The template has too many versions.")
        version = self._version(call, template.next_number)
        template.versions.append(version)
        template.next_number += 1
        return {"LaunchTemplateId": template.template_id, "LaunchTemplateVersionNumber": version.number}

    @action("DescribeLaunchTemplates", source=_HELP + "describelaunchtemplates")
    def describe_templates(self, call: Call) -> Body:
        """The templates that match every filter, newest first."""
        get_region(call.region_id)
        params = call.params
        found = [
            one
            for one in list(self._state.launch_templates.values())[::-1]
            if one.region_id == call.region_id
            and one.template_id in params.get("LaunchTemplateId", [one.template_id])
            and one.name in params.get("LaunchTemplateName", [one.name])
            and params.get("TemplateResourceGroupId", one.resource_group_id) == one.resource_group_id
            and carries(one.tags, params.get("TemplateTag", []))
        ]
        page, fields = page_by_number(found, params)
        return {"LaunchTemplateSets": {"LaunchTemplateSet": [self._view(one) for one in page]}, **fields}

    @action("DescribeLaunchTemplateVersions", source=_HELP + "describelaunchtemplateversions")
    def describe_versions(self, call: Call) -> Body:
        """The versions of one template, newest first; what they launch with DetailFlag (the default) only."""
        template, params = self._state.get_launch_template(call), call.params
        wanted = params.get("LaunchTemplateVersion")
        found = [
            version
            for version in template.versions[::-1]
            if (wanted is None or str(version.number) in wanted)
            and params.get("MinVersion", version.number) <= version.number
            and version.number <= params.get("MaxVersion", version.number)
            and (not params.get("DefaultVersion", False) or version.number == template.default_number)
        ]
        page, fields = page_by_number(found, params)
        detailed = params.get("DetailFlag", True)
        views = [self._view_version(template, version, detailed=detailed) for version in page]
        return {"LaunchTemplateVersionSets": {"LaunchTemplateVersionSet": views}, **fields}

    @action("ModifyLaunchTemplateDefaultVersion", source=_HELP + "modifylaunchtemplatedefaultversion")
    def modify_default(self, call: Call) -> Body:
        """Who launches from the template without a number gets that version."""
        template = self._state.get_launch_template(call)
        number = call.params["DefaultVersionNumber"]
        if template.find_version(number) is None:
            raise _no_version()
        template.default_number = number
        return {"LaunchTemplateId": template.template_id}

    @action("DeleteLaunchTemplateVersion", source=_HELP + "deletelaunchtemplateversion")
    def delete_versions(self, call: Call) -> Body:
        """The versions are gone. The default one stays, and with it the call is refused. Assumed: with that code."""
        template = self._state.get_launch_template(call)
        if not all(text.isdigit() for text in call.params["DeleteVersion"]):
            raise invalid_parameter("DeleteVersion")
        numbers = [int(text) for text in call.params["DeleteVersion"]]
        if template.default_number in numbers:
            raise ApiError(400, "InvalidDefaultVersion.DeleteNotAllowed", "The default version cannot be deleted.")
        if any(template.find_version(number) is None for number in numbers):
            raise _no_version()
        template.versions = [version for version in template.versions if version.number not in numbers]
        gone = [{"LaunchTemplateId": template.template_id, "LaunchTemplateVersionNumber": number} for number in numbers]
        return {"LaunchTemplateVersions": {"LaunchTemplateVersion": gone}}

    @action("DeleteLaunchTemplate", source=_HELP + "deletelaunchtemplate")
    def delete_template(self, call: Call) -> Body:
        """The template is gone with all its versions."""
        template = self._state.get_launch_template(call)
        del self._state.launch_templates[template.template_id]
        numbers = [version.number for version in template.versions]
        return {"LaunchTemplateId": template.template_id, "LaunchTemplateVersionNumbers": {"versionNumbers": numbers}}

    def _version(self, call: Call, number: int) -> TemplateVersion:
        return TemplateVersion(
            number=number,
            description=call.params.get("VersionDescription", ""),
            params={name: value for name, value in call.params.items() if name not in OWN_PARAMETERS},
            created_at=self._state.context.clock.now(),
        )

    def _view(self, template: LaunchTemplate) -> dict[str, Any]:
        return {
            "LaunchTemplateId": template.template_id,
            "LaunchTemplateName": template.name,
            "DefaultVersionNumber": template.default_number,
            "LatestVersionNumber": template.versions[-1].number,
            "CreateTime": timestamps.to_second(template.created_at),
            "ModifiedTime": timestamps.to_second(template.versions[-1].created_at),
            "CreatedBy": self._state.context.account_id,
            "ResourceGroupId": template.resource_group_id,
            "Tags": tag_list(template.tags),
        }

    def _view_version(self, template: LaunchTemplate, version: TemplateVersion, *, detailed: bool) -> dict[str, Any]:
        view = {
            "LaunchTemplateId": template.template_id,
            "LaunchTemplateName": template.name,
            "VersionNumber": version.number,
            "VersionDescription": version.description,
            "DefaultVersion": version.number == template.default_number,
            "CreateTime": timestamps.to_second(version.created_at),
            "ModifiedTime": timestamps.to_second(version.created_at),
            "CreatedBy": self._state.context.account_id,
        }
        return {**view, "LaunchTemplateData": _data(version)} if detailed else view


def _data(version: TemplateVersion) -> dict[str, Any]:
    """The parameters as the answer nests them."""
    data: dict[str, Any] = {}
    for name, value in version.params.items():
        outer, inner = _NESTED.get(name, ("", ""))
        data[outer or name] = {inner: value} if outer else value
    return data


def _no_version() -> ApiError:
    return ApiError(404, "InvalidLaunchTemplateVersion.NotFound", "The specified version does not exist.")
