"""One release on each target: the runner started by OOS (or plain Cloud Assistant), its evidence read, all of it recorded."""

import hashlib
from dataclasses import replace
from datetime import timezone

from deployer.backends.runner.command import RunnerInput, render_command, render_environment, runner_source
from deployer.backends.runner.evidence import parse_output
from deployer.backends.sdk.run import DeployRun
from deployer.backends.sdk.runners import CommandOutcome, run_by_assistant, run_by_oos
from deployer.clock import Clock
from deployer.cloud.cloud import Cloud
from deployer.errors.access import PermissionDenied
from deployer.events import WarningRaised
from deployer.ledger.records import FAILED, GOOD, ReleaseHistory, ReleaseRecord
from deployer.models.config import DeployConfig
from deployer.models.plan import Plan
from deployer.models.release import Artifact, InstanceResult, Release, Target

OTHER_STAGES_SECONDS = 300  # fetching, unpacking, stopping twice
LONGEST_COMMAND_SECONDS = 3600
URL_GRACE_SECONDS = 300  # a signed URL outlives its command by no more than that


class Releaser:
    """Releases one artifact under one release id, the same as the deploy's own."""

    def __init__(self, cloud: Cloud, plan: Plan, run: DeployRun) -> None:
        self._cloud = cloud
        self._plan = plan
        self._run = run
        self._history = ReleaseHistory(cloud.oss, run.bucket_name, run.names)

    def release(self, artifact: Artifact, targets: tuple[Target, ...]) -> Release:
        """What came of it on every target. The record says `started` before and `good` or `failed` after."""
        record = new_record(self._cloud, self._plan, self._run, artifact, targets, self._runner_name())
        self._history.write(record)
        environment = self._send_environment()
        runner, execution_id, results = self._runner_name(), None, []
        try:
            for target in targets:
                outcome = self._run_on(target, self._runner_input(artifact, environment), runner)
                runner, execution_id = outcome.runner, outcome.execution_id
                results.append(result_of(target.instance_id, outcome))
        finally:
            if environment is not None:
                self._cloud.oss.delete_objects(self._run.bucket_name, (environment[0],))
        release = Release(
            release_id=record.release_id, runner=runner, execution_id=execution_id, results=tuple(results)
        )
        return close_record(self._history, record, release, self._cloud.session.clock)

    def _runner_name(self) -> str:
        return next((step.runner for step in self._plan.steps if hasattr(step, "runner")), "oos")

    def _send_environment(self) -> tuple[str, str] | None:
        """(object name, SHA-256) of the variables: they may hold secrets, so no command carries them."""
        variables = environment_of(self._plan.config)
        if not variables:
            return None
        content = render_environment(variables)
        object_name = f"{self._run.names.prefix}environment/{self._run.deploy_id}"
        self._cloud.oss.put_bytes(self._run.bucket_name, object_name, content)
        return object_name, hashlib.sha256(content).hexdigest()

    def _runner_input(self, artifact: Artifact, environment: tuple[str, str] | None) -> RunnerInput:
        config = self._plan.config
        start_sha256, stop_sha256 = self._plan.scripts_sha256.split(":")
        return RunnerInput(
            action="release",
            application_name=config.application_name,
            application_group_name=config.application_group_name,
            region_id=config.deploy_region_id,
            release_id=self._run.deploy_id,
            runner_url=self._sign(self._send_runner()),
            archive_url=self._sign(artifact.object_name),
            archive_sha256=artifact.sha256,
            archive_size_bytes=artifact.size_bytes,
            start_url=self._sign(artifact.start_object_name),
            start_sha256=start_sha256,
            stop_url=self._sign(artifact.stop_object_name),
            stop_sha256=stop_sha256,
            environment_url=self._sign(environment[0]) if environment else "",
            environment_sha256=environment[1] if environment else "",
            port=config.port,
            health_path=config.health.path,
            alive_seconds=config.health.alive_seconds,
            gate_timeout_seconds=config.health.timeout_seconds,
            start_timeout_seconds=config.start_timeout_seconds,
            keep_releases=config.keep_releases,
        )

    def _send_runner(self) -> str:
        """The object that holds the runner; a command would be too long for it, and carries its SHA-256."""
        content = runner_source().encode()
        object_name = self._run.names.script(hashlib.sha256(content).hexdigest())
        if self._cloud.oss.find_object(self._run.bucket_name, object_name) is None:
            self._cloud.oss.put_bytes(self._run.bucket_name, object_name, content)
        return object_name

    def _sign(self, object_name: str) -> str:
        return self._cloud.oss.sign_download(
            self._run.bucket_name, object_name, self._command_seconds() + URL_GRACE_SECONDS
        )

    def _command_seconds(self) -> int:
        config = self._plan.config
        # The previous release is started and gated again when the new one fails.
        wanted = 2 * (config.start_timeout_seconds + config.health.timeout_seconds) + OTHER_STAGES_SECONDS
        return min(wanted, LONGEST_COMMAND_SECONDS)

    def _run_on(self, target: Target, runner_input: RunnerInput, runner: str) -> CommandOutcome:
        command = render_command(runner_input)
        release_id, seconds = self._run.deploy_id, self._command_seconds()
        if runner == "oos":
            try:
                return run_by_oos(self._cloud, self._run, target, command, release_id=release_id, seconds=seconds)
            except PermissionDenied as error:
                if not str(error.facts.get("missing_action", "")).startswith("oos:"):
                    raise
                self._run.emit(
                    WarningRaised(
                        code="runner.fallback",
                        message=f"{error.message}: the release runs by plain Cloud Assistant instead, with the same result",
                    )
                )
        return run_by_assistant(self._cloud, self._run, target, command, release_id=release_id, seconds=seconds)


def new_record(
    cloud: Cloud, plan: Plan, run: DeployRun, artifact: Artifact, targets: tuple[Target, ...], runner: str
) -> ReleaseRecord:
    """What is written of a release before it starts; its id is the deploy's own."""
    config = plan.config
    start_sha256, stop_sha256 = plan.scripts_sha256.split(":")
    return ReleaseRecord(
        release_id=run.deploy_id,
        application_name=config.application_name,
        application_group_name=config.application_group_name,
        deploy_region_id=config.deploy_region_id,
        status="started",
        artifact_sha256=artifact.sha256,
        artifact_bytes=artifact.size_bytes,
        start_sha256=start_sha256,
        stop_sha256=stop_sha256,
        settings_sha256=plan.settings_sha256,
        instance_ids=tuple(target.instance_id for target in targets),
        plan_id=plan.plan_id,
        runner=runner,
        started_at=_now_text(cloud.session.clock),
        port=config.port,
        health_path=config.health.path,
        account_id=plan.observed.account_id,
        identity_arn=plan.observed.identity_arn,
        session_id=cloud.session.session_id,
        source_commit=plan.package.source_commit if plan.package else None,
        hourly_total=str(plan.quote.hourly_total),
        currency=plan.quote.currency,
    )


def close_record(history: ReleaseHistory, record: ReleaseRecord, release: Release, clock: Clock) -> Release:
    """The release, recorded as it ended, with how many of the group have failed in a row by now."""
    ended = replace(
        record,
        status=GOOD if release.ok else FAILED,
        finished_at=_now_text(clock),
        runner=release.runner,
        execution_id=release.execution_id,
        evidence={result.instance_id: dict(result.evidence) for result in release.results},
    )
    history.write(ended)
    return replace(release, failed_in_a_row=history.count_failed())


def _now_text(clock: Clock) -> str:
    """The time as records hold it, such as `2026-11-22T14:55:01Z`."""
    return clock.now().astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def environment_of(config: DeployConfig) -> dict[str, str]:
    """The variables the application gets, the agent's model among them."""
    variables = dict(config.environment)
    if config.model is not None:
        variables.setdefault("MODEL_NAME", config.model.name)
        if config.model.api_key:
            variables.setdefault("DASHSCOPE_API_KEY", config.model.api_key.reveal())
    return variables


def result_of(instance_id: str, outcome: CommandOutcome) -> InstanceResult:
    """The runner's evidence, or what Cloud Assistant says when the runner could not give any."""
    evidence = parse_output(outcome.output)
    if evidence.found:
        return InstanceResult(
            instance_id=instance_id,
            ok=evidence.ok and outcome.status == "Success",
            failed_stage=None if evidence.ok else evidence.stage,
            message=evidence.message,
            log_tail=evidence.log_tail,
            evidence=dict(evidence.raw),
            restored_release_id=evidence.restored_release_id,
            invoke_id=outcome.invoke_id,
        )
    return InstanceResult(
        instance_id=instance_id,
        ok=False,
        failed_stage="agent" if outcome.status in {"Aborted", "Invalid", "Pending"} else "command",
        message=outcome.trouble,
        log_tail=outcome.output.decode("utf-8", "replace")[-4000:],
        invoke_id=outcome.invoke_id,
    )
