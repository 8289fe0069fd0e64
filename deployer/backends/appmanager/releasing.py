"""What came of a release by the CLI, told from the group's status and recorded beside the releases of other backends."""

from deployer.backends.appmanager.answers import FAILED, CliGroup
from deployer.backends.appmanager.deploying import CliDeploy
from deployer.backends.sdk.releasing import close_record, new_record
from deployer.backends.sdk.run import DeployRun
from deployer.cloud.cloud import Cloud
from deployer.errors.appmanager import RevisionNotKept
from deployer.ledger.records import ReleaseHistory, ReleaseRecord
from deployer.models.plan import Plan
from deployer.models.release import Artifact, InstanceResult, Release, Target

RUNNER = "appmanager"
LOG_TAIL = 4_000
REVISION = "revision_id"


def release_by_cli(
    deploy: CliDeploy, cloud: Cloud, plan: Plan, run: DeployRun, artifact: Artifact, targets: tuple[Target, ...]
) -> Release:
    """What came of it on every target. The record says `started` before and `good` or `failed` after.

    Errors: whatever the CLI says, when it is not that a script failed.
    """
    history = ReleaseHistory(cloud.oss, run.bucket_name, run.names)
    record = new_record(cloud, plan, run, artifact, targets, RUNNER)
    history.write(record)
    group = deploy.finish()
    revision_id = deploy.revision_id or (group.revision_id if group else None)
    results = tuple(_result(target, group, revision_id) for target in targets)
    execution_id = group.execution_id if group else None
    release = Release(release_id=record.release_id, runner=RUNNER, execution_id=execution_id, results=results)
    return close_record(history, record, release, cloud.session.clock)


def _result(target: Target, group: CliGroup | None, revision_id: str | None) -> InstanceResult:
    """`Deployed` says that the scripts ran, not that the application does. `ReleaseCancelled` is never a person's doing.

    Source: the skill's semantics of `ReleaseCancelled`: the start script failed or timed out.
    """
    status = group.status if group else ""
    failed = status in FAILED
    message = f"the start script failed or timed out (`{status}`)" if failed else "the scripts ended well"
    return InstanceResult(
        instance_id=target.instance_id,
        ok=not failed,
        failed_stage="start" if failed else None,
        message=message,
        log_tail=group.command_output[-LOG_TAIL:] if group else "",
        evidence={"message": message, "status": status, REVISION: revision_id},
    )


def find_revision_id(history: ReleaseHistory, plan: Plan) -> str:
    """The revision that the CLI made of what the plan releases again. Errors: RevisionNotKept."""
    for release_id in history.list_ids():
        record = history.find(release_id)
        if record is not None and _is_of(record, plan):
            revision_id = next((one.get(REVISION) for one in record.evidence.values() if isinstance(one, dict)), None)
            if revision_id:
                return str(revision_id)
    raise RevisionNotKept(plan.config.application_name, plan.config.application_group_name)


def _is_of(record: ReleaseRecord, plan: Plan) -> bool:
    scripts_sha256 = f"{record.start_sha256}:{record.stop_sha256}"
    return (record.artifact_sha256, scripts_sha256) == (plan.artifact_sha256, plan.scripts_sha256)
