"""Does it run? Evidence from each instance, and a verdict that rests on it, not on words in a log."""

from collections.abc import Sequence

from deployer.backends.base import Backend, LogRequest
from deployer.errors.release import VerificationFailed, VerificationInconclusive
from deployer.events import CheckFinished, Emit
from deployer.models.release import InstanceVerification, Verdict, Verification


def verify(backend: Backend, request: LogRequest, emit: Emit) -> Verification:
    """What was found on each instance of the group. Changes nothing."""
    verification = Verification(instances=tuple(backend.inspect(request)))
    for instance in verification.instances:
        for check in instance.checks:
            emit(CheckFinished(name=check.name, ok=check.ok, detail=check.detail, instance_id=instance.instance_id))
    return verification


def reasons_against(verification: Verification) -> Sequence[str]:
    """Why the verdict is not `running`: the failed checks, else the ones that could not be told."""
    failed = [_reason(one, check.detail) for one in verification.instances for check in one.checks if check.ok is False]
    if failed:
        return failed
    unknown = [_reason(one, check.detail) for one in verification.instances for check in one.checks if check.ok is None]
    return unknown or ["no instance belongs to the group"]


def _reason(instance: InstanceVerification, detail: str) -> str:
    return f"{instance.instance_id}: {detail}"


def raise_unless_running(verification: Verification, request: LogRequest) -> None:
    """Errors: VerificationFailed (exit 1), VerificationInconclusive (exit 2)."""
    if verification.verdict is Verdict.RUNNING:
        return
    group = f"--name {request.application_name} --group {request.application_group_name} --region {request.deploy_region_id}"
    commands = (f"deployer logs {group}", f"deployer status {group}")
    reasons = reasons_against(verification)
    log = next((one.log for one in verification.instances if one.log), "")
    if verification.verdict is Verdict.FAILED:
        raise VerificationFailed(reasons, commands, log_tail=log[-4000:])
    raise VerificationInconclusive(reasons, commands, log_tail=log[-4000:])
