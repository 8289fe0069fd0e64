"""What a command says: decoded, measured, its parameters found and replaced.

Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from deployer.emulator.actions import ApiError
from deployer.emulator.services.refusals import invalid_parameter

_LARGEST = 24 * 1024  # bytes after base64, parameters included
_LARGEST_KEPT = 18 * 1024  # of a command that is kept
_MOST_PLACEHOLDERS = 20
_MOST_VALUES = 10
_LONGEST_NAME = 64
_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_SYSTEM_NAME = re.compile(r"(?:ACS::|oos:|oos-secret:).+", re.DOTALL)


def decode_content(text: str, encoding: str) -> bytes:
    """The script itself. An encoding that is neither word counts as PlainText.

    Errors: 403 CmdContent.DecodeError.
    """
    if encoding != "Base64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ApiError(403, "CmdContent.DecodeError", "The CommandContent can not be base64 decoded.") from error


def encode(content: bytes, encoding: str) -> str:
    """As an answer shows it: base64 unless PlainText is asked for; a character that was cut is replaced."""
    if encoding == "PlainText":
        return content.decode(errors="replace")
    return base64.b64encode(content).decode("ascii")


def check_size(content: bytes, parameters: Mapping[str, Any], *, kept: bool) -> None:
    """Raise when it is too long. Errors: 403 CmdContent.ExceedLimit."""
    size = (len(content) + 2) // 3 * 4 + (len(json.dumps(parameters)) if parameters else 0)
    if size > (_LARGEST_KEPT if kept else _LARGEST):
        raise ApiError(403, "CmdContent.ExceedLimit", "The maximum length of command content is exceeded.")


def parameter_names(content: bytes) -> tuple[str, ...]:
    """The names the caller has to give values for, in order, each once; built-in ones are not among them.

    Errors: 403 CmdParam.EmptyKey, CmdParam.InvalidParamName, CmdParamName.ExceedLimit, ParameterCount.ExceedLimit.
    """
    found: dict[str, str] = {}
    placeholders = _PLACEHOLDER.findall(content.decode(errors="surrogateescape"))
    if len(placeholders) > _MOST_PLACEHOLDERS:
        raise ApiError(403, "ParameterCount.ExceedLimit", "The maximum number of parameters is exceeded.")
    for name in placeholders:
        if _SYSTEM_NAME.fullmatch(name):
            continue
        if not name:
            raise ApiError(403, "CmdParam.EmptyKey", "The parameter name in the command is empty.")
        if not _NAME.fullmatch(name):
            raise ApiError(403, "CmdParam.InvalidParamName", "The parameter name in the command is invalid.")
        if len(name) > _LONGEST_NAME:
            raise ApiError(403, "CmdParamName.ExceedLimit", "The maximum length of a parameter name is exceeded.")
        found.setdefault(name.lower(), name)
    return tuple(found.values())


def check_values(names: tuple[str, ...], values: Mapping[str, Any], *, enabled: bool) -> None:
    """Raise unless the values fit the command.

    Errors: 400 Parameter.Disabled, Parameter.MissingValue; 403 Parameter.NotMatched, ParameterCount.ExceedLimit,
    ParameterKey.Duplicate, ParameterKey.ExceedLimit, ParameterType.NotSupported.
    """
    if not isinstance(values, Mapping):
        raise invalid_parameter("Parameters")
    if values and not enabled:
        raise ApiError(400, "Parameter.Disabled", "The command does not accept parameters.")
    if len(values) > _MOST_VALUES:
        raise ApiError(403, "ParameterCount.ExceedLimit", "The maximum number of parameters is exceeded.")
    given = [name.lower() for name in values]
    if len(set(given)) < len(given):
        raise ApiError(403, "ParameterKey.Duplicate", "A parameter name is given more than once.")
    if any(len(name) > _LONGEST_NAME for name in given):
        raise ApiError(403, "ParameterKey.ExceedLimit", "The maximum length of a parameter name is exceeded.")
    if any(isinstance(value, (dict, list)) for value in values.values()):
        raise ApiError(403, "ParameterType.NotSupported", "The type of a parameter is not supported.")
    wanted = {name.lower() for name in names}
    if not set(given) <= wanted:
        raise ApiError(403, "Parameter.NotMatched", "The parameters do not match those of the command.")
    if missing := wanted - set(given):
        raise ApiError(400, "Parameter.MissingValue", f"The parameter {min(missing)} has no value.")


def fill_in(content: bytes, values: Mapping[str, Any], look_up: Callable[[str], str]) -> bytes:
    """The script with every placeholder replaced; `look_up` gives the value of a built-in name."""
    known = {name.lower(): str(value) for name, value in values.items()}

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        return look_up(name) if _SYSTEM_NAME.fullmatch(name) else known[name.lower()]

    text = content.decode(errors="surrogateescape")
    return _PLACEHOLDER.sub(value_of, text).encode(errors="surrogateescape")
