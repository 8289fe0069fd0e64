"""Commands and invocations as the answers show them."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from deployer.emulator.services.assistant.content import encode
from deployer.emulator.services.assistant.state import Command, Invocation, Record
from deployer.emulator.services.assistant.statuses import overall_record_status, overall_status
from deployer.emulator.services.timestamps import to_second

View = dict[str, Any]


def command_view(command: Command, encoding: str) -> View:
    """An entry of DescribeCommands."""
    return {
        "CommandId": command.command_id,
        "Name": command.name,
        "Description": command.description,
        "Type": command.command_type,
        "CommandContent": encode(command.content, encoding),
        "EnableParameter": command.enable_parameter,
        "ParameterNames": {"ParameterName": list(command.parameter_names)},
        "Timeout": command.timeout_seconds,
        "WorkingDir": command.working_dir,
        "CreationTime": to_second(command.created_at),
        "InvokeTimes": command.invoke_times,
        "Provider": "User",
        "Category": "",
        "Version": 1,
        "Latest": True,
        "ResourceGroupId": command.resource_group_id,
        "Tags": tags_view(command.tags),
    }


def invocation_view(invocation: Invocation, encoding: str, *, with_output: bool) -> View:
    """An entry of DescribeInvocations: the command, and what came of it on all instances together and on each."""
    command, records = invocation.command, list(invocation.records.values())
    return {
        "InvokeId": invocation.invoke_id,
        "CommandId": command.command_id,
        "CommandName": command.name,
        "CommandDescription": command.description,
        "CommandType": command.command_type,
        "CommandContent": encode(command.content, encoding),
        "CreationTime": to_second(invocation.created_at),
        "Frequency": "",
        "Timed": False,
        "RepeatMode": invocation.repeat_mode,
        "Timeout": invocation.timeout_seconds,
        "TerminationMode": invocation.termination_mode,
        "Username": invocation.username,
        "WorkingDir": invocation.working_dir,
        "Parameters": json.dumps(dict(invocation.parameters), ensure_ascii=False),
        "InvocationStatus": overall_status([record.status for record in records]),
        "InvokeStatus": overall_record_status([record.record_status for record in records]),
        "InvokeInstances": {"InvokeInstance": [_instance_view(record, encoding, with_output) for record in records]},
        "Tags": tags_view(invocation.tags),
    }


def _instance_view(record: Record, encoding: str, with_output: bool) -> View:  # noqa: FBT001  (private, one caller)
    view = {
        "InstanceId": record.instance_id,
        "InvocationStatus": str(record.status),
        "InstanceInvokeStatus": record.record_status,
        "CreationTime": to_second(record.created_at),
        "UpdateTime": _time(record.updated_at or record.created_at),
        "FinishTime": _time(record.finished_at),
        "Timed": False,
        **_outcome(record),
    }
    return view | ({"Output": encode(record.output, encoding), "Dropped": record.dropped} if with_output else {})


def result_view(invocation: Invocation, record: Record, encoding: str) -> View:
    """An entry of DescribeInvocationResults."""
    return {
        "InvokeId": invocation.invoke_id,
        "CommandId": invocation.command.command_id,
        "InstanceId": record.instance_id,
        "InvocationStatus": str(record.status),
        "InvokeRecordStatus": record.record_status,
        "FinishedTime": _time(record.finished_at),
        "Output": encode(record.output, encoding),
        "Dropped": record.dropped,
        "TerminationMode": invocation.termination_mode,
        "Username": invocation.username,
        "Tags": tags_view(invocation.tags),
        **_outcome(record),
    }


def _outcome(record: Record) -> View:
    """What both answers say alike. There is no exit code before the end."""
    exit_code = {} if record.exit_code is None else {"ExitCode": record.exit_code}
    return {
        "ErrorCode": record.error_code,
        "ErrorInfo": record.error_info,
        "Repeats": record.repeats,
        "StartTime": _time(record.started_at),
        "StopTime": _time(record.stopped_at),
        **exit_code,
    }


def tags_view(tags: Mapping[str, str]) -> View:
    """Tags as Cloud Assistant writes them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def _time(moment: datetime | None) -> str:
    return "" if moment is None else to_second(moment)
