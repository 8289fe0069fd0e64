"""The three scales on which Cloud Assistant says how far an invocation got, and how one follows from another.

Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocationresults
"""

from collections.abc import Sequence
from enum import Enum


class InvocationStatus(str, Enum):
    """How far an invocation is on one instance."""

    PENDING = "Pending"
    INVALID = "Invalid"
    ABORTED = "Aborted"
    RUNNING = "Running"
    SUCCESS = "Success"
    FAILED = "Failed"
    ERROR = "Error"
    TIMEOUT = "Timeout"
    CANCELLED = "Cancelled"
    STOPPING = "Stopping"
    TERMINATED = "Terminated"
    SCHEDULED = "Scheduled"

    def __str__(self) -> str:
        return str(self.value)


FINAL = frozenset(InvocationStatus) - {
    InvocationStatus.PENDING,
    InvocationStatus.RUNNING,
    InvocationStatus.STOPPING,
    InvocationStatus.SCHEDULED,
}
_STOPPED = frozenset({InvocationStatus.TERMINATED, InvocationStatus.CANCELLED})
_WAITING = frozenset({InvocationStatus.PENDING, InvocationStatus.SCHEDULED})


def record_status(status: InvocationStatus, *, exited: bool) -> str:
    """InvokeRecordStatus: coarser. A script that ran to its end is `Finished`, whatever its exit code."""
    if status is InvocationStatus.STOPPING:
        return "Stopping"
    if status not in FINAL:
        return "Running"
    if status in _STOPPED:
        return "Stopped"
    return "Finished" if exited else "Failed"


def overall_record_status(statuses: Sequence[str]) -> str:
    """InvokeStatus of DescribeInvocations: the record statuses of all instances as one."""
    found = set(statuses)
    if "Running" in found:
        return "Running"
    if "Stopping" in found:
        return "Stopping"
    if len(found) == 1:
        return found.pop()
    return "PartialFailed" if "Failed" in found else "Stopped"


def overall_status(statuses: Sequence[InvocationStatus]) -> str:
    """InvocationStatus of DescribeInvocations: the statuses of all instances as one.

    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocations
    """
    found = set(statuses)
    if found <= _WAITING:
        return "Pending"
    if found & (_WAITING | {InvocationStatus.RUNNING}):
        return "Running"
    if InvocationStatus.STOPPING in found:
        return "Stopping"
    if found == {InvocationStatus.SUCCESS}:
        return "Success"
    if found <= _STOPPED:
        return "Stopped"
    failed = found - _STOPPED - {InvocationStatus.SUCCESS}
    if not failed:
        return "Stopped"
    return "PartialFailed" if InvocationStatus.SUCCESS in found else "Failed"
