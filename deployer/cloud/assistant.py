"""Cloud Assistant: is the agent there, run a command, read what came of it."""

import base64
import binascii
from dataclasses import dataclass

from deployer.cloud.ecs import EcsClient

FINAL_STATUSES = frozenset({"Invalid", "Aborted", "Success", "Failed", "Error", "Timeout", "Cancelled", "Terminated"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationResult:
    """How a command went on one instance. `output` is what Cloud Assistant kept; `dropped_bytes` what it did not."""

    invoke_id: str
    instance_id: str
    status: str  # InvocationStatus: Pending, Running, Success, Failed, Timeout …
    exit_code: int | None
    output: bytes
    dropped_bytes: int
    error_code: str | None
    error_info: str | None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_STATUSES


class AssistantClient:
    """Cloud Assistant operations of ECS 2014-05-26 in one region."""

    def __init__(self, ecs: EcsClient) -> None:
        self._ecs = ecs

    def is_ready(self, instance_id: str) -> bool:
        """Whether the agent answers; a Running instance is not yet a booted one.

        Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describecloudassistantstatus
        """
        from alibabacloud_ecs20140526.models import DescribeCloudAssistantStatusRequest

        body = self._ecs.call(
            "DescribeCloudAssistantStatus",
            "describe_cloud_assistant_status",
            DescribeCloudAssistantStatusRequest(region_id=self._ecs.region_id, instance_id=[instance_id]),
        )
        status_set = body.instance_cloud_assistant_status_set
        found = (status_set.instance_cloud_assistant_status if status_set else None) or []
        return any(one.instance_id == instance_id and one.cloud_assistant_status == "true" for one in found)

    def start_command(
        self, instance_id: str, content: bytes, *, name: str, timeout_seconds: int, client_token: str
    ) -> str:
        """The invoke id of a command that was handed over; nothing has run yet. The command is not kept.

        Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand
        """
        from alibabacloud_ecs20140526.models import RunCommandRequest

        body = self._ecs.call(
            "RunCommand",
            "run_command",
            RunCommandRequest(
                region_id=self._ecs.region_id,
                instance_id=[instance_id],
                type="RunShellScript",
                name=name,
                command_content=base64.b64encode(content).decode(),
                content_encoding="Base64",
                working_dir="/root",
                timeout=timeout_seconds,
                keep_command=False,
                termination_mode="ProcessTree",
                enable_parameter=False,
                client_token=client_token,
            ),
        )
        return str(body.invoke_id)

    def find_result(self, invoke_id: str, instance_id: str) -> InvocationResult | None:
        """The result so far; None until the instance reports.

        Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocationresults
        """
        from alibabacloud_ecs20140526.models import DescribeInvocationResultsRequest

        body = self._ecs.call(
            "DescribeInvocationResults",
            "describe_invocation_results",
            DescribeInvocationResultsRequest(
                region_id=self._ecs.region_id,
                invoke_id=invoke_id,
                instance_id=instance_id,
                content_encoding="Base64",
                max_results=50,
            ),
        )
        results = body.invocation.invocation_results if body.invocation else None
        for one in (results.invocation_result if results else None) or []:
            if one.instance_id == instance_id:
                return InvocationResult(
                    invoke_id=invoke_id,
                    instance_id=instance_id,
                    status=one.invocation_status or "Pending",
                    exit_code=one.exit_code,
                    output=decode_output(one.output),
                    dropped_bytes=one.dropped or 0,
                    error_code=one.error_code or None,
                    error_info=one.error_info or None,
                )
        return None

    def stop_command(self, invoke_id: str, instance_id: str) -> None:
        """End the command; what it printed so far stays readable."""
        from alibabacloud_ecs20140526.models import StopInvocationRequest

        self._ecs.call(
            "StopInvocation",
            "stop_invocation",
            StopInvocationRequest(region_id=self._ecs.region_id, invoke_id=invoke_id, instance_id=[instance_id]),
        )


def decode_output(output: str | None) -> bytes:
    """The bytes behind an `Output` field: base64 as asked for, or plain text all the same (B77)."""
    if not output:
        return b""
    try:
        return base64.b64decode(output, validate=True)
    except (binascii.Error, ValueError):
        return output.encode("utf-8", "replace")
