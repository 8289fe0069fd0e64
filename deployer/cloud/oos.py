"""OOS: executions of our templates, and the application management that the console shows.

Executions run in the region of the instances; applications and groups answer only in cn-hangzhou.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.cloud.session import CONTROL_REGION_ID, Session
from deployer.errors.base import DeployerError

FINAL_STATUSES = frozenset({"Success", "Failed", "Cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One run of a template. `outputs` is what the template declares, empty until it ends."""

    execution_id: str
    status: str
    status_message: str
    waiting_for: str
    outputs: Mapping[str, Any]

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationGroup:
    """An OOS application group."""

    application_name: str
    name: str
    deploy_region_id: str
    status: str
    import_tag_key: str
    import_tag_value: str
    created_at: str
    updated_at: str
    execution_id: str | None
    status_reason: str | None


class OosClient:
    """CloudOps Orchestration Service 2019-06-01."""

    def __init__(self, session: Session, region_id: str) -> None:
        self._session = session
        self.region_id = region_id
        self._sdk: dict[str, Any] = {}

    def _call(self, operation: str, method: str, request: Any, *, control: bool = False) -> Any:
        region_id = CONTROL_REGION_ID if control else self.region_id
        if region_id not in self._sdk:
            from alibabacloud_oos20190601.client import Client

            self._sdk[region_id] = Client(self._session.rpc_config("oos", region_id))
        perform = getattr(self._sdk[region_id], method)
        return self._session.call(f"oos:{operation}", lambda: perform(request)).body

    def start_execution(
        self, template: str, parameters: Mapping[str, Any], *, tags: Mapping[str, str], client_token: str
    ) -> str:
        """The id of a new execution of the template text. Ends by itself; `cancel_execution` ends it early.

        Source: https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-startexecution
        """
        from alibabacloud_oos20190601.models import StartExecutionRequest

        request = StartExecutionRequest(
            region_id=self.region_id,
            template_content=template,
            parameters=json.dumps(dict(parameters)),
            mode="Automatic",
            safety_check="Skip",
            tags=dict(tags),
            client_token=client_token,
        )
        return str(self._call("StartExecution", "start_execution", request).execution.execution_id)

    def find_execution(self, execution_id: str) -> Execution | None:
        """The execution; None when the service does not list it (yet)."""
        from alibabacloud_oos20190601.models import ListExecutionsRequest

        body = self._call(
            "ListExecutions",
            "list_executions",
            ListExecutionsRequest(region_id=self.region_id, execution_id=execution_id),
        )
        for one in body.executions or []:
            if one.execution_id == execution_id:
                return Execution(
                    execution_id=execution_id,
                    status=one.status or "",
                    status_message=one.status_message or "",
                    waiting_for=", ".join(task.task_name or "" for task in one.current_tasks or []),
                    outputs=_json_map(one.outputs),
                )
        return None

    def list_task_outputs(self, execution_id: str) -> Mapping[str, Mapping[str, Any]]:
        """The outputs of each task that ended, by task name: there also when the execution failed."""
        from alibabacloud_oos20190601.models import ListTaskExecutionsRequest

        request = ListTaskExecutionsRequest(region_id=self.region_id, execution_id=execution_id, max_results=100)
        body = self._call("ListTaskExecutions", "list_task_executions", request)
        return {one.task_name: _json_map(one.outputs) for one in body.task_executions or [] if one.task_name}

    def cancel_execution(self, execution_id: str) -> None:
        from alibabacloud_oos20190601.models import CancelExecutionRequest

        request = CancelExecutionRequest(region_id=self.region_id, execution_id=execution_id)
        self._call("CancelExecution", "cancel_execution", request)

    def list_application_names(self) -> tuple[str, ...]:
        """Every application of the account."""
        from alibabacloud_oos20190601.models import ListApplicationsRequest

        names: list[str] = []
        token: str | None = None
        while True:
            request = ListApplicationsRequest(region_id=CONTROL_REGION_ID, max_results=100, next_token=token)
            body = self._call("ListApplications", "list_applications", request, control=True)
            names.extend(one.name for one in body.applications or [])
            if not body.next_token or body.next_token == token:
                return tuple(names)
            token = body.next_token

    def application_exists(self, application_name: str) -> bool:
        from alibabacloud_oos20190601.models import GetApplicationRequest

        request = GetApplicationRequest(region_id=CONTROL_REGION_ID, name=application_name)
        return _found(lambda: self._call("GetApplication", "get_application", request, control=True)) is not None

    def create_application(self, application_name: str, client_token: str) -> None:
        """Make the application. Removed by `delete_application`."""
        from alibabacloud_oos20190601.models import CreateApplicationRequest

        request = CreateApplicationRequest(
            region_id=CONTROL_REGION_ID,
            name=application_name,
            description="deployed by deployer",
            tags={"deployer:application": application_name},
            client_token=client_token,
        )
        self._call("CreateApplication", "create_application", request, control=True)

    def find_group(self, application_name: str, group_name: str) -> ApplicationGroup | None:
        """The group; None when it or its application does not exist."""
        from alibabacloud_oos20190601.models import GetApplicationGroupRequest

        request = GetApplicationGroupRequest(
            region_id=CONTROL_REGION_ID, application_name=application_name, name=group_name
        )
        body = _found(lambda: self._call("GetApplicationGroup", "get_application_group", request, control=True))
        return _group(body.application_group) if body is not None else None

    def list_groups(self, application_name: str) -> tuple[ApplicationGroup, ...]:
        """Every group of the application."""
        from alibabacloud_oos20190601.models import ListApplicationGroupsRequest

        groups: list[ApplicationGroup] = []
        token: str | None = None
        while True:
            request = ListApplicationGroupsRequest(
                region_id=CONTROL_REGION_ID, application_name=application_name, max_results=100, next_token=token
            )
            body = self._call("ListApplicationGroups", "list_application_groups", request, control=True)
            groups.extend(_group(one) for one in body.application_groups or [])
            if not body.next_token or body.next_token == token:
                return tuple(groups)
            token = body.next_token

    def create_group(self, application_name: str, group_name: str, deploy_region_id: str, client_token: str) -> None:
        """Make the group; instances join it by the tag `app-<application>` = `<group>`. Removed by `delete_group`."""
        from alibabacloud_oos20190601.models import CreateApplicationGroupRequest

        request = CreateApplicationGroupRequest(
            region_id=CONTROL_REGION_ID,
            application_name=application_name,
            name=group_name,
            deploy_region_id=deploy_region_id,
            import_tag_key=group_tag_key(application_name),
            import_tag_value=group_name,
            client_token=client_token,
        )
        self._call("CreateApplicationGroup", "create_application_group", request, control=True)

    def delete_group(self, application_name: str, group_name: str) -> None:
        """Remove the group, gone already is fine; what it stood for is removed by our own calls."""
        from alibabacloud_oos20190601.models import DeleteApplicationGroupRequest

        request = DeleteApplicationGroupRequest(
            region_id=CONTROL_REGION_ID, application_name=application_name, name=group_name, retain_resource=True
        )
        _found(lambda: self._call("DeleteApplicationGroup", "delete_application_group", request, control=True))

    def delete_application(self, application_name: str) -> None:
        """Remove the application; it must have no group. Gone already is fine."""
        from alibabacloud_oos20190601.models import DeleteApplicationRequest

        request = DeleteApplicationRequest(region_id=CONTROL_REGION_ID, name=application_name, retain_resource=True)
        _found(lambda: self._call("DeleteApplication", "delete_application", request, control=True))


def group_tag_key(application_name: str) -> str:
    """The instance tag whose value is the group, as the console and Ops MCP use it."""
    return f"app-{application_name}"


def _found(ask: Any) -> Any:
    """What `ask` gives, None when the service says the entity does not exist."""
    try:
        return ask()
    except DeployerError as error:
        if str(error.facts.get("api_code", "")).startswith("EntityNotExist"):
            return None
        raise


def _group(one: Any) -> ApplicationGroup:
    return ApplicationGroup(
        application_name=one.application_name or "",
        name=one.name or "",
        deploy_region_id=one.deploy_region_id or "",
        status=getattr(one, "status", None) or "",
        import_tag_key=one.import_tag_key or "",
        import_tag_value=one.import_tag_value or "",
        created_at=one.create_date or "",
        updated_at=one.update_date or "",
        execution_id=getattr(one, "execution_id", None) or None,
        status_reason=getattr(one, "status_reason", None) or None,
    )


def _json_map(text: Any) -> Mapping[str, Any]:
    """`Outputs` is JSON text in answers; anything else counts as empty."""
    if isinstance(text, dict):
        return text
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
