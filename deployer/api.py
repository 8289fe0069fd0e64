"""The composition root: `Deployer` wires connection, clock, events and operations.

Every command of the command line is one method here, with the same results and the same errors.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployer.backends.base import (
    Backend,
    Check,
    DeleteScope,
    GroupStatus,
    GroupSummary,
    LogRequest,
    Removal,
)
from deployer.clock import Clock, SystemClock
from deployer.cloud.cloud import Cloud, load_sdks_in_background
from deployer.cloud.session import CONTROL_REGION_ID, make_session_id
from deployer.config.environment import process_environment
from deployer.config.load import DEFAULT_CONFIG_PATH
from deployer.config.places import cache_folder
from deployer.connection import Connection, Destination
from deployer.detection import detect
from deployer.errors.config import Problem
from deployer.events import Emit, Event, ignore_events
from deployer.local_cloud import Address, LocalCloud
from deployer.models.analysis import ProjectAnalysis
from deployer.models.config import DeployConfig
from deployer.models.package import Package
from deployer.models.plan import Plan, Risk
from deployer.models.release import Verification
from deployer.models.report import Report
from deployer.operations import steps
from deployer.operations.consent import Consent, remember_plan
from deployer.operations.deadline import LimitedClock
from deployer.operations.naming import project_command
from deployer.operations.prepare import ProjectRequest, configure, identify, open_and_analyze, prepare
from deployer.operations.requests import Requests
from deployer.operations.telling import guarded, told_run
from deployer.project.source import shown_source

__all__ = ["Address", "Deployer", "GroupStatus", "Removal"]

if TYPE_CHECKING:
    from deployer.config.new_file import WrittenConfig

DEPLOY_TIMEOUT_SECONDS = 900.0


class Deployer:
    """Deploys to Alibaba Cloud, or with `local=True` to the emulated one on this computer.

    `on_event` is told everything that happens; a failing listener never fails a run. Flags are those of the command
    line with underscores: `region`, `name`, `group`, `ecs`, `instance_id`, `port`, … A `path` may be a git address.
    """

    def __init__(  # noqa: PLR0913  (settings of their own, all by name)
        self,
        *,
        local: bool = False,
        profile: str | None = None,
        endpoint: str | None = None,
        backend: str = "sdk",
        runner: str = "oos",
        on_event: Callable[[Event], None] | None = None,
        session_id: str | None = None,
        timeout_seconds: float = DEPLOY_TIMEOUT_SECONDS,
        clock: Clock | None = None,
        language: str = "en",
    ) -> None:
        self._environ = process_environment()
        self._runner = runner
        self._emit: Emit = guarded(on_event) if on_event else ignore_events
        self._clock: Clock = LimitedClock(clock or SystemClock(), timeout_seconds)
        destination = Destination(
            is_local=local or self._environ.get("DEPLOYER_LOCAL", "").lower() in {"1", "true", "yes"},
            endpoint=endpoint or self._environ.get("DEPLOYER_ENDPOINT") or None,
            profile=profile,
            backend_name=backend,
        )
        session_id = make_session_id(session_id, self._environ)
        self._connection = Connection(
            destination, self._environ, session_id=session_id, clock=self._clock, emit=self._emit
        )
        self._requests = Requests(
            self._environ, self._clock, self._emit, language=language, own_runner=backend == "sdk"
        )

    @property
    def command_flags(self) -> str:
        """The flags by which another command reaches the same cloud and account."""
        return self._connection.destination.command_flags

    def command(self, verb: str, path: str | Path, config: str | Path | None, flags: Mapping[str, Any]) -> str:
        """The command line that does `verb` with the same project, settings, cloud and account."""
        runs_again = verb in {"deploy", "plan"} and self._runner != "oos"
        settings = {**({"config": config} if config else {}), **flags, "runner": self._runner if runs_again else None}
        return project_command(verb, shown_source(path), settings, self.command_flags)

    def check(self, *, region: str | None = None, kind: str | None = None) -> Sequence[Check]:
        """Whether credentials, identity, region, clock and balance, of an "agent" its model's key, allow a deploy."""
        from deployer.operations.check import check

        with self._run("check", ()):
            identity_region = region or self._environ.get("ALIBABA_CLOUD_REGION_ID") or CONTROL_REGION_ID
            return check(
                self._connection.open_backend(identity_region), self._emit, self._environ if kind == "agent" else None
            )

    def detect(self, path: str | Path = ".", *, subdirectory: str | None = None) -> ProjectAnalysis:
        """How to run the project, or the application in one directory of it, with evidence. No network, no credentials."""
        with self._run("detect", ()):
            return detect(path, subdirectory)

    def configure(self, path: str | Path = ".", *, config: str | Path | None = None, **flags: Any) -> DeployConfig:
        """The complete configuration a deploy would use. No network, no credentials."""
        with self._run("configure", ()):
            request = self._project(path, flags, config)
            project_dir, analysis = open_and_analyze(request)
            return configure(request, project_dir, analysis)

    def init(
        self,
        path: str | Path = ".",
        *,
        config: str | Path | None = None,
        from_json: str | None = None,
        **flags: Any,
    ) -> "WrittenConfig":
        """A new configuration file for the project; an older one is kept beside it. No network, no credentials."""
        from deployer.operations.init import init

        with self._run("init", ()):
            other = self._connection.open_backend if self._connection.destination.backend_name != "sdk" else None
            request = self._project(path, flags, config)
            return init(request, from_json=from_json, now=self._clock.now(), open_backend=other)

    def package(
        self, path: str | Path = ".", *, config: str | Path | None = None, to: Path | None = None, **flags: Any
    ) -> Package:
        """The archive a deploy would upload, kept at `to` and nowhere else. No network, no credentials."""
        from deployer.operations.package import package

        with self._run("package", ()):
            return package(self._project(path, flags, config), to, self._emit)

    def validate_config(self, config: str | Path | None = None) -> Sequence[Problem]:
        """Everything that is wrong with a configuration file and its scripts, warnings included; empty for a good one."""
        from deployer.operations.validate import validate

        return validate(Path(config) if config else Path(DEFAULT_CONFIG_PATH), self._environ)

    def use_mirrors(self, config: str | Path | None = None) -> Sequence[tuple[str, str]]:
        """Rewrite a configuration's scripts to mirrors of mainland China; each line that changed, before and after."""
        from deployer.operations.mirroring import use_mirrors

        return use_mirrors(Path(config) if config else Path(DEFAULT_CONFIG_PATH))

    def config_template(self, *, whole: bool = False) -> str:
        """The configuration with its comments: the original tool's keys, or all of them."""
        from deployer.config.new_file import config_reference, config_template

        return config_reference() if whole else config_template()

    def schema(self, kind: str) -> dict[str, Any]:
        """The JSON Schema of the "config" file or of the "output" lines."""
        from deployer.config.json_schema import config_json_schema
        from deployer.operations.schema import output_json_schema

        return config_json_schema() if kind == "config" else output_json_schema()

    def policy(self) -> dict[str, Any]:
        """A RAM policy that is enough for everything deployer does."""
        from deployer.operations.policy import policy_document

        return policy_document()

    def plan(
        self, path: str | Path = ".", *, config: str | Path | None = None, force: bool = False, **flags: Any
    ) -> Plan:
        """What `deploy` would do and cost, and the id an approval binds to; changes nothing."""
        from deployer.operations.groups import with_free_group
        from deployer.operations.plan import observe_and_plan

        with self._run("plan", steps.PLAN_STEPS):
            load_sdks_in_background()
            progress = steps.StepProgress(steps.PLAN_STEPS, self._emit, self._clock)
            prepared = prepare(self._project(path, flags, config), progress, self._emit)
            with progress.step("plan") as told:
                backend = self._connection.open_backend(prepared.config.deploy_region_id)
                prepared = with_free_group(backend, prepared, self._emit, force_new_group=False)
                plan = observe_and_plan(backend, prepared, runner=self._runner, force=force)
                told.tell(f"{len(plan.steps)} steps" if plan.steps else "nothing to change")
            remember_plan(plan, self._plans_folder())
            return plan

    def deploy(  # noqa: PLR0913  (settings of their own, all by name)
        self,
        path: str | Path = ".",
        *,
        config: str | Path | None = None,
        approve: str | None = None,
        confirm: tuple[str, ...] = (),
        yes: bool = False,
        ask: Callable[[Plan, Risk], bool] | None = None,
        revision_id: str | None = None,
        dry_run: bool = False,
        force: bool = False,
        force_new_group: bool = False,
        **flags: Any,
    ) -> Report:
        """The project released and verified on its instance, or found unchanged.

        Errors: DecisionNeeded when consent or answers are missing; ReleaseError when it did not come up; and the
        families of `deployer.errors.base` for everything that is refused before anything changed.
        """
        from deployer.operations.deploy import DeployRequest, deploy

        with self._run("deploy", steps.DEPLOY_STEPS):
            load_sdks_in_background()
            how = {"revision_id": revision_id, "force": force, "force_new_group": force_new_group}
            again = self.command("deploy", path, config, {**flags, **how})
            request = DeployRequest(
                project=self._project(path, flags, config),
                consent=Consent(
                    approve=approve, confirm=confirm, yes=yes, ask=ask, plans_folder=self._plans_folder(), command=again
                ),
                runner=self._runner,
                revision_id=revision_id,
                dry_run=dry_run,
                force=force,
                force_new_group=force_new_group,
            )
            return deploy(request, self._connection.open_backend, self._emit, self._clock)

    def verify(
        self,
        path: str | Path = ".",
        *,
        config: str | Path | None = None,
        lines: int = 1000,
        wait_seconds: float = 0.0,
        outside: bool = False,
        **flags: Any,
    ) -> Verification:
        """Whether the application runs, on evidence from each of its instances; changes nothing.

        It is looked at again until it runs or `wait_seconds` have passed; `outside` asks its public address from here.
        """
        from deployer.operations.verify import verify

        with self._run("verify", ()):
            backend, request = self._log_request(path, config, flags, lines=lines, whole=False)
            request = replace(request, outside=outside)
            return verify(backend, request, self._emit, wait_seconds=wait_seconds, clock=self._clock)

    def logs(
        self,
        path: str | Path = ".",
        *,
        config: str | Path | None = None,
        lines: int = 200,
        whole: bool = False,
        **flags: Any,
    ) -> Verification:
        """The application's log on each instance, since its newest release or `whole`; changes nothing."""
        from deployer.operations.verify import verify

        with self._run("logs", ()):
            backend, request = self._log_request(path, config, flags, lines=lines, whole=whole)
            return verify(backend, request, ignore_events)

    def status(self, path: str | Path = ".", *, config: str | Path | None = None, **flags: Any) -> GroupStatus:
        """What is known of one application group; changes nothing."""
        with self._run("status", ()):
            identity = identify(self._project(path, flags, config))
            backend = self._connection.open_backend(identity.deploy_region_id)
            return backend.get_status(identity.application_name, identity.application_group_name)

    def list(self, *, name: str | None = None, region: str | None = None) -> Sequence[GroupSummary]:
        """Every application group of the account, or of one application or region; changes nothing."""
        with self._run("list", ()):
            groups = self._connection.open_backend(region or CONTROL_REGION_ID).list_groups(name)
            return tuple(one for one in groups if region in (None, one.deploy_region_id))

    def list_region_ids(self) -> Sequence[str]:
        """The regions that are open to the account; changes nothing."""
        return Cloud(self._connection.open_session(), CONTROL_REGION_ID).ecs.list_region_ids()

    def list_instances(self, region: str) -> Sequence[Any]:
        """The instances of a region, newest first; changes nothing."""
        return self._connection.open_backend(region).list_instances(region)

    def delete(  # noqa: PLR0913  (settings of their own, all by name)
        self,
        path: str | Path = ".",
        *,
        config: str | Path | None = None,
        yes: bool = False,
        ask: Callable[[Sequence[Removal]], bool] | None = None,
        keep_instance: bool = False,
        keep_artifacts: bool = False,
        dry_run: bool = False,
        **flags: Any,
    ) -> Sequence[Removal]:
        """Remove a group and everything that was made for it; gives what was removed and what was kept."""
        from deployer.operations.delete import delete

        with self._run("delete", ()):
            identity = identify(self._project(path, flags, config))
            scope = DeleteScope(
                application_name=identity.application_name,
                application_group_name=identity.application_group_name,
                deploy_region_id=identity.deploy_region_id,
                keep_instance=keep_instance,
                purge_artifacts=not keep_artifacts,
            )
            backend = self._connection.open_backend(identity.deploy_region_id)
            return delete(backend, scope, self._emit, yes=yes, ask=ask, dry_run=dry_run)

    def demo(self) -> Report:
        """The sample application of this package, deployed to the local cloud."""
        from deployer.demo import demo_project_path

        self._connection = self._connection.to_local_cloud()
        return self.deploy(
            demo_project_path(),
            ask=lambda _plan, _risk: True,  # the sample is ours, and so is the cloud
            name="deployer-demo",
            region=CONTROL_REGION_ID,
            ecs="new",
        )

    def try_addresses(self, urls: tuple[str, ...]) -> dict[str, int]:
        """The HTTP status each address answers with, asked from this computer; those that do not answer are left out.

        A port of an emulated machine is opened within half a second of its listening.
        """
        from deployer.operations.reach import ask_address

        statuses = {url: ask_address(url, self._clock) for url in urls}
        return {url: status for url, status in statuses.items() if status is not None}

    @property
    def local_cloud(self) -> LocalCloud:
        """The local cloud on this computer: started, asked, reset and taken down by its methods."""
        return self._connection.local_cloud

    def _plans_folder(self) -> Path:
        return cache_folder(self._environ) / "plans"

    def _project(self, path: str | Path, flags: dict[str, Any], config: str | Path | None) -> ProjectRequest:
        return self._requests.make(path, flags, config, command_flags=self.command_flags)

    def _log_request(
        self, path: str | Path, config: str | Path | None, flags: dict[str, Any], *, lines: int, whole: bool
    ) -> tuple[Backend, LogRequest]:
        from deployer.operations.verify import make_log_request

        instance_id = flags.pop("instance_id", None)
        identity = identify(self._project(path, flags, config))
        backend = self._connection.open_backend(identity.deploy_region_id)
        return backend, make_log_request(backend, identity, instance_id=instance_id, lines=lines, whole=whole)

    @contextmanager
    def _run(self, command: str, announced: tuple[tuple[str, str], ...]) -> Iterator[None]:
        told = told_run(
            command,
            announced,
            session_id=self._connection.session_id,
            emit=self._emit,
            clock=self._clock,
            flags=self.command_flags,
        )
        with told, self._requests.run_folder:
            yield
