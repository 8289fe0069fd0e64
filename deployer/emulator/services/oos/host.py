"""What an execution's tasks reach from inside the emulator: other services' APIs under its identity, and templates."""

from collections.abc import Mapping
from typing import Any

from deployer.emulator.accounts import AccessKey
from deployer.emulator.actions import ApiError, Principal
from deployer.emulator.contract.document import Parameter
from deployer.emulator.ram.guard import forbidden_by
from deployer.emulator.services.oos.identities import Identities
from deployer.emulator.services.oos.object_storage import ObjectStorage
from deployer.emulator.services.oos.operations import Operations
from deployer.emulator.services.oos.state import OosState, StoredExecution
from deployer.oos.actions import ACTIONS
from deployer.oos.api_calls import ApiParameter, RestCall
from deployer.oos.execution import Execution
from deployer.oos.failures import ApiFailure, ExpressionError, TaskFailure
from deployer.oos.runner import Host, Settings
from deployer.oos.shipped import product_actions, public_templates
from deployer.oos.template import Task, Template


class Hosts:
    """Makes the host of each execution."""

    def __init__(self, state: OosState, identities: Identities) -> None:
        self._state = state
        self._identities = identities
        self._operations = Operations()
        self.product_actions = product_actions()
        self.public_templates = public_templates()

    def make(self, root: StoredExecution, principal: Principal) -> Host:
        """The host of an execution and all its children."""
        assumptions = self._state.context.assumptions
        calls = _Calls(self._state, self._operations, self._identities, root.execution, principal)
        region_id = root.execution.region_id
        storage = ObjectStorage(self._state.context, self._identities.accounts, region_id, calls.principal)

        def add_execution(child: Execution) -> None:
            self._state.executions[child.execution_id] = StoredExecution(
                execution=child, tags=dict(root.tags), resource_group_id=root.resource_group_id
            )

        return Host(
            clock=self._state.context.clock,
            call_api=calls.call,
            describe_api=calls.describe,
            find_template=lambda name, version: self.find_template(name, version, root.execution),
            add_execution=add_execution,
            read_parameter=calls.read_parameter,
            call_rest=lambda call: self._call_rest(storage, call),
            send_web_request=self._state.web.send,
            send_message=self._state.web.send_message,
            settings=Settings(
                task_seconds=assumptions.oos_task_seconds,
                failed_execution_has_outputs=assumptions.oos_failed_execution_has_outputs,
            ),
        )

    def _call_rest(self, storage: ObjectStorage, call: RestCall) -> dict[str, Any]:
        if call.service.casefold() == "oss":
            return storage.call(call)
        other = self._state.other_services.find(call.service, call.api)
        if other is None:
            raise TaskFailure(f"Emulator.NotImplemented: {call.service} {call.api} is not emulated by the local cloud")
        return other(call.parameters)

    def find_template(self, name: str, version: str, execution: Execution) -> Template | None:
        """One of the account's own templates, or a cloud product action. Errors: TaskFailure for one not emulated."""
        stored = self._state.find_template(name, account_id=execution.account_id, region_id=execution.region_id)
        if stored is not None:
            found = stored.find_version(version)
            return None if found is None else found.template
        template = self.find_own_template(name)
        if template is None and name.casefold().startswith(("acs::", "acs-")):
            raise TaskFailure(f"Emulator.NotImplemented: {name} is not emulated by the local cloud")
        return template

    def find_own_template(self, name: str) -> Template | None:
        """A template of the cloud's own: a cloud product action, or a public template."""
        return self.product_actions.find(name) or self.public_templates.find(name)

    def surely_unsupported(self, tasks: tuple[Task, ...]) -> list[str]:
        """Actions that are not emulated and that every run of these tasks would reach."""
        missing: list[str] = []
        for task in tasks:
            if task.when is None:
                missing += self.surely_unsupported(task.loop_tasks)
                if task.action_key not in ACTIONS and self.product_actions.find(task.action) is None:
                    missing.append(task.action)
            if task.action_key == "acs::choice" or task.on_success.casefold() != "acs::next":
                break
        return missing


class _Calls:
    """API calls of one execution: in its region, by its caller, or by the role the template names."""

    def __init__(
        self,
        state: OosState,
        operations: Operations,
        identities: Identities,
        execution: Execution,
        principal: Principal,
    ) -> None:
        self._state = state
        self._operations = operations
        self._execution = execution
        self._caller = principal
        self._identities = identities
        self._session: AccessKey | None = None

    def describe(self, service: str, api: str) -> tuple[ApiParameter, ...] | None:
        """What the API takes; None when the emulator does not know it."""
        operation = self._operations.find(service, api)
        return None if operation is None else tuple(_parameter(p) for p in operation.parameters.values())

    def call(self, service: str, api: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's body. Errors: ApiFailure; TaskFailure for what no waiting changes.

        That is what is not emulated and what RAM does not allow. Assumed: a wait of the cloud ends there, too.
        """
        if (service.casefold(), api.casefold()) == ("oos", "getdeployrevision"):
            return self._deploy_revision(str(parameters.get("RevisionId")))
        operation = self._operations.find(service, api)
        other = self._state.other_services.find(service, api) if operation is None else None
        if other is not None:
            return other(parameters)
        if operation is None:
            raise TaskFailure(f"Emulator.NotImplemented: {service} {api} is not emulated by the local cloud")
        region_id = str(parameters.get("RegionId") or self._execution.region_id)
        params = {**parameters, "RegionId": region_id} if "RegionId" in operation.parameters else dict(parameters)
        try:
            principal = self.principal()
            return self._state.context.call_api(
                operation.product, operation.name, params, region_id=region_id, principal=principal
            )
        except ApiError as error:
            if error.code == "Emulator.NotImplemented" or forbidden_by(error):
                raise TaskFailure(f"{error.code}: {error.message}") from None
            raise ApiFailure(error.code, error.message, error.extra) from None

    def _deploy_revision(self, revision_id: str) -> dict[str, Any]:
        """What the service asks itself by GetDeployRevision, which the system policy for deployments names and no SDK has.

        Errors: ApiFailure.
        """
        revision = self._state.find_revision(revision_id, account_id=self._execution.account_id)
        if revision is None:
            raise ApiFailure("EntityNotExists.DeployRevision", f"The DeployRevision {revision_id} does not exist.")
        view = {"RevisionId": revision_id, "RevisionType": revision.revision_type}
        return {"Revision": {**view, "Location": revision.location, "Hooks": revision.hooks}}

    def read_parameter(self, name: str, is_secret: bool) -> Any:  # noqa: FBT001  (the shape of ReadParameter)
        """A value of the Parameter Store, a list when it is one. Errors: ExpressionError."""
        api = "GetSecretParameter" if is_secret else "GetParameter"
        given = {"Name": name, "WithDecryption": True} if is_secret else {"Name": name}
        try:
            parameter = self.call("oos", api, given)["Parameter"]
        except (ApiFailure, TaskFailure) as failure:
            raise ExpressionError(f"parameter `{name}`: {failure}") from None
        if is_secret:
            self._execution.secrets.add(parameter["Value"])
        return parameter["Value"].split(",") if parameter["Type"] == "StringList" else parameter["Value"]

    def principal(self) -> Principal:
        """Who calls: the role the template names, assumed by the service; without one, the caller of StartExecution.

        Source: https://help.aliyun.com/zh/oos/user-guide/query-the-ram-policy-required-for-template-execution
        Errors: ApiError 404 without such a role; 403 for a role that does not trust OOS or that the caller may not pass.
        """
        if not self._execution.ram_role:
            return self._caller
        if self._session is None or self._identities.accounts.is_expired(self._session):
            self._session = self._identities.assume(self._execution.ram_role, self._caller, self._execution)
        return self._session.principal


def _parameter(parameter: Parameter) -> ApiParameter:
    return ApiParameter(
        name=parameter.name,
        is_list=parameter.is_list,
        fields=tuple(_parameter(field) for field in parameter.fields),
    )
