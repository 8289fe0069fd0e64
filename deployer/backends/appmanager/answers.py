"""What the CLI's `status` says of a group, and what its scripts printed: `deployCommandOutput` in all its shapes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Source: the statuses that Ops MCP waits for and those the skill explains. `Deploy…` is the first time, `Release…` later.
IN_PROGRESS = frozenset({"Creating", "Deploying", "Releasing"})
WAITING = frozenset({"ReleaseWaiting"})
GOOD = frozenset({"Deployed", "Released"})
SCRIPT_FAILED = frozenset({"ReleaseCancelled", "ReleaseFailed"})
FAILED = frozenset({"DeployFailed", *SCRIPT_FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class CliGroup:
    """An application group as `aliyun appmanager app status` shows it. Empty and None where it does not say."""

    kind: str  # "app" or "agent": the word its commands take
    status: str
    instance_ids: tuple[str, ...]
    public_ips: tuple[str, ...]
    revision_id: str | None
    execution_id: str | None
    console_url: str | None
    command_output: str


def read_group(kind: str, data: Mapping[str, Any]) -> CliGroup:
    """The group of a `status` answer. Assumed: names of fields the skill does not use, so several are looked for."""
    log = data.get("execution_log")
    execution: Mapping[str, Any] = log if isinstance(log, Mapping) else {}
    return CliGroup(
        kind=kind,
        status=_first_text(data, "status", "group_status", "deploy_status"),
        instance_ids=_texts(data.get("ecs_instance_ids")),
        public_ips=_texts(data.get("public_ip")) or _texts(data.get("instance_ip")),
        revision_id=_first_text(data, "revision_id", "deployed_revision_id") or None,
        execution_id=_first_text(data, "execution_id") or _first_text(execution, "ExecutionId") or None,
        console_url=_first_text(data, "console_url") or None,
        command_output=command_output(data),
    )


def command_output(data: Mapping[str, Any]) -> str:
    """What the scripts printed on the instances; empty for null and for the text "null", which means the same.

    It stands under `Outputs` or `LastTriggerOutputs` of the execution, as JSON text or as a map, and is a text, or a
    list with one per instance.
    """
    log = data.get("execution_log")
    for place in (log, data) if isinstance(log, Mapping) else (data,):
        for name in ("Outputs", "LastTriggerOutputs"):
            found = _printed(_map(place.get(name)).get("deployCommandOutput"))
            if found:
                return found
    return _printed(data.get("deployCommandOutput"))


def _printed(value: object) -> str:
    if isinstance(value, str):
        text = value.strip()
        if text in {"", "null"}:
            return ""
        decoded = _decoded(text) if text.startswith("[") else None
        return _printed(decoded) if isinstance(decoded, list) else value
    if isinstance(value, list):
        return "\n".join(part for part in map(_printed, value) if part)
    return ""


def _map(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = _decoded(value)
    return value if isinstance(value, Mapping) else {}


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _first_text(data: Mapping[str, Any], *names: str) -> str:
    return next((str(data[name]) for name in names if isinstance(data.get(name), str | int) and data[name]), "")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(one) for one in value if one) if isinstance(value, list | tuple) else ()


def read_names(data: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The names in a `list` answer. Assumed: a list of texts or of maps with a name, under any key."""
    lists = [one for one in (data or {}).values() if isinstance(one, list)]
    names = [_name_of(entry) for entry in (lists[0] if lists else [])]
    return tuple(name for name in names if name)


def _name_of(entry: object) -> str:
    if isinstance(entry, Mapping):
        return _first_text(entry, "name", "group_name", "app_name", "application_name", "Name")
    return entry if isinstance(entry, str) else ""
