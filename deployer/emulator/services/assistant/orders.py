"""A request to make or to run a command, checked against the documented limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.services.assistant.content import check_size, decode_content, parameter_names
from deployer.emulator.services.refusals import refuse_unsupported

DEFAULT_TIMEOUT_SECONDS = 60
SMALLEST_TIMEOUT_SECONDS = 10
_UNSUPPORTED = ("ContainerId", "ContainerName", "Launcher", "OssOutputDelivery", "Timed", "WindowsPasswordName")
_RUN_NOW = frozenset({"Once", "DryRun"})
_USERNAME = re.compile(r"[^\s:]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The parts of a command that say what it does."""

    content: bytes
    enable_parameter: bool
    parameter_names: tuple[str, ...]


def read_script(params: Mapping[str, Any], *, default_encoding: str, kept: bool) -> Script:
    """The script of CreateCommand or RunCommand.

    Errors: those of `decode_content`, `check_size` and `parameter_names`.
    """
    content = decode_content(params["CommandContent"], params.get("ContentEncoding", default_encoding))
    check_size(content, params.get("Parameters", {}), kept=kept)
    enabled = bool(params.get("EnableParameter", False))
    return Script(
        content=content,
        enable_parameter=enabled,
        parameter_names=parameter_names(content) if enabled else (),
    )


def check_texts(params: Mapping[str, Any]) -> None:
    """Raise when a name, text, folder or user is too long.

    Errors: 400 InvalidParameter.WorkingDir; 403 CmdName.ExceedLimit, CmdDesc.ExceedLimit, Username.ExceedLimit.
    """
    if len(params.get("Name", "")) > 128:
        raise ApiError(403, "CmdName.ExceedLimit", "The maximum length of the command name is exceeded.")
    if len(params.get("Description", "")) > 512:
        raise ApiError(403, "CmdDesc.ExceedLimit", "The maximum length of the command description is exceeded.")
    if "Username" in params and not _USERNAME.fullmatch(params["Username"]):
        raise ApiError(403, "Username.ExceedLimit", "The maximum length of the username is exceeded.")
    working_dir = params.get("WorkingDir", "/root")
    if len(working_dir) > 200 or "\0" in working_dir:
        raise ApiError(400, "InvalidParameter.WorkingDir", "The parameter WorkingDir is invalid.")


def read_repeat_mode(call: Call) -> str:
    """`Once` or `DryRun`; a Frequency makes it Period whatever RepeatMode says.

    Errors: 400 MissingParam.Frequency; 501 Emulator.NotImplemented for the modes that run later or again.
    """
    mode = str(call.params.get("RepeatMode", "Once"))
    if mode == "Period" and "Frequency" not in call.params:
        raise ApiError(400, "MissingParam.Frequency", "The parameter Frequency is missing.")
    refuse_unsupported(call, "Frequency", *_UNSUPPORTED, *(() if mode in _RUN_NOW else ("RepeatMode",)))
    return mode


def read_timeout(params: Mapping[str, Any], default_seconds: int) -> int:
    """Seconds, at least ten. Source: InvokeCommand, parameter Timeout."""
    return max(SMALLEST_TIMEOUT_SECONDS, int(params.get("Timeout", default_seconds)))
