"""Files sent to instances: small ones, within the request itself."""

import base64
import binascii
import re
import shlex
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.context import Context
from deployer.emulator.services.assistant.delivery import Delivery
from deployer.emulator.services.assistant.orders import DEFAULT_TIMEOUT_SECONDS, read_timeout
from deployer.emulator.services.assistant.pages import take_page
from deployer.emulator.services.assistant.state import AssistantState, Command, Invocation, Record, SentFile
from deployer.emulator.services.assistant.statuses import InvocationStatus, overall_status
from deployer.emulator.services.assistant.targets import find_targets
from deployer.emulator.services.assistant.views import tags_view
from deployer.emulator.services.client_tokens import ClientTokens
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.tagging import carries, read_tags
from deployer.emulator.services.timestamps import to_second

_LARGEST = 32 * 1024  # after base64
_MODE = re.compile(r"0[0-7]{3}")
# The exit codes of the script below, as results name them.
_FAILURES: Mapping[int, str] = MappingProxyType(
    {41: "FileAlreadyExists", 42: "UserOrGroupNotExists", 43: "FilePathInvalid", 44: "FileAuthorityInvalid"}
)
_SCRIPT = """#!/bin/bash
umask 022
mkdir -p -- {directory} || exit 43
target={directory}/{name}
[ -d "$target" ] && exit 43
if [ -e "$target" ] && [ {overwrite} = false ]; then exit 41; fi
id -u -- {owner} >/dev/null 2>&1 && getent group {group} >/dev/null 2>&1 || [ {owner}:{group} = root:root ] || exit 42
base64 -d >"$target.sending" <<'CONTENT' || exit 43
{content}
CONTENT
chmod {mode} "$target.sending" || exit 44
[ {owner}:{group} = root:root ] || chown {owner}:{group} "$target.sending" || exit 44
mv -f -- "$target.sending" "$target"
"""


class FileActions:
    """SendFile, DescribeSendFileResults."""

    def __init__(self, context: Context, ecs_state: EcsState, state: AssistantState, delivery: Delivery) -> None:
        self._context = context
        self._ecs_state = ecs_state
        self._state = state
        self._delivery = delivery
        self._tokens = ClientTokens()

    @action(
        "SendFile", source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-sendfile"
    )
    def send_file(self, call: Call) -> Body:
        """The file goes to up to 50 instances; what came of it DescribeSendFileResults tells.

        Errors: 403 FileName.ExceedLimit, FileDesc.ExceedLimit, FileSize.ExceedLimit, FileContent.DecodeError,
        FileContentType.Invalid, FileMode.Invalid, FileTargetDir.Invalid, InstanceIds.ExceedLimit; 404
        InvalidInstance.NotFound.
        """

        def make() -> Body:
            content = _check(call.params)
            targets = find_targets(self._ecs_state, call.params["InstanceId"], call.region_id, most=50)
            sent = self._sent_file(call, content, [instance.instance_id for instance in targets])
            self._state.sent_files[sent.invocation.invoke_id] = sent
            self._state.invocations[sent.invocation.invoke_id] = sent.invocation
            self._delivery.dispatch(sent.invocation)
            return {"InvokeId": sent.invocation.invoke_id}

        return self._tokens.once(call, make)

    @action(
        "DescribeSendFileResults",
        source="https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describesendfileresults",
    )
    def describe_send_file_results(self, call: Call) -> Body:
        """Sent files, newest first, with one entry per instance."""
        params = call.params
        views = []
        for sent in list(self._state.sent_files.values())[::-1]:
            invocation = sent.invocation
            if (
                invocation.region_id == call.region_id
                and params.get("InvokeId", invocation.invoke_id) == invocation.invoke_id
                and params.get("Name", sent.name) == sent.name
                and ("InstanceId" not in params or params["InstanceId"] in invocation.records)
                and carries(invocation.tags, params.get("Tag", []))
            ):
                self._delivery.look(invocation)
                views.append(_view(sent))
        wanted = params.get("InvocationStatus")
        found = [view for view in views if wanted in {None, view["InvocationStatus"]}]
        page, fields = take_page(found, params, key=lambda view: str(view["InvokeId"]))
        return {"Invocations": {"Invocation": list(page)}, **fields}

    def _sent_file(self, call: Call, content: bytes, instance_ids: list[str]) -> SentFile:
        params = call.params
        return SentFile(
            invocation=self._invocation(call, content, instance_ids),
            name=params["Name"],
            target_dir=params["TargetDir"],
            content=params["Content"],
            content_type=params.get("ContentType", "PlainText"),
            description=params.get("Description", ""),
            file_mode=params.get("FileMode", "0644"),
            file_owner=params.get("FileOwner", "root"),
            file_group=params.get("FileGroup", "root"),
            overwrite=bool(params.get("Overwrite", False)),
        )

    def _invocation(self, call: Call, content: bytes, instance_ids: list[str]) -> Invocation:
        """The run of a script that writes the file."""
        params, now = call.params, self._context.clock.now()
        command = Command(
            command_id=self._context.ids.resource_id("c", 20),
            region_id=call.region_id,
            name=params["Name"],
            description="",
            command_type="RunShellScript",
            content=_script(params, content),
            enable_parameter=False,
            parameter_names=(),
            timeout_seconds=DEFAULT_TIMEOUT_SECONDS,
            working_dir="/",
            created_at=now,
            kept=False,
        )
        return Invocation(
            invoke_id=self._context.ids.resource_id("f", 20),
            region_id=call.region_id,
            command=command,
            parameters={},
            principal=call.principal,
            timeout_seconds=read_timeout(params, DEFAULT_TIMEOUT_SECONDS),
            username="root",
            working_dir="/",
            termination_mode="ProcessTree",
            repeat_mode="Once",
            created_at=now,
            records={one: Record(instance_id=one, created_at=now) for one in instance_ids},
            tags=read_tags(params.get("Tag", [])),
        )


def _script(params: Mapping[str, Any], content: bytes) -> bytes:
    text = _SCRIPT.format(
        directory=shlex.quote(params["TargetDir"].rstrip("/") or "/"),
        name=shlex.quote(params["Name"]),
        owner=shlex.quote(params.get("FileOwner", "root")),
        group=shlex.quote(params.get("FileGroup", "root")),
        overwrite=str(bool(params.get("Overwrite", False))).lower(),
        mode=params.get("FileMode", "0644"),
        content=base64.b64encode(content).decode("ascii"),
    )
    return text.encode()


def _check(params: Mapping[str, Any]) -> bytes:
    """The file's bytes. Errors: ApiError, as SendFile documents."""
    content_type, target_dir = params.get("ContentType", "PlainText"), params["TargetDir"]
    if content_type not in {"PlainText", "Base64"}:
        raise ApiError(403, "FileContentType.Invalid", "The ContentType is invalid.")
    if len(params["Name"]) > 255 or "/" in params["Name"]:
        raise ApiError(403, "FileName.ExceedLimit", "The length of the file name exceeds the upper limit.")
    if len(params.get("Description", "")) > 512:
        raise ApiError(403, "FileDesc.ExceedLimit", "The length of the description exceeds the upper limit.")
    if len(target_dir) > 255 or not target_dir.startswith("/") or "\0" in target_dir:
        raise ApiError(403, "FileTargetDir.Invalid", "The TargetDir is invalid.")
    if not _MODE.fullmatch(params.get("FileMode", "0644")):
        raise ApiError(403, "FileMode.Invalid", "The FileMode is invalid.")
    try:
        is_encoded = content_type == "Base64"
        content = base64.b64decode(params["Content"], validate=True) if is_encoded else params["Content"].encode()
    except (binascii.Error, ValueError) as error:
        raise ApiError(403, "FileContent.DecodeError", "The content can not be base64 decoded.") from error
    if (len(content) + 2) // 3 * 4 > _LARGEST:
        raise ApiError(403, "FileSize.ExceedLimit", "The size of the file exceeds the upper limit.")
    return content


def _view(sent: SentFile) -> Body:
    invocation = sent.invocation
    records = list(invocation.records.values())
    overall = overall_status([record.status for record in records])
    return {
        "InvokeId": invocation.invoke_id,
        "Name": sent.name,
        "TargetDir": sent.target_dir,
        "Content": sent.content,
        "ContentType": sent.content_type,
        "Description": sent.description,
        "FileMode": sent.file_mode,
        "FileOwner": sent.file_owner,
        "FileGroup": sent.file_group,
        "Overwrite": str(sent.overwrite).lower(),
        "CreationTime": to_second(invocation.created_at),
        "VmCount": len(records),
        "InvocationStatus": "Running" if overall == "Stopping" else overall,
        "InvokeInstances": {"InvokeInstance": [_record_view(record) for record in records]},
        "Tags": tags_view(invocation.tags),
    }


def _record_view(record: Record) -> Body:
    failure = _FAILURES.get(record.exit_code or 0) if record.status is InvocationStatus.FAILED else None
    return {
        "InstanceId": record.instance_id,
        "InvocationStatus": str(record.status),
        "ErrorCode": failure or record.error_code,
        "ErrorInfo": f"the file could not be written: {failure}" if failure else record.error_info,
        "CreationTime": to_second(record.created_at),
        "StartTime": to_second(record.started_at) if record.started_at else "",
        "FinishTime": to_second(record.finished_at) if record.finished_at else "",
        "UpdateTime": to_second(record.updated_at or record.created_at),
    }
