"""How far the deployment of an application group is, told by the execution that does it.

Source of the statuses: clients of application management; `Deploy...` is the first deployment, `Release...` each later.
"""

from collections.abc import Mapping
from types import MappingProxyType

from deployer.emulator.actions import Body
from deployer.emulator.services.oos.execution_views import json_text
from deployer.emulator.services.oos.state import ApplicationGroup, Deployment
from deployer.oos.execution import Status

_RELEASE: Mapping[Status, str] = MappingProxyType(
    {
        Status.SUCCESS: "Released",
        Status.FAILED: "ReleaseFailed",
        Status.CANCELLED: "ReleaseCancelled",
        Status.WAITING: "ReleaseWaiting",
    }
)
_FIRST: Mapping[Status, str] = MappingProxyType(
    {Status.SUCCESS: "Deployed", Status.FAILED: "DeployFailed", Status.CANCELLED: "DeployFailed"}
)


def status_of(deployment: Deployment | None) -> str:
    """`Created` until something is deployed."""
    if deployment is None:
        return "Created"
    if deployment.is_first:
        return _FIRST.get(deployment.execution.status, "Deploying")
    return _RELEASE.get(deployment.execution.status, "Releasing")


def deployed_revision_id(group: ApplicationGroup) -> str:
    """The revision the group has: the one its newest good deployment brought, or that it was told it has."""
    deployment = group.deployment
    if deployment is not None and deployment.execution.status is Status.SUCCESS:
        return deployment.revision_id
    return group.deployed_revision_id


def deployment_view(deployment: Deployment | None) -> Body:
    """The fields of a group that speak of its deployment."""
    if deployment is None:
        return {}
    execution = deployment.execution
    counters = execution.counters()
    ended = execution.status.is_final
    view: Body = {
        "ExecutionId": execution.execution_id,
        "DeployParameters": deployment.parameters,
        "DeployOutputs": json_text(execution.outputs) if ended else "",
        "Progress": "100" if ended else str(100 * counters["Success"] // max(1, counters["Total"])),
    }
    if execution.status is Status.FAILED:
        view |= {
            "StatusReason": execution.status_message,
            "ErrorType": "ExecutionFailed",
            "ErrorDetail": execution.status_message,
        }
    return view
