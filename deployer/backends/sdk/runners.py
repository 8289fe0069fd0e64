"""Two ways to run one command on one instance, with the same outcome: an OOS execution, or plain Cloud Assistant."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.backends.console import console_urls
from deployer.backends.sdk.run import DeployRun
from deployer.cloud.assistant import InvocationResult, decode_output
from deployer.cloud.cloud import Cloud
from deployer.cloud.oos import Execution
from deployer.cloud.polling import Wait, wait_until
from deployer.errors.access import PermissionDenied
from deployer.events import ExecutionProgressed, InvocationFinished, WaitProgressed, WarningRaised
from deployer.models.release import Target
from deployer.oos.shipped import read_template

RELEASE_TEMPLATE = "deployer-release"
_DENIED = ("Forbidden.RAM", "NoPermission")  # how ECS and RAM begin what they say to an identity without the right
HAND_OVER_SECONDS = 180  # Cloud Assistant may take a minute or two until the agent has the command


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandOutcome:
    """What came of a command. `status` is the InvocationStatus; `trouble` says why there is no evidence in `output`."""

    runner: str
    execution_id: str | None
    invoke_id: str | None
    status: str
    output: bytes
    trouble: str


def run_by_oos(
    cloud: Cloud, run: DeployRun, target: Target, command: bytes, *, release_id: str, seconds: int
) -> CommandOutcome:
    """The command through an execution of our template.

    Errors: PermissionDenied for an action of OOS before anything ran, for one of ECS also when its tasks were refused.
    """
    parameters = {
        "regionId": target.deploy_region_id,
        "instanceId": target.instance_id,
        "commandContent": base64.b64encode(command).decode(),
        "timeoutSeconds": seconds,
        "releaseId": release_id,
        "OOSAssumeRole": "",
    }
    tags = {"deployer:application": run.names.application_name, "deployer:group": run.names.application_group_name}
    place = {"instance_id": target.instance_id, "release_id": release_id}
    execution_id = run.noted("StartExecution", "execution_id", **place) or run.change(
        "StartExecution",
        "execution_id",
        lambda token: cloud.oos.start_execution(release_template(), parameters, tags=tags, client_token=token),
        **place,
        command_sha256=hashlib.sha256(command).hexdigest(),
    )
    execution = _follow_execution(cloud, run, execution_id, seconds)
    outputs = _outputs_of(cloud, execution)
    _check_allowed(execution, outputs)
    run.emit(
        InvocationFinished(
            invoke_id=str(outputs.get("invokeId") or ""),
            instance_id=target.instance_id,
            status=str(outputs.get("invocationStatus") or ""),
            exit_code=_exit_code(outputs.get("exitCode")),
        )
    )
    return _outcome_of(execution, outputs)


def _outputs_of(cloud: Cloud, execution: Execution) -> Mapping[str, Any]:
    """What the execution says of the command; what its tasks say when it ended without outputs of its own."""
    if execution.outputs.get("invocationStatus"):
        return execution.outputs
    tasks = cloud.oos.list_task_outputs(execution.execution_id)
    return {**tasks.get("readResult", {}), **tasks.get("runCommand", {})}


def _check_allowed(execution: Execution, outputs: Mapping[str, Any]) -> None:
    """Errors: PermissionDenied when a task's API was refused to the caller, whose rights the execution has."""
    if any(code in execution.status_message for code in _DENIED):
        asked = "DescribeInvocationResults" if outputs.get("invokeId") else "RunCommand"
        raise PermissionDenied(f"ecs:{asked}", action=f"ecs:{asked}", execution_id=execution.execution_id)


def _outcome_of(execution: Execution, outputs: Mapping[str, Any]) -> CommandOutcome:
    error = ": ".join(str(part) for part in (outputs.get("errorCode"), outputs.get("errorInfo")) if part)
    return CommandOutcome(
        runner="oos",
        execution_id=execution.execution_id,
        invoke_id=str(outputs.get("invokeId") or "") or None,
        status=str(outputs.get("invocationStatus") or "") or "Pending",
        output=decode_output(str(outputs.get("output") or "")),
        trouble=error or execution.status_message or f"the execution ended {execution.status}",
    )


def release_template() -> str:
    """Our template without its comments: all of it travels in the request line."""
    lines = read_template(RELEASE_TEMPLATE).splitlines(keepends=True)
    return "".join(line for line in lines if not line.lstrip().startswith("#"))


def _follow_execution(cloud: Cloud, run: DeployRun, execution_id: str, seconds: int) -> Execution:
    unseen = Execution(execution_id=execution_id, status="Started", status_message="", waiting_for="", outputs={})

    def tell(status: str, _elapsed: float) -> None:
        run.emit(ExecutionProgressed(execution_id=execution_id, status=status))
        if status == "Waiting":
            names = run.names.application_name, run.names.application_group_name
            pages = console_urls(*names, "waiting", cloud.region_id, execution_id)
            message = f"the execution waits for a person: {', '.join(url for _, url in pages)}"
            run.emit(WarningRaised(code="release.waiting", message=message))

    return wait_until(
        lambda: cloud.oos.find_execution(execution_id) or unseen,
        lambda execution: execution.is_final,
        Wait(what=f"execution {execution_id}", timeout_seconds=seconds + HAND_OVER_SECONDS, longest_pause_seconds=1.0),
        status=lambda execution: execution.status,
        clock=cloud.session.clock,
        on_change=tell,
    )


def run_by_assistant(
    cloud: Cloud, run: DeployRun, target: Target, command: bytes, *, release_id: str, seconds: int
) -> CommandOutcome:
    """The command by Cloud Assistant itself."""
    place = {"instance_id": target.instance_id, "release_id": release_id}
    invoke_id = run.noted("RunCommand", "invoke_id", **place) or run.change(
        "RunCommand",
        "invoke_id",
        lambda token: cloud.assistant.start_command(
            target.instance_id,
            command,
            name=f"deployer-{release_id}",
            timeout_seconds=seconds,
            client_token=token,
        ),
        **place,
        command_sha256=hashlib.sha256(command).hexdigest(),
    )
    result = follow_command(cloud, target.instance_id, invoke_id, seconds, run)
    return CommandOutcome(
        runner="cloud-assistant",
        execution_id=None,
        invoke_id=invoke_id,
        status=result.status,
        output=result.output,
        trouble=": ".join(part for part in (result.error_code, result.error_info) if part)
        or f"it ended {result.status}",
    )


def follow_command(
    cloud: Cloud, instance_id: str, invoke_id: str, seconds: int, run: DeployRun | None = None
) -> InvocationResult:
    """The final result of a command. Errors: WaitedTooLong."""
    pending = InvocationResult(
        invoke_id=invoke_id,
        instance_id=instance_id,
        status="Pending",
        exit_code=None,
        output=b"",
        dropped_bytes=0,
        error_code=None,
        error_info=None,
    )
    what = f"command {invoke_id} on {instance_id}"
    timeout_seconds = seconds + HAND_OVER_SECONDS

    def tell(status: str, elapsed: float) -> None:
        if run is not None:
            run.emit(WaitProgressed(what=what, status=status, elapsed_seconds=elapsed, timeout_seconds=timeout_seconds))

    result = wait_until(
        lambda: cloud.assistant.find_result(invoke_id, instance_id) or pending,
        lambda one: one.is_final,
        Wait(what=what, timeout_seconds=timeout_seconds, longest_pause_seconds=1.0),
        status=lambda one: one.status,
        clock=cloud.session.clock,
        on_change=tell,
    )
    if run is not None:
        run.emit(
            InvocationFinished(
                invoke_id=invoke_id, instance_id=instance_id, status=result.status, exit_code=result.exit_code
            )
        )
    return result


def _exit_code(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
