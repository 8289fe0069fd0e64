"""What OOS remembers: executions, templates, applications with their groups and revisions."""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.context import Context
from deployer.emulator.services.oos.other_services import OtherServices
from deployer.emulator.services.oos.parameter_store import ParameterStore
from deployer.emulator.services.oos.web import Web
from deployer.oos.effects import Steps, drive
from deployer.oos.execution import Execution
from deployer.oos.template import Template


@dataclass(slots=True, kw_only=True)
class StoredExecution:
    """An execution and what was said about it when it was started. Children share their root's."""

    execution: Execution
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    resource_group_id: str = ""
    template_id: str = ""
    template_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """One version of a stored template."""

    version: str  # v1, v2 ...
    version_name: str
    template: Template
    updated_at: datetime
    updated_by: str

    @property
    def hash(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(self.template.text.encode()).hexdigest()


@dataclass(slots=True, kw_only=True)
class StoredTemplate:
    """A template of an account in a region; the newest version is the last."""

    name: str
    template_id: str
    account_id: str
    region_id: str
    created_at: datetime
    created_by: str
    versions: list[TemplateVersion] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    resource_group_id: str = ""
    execution_count: int = 0

    def find_version(self, version: str) -> TemplateVersion | None:
        """That version by number or name, the newest when none is named."""
        if not version:
            return self.versions[-1]
        return next((v for v in self.versions if version in {v.version, v.version_name}), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployRevision:
    """What to deploy: where a package lies, and the scripts that stop and start it."""

    revision_id: str
    application_name: str
    revision_type: str
    location: dict[str, Any]
    hooks: dict[str, Any]
    deploy_resource_type: str = ""
    description: str = ""


@dataclass(slots=True, kw_only=True)
class Deployment:
    """One deployment of a group: the execution that does it, and whether it is the group's first."""

    execution: Execution
    revision_id: str
    parameters: str
    is_first: bool


@dataclass(slots=True, kw_only=True)
class ApplicationGroup:
    """A group of instances, found by a tag in `deploy_region_id`."""

    name: str
    deploy_region_id: str
    import_tag_key: str
    import_tag_value: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    cms_group_id: str = ""
    monitor_metadata: str = ""
    deployed_revision_id: str = ""
    deployment: Deployment | None = None


@dataclass(slots=True, kw_only=True)
class Application:
    """An application of an account."""

    name: str
    account_id: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    service_id: str = ""
    source: str = ""
    resource_group_id: str = ""
    alarm_config: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    groups: dict[str, ApplicationGroup] = field(default_factory=dict)
    revisions: dict[str, DeployRevision] = field(default_factory=dict)


class OosState:
    """The service's memory, and how its executions are kept going."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.executions: dict[str, StoredExecution] = {}
        self.templates: dict[tuple[str, str, str], StoredTemplate] = {}
        self.applications: dict[tuple[str, str], Application] = {}
        self.parameters = ParameterStore(is_secret=False)
        self.secret_parameters = ParameterStore(is_secret=True)
        self.web = Web()
        self.other_services = OtherServices()
        self._ready: deque[Callable[[], None]] = deque()
        self._is_draining = False

    def now(self) -> datetime:
        return self.context.clock.now()

    def drive(self, execution: Execution, steps: Steps, *, after_seconds: float) -> None:
        """Run the steps of an execution, the first of them after that many seconds."""

        def start() -> None:
            if not execution.status.is_final:
                execution.processes.append(drive(steps, self._after))

        self._after(after_seconds, start)

    def _after(self, seconds: float, callback: Callable[[], None]) -> None:
        self.context.scheduler.after(seconds, lambda: self._run(callback))

    def _run(self, callback: Callable[[], None]) -> None:
        """Run it now, or after what runs: a step calls APIs, which let due steps run, which call APIs, a thousand deep."""
        self._ready.append(callback)
        if self._is_draining:
            return
        self._is_draining = True
        try:
            while self._ready:
                self._ready.popleft()()
        finally:
            self._is_draining = False

    def not_exists(self, entity: str, name: str) -> ApiError:
        """`EntityNotExists.<Entity>`, to be raised. Source: terraform-provider-alicloud, which matches on it."""
        status = self.context.assumptions.oos_not_exists_status
        return ApiError(status, f"EntityNotExists.{entity}", f"The {entity} {name} does not exist.")

    def already_exists(self, entity: str, name: str) -> ApiError:
        """`EntityAlreadyExists.<Entity>`, to be raised."""
        status = self.context.assumptions.oos_already_exists_status
        return ApiError(status, f"EntityAlreadyExists.{entity}", f"The {entity} {name} already exists.")

    def wrong_status(self, execution: Execution, what: str) -> ApiError:
        """What an execution is told that its status does not allow, to be raised."""
        code = self.context.assumptions.oos_wrong_status_code
        return ApiError(
            400, code, f"Execution {execution.execution_id} is {execution.status.value} and cannot be {what}."
        )

    def get_execution(self, execution_id: str, *, account_id: str, region_id: str) -> StoredExecution:
        """The execution of that account and region. Errors: EntityNotExists.Execution."""
        stored = self.executions.get(execution_id)
        if stored is None or (stored.execution.account_id, stored.execution.region_id) != (account_id, region_id):
            raise self.not_exists("Execution", execution_id)
        return stored

    def find_template(self, name: str, *, account_id: str, region_id: str) -> StoredTemplate | None:
        """The account's own template; names are the account's own in each region."""
        return self.templates.get((account_id, region_id, name))

    def get_template(self, name: str, *, account_id: str, region_id: str) -> StoredTemplate:
        """The account's own template. Errors: EntityNotExists.Template."""
        stored = self.find_template(name, account_id=account_id, region_id=region_id)
        if stored is None:
            raise self.not_exists("Template", name)
        return stored

    def get_application(self, name: str, *, account_id: str) -> Application:
        """The account's application. Errors: EntityNotExists.Application."""
        application = self.applications.get((account_id, name))
        if application is None:
            raise self.not_exists("Application", name)
        return application

    def find_revision(self, revision_id: str, *, account_id: str) -> DeployRevision | None:
        """A revision of one of the account's applications."""
        mine = [application for (account, _), application in self.applications.items() if account == account_id]
        return next((a.revisions[revision_id] for a in mine if revision_id in a.revisions), None)

    def get_group(self, application_name: str, name: str, *, account_id: str) -> ApplicationGroup:
        """The group. Errors: EntityNotExists.Application, EntityNotExists.ApplicationGroup."""
        group = self.get_application(application_name, account_id=account_id).groups.get(name)
        if group is None:
            raise self.not_exists("ApplicationGroup", name)
        return group
