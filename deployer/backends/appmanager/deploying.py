"""One deploy through the CLI: a single command does it all, and is followed through our steps as it streams."""

from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

from typing_extensions import Self

from deployer.backends.appmanager.answers import FAILED, CliGroup
from deployer.backends.appmanager.cli import AppmanagerCli, command_name
from deployer.backends.appmanager.failures import deploy_failure, failure_of
from deployer.backends.appmanager.following import Following, Phase
from deployer.backends.appmanager.questions import find_group
from deployer.backends.appmanager.settling import has_moved, wait_until_settled
from deployer.backends.appmanager.staging import staged_project
from deployer.backends.appmanager.stream import CliResult
from deployer.backends.appmanager.targets import TargetFinder
from deployer.backends.sdk.run import DeployRun
from deployer.cloud.cloud import Cloud
from deployer.config.load import DEFAULT_CONFIG_PATH
from deployer.errors.appmanager import AppmanagerFailed, AppmanagerUnclear
from deployer.errors.base import DeployerError
from deployer.events import ArtifactUploaded, WarningRaised
from deployer.models.package import Package
from deployer.models.plan import Plan, UploadArtifact
from deployer.models.release import Artifact, Target

OTHER_STAGES_SECONDS = 1800.0  # packing, uploading, and a new instance


class CliDeploy:
    """The CLI's deploy while it runs; leaving the block ends it. The group's status decides, the stream is its story."""

    def __init__(self, cli: AppmanagerCli, cloud: Cloud, plan: Plan, run: DeployRun) -> None:
        self._cli = cli
        self._cloud = cloud
        self._plan = plan
        self._run = run
        self._open = ExitStack()
        self._what = command_name((plan.config.type.value, "deploy"))
        self._finder = TargetFinder(cloud, plan, run)
        self._before: CliGroup | None = None
        self._following: Following | None = None
        self._doubt: AppmanagerUnclear | None = None
        self._bad_end: DeployerError | None = None  # scripts failed, or wait for somebody

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def revision_id(self) -> str | None:
        """The revision that the CLI says it made."""
        outcome = self._followed().outcome
        return str(outcome.data.get("revision_id") or "") or None if outcome is not None else None

    def upload(self, package: Package | None, revision_id: str | None) -> Artifact:
        """The CLI is at work and its upload is over; with a revision it uploads nothing.

        Errors: whatever the CLI says until then.
        """
        clock, emit = self._cloud.session.clock, self._run.emit
        self._before = wait_until_settled(self.find_group, self._plan.config, clock, emit)
        folder = self._open.enter_context(staged_project(self._plan.config, package))
        seconds = self._plan.config.start_timeout_seconds + OTHER_STAGES_SECONDS
        child = self._run.change(
            "appmanager deploy",
            "process",
            lambda _token: self._cli.start(self._words(revision_id), folder, timeout_seconds=seconds, emit=emit),
            revision_id=revision_id,
        )
        self._following = Following(self._open.enter_context(child), self._what, seconds, clock, emit)
        self._follow(Phase.UPLOAD)
        return self._artifact(package)

    def provision(self) -> tuple[Target, ...]:
        """The instances of the group, marked as made here where the CLI made them. Errors: whatever the CLI says."""
        self._follow(Phase.PROVISION)
        targets = self._finder.find(self.find_group())
        if not targets:
            self._follow(Phase.RELEASE)  # it lists no instance before it has released to it
            targets = self._finder.find(self.find_group())
        if not targets:
            raise self._doubt or self._bad_end or self._nothing_named()
        return targets

    def finish(self) -> CliGroup | None:
        """The group once the CLI is over and nothing moves any more, whether its scripts failed or not.

        Errors: whatever else the CLI says; AppmanagerUnclear when it ended half way and nothing came of it.
        """
        self._follow(Phase.RELEASE)
        group = wait_until_settled(self.find_group, self._plan.config, self._cloud.session.clock, self._run.emit)
        if self._doubt is not None:
            if not has_moved(self._before, group):
                raise self._doubt
            message = f"{self._doubt.message}; the release itself went on without it"
            self._run.emit(WarningRaised(code="appmanager.ended_early", message=message))
        said = str(self._bad_end.facts.get("api_code")) if self._bad_end is not None else ""
        return replace(group, status=said) if group is not None and said in FAILED else group

    def find_group(self) -> CliGroup | None:
        """The group as the CLI shows it now."""
        config = self._plan.config
        return find_group(self._cli, config.application_name, config.application_group_name, (config.type.value,))

    def _followed(self) -> Following:
        assert self._following is not None, "`upload` comes first"
        return self._following

    def _words(self, revision_id: str | None) -> tuple[str, ...]:
        config = self._plan.config
        words = (config.type.value, "deploy", "--config", DEFAULT_CONFIG_PATH, "--name", config.application_name)
        place = ("--group_name", config.application_group_name, "--region", config.deploy_region_id, "--overwrite")
        return (*words, *place, *(("--revision_id", revision_id) if revision_id else ()))

    def _follow(self, last: Phase) -> None:
        """Go on to the end of a phase. Errors: the CLI's own, unless a script failed: that is a release's outcome."""
        following = self._followed()
        was_over = following.is_over
        following.follow(last)
        if following.is_over and not was_over:
            self._check_ending(following)

    def _check_ending(self, following: Following) -> None:
        ending = following.child.ending
        if isinstance(following.outcome, CliResult) and ending.exit_code == 0:
            return
        failure = failure_of(self._what, following.outcome, ending, following.printed)
        if isinstance(failure, AppmanagerUnclear) and following.phase > Phase.UPLOAD:
            self._doubt = failure  # the cloud may go on without it: the group's status says
            return
        error = deploy_failure(failure, self._plan.config, is_uploading=following.phase <= Phase.UPLOAD)
        if error is not None:
            self._note_what_was_made()
            raise error
        self._bad_end = failure

    def _nothing_named(self) -> AppmanagerFailed:
        ending = self._followed().child.ending
        return AppmanagerFailed(self._what, "it names no instance that it deployed to", ending.exit_code, ending.stderr)

    def _note_what_was_made(self) -> None:
        """Let the error that ends the run list what exists now; that it cannot be told is no error of its own."""
        try:
            group = self.find_group()
        except DeployerError:
            return
        if group is not None and self._before is None:
            config = self._plan.config
            self._run.created("application group", f"{config.application_name}/{config.application_group_name}")
        self._finder.find(group)

    def _artifact(self, package: Package | None) -> Artifact:
        """Where the CLI uploaded to. Source: the skill's note that the bucket is named after application and region."""
        config = self._plan.config
        bucket_name = f"{config.application_name}-{config.deploy_region_id}"
        uploaded_bytes = package.size_bytes if package else 0
        self._run.emit(ArtifactUploaded(bucket_name=bucket_name, object_name="", uploaded_bytes=uploaded_bytes))
        return Artifact(
            bucket_name=bucket_name,
            object_name="",
            sha256=self._plan.artifact_sha256,
            size_bytes=next((one.size_bytes for one in self._plan.steps if isinstance(one, UploadArtifact)), 0),
            uploaded_bytes=uploaded_bytes,
            start_object_name="",
            stop_object_name="",
        )
