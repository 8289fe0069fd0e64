"""Application management: applications and their deploy revisions. It answers in cn-hangzhou alone.

Source: https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-createapplication and its siblings.
"""

import json
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.oos.execution_handlers import has_tags
from deployer.emulator.services.oos.state import Application, DeployRevision, OosState
from deployer.emulator.services.oos.template_handlers import text_tags
from deployer.emulator.services.oos.values import json_list, json_map
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported
from deployer.emulator.services.timestamps import to_second

CONTROL_REGION_ID = "cn-hangzhou"
_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
_REVISION_TYPES = ("Oss", "GitRepo", "EcsImage", "DockerImage", "Command", "HelmChart", "Yaml")
_RESOURCE_TYPES = ("Ecs", "Kubernetes", "FC", "SWAS")


class ApplicationActions:
    """Applications of an account. Deploying through Compute Nest is not emulated."""

    def __init__(self, state: OosState) -> None:
        self._state = state
        self._tokens = ClientTokens()

    @action("CreateApplication", source=_PAGES + "createapplication")
    def create_application(self, call: Call) -> Body:
        check_control_region(call)
        return self._tokens.once(call, lambda: self._create(call))

    @action("GetApplication", source=_PAGES + "getapplication")
    def get_application(self, call: Call) -> Body:
        check_control_region(call)
        application = self._get(call)
        view = application_view(application)
        optional = {
            "ServiceId": application.service_id,
            "ApplicationSource": application.source,
            "AlarmConfig": application.alarm_config,
        }
        return {"Application": view | {name: value for name, value in optional.items() if value}}

    @action("ListApplications", source=_PAGES + "listapplications")
    def list_applications(self, call: Call) -> Body:
        """By name. A filter by several names is a JSON list."""
        check_control_region(call)
        refuse_unsupported(call, "ApplicationType")
        names = json_list("Names", call.params["Names"]) if "Names" in call.params else None
        found = sorted(
            (
                application
                for (account_id, name), application in self._state.applications.items()
                if account_id == call.principal.account_id
                and call.params.get("Name", "") in name
                and (names is None or name in names)
                and has_tags(application.tags, call.params.get("Tags"))
            ),
            key=lambda application: application.name,
        )
        page, token = page_by_token(found, call.params, key=lambda application: application.name, default_size=50)
        return {
            "Applications": [application_view(application) for application in page],
            "MaxResults": call.params.get("MaxResults", 50),
            "NextToken": token,
        }

    @action("UpdateApplication", source=_PAGES + "updateapplication")
    def update_application(self, call: Call) -> Body:
        check_control_region(call)
        refuse_unsupported(call, "DeleteAlarmRulesBeforeUpdate")
        application = self._get(call)
        application.description = call.params.get("Description", application.description)
        application.alarm_config = call.params.get("AlarmConfig", application.alarm_config)
        if "Tags" in call.params:
            application.tags = text_tags(call)
        application.updated_at = self._state.now()
        view = application_view(application)
        view["CreatedDate"], view["UpdatedDate"] = view.pop("CreateDate"), view.pop("UpdateDate")
        return {"Application": view}

    @action("DeleteApplication", source=_PAGES + "deleteapplication")
    def delete_application(self, call: Call) -> Body:
        """An application with groups goes by Force alone. No instance is touched: groups made here own none."""
        check_control_region(call)
        application = self._get(call)
        if application.groups and not call.params.get("Force", False):
            raise ApiError(
                self._state.context.assumptions.oos_delete_conflict_status,
                "DeleteConflict.Application",
                f"The application {application.name} still has application groups.",
            )
        del self._state.applications[application.account_id, application.name]
        return {}

    @action("CreateDeployRevision", source=_PAGES + "createdeployrevision")
    def create_deploy_revision(self, call: Call) -> Body:
        """A repeated call makes a second revision: it takes no ClientToken."""
        check_control_region(call)
        params = call.params
        application = self._state.get_application(params["ApplicationName"], account_id=call.principal.account_id)
        for name, allowed in (("RevisionType", _REVISION_TYPES), ("DeployResourceType", _RESOURCE_TYPES)):
            if name in params and params[name] not in allowed:
                raise invalid_parameter(name)
        revision = DeployRevision(
            revision_id=self._state.context.ids.resource_id("rev"),
            application_name=application.name,
            revision_type=params.get("RevisionType", ""),
            location=json_map("Location", params.get("Location")),
            hooks=json_map("Hooks", params.get("Hooks")),
            deploy_resource_type=params.get("DeployResourceType", ""),
            description=params.get("Description", ""),
        )
        application.revisions[revision.revision_id] = revision
        return {"Revision": revision_view(revision)}

    def _create(self, call: Call) -> Body:
        params, account_id = call.params, call.principal.account_id
        name = params["Name"]
        if (account_id, name) in self._state.applications:
            raise self._state.already_exists("Application", name)
        now = self._state.now()
        application = Application(
            name=name,
            account_id=account_id,
            created_at=now,
            updated_at=now,
            description=params.get("Description", ""),
            service_id=params.get("ServiceId", ""),
            source=params.get("ApplicationSource", ""),
            resource_group_id=params.get("ResourceGroupId", ""),
            alarm_config=params.get("AlarmConfig", {}),
            tags=text_tags(call),
        )
        self._state.applications[account_id, name] = application
        view = application_view(application)
        view.pop("ResourceGroupId", None)
        return {"Application": view}

    def _get(self, call: Call) -> Application:
        return self._state.get_application(call.params["Name"], account_id=call.principal.account_id)


def check_control_region(call: Call) -> None:
    """Errors: 400 InvalidParameter outside of cn-hangzhou.

    Source: https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-getapplicationgroup (RegionId)
    """
    if call.region_id != CONTROL_REGION_ID:
        raise ApiError(400, "InvalidParameter", "RegionId is invalid. Application management is in cn-hangzhou.")


def application_view(application: Application) -> Body:
    """An application as most operations show it."""
    view: dict[str, Any] = {
        "Name": application.name,
        "Description": application.description,
        "Tags": dict(application.tags),
        "CreateDate": to_second(application.created_at),
        "UpdateDate": to_second(application.updated_at),
    }
    if application.resource_group_id:
        view["ResourceGroupId"] = application.resource_group_id
    return view


def revision_view(revision: DeployRevision) -> Body:
    """A revision as CreateDeployRevision answers it: location and hooks are JSON text."""
    view = {
        "RevisionId": revision.revision_id,
        "ApplicationName": revision.application_name,
        "RevisionType": revision.revision_type,
        "DeployResourceType": revision.deploy_resource_type,
        "Description": revision.description,
        "Location": json.dumps(revision.location, ensure_ascii=False) if revision.location else "",
        "Hooks": json.dumps(revision.hooks, ensure_ascii=False) if revision.hooks else "",
    }
    return {name: value for name, value in view.items() if value}
