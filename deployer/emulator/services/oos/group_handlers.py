"""Application groups: which instances, found by a tag, an application is deployed to.

Source: https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-createapplicationgroup
"""

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.oos.application_handlers import check_control_region
from deployer.emulator.services.oos.deployment_views import deployed_revision_id, deployment_view, status_of
from deployer.emulator.services.oos.state import Application, ApplicationGroup, OosState
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import invalid_parameter, refuse_unsupported
from deployer.emulator.services.regions import REGIONS
from deployer.emulator.services.timestamps import to_second

_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"


class GroupActions:
    """Groups of an account's applications."""

    def __init__(self, state: OosState) -> None:
        self._state = state
        self._tokens = ClientTokens()

    @action("CreateApplicationGroup", source=_PAGES + "createapplicationgroup")
    def create_application_group(self, call: Call) -> Body:
        check_control_region(call)
        return self._tokens.once(call, lambda: self._create(call))

    @action("GetApplicationGroup", source=_PAGES + "getapplicationgroup")
    def get_application_group(self, call: Call) -> Body:
        check_control_region(call)
        application, group = find_group(self._state, call)
        return {"ApplicationGroup": group_view(application, group)}

    @action("ListApplicationGroups", source=_PAGES + "listapplicationgroups")
    def list_application_groups(self, call: Call) -> Body:
        """By application and name. An unknown application has no groups."""
        check_control_region(call)
        refuse_unsupported(call, "ResourceId", "ResourceProduct", "ResourceType")
        pairs = sorted(
            (
                (application, group)
                for (account_id, name), application in self._state.applications.items()
                if account_id == call.principal.account_id and call.params.get("ApplicationName") in (None, name)
                for group in application.groups.values()
                if call.params.get("DeployRegionId") in (None, group.deploy_region_id)
            ),
            key=lambda pair: (pair[0].name, pair[1].name),
        )
        page, token = page_by_token(
            pairs, call.params, key=lambda pair: f"{pair[0].name}/{pair[1].name}", default_size=50
        )
        return {
            "ApplicationGroups": [
                {name: value for name, value in group_view(*pair).items() if name != "MonitorMetadata"} for pair in page
            ],
            "MaxResults": call.params.get("MaxResults", 50),
            "NextToken": token,
        }

    @action("UpdateApplicationGroup", source=_PAGES + "updateapplicationgroup")
    def update_application_group(self, call: Call) -> Body:
        check_control_region(call)
        refuse_unsupported(call, "OperationName", "Parameters")
        application, group = find_group(self._state, call)
        new_name = call.params.get("NewName", group.name)
        if new_name != group.name and new_name in application.groups:
            raise self._state.already_exists("ApplicationGroup", new_name)
        revision_id = call.params.get("DeployedRevisionId", group.deployed_revision_id)
        if revision_id and revision_id not in application.revisions:
            raise self._state.not_exists("DeployRevision", revision_id)
        del application.groups[group.name]
        group.name = new_name
        application.groups[new_name] = group
        group.deployed_revision_id = revision_id
        group.monitor_metadata = call.params.get("MonitorMetadata", group.monitor_metadata)
        group.updated_at = self._state.now()
        view = group_view(application, group)
        return {
            "ApplicationGroup": {
                **{n: view[n] for n in ("ApplicationName", "Name", "DeployRegionId", "Description")},
                "ImportTagKey": group.import_tag_key,
                "ImportTagValue": group.import_tag_value,
                "MonitorMetadata": group.monitor_metadata,
                "CreatedDate": view["CreateDate"],
                "UpdatedDate": view["UpdateDate"],
            }
        }

    @action("DeleteApplicationGroup", source=_PAGES + "deleteapplicationgroup")
    def delete_application_group(self, call: Call) -> Body:
        """No instance is touched: groups made here own none."""
        check_control_region(call)
        application, group = find_group(self._state, call)
        del application.groups[group.name]
        return {}

    def _create(self, call: Call) -> Body:
        params = call.params
        application = self._state.get_application(params["ApplicationName"], account_id=call.principal.account_id)
        name = params["Name"]
        if params["DeployRegionId"] not in REGIONS:
            raise ApiError(400, "InvalidParameter", "DeployRegionId is invalid.")
        if ("ImportTagKey" in params) != ("ImportTagValue" in params):
            raise invalid_parameter("ImportTagKey" if "ImportTagValue" in params else "ImportTagValue")
        if name in application.groups:
            raise self._state.already_exists("ApplicationGroup", name)
        now = self._state.now()
        group = ApplicationGroup(
            name=name,
            deploy_region_id=params["DeployRegionId"],
            # The documented default is the bare application name; clients that work tag instances with this prefix.
            import_tag_key=params.get("ImportTagKey", f"app-{application.name}"),
            import_tag_value=params.get("ImportTagValue", name),
            created_at=now,
            updated_at=now,
            description=params.get("Description", ""),
            cms_group_id=params.get("CmsGroupId", ""),
        )
        application.groups[name] = group
        view = group_view(application, group)
        return {"ApplicationGroup": {n: v for n, v in view.items() if n not in {"Status", "MonitorMetadata"}}}


def find_group(state: OosState, call: Call) -> tuple[Application, ApplicationGroup]:
    """The group a request names, and its application. Errors: EntityNotExists.Application and .ApplicationGroup."""
    application_name, account_id = call.params["ApplicationName"], call.principal.account_id
    application = state.get_application(application_name, account_id=account_id)
    return application, state.get_group(application_name, call.params["Name"], account_id=account_id)


def group_view(application: Application, group: ApplicationGroup) -> Body:
    """A group as GetApplicationGroup shows it: its status is that of its newest deployment."""
    view: Body = {
        "Name": group.name,
        "ApplicationName": application.name,
        "DeployRegionId": group.deploy_region_id,
        "Description": group.description,
        "ImportTagKey": group.import_tag_key,
        "ImportTagValue": group.import_tag_value,
        "Status": status_of(group.deployment),
        "CreateDate": to_second(group.created_at),
        "UpdateDate": to_second(group.updated_at),
    }
    optional = {
        "CmsGroupId": group.cms_group_id,
        "MonitorMetadata": group.monitor_metadata,
        "DeployedRevisionIds": deployed_revision_id(group),
        **deployment_view(group.deployment),
    }
    return view | {name: value for name, value in optional.items() if value}
