"""Does it run? Evidence from each instance, and a verdict that rests on it, not on words in a log."""

from collections.abc import Sequence
from dataclasses import replace

from deployer.backends.base import Backend, LogRequest
from deployer.clock import Clock, SystemClock
from deployer.config.identity import ApplicationIdentity
from deployer.errors.release import VerificationFailed, VerificationInconclusive
from deployer.events import CheckFinished, Emit
from deployer.lessons import recall
from deployer.models.release import CheckResult, InstanceVerification, Verdict, Verification
from deployer.operations.reach import ask_address

LOOK_AGAIN_SECONDS = 1.0


def verify(
    backend: Backend, request: LogRequest, emit: Emit, *, wait_seconds: float = 0.0, clock: Clock | None = None
) -> Verification:
    """What was found on each instance of the group, looked at again until it runs or `wait_seconds` have passed.

    With `request.outside` each public address is asked from this computer too. Changes nothing.
    """
    clock = clock or SystemClock()
    deadline = clock.monotonic() + wait_seconds
    while True:
        verification = Verification(instances=tuple(_asked(one, request, clock) for one in backend.inspect(request)))
        if verification.verdict is Verdict.RUNNING or clock.monotonic() >= deadline:
            break
        clock.sleep(LOOK_AGAIN_SECONDS)
    for instance in verification.instances:
        for check in instance.checks:
            emit(CheckFinished(name=check.name, ok=check.ok, detail=check.detail, instance_id=instance.instance_id))
    return verification


def make_log_request(
    backend: Backend, identity: ApplicationIdentity, *, instance_id: str | None, lines: int, whole: bool
) -> LogRequest:
    """What is to be read of a group: its newest release says which port and path to look at."""
    past = backend.find_newest_release(identity.application_name, identity.application_group_name)
    return LogRequest(
        application_name=identity.application_name,
        application_group_name=identity.application_group_name,
        deploy_region_id=identity.deploy_region_id,
        instance_id=instance_id,
        lines=lines,
        whole=whole,
        port=past.port if past else identity.port,
        health_path=past.health_path if past else "/",
    )


def _asked(instance: InstanceVerification, request: LogRequest, clock: Clock) -> InstanceVerification:
    """The same, with the answer its public address gives to this computer where that was wanted."""
    if not request.outside or request.port is None:
        return instance
    if instance.public_ip is None:
        check = CheckResult(name="outside", ok=None, detail="the instance has no public address")
    else:
        url = f"http://{instance.public_ip}:{request.port}{request.health_path}"
        status = ask_address(url, clock)
        if status is None:
            detail = f"{url} does not answer from here: see the security group and the firewall of the instance"
            check = CheckResult(name="outside", ok=False, detail=detail)
        else:
            check = CheckResult(name="outside", ok=status < 500, detail=f"HTTP {status} from {url}, asked from here")
    checks = (*instance.checks, check)
    verdict = Verdict.FAILED if check.ok is False else instance.verdict
    return replace(instance, checks=checks, verdict=verdict)


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
        raise VerificationFailed(reasons, commands, lessons=recall(log), log_tail=log[-4000:])
    raise VerificationInconclusive(reasons, commands, log_tail=log[-4000:])
