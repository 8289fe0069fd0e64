"""Put a project on its instance: read, configure, package, observe, plan, agree, upload, provision, release, verify.

The whole story is `deploy`; what follows it are its parts in reading order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deployer.backends.base import Backend
from deployer.backends.console import console_urls
from deployer.clock import Clock
from deployer.errors.base import DeployerError, ReleaseError
from deployer.errors.release import ChangeFailed, Interrupted, RunnerFailed
from deployer.events import Emit, PlanMade, TargetsResolved, WarningRaised
from deployer.lessons import recall
from deployer.models.plan import Plan
from deployer.models.release import Release, Target, Verification
from deployer.models.report import Report
from deployer.models.step_words import step_sentence
from deployer.operations.consent import Consent, obtain_consent
from deployer.operations.groups import keep_group_name, with_free_group
from deployer.operations.naming import GroupWords
from deployer.operations.plan import observe_and_plan
from deployer.operations.prepare import Prepared, ProjectRequest, prepare
from deployer.operations.reporting import Ending, cost_reminder, make_report
from deployer.operations.revision import prepare_revision
from deployer.operations.steps import DEPLOY_STEPS, StepProgress
from deployer.operations.verify import raise_unless_running, verify

OpenBackend = Callable[[str], Backend]
TELLING = ("code", "exit_code", "pid", "alive_seconds", "restarts", "listening", "http_status", "warnings")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployRequest:
    """What to deploy and how. `revision_id` releases an earlier release's archive and scripts again."""

    project: ProjectRequest
    consent: Consent
    runner: str = "oos"
    revision_id: str | None = None
    dry_run: bool = False
    force: bool = False
    force_new_group: bool = False


def deploy(request: DeployRequest, open_backend: OpenBackend, emit: Emit, clock: Clock) -> Report:
    """The project released and verified, or found unchanged.

    Errors: ProjectError, ConfigError, DecisionNeeded, CloudError, AccessError and TransientError before anything
    changed; ReleaseError and VerificationError after.
    """
    started = clock.monotonic()
    progress = StepProgress(DEPLOY_STEPS, emit, clock)
    prepared, backend = _prepare(request, open_backend, progress, emit)
    with progress.step("check") as told:
        told.tell(backend.identify())
    with progress.step("plan") as told:
        free = with_free_group(backend, prepared, emit, force_new_group=request.force_new_group)
        plan = observe_and_plan(backend, free, runner=request.runner, force=request.force)
        _tell_plan(plan, emit)
        told.tell(f"{len(plan.steps)} steps" if plan.steps else "nothing to change")
    ending = Ending(plan=plan, analysis=prepared.analysis, progress=progress)
    if request.dry_run:
        return make_report(ending, status="dry-run", elapsed_seconds=clock.monotonic() - started)
    if plan.steps:
        obtain_consent(plan, request.consent, emit)
        keep_group_name(prepared.config, plan.config)
        ending = _change(ending, backend, emit)
    else:
        _skip_changes(progress)
    with progress.step("verify") as told:
        verification = verify(backend, GroupWords.of(plan.config).log_request(plan.config), emit)
        raise_unless_running(verification, GroupWords.of(plan.config).log_request(plan.config))
        told.tell(_what_runs(verification))
    ending = replace(ending, verification=verification)
    status = "deployed" if plan.steps else "unchanged"
    return make_report(ending, status=status, elapsed_seconds=clock.monotonic() - started)


def _prepare(
    request: DeployRequest, open_backend: OpenBackend, progress: StepProgress, emit: Emit
) -> tuple[Prepared, Backend]:
    if request.revision_id is not None:
        return prepare_revision(request.project, request.revision_id, open_backend, progress)
    prepared = prepare(request.project, progress, emit)
    return prepared, open_backend(prepared.config.deploy_region_id)


def _tell_plan(plan: Plan, emit: Emit) -> None:
    emit(
        PlanMade(
            plan_id=plan.plan_id,
            steps=tuple(step_sentence(step) for step in plan.steps),
            hourly_total=str(plan.quote.hourly_total),
            monthly_total=str(plan.quote.monthly_total),
            currency=plan.quote.currency,
        )
    )
    network = plan.observed.network
    port = plan.config.port
    foreign_group = network is not None and network.security_group_id is None and bool(plan.observed.instances)
    if plan.steps and port and network is not None and foreign_group and port not in network.open_ports:
        instance_id = plan.observed.instances[0].instance_id
        message = (
            f"the security group of {instance_id} does not let TCP port {port} in: the application will run, "
            "but not be reachable from outside until you open it"
        )
        emit(WarningRaised(code="network.port_closed", message=message))


def _change(ending: Ending, backend: Backend, emit: Emit) -> Ending:
    """Upload, provision and release under the group's lock. What was made by then stands in the error that ends it."""
    plan, progress = ending.plan, ending.progress
    words = GroupWords.of(plan.config)
    made: list[dict[str, str]] = []
    step = "upload"
    try:
        with backend.begin(plan, "deploy", emit) as made_so_far:
            made = made_so_far
            with progress.step("upload") as told:
                artifact = backend.upload(plan, plan.package)
                told.tell(
                    f"{artifact.uploaded_bytes} bytes" if artifact.uploaded_bytes else "0 bytes: it is there already"
                )
            step = "provision"
            with progress.step("provision") as told:
                targets = tuple(backend.provision(plan))
                emit(_targets_event(targets))
                told.tell(", ".join(target.instance_id for target in targets))
            step = "release"
            with progress.step("release") as told:
                release = backend.release(plan, artifact, targets)
                raise_unless_released(release, plan, made)
                told.tell(f"{release.release_id} by {release.runner}")
    except KeyboardInterrupt:
        raise Interrupted(made, words.next_commands, cost_reminder=cost_reminder(plan)) from None
    except ReleaseError:
        raise
    except DeployerError as error:
        if not made and step == "upload":
            raise
        raise ChangeFailed(error, step, made, words.next_commands, cost_reminder=cost_reminder(plan)) from error
    return replace(ending, artifact=artifact, targets=targets, release=release)


def raise_unless_released(release: Release, plan: Plan, made: Sequence[dict[str, str]]) -> None:
    """Errors: RunnerFailed for the first instance that failed, with its log's last lines and all that was made."""
    for result in release.results:
        if not result.ok:
            words = GroupWords.of(plan.config)
            raise RunnerFailed(
                result.instance_id,
                result.failed_stage or "command",
                result.message,
                next_commands=words.next_commands,
                release_id=release.release_id,
                restored_release_id=result.restored_release_id,
                execution_id=release.execution_id,
                failed_in_a_row=release.failed_in_a_row,
                console_url=_flow_page(plan),
                evidence={name: result.evidence[name] for name in TELLING if result.evidence.get(name)},
                left=_left(release, made),
                cost_reminder=cost_reminder(plan),
                lessons=recall(result.log_tail),
                log_tail=result.log_tail,
            )


def _flow_page(plan: Plan) -> str:
    config = plan.config
    names = config.application_name, config.application_group_name
    return console_urls(*names, "failed", config.deploy_region_id)[0][1]


def _left(release: Release, made: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """What this run made, and the instances it went to that were there before."""
    there = [{"kind": "instance", "id": one.instance_id} for one in release.results]
    return [*made, *(thing for thing in there if thing not in made)]


def _targets_event(targets: Sequence[Target]) -> TargetsResolved:
    return TargetsResolved(
        instance_ids=tuple(target.instance_id for target in targets),
        created=tuple(target.instance_id for target in targets if target.created),
    )


def _skip_changes(progress: StepProgress) -> None:
    for step_id in ("upload", "provision", "release"):
        progress.skip(step_id, "unchanged", "no changes")


def _what_runs(verification: Verification) -> str:
    details = [check.detail for one in verification.instances for check in one.checks if check.ok]
    return "; ".join(details[:3])
