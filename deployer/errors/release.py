"""Errors of the third phase: something was changed, and it did not end well."""

from collections.abc import Sequence
from typing import Any

from deployer.errors.base import DeployerError, InconclusiveError, ReleaseError, VerificationError


class ChangeFailed(ReleaseError):
    """A change in the cloud failed after others were made; `left` lists what exists now."""

    code = "release.change_failed"

    def __init__(
        self,
        cause: DeployerError,
        step: str,
        left: Sequence[dict[str, str]],
        next_commands: tuple[str, ...],
        *,
        cost_reminder: str,
    ) -> None:
        super().__init__(
            f"{step} failed: {cause.message}",
            hint=cause.hint,
            next_commands=next_commands,
            step=step,
            left=list(left),
            cause=cause.as_dict(),
            cost_reminder=cost_reminder if left else "nothing was made, so nothing costs",
        )


class RunnerFailed(ReleaseError):
    """The release did not come up on an instance; `stage` says how far it got."""

    code = "release.runner_failed"

    def __init__(
        self, instance_id: str, stage: str, message: str, *, next_commands: tuple[str, ...], **facts: Any
    ) -> None:
        restored = facts.get("restored_release_id")
        after = f"; release {restored} runs again" if restored else ""
        attempts = int(facts.get("failed_in_a_row") or 0)
        usual = STAGE_HINTS.get(stage, "read the log below, mend the project, and deploy again")
        again = first_solution(facts.get("lessons")) or usual
        super().__init__(
            f"the release failed on {instance_id} at `{stage}`: {message}{after}",
            hint=again if attempts < MOST_ATTEMPTS else GIVE_UP_HINT.format(attempts),
            next_commands=next_commands,
            instance_id=instance_id,
            stage=stage,
            **facts,
        )


def first_solution(lessons: Sequence[dict[str, Any]] | None) -> str | None:
    """What helped with the first failure that was recognised in the log; None when none was."""
    return str(lessons[0]["solution"]) if lessons else None


MOST_ATTEMPTS = 3
GIVE_UP_HINT = (
    "{} releases in a row failed: stop here, report the log and the page below to a person, and remove what costs with the "
    "delete command"
)
STAGE_HINTS = {
    "lock": "another release runs on this instance: wait for it, then deploy again",
    "space": "free disk space on the instance, or deploy to one with a larger system disk",
    "fetch": "check that the instance reaches OSS by its internal address (outbound rules of its security group)",
    "hash": "run the same command again: the archive did not arrive whole",
    "unpack": "the archive was refused before anything was stopped; deploy again from a clean tree",
    "start": "mend the start script by what its output says, then deploy again",
    "gate": "mend the application by what its log says, then deploy again",
    "agent": "the instance did not answer Cloud Assistant: see its state with `deployer status`",
}


class VerificationFailed(VerificationError):
    """At least one instance does not serve."""

    code = "verification.failed"

    def __init__(self, reasons: Sequence[str], next_commands: tuple[str, ...], **facts: Any) -> None:
        super().__init__(
            "the application does not run: " + "; ".join(reasons),
            hint=first_solution(facts.get("lessons")) or "read the log, mend the application, and deploy again",
            next_commands=next_commands,
            reasons=list(reasons),
            **facts,
        )


class VerificationInconclusive(InconclusiveError):
    """What was seen proves neither that it runs nor that it does not."""

    code = "verification.inconclusive"

    def __init__(self, reasons: Sequence[str], next_commands: tuple[str, ...], **facts: Any) -> None:
        super().__init__(
            "it could not be told whether the application runs: " + "; ".join(reasons),
            hint="look at the log with `deployer logs`, or ask again in a moment",
            next_commands=next_commands,
            reasons=list(reasons),
            **facts,
        )


class Interrupted(ReleaseError):
    """The user ended the command while it was changing things."""

    code = "interrupted"
    exit_code = 130

    def __init__(self, left: Sequence[dict[str, str]], next_commands: tuple[str, ...], *, cost_reminder: str) -> None:
        super().__init__(
            "interrupted: no new step was started",
            hint="run the same command again: it goes on where this one stopped",
            next_commands=next_commands,
            left=list(left),
            cost_reminder=cost_reminder if left else "nothing was made, so nothing costs",
        )


class UninstallFailed(ReleaseError):
    """The application could not be removed from an instance that stays."""

    code = "release.uninstall_failed"

    def __init__(self, instance_id: str, application_name: str, reason: str) -> None:
        super().__init__(
            f"{application_name} could not be removed from {instance_id}: {reason}",
            hint="run the same command again, or keep the instance as it is with --keep-instance",
            instance_id=instance_id,
            application_name=application_name,
            reason=reason,
        )
