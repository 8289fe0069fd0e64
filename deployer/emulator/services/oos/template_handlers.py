"""Stored templates: create, read, update, list, delete, validate."""

import hashlib
import json
import re
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.oos.state import OosState, StoredExecution, StoredTemplate, TemplateVersion
from deployer.emulator.services.oos.values import is_between
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported
from deployer.emulator.services.timestamps import to_second
from deployer.oos.failures import TemplateError
from deployer.oos.shipped import ShippedTemplates
from deployer.oos.template import Template
from deployer.oos.validate import check_template

_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
_NAME = re.compile(r"(?!ALIYUN|ACS|ALIBABA|ALICLOUD)[A-Za-z0-9_-]{1,200}", re.IGNORECASE)


class TemplateActions:
    """An account's own templates, per region."""

    def __init__(self, state: OosState, public_templates: ShippedTemplates) -> None:
        self._state = state
        self._public_templates = public_templates

    @action("CreateTemplate", source=_PAGES + "createtemplate")
    def create_template(self, call: Call) -> Body:
        """Version v1."""
        name = call.params["TemplateName"]
        if not _NAME.fullmatch(name):
            raise invalid_parameter("TemplateName")
        key = (call.principal.account_id, call.region_id, name)
        if key in self._state.templates:
            raise self._state.already_exists("Template", name)
        template = read_template_text(self._state, call.params["Content"])
        stored = StoredTemplate(
            name=name,
            template_id=f"t-{self._state.context.ids.hexadecimal(20)}",
            account_id=call.principal.account_id,
            region_id=call.region_id,
            created_at=self._state.now(),
            created_by=call.principal.user_id,
            tags=text_tags(call),
            resource_group_id=call.params.get("ResourceGroupId", ""),
        )
        self._add_version(call, stored, template)
        self._state.templates[key] = stored
        view = template_view(stored, stored.versions[-1])
        return {"Template": _without_type(view), "TemplateType": view["TemplateType"]}

    @action("UpdateTemplate", source=_PAGES + "updatetemplate")
    def update_template(self, call: Call) -> Body:
        """A further version; older ones stay."""
        stored = self._get(call)
        self._add_version(call, stored, read_template_text(self._state, call.params["Content"]))
        if "Tags" in call.params:
            stored.tags = text_tags(call)
        stored.resource_group_id = call.params.get("ResourceGroupId", stored.resource_group_id)
        return {"Template": _without_type(template_view(stored, stored.versions[-1]))}

    @action("GetTemplate", source=_PAGES + "gettemplate")
    def get_template(self, call: Call) -> Body:
        """The version asked for, or the newest; of a public template there is one."""
        public_template = self._public_templates.find(call.params["TemplateName"])
        if public_template is not None:
            view = public_view(call.params["TemplateName"], public_template)
            return {"Content": public_template.text, "Template": view}
        stored = self._get(call)
        version = stored.find_version(call.params.get("TemplateVersion", ""))
        if version is None:
            raise self._state.not_exists("TemplateVersion", call.params["TemplateVersion"])
        view = template_view(stored, version) | ({"VersionName": version.version_name} if version.version_name else {})
        return {"Content": version.template.text, "Template": view}

    @action("ListTemplates", source=_PAGES + "listtemplates")
    def list_templates(self, call: Call) -> Body:
        """The account's own, or the public ones that are emulated, which are fewer than the cloud's."""
        refuse_unsupported(call, "Category", "IsExample", "IsFavorite")
        if call.params.get("ShareType", "Private") == "Public":
            return self._list_public(call)
        found = sorted(
            (stored for stored in self._mine(call) if _is_wanted(stored, call.params)), key=lambda stored: stored.name
        )
        field = call.params.get("SortField", "TemplateName")
        if field in {"CreatedDate", "UpdatedDate"}:
            found.sort(key=lambda s: s.created_at if field == "CreatedDate" else s.versions[-1].updated_at)
        elif field == "TotalExecutionCount":
            found.sort(key=lambda stored: stored.execution_count)
        if call.params.get("SortOrder", "Ascending") == "Descending":
            found.reverse()
        page, token = page_by_token(found, call.params, key=lambda stored: stored.name, default_size=50)
        return {
            "Templates": [
                template_view(stored, stored.versions[-1]) | {"TotalExecutionCount": stored.execution_count}
                for stored in page
            ],
            "MaxResults": call.params.get("MaxResults", 50),
            "NextToken": token,
        }

    def _list_public(self, call: Call) -> Body:
        names = [name for name in self._public_templates.names if call.params.get("TemplateName", "") in name]
        page, token = page_by_token(names, call.params, key=str, default_size=50)
        views = [public_view(name, template) for name in page if (template := self._public_templates.find(name))]
        return {"Templates": views, "MaxResults": call.params.get("MaxResults", 50), "NextToken": token}

    @action("ListTemplateVersions", source=_PAGES + "listtemplateversions")
    def list_template_versions(self, call: Call) -> Body:
        """Newest first."""
        stored = self._get(call)
        page, token = page_by_token(
            stored.versions[::-1], call.params, key=lambda version: version.version, default_size=50
        )
        return {
            "TemplateVersions": [_version_view(version) for version in page],
            "MaxResults": call.params.get("MaxResults", 50),
            "NextToken": token,
        }

    @action("DeleteTemplate", source=_PAGES + "deletetemplate")
    def delete_template(self, call: Call) -> Body:
        """Executions keep the template they started with; AutoDeleteExecutions removes those that are over."""
        stored = self._get(call)
        del self._state.templates[stored.account_id, stored.region_id, stored.name]
        if call.params.get("AutoDeleteExecutions", False):
            for execution_id, kept in list(self._state.executions.items()):
                if kept.template_id == stored.template_id and kept.execution.status.is_final:
                    del self._state.executions[execution_id]
        return {}

    def _add_version(self, call: Call, stored: StoredTemplate, template: Template) -> None:
        stored.versions.append(
            TemplateVersion(
                version=f"v{len(stored.versions) + 1}",
                version_name=call.params.get("VersionName", ""),
                template=template,
                updated_at=self._state.now(),
                updated_by=call.principal.user_id,
            )
        )

    def _get(self, call: Call) -> StoredTemplate:
        return self._state.get_template(
            call.params["TemplateName"], account_id=call.principal.account_id, region_id=call.region_id
        )

    def _mine(self, call: Call) -> list[StoredTemplate]:
        return [
            stored
            for (account_id, region_id, _name), stored in self._state.templates.items()
            if (account_id, region_id) == (call.principal.account_id, call.region_id)
        ]


def read_template_text(state: OosState, text: str) -> Template:
    """The template, judged strictly. Errors: 400 with every problem and its place."""
    try:
        return check_template(text)
    except TemplateError as error:
        raise ApiError(400, state.context.assumptions.oos_invalid_template_code, str(error)) from None


def text_tags(call: Call) -> dict[str, str]:
    """The `Tags` map of a request. Errors: InvalidParameter; at most 20."""
    tags: Any = call.params.get("Tags", {})
    if not isinstance(tags, dict) or len(tags) > 20 or not all(isinstance(v, (str, int, float)) for v in tags.values()):
        raise invalid_parameter("Tags")
    return {str(key): str(value) for key, value in tags.items()}


def template_view(stored: StoredTemplate, version: TemplateVersion) -> Body:
    """A template as most operations show it."""
    return {
        "TemplateName": stored.name,
        "TemplateId": stored.template_id,
        "TemplateVersion": version.version,
        "TemplateFormat": version.template.format,
        "TemplateType": "State" if version.template.is_state else "Automation",
        "Description": described(version.template.description),
        "Hash": version.hash,
        "ShareType": "Private",
        "HasTrigger": _has_trigger(version.template),
        "Tags": dict(stored.tags),
        "ResourceGroupId": stored.resource_group_id,
        "CreatedBy": stored.created_by,
        "CreatedDate": to_second(stored.created_at),
        "UpdatedBy": version.updated_by,
        "UpdatedDate": to_second(version.updated_at),
    }


def public_view(name: str, template: Template) -> Body:
    """A public template, which belongs to nobody of the account."""
    return {
        "TemplateName": name,
        "TemplateVersion": "v1",
        "TemplateFormat": template.format,
        "TemplateType": "Automation",
        "Description": described(template.description),
        "Hash": hashlib.sha256(template.text.encode()).hexdigest(),
        "ShareType": "Public",
        "HasTrigger": _has_trigger(template),
        "CreatedBy": "Alibaba Cloud",
    }


def template_view_of_execution(stored: StoredExecution) -> Body:
    """The template of an execution, which may be stored nowhere."""
    template = stored.execution.template
    return {
        "TemplateName": stored.execution.template_name,
        "TemplateId": stored.template_id,
        "TemplateVersion": stored.execution.template_version,
        "TemplateFormat": template.format,
        "Description": described(template.description),
        "Hash": hashlib.sha256(template.text.encode()).hexdigest(),
    }


def _version_view(version: TemplateVersion) -> Body:
    return {
        "TemplateVersion": version.version,
        "VersionName": version.version_name,
        "TemplateFormat": version.template.format,
        "Description": described(version.template.description),
        "UpdatedBy": version.updated_by,
        "UpdatedDate": to_second(version.updated_at),
    }


def _without_type(view: Body) -> Body:
    return {name: value for name, value in view.items() if name != "TemplateType"}


def _is_wanted(stored: StoredTemplate, params: Any) -> bool:
    newest = stored.versions[-1].template
    tags = params.get("Tags") or {}
    return (
        params.get("TemplateName", "") in stored.name
        and params.get("TemplateFormat") in (None, newest.format)
        and params.get("TemplateType") in (None, "State" if newest.is_state else "Automation")
        and params.get("HasTrigger") in (None, _has_trigger(newest))
        and params.get("CreatedBy") in (None, stored.created_by)
        and params.get("ResourceGroupId") in (None, stored.resource_group_id)
        and all(stored.tags.get(key) == str(value) for key, value in tags.items())
        and is_between(stored.created_at, params, "CreatedDate")
    )


def _has_trigger(template: Template) -> bool:
    return any(task.action_key.endswith("trigger") for task in template.tasks)


def described(description: Any) -> str:
    """A description as one text: a map of languages as JSON."""
    return description if isinstance(description, str) else json.dumps(description or "", ensure_ascii=False)
