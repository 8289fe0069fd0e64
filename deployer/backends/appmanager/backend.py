"""The backend for those who have the aliyun CLI: releases by `aliyun appmanager`, everything else as by default."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from deployer.backends.appmanager.checking import check_cli
from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.backends.appmanager.deleting import BY_CLI, CliRemover, plan_cli_removals
from deployer.backends.appmanager.deploying import CliDeploy
from deployer.backends.appmanager.drafting import draft_config
from deployer.backends.appmanager.inspecting import inspect
from deployer.backends.appmanager.listing import get_cli_status, list_cli_groups
from deployer.backends.appmanager.observing import config_file, observe_by_cli
from deployer.backends.appmanager.questions import ask_price
from deployer.backends.appmanager.quoting import read_quote
from deployer.backends.appmanager.releasing import find_revision_id, release_by_cli
from deployer.backends.appmanager.staging import left_out_keys
from deployer.backends.base import (
    Check,
    Content,
    DeleteScope,
    GroupStatus,
    GroupSummary,
    LogRequest,
    PastRelease,
    Removal,
    Settings,
)
from deployer.backends.sdk import SdkBackend
from deployer.backends.sdk.checking import check_cloud
from deployer.backends.sdk.observing import known_region
from deployer.backends.sdk.quoting import quote
from deployer.backends.sdk.run import DeployRun, Intent, begin_deploy, begin_run
from deployer.cloud.cloud import Cloud
from deployer.config.environment import process_environment
from deployer.errors.base import UsageError
from deployer.events import Emit, WarningRaised
from deployer.ledger.names import LedgerNames
from deployer.ledger.records import ReleaseHistory
from deployer.models.config import DeployConfig, ExistingInstance
from deployer.models.package import Package
from deployer.models.plan import InstanceFacts, Observed, Plan, Quote, StartRelease
from deployer.models.release import Artifact, InstanceVerification, Release, Target

DEFAULT_RUNNER = "oos"


class AppmanagerBackend:
    """Implements `Backend`. One per run. Lock, journal and release records are those of the default backend.

    Errors: UsageError for the local cloud, which the CLI does not reach.
    """

    name = "appmanager"

    def __init__(self, settings: Settings) -> None:
        if settings.is_local:
            raise UsageError(
                "the aliyun CLI does not reach the local cloud",
                hint="leave `--backend appmanager` out, or `--local`",
            )
        self._sdk = SdkBackend(settings)
        self._cloud = Cloud(settings.session, settings.deploy_region_id)
        self._environ = process_environment()
        self._cli = AppmanagerCli(settings.session, settings.deploy_region_id, self._environ)
        self._running: tuple[DeployRun, CliDeploy] | None = None

    def check(self) -> Sequence[Check]:
        return (*check_cli(self._environ), *check_cloud(self._cloud))

    def identify(self) -> str:
        return self._sdk.identify()

    def draft_config(self, values: Mapping[str, Any]) -> str | None:
        return draft_config(self._cli, values)

    def list_region_ids(self) -> Sequence[str]:
        return self._sdk.list_region_ids()

    def list_instances(self, deploy_region_id: str) -> Sequence[InstanceFacts]:
        return self._sdk.list_instances(deploy_region_id)

    def observe(self, config: DeployConfig, content: Content) -> Observed:
        with known_region(self._cloud):
            return observe_by_cli(self._cli, self._cloud, config, content)

    def quote(self, config: DeployConfig, observed: Observed, artifact_bytes: int) -> Quote:
        """The CLI's price of a new instance; no CLI is asked where nothing new is made."""
        if isinstance(config.instance, ExistingInstance) or observed.instances:
            return quote(self._cloud, config, observed, artifact_bytes)
        with config_file(config) as path:
            return read_quote(ask_price(self._cli, path, config.deploy_region_id), artifact_bytes)

    @contextmanager
    def begin(self, plan: Plan, command: str, emit: Emit) -> Iterator[list[dict[str, str]]]:
        """Hold the group's lock and keep its journal while the block runs; leaving it ends the CLI.

        Errors: LockHeld; UsageError for a runner of the default backend.
        """
        runner = next((step.runner for step in plan.steps if isinstance(step, StartRelease)), DEFAULT_RUNNER)
        if runner != DEFAULT_RUNNER:
            raise UsageError(
                f"`--runner {runner}` does not go with this backend", hint="the CLI chooses what runs its scripts"
            )
        left_out = left_out_keys(plan.config)
        if left_out:
            message = f"the CLI does not know {', '.join(left_out)}: this deploy goes without"
            emit(WarningRaised(code="appmanager.setting_left_out", message=message))
        if plan.config.model is not None and plan.config.model.api_key:
            message = (
                "the CLI takes the model's key from its configuration file, and may pack that file with the project"
            )
            emit(WarningRaised(code="appmanager.key_in_file", message=message))
        with (
            begin_deploy(self._cloud, plan, command, emit) as run,
            CliDeploy(self._cli, self._cloud, plan, run) as deploy,
        ):
            self._running = run, deploy
            try:
                yield run.made
            finally:
                self._running = None

    def _work(self) -> tuple[DeployRun, CliDeploy]:
        assert self._running is not None, "changes are made inside `begin`"
        return self._running

    def upload(self, plan: Plan, package: Package | None) -> Artifact:
        run, deploy = self._work()
        if package is not None:
            return deploy.upload(package, None)
        return deploy.upload(None, find_revision_id(ReleaseHistory(self._cloud.oss, run.bucket_name, run.names), plan))

    def provision(self, plan: Plan) -> Sequence[Target]:  # noqa: ARG002  (the CLI was given it when it started)
        return self._work()[1].provision()

    def release(self, plan: Plan, artifact: Artifact, targets: Sequence[Target]) -> Release:
        run, deploy = self._work()
        return release_by_cli(deploy, self._cloud, plan, run, artifact, tuple(targets))

    def inspect(self, request: LogRequest) -> Sequence[InstanceVerification]:
        return inspect(self._cli, self._cloud, request)

    def list_groups(self, application_name: str | None) -> Sequence[GroupSummary]:
        return list_cli_groups(self._cli, self._cloud, application_name)

    def list_group_names(self, application_name: str) -> Sequence[str]:
        return self._sdk.list_group_names(application_name)

    def is_leftover(self, application_name: str, group_name: str) -> bool:
        return self._sdk.is_leftover(application_name, group_name)

    def find_newest_release(self, application_name: str, group_name: str) -> PastRelease | None:
        return self._sdk.find_newest_release(application_name, group_name)

    def get_release(self, application_name: str, group_name: str, release_id: str) -> PastRelease:
        return self._sdk.get_release(application_name, group_name, release_id)

    def get_status(self, application_name: str, group_name: str) -> GroupStatus:
        return get_cli_status(self._cli, self._cloud, application_name, group_name)

    def plan_delete(self, scope: DeleteScope) -> Sequence[Removal]:
        return plan_cli_removals(self._cloud, scope, self._cloud.sts.get_identity().account_id)

    def delete(self, scope: DeleteScope, removals: Sequence[Removal], emit: Emit) -> None:
        """The CLI's part under the group's lock; our records, and with them the lock, go last."""
        remover = CliRemover(self._cli, self._cloud, scope, emit)
        by_cli = [removal for removal in removals if removal.kind in BY_CLI]
        stored = next((one for one in removals if one.kind == "objects"), None)
        if stored is None:
            remover.remove_group(by_cli)
        else:
            names = LedgerNames(
                application_name=scope.application_name, application_group_name=scope.application_group_name
            )
            intent = Intent(account_id=self._cloud.sts.get_identity().account_id, command="delete")
            bucket_name = stored.id.removeprefix("oss://").partition("/")[0]
            with begin_run(self._cloud, names, bucket_name, intent, emit):
                remover.remove_group(by_cli)
        for removal in removals:
            if removal.kind not in BY_CLI:
                remover.remove_rest(removal)
