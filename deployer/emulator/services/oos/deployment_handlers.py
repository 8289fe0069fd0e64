"""Deploying to application groups: DeployApplicationGroup starts an execution that brings a revision to each instance.

The first deployment names Compute Nest's template `oss-revision`; here it is done the same way as each later one, on
instances that exist. Compute Nest making instances is not emulated; the runtime it would install is taken to be there.
Source: https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-deployapplicationgroup
"""

import json
from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.oos.application_handlers import check_control_region
from deployer.emulator.services.oos.group_handlers import find_group
from deployer.emulator.services.oos.starter import Starter, Wanted
from deployer.emulator.services.oos.state import (
    Application,
    ApplicationGroup,
    Deployment,
    DeployRevision,
    OosState,
)
from deployer.emulator.services.oos.values import json_map
from deployer.emulator.services.refusals import invalid_parameter, not_implemented
from deployer.oos.execution import Notification, notify
from deployer.oos.shipped import service_templates

_PAGES = "https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-"
_TEMPLATE = "DeployApplicationGroup"


class DeploymentActions:
    """Brings revisions to the instances of a group."""

    def __init__(self, state: OosState, starter: Starter) -> None:
        self._state = state
        self._starter = starter
        self._templates = service_templates()

    @action("DeployApplicationGroup", source=_PAGES + "deployapplicationgroup")
    def deploy_application_group(self, call: Call) -> Body:
        """Answers at once; GetApplicationGroup tells how far it is. Called again, it deploys again."""
        check_control_region(call)
        application, group = find_group(self._state, call)
        self._check_idle(group)
        asked = json_map("DeployParameters", call.params["DeployParameters"])
        if "StartExecutionParameters" in asked:
            start = json_map("DeployParameters", asked["StartExecutionParameters"])
            self._deploy(call, application, group, start, is_first=False)
        elif "Parameters" in asked:
            self._deploy_first(call, application, group, json_map("DeployParameters", asked["Parameters"]))
        else:
            raise invalid_parameter("DeployParameters")
        return {}

    @action("ContinueDeployApplicationGroup", source=_PAGES + "continuedeployapplicationgroup")
    def continue_deploy_application_group(self, call: Call) -> Body:
        """A deployment that waits between batches goes on."""
        check_control_region(call)
        _application, group = find_group(self._state, call)
        json_map("DeployParameters", call.params["DeployParameters"])
        deployment = group.deployment
        if deployment is None or not notify(deployment.execution, Notification(notify_type="Approve")):
            raise self._wrong_status(group, "nothing waits")
        return {}

    def _deploy(
        self,
        call: Call,
        application: Application,
        group: ApplicationGroup,
        start: Mapping[str, Any],
        *,
        is_first: bool,
    ) -> None:
        given = json_map("DeployParameters", start.get("Parameters"))
        revision_id = str(call.params.get("RevisionId") or given.get("deployRevisionId") or "")
        if revision_id not in application.revisions:
            raise self._state.not_exists("DeployRevision", revision_id)
        names = {"applicationName": application.name, "applicationGroupName": group.name}
        template = self._templates.find(_TEMPLATE)
        assert template is not None
        stored = self._starter.start(
            call,
            Wanted(
                template=template,
                template_name=f"ACS-OOS-{_TEMPLATE}",
                parameters={**given, **names, "deployRevisionId": revision_id},
                mode=str(start.get("Mode") or "Automatic"),
                safety_check="Skip",
            ),
        )
        if group.deployment is not None and group.deployment.execution.status.value == "Success":
            group.deployed_revision_id = group.deployment.revision_id
        group.deployment = Deployment(
            execution=stored.execution,
            revision_id=revision_id,
            parameters=json.dumps(call.params["DeployParameters"], ensure_ascii=False),
            is_first=is_first,
        )
        group.updated_at = self._state.now()

    def _deploy_first(
        self, call: Call, application: Application, group: ApplicationGroup, given: Mapping[str, Any]
    ) -> None:
        if given.get("CreateEcsOption") != "ExistECS" or not given.get("InstanceId"):
            raise not_implemented(call, "making instances by Compute Nest")
        revision = DeployRevision(
            revision_id=self._state.context.ids.resource_id("rev"),
            application_name=application.name,
            revision_type=str(given.get("RevisionType") or "Oss"),
            location={
                "regionId": given.get("RegionIdOSS"),
                "bucketName": given.get("BucketName"),
                "objectName": given.get("ObjectName"),
                "versionId": given.get("VersionId") or "",
                "isInternal": str(given.get("IsInternalOSS", False)).lower(),
            },
            hooks={
                "workingDir": given.get("WorkingDir") or "/root",
                "applicationStart": given.get("ApplicationStart") or "",
                "applicationStop": given.get("ApplicationStop") or "",
            },
        )
        application.revisions[revision.revision_id] = revision
        self._state.context.call_api(
            "ecs",
            "TagResources",
            {
                "RegionId": group.deploy_region_id,
                "ResourceType": "Instance",
                "ResourceId": [str(given["InstanceId"])],
                "Tag": [{"Key": group.import_tag_key, "Value": group.import_tag_value}],
            },
            region_id=group.deploy_region_id,
            principal=call.principal,
        )
        start = {"Parameters": {"deployRevisionId": revision.revision_id}}
        self._deploy(call, application, group, start, is_first=True)

    def _check_idle(self, group: ApplicationGroup) -> None:
        """Errors: 400 while a deployment is under way."""
        if group.deployment is not None and not group.deployment.execution.status.is_final:
            raise self._wrong_status(group, "a deployment is under way")

    def _wrong_status(self, group: ApplicationGroup, why: str) -> ApiError:
        code = self._state.context.assumptions.oos_wrong_group_status_code
        return ApiError(400, code, f"The application group {group.name} cannot be deployed: {why}.")
