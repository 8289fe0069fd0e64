"""A new configuration file, in a fixed order and with readable scripts; what stood there before is backed up."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from deployer.config.agent_model import API_KEY, KEY_VARIABLES
from deployer.config.document import KeyPath
from deployer.config.edit import edit_config
from deployer.config.exposure import find_exposed
from deployer.config.load import RawConfig
from deployer.config.problems import validate_tree
from deployer.config.scalars import format_block, format_scalar
from deployer.config.schema import known_paths
from deployer.config.writing import back_up, make_folder, write_atomically
from deployer.errors.config import ConfigInvalid, Problem
from deployer.models.config import DeployConfig, NewInstance

_HEADER = "# Written by `deployer init`. Every key, with its meaning: `deployer config reference`.\n"
_FROM_JSON = "--from-json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenConfig:
    """A file that was written, and the copy of what it replaced (None: there was nothing)."""

    path: Path
    backup_path: Path | None


def write_new_config(path: Path, values: Mapping[str, Any], *, now: datetime) -> WrittenConfig:
    """Write dotted values ("metadata.name") as a new file. An older file is copied to `.bak.<time>` first.

    Errors: ConfigInvalid, ConfigNotWritten.
    """
    _check_values(values, str(path))
    text = render_config(values)
    make_folder(path)
    backup = back_up(path, now)
    write_atomically(path, text.encode(), secret=any(find_exposed(text)))
    return WrittenConfig(path=path, backup_path=backup)


def write_drafted_config(path: Path, draft: str, values: Mapping[str, Any], *, now: datetime) -> WrittenConfig:
    """The same, beginning with what another tool wrote: each value is set in that, and all else in it stays.

    Errors: ConfigInvalid, ConfigUnreadable, ConfigNotWritten.
    """
    _check_values(values, str(path))
    make_folder(path)
    backup = back_up(path, now)
    write_atomically(path, draft.encode(), secret=any(find_exposed(draft)))
    edit_config(path, dict(_scalars(values)))
    return WrittenConfig(path=path, backup_path=backup)


def _scalars(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The dotted values with those of maps, such as variables, one by one."""
    for dotted, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{dotted}.{key}", inner) for key, inner in value.items())
        else:
            yield dotted, value


def config_template() -> str:
    """The keys of the original tool with their comments, ready to be filled in."""
    return files("deployer.config").joinpath("template.yml").read_text(encoding="utf-8")


def config_reference() -> str:
    """Every key with its comment: the reference page, itself a valid configuration."""
    return files("deployer.config").joinpath("reference.yml").read_text(encoding="utf-8")


def values_from_json(text: str) -> dict[str, Any]:
    """Dotted values of a configuration given as one JSON object.

    Errors: ConfigInvalid.
    """
    try:
        tree = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        problem = Problem(
            code="syntax",
            path="",
            message=error.msg,
            line=error.lineno,
            column=error.colno,
            hint="give one JSON object",
        )
        raise ConfigInvalid((problem,), config_path=_FROM_JSON) from None
    if not isinstance(tree, dict):
        problem = Problem(code="type", path="", message="it is no JSON object", hint='begin with `{"metadata": …}`')
        raise ConfigInvalid((problem,), config_path=_FROM_JSON)
    _, problems = validate_tree(tree, None, {})
    if problems:
        raise ConfigInvalid(problems, config_path=_FROM_JSON)
    return {".".join(path): value for path, value in _leaves(tree)}


def values_of(config: DeployConfig, raw: RawConfig) -> dict[str, Any]:
    """The dotted values `init` writes for a resolved configuration. An API key is written by reference only."""
    values: dict[str, Any] = {
        "metadata.name": config.application_name,
        "metadata.type": config.type.value,
        "metadata.groupName": config.application_group_name,
        "metadata.regionId": config.deploy_region_id,
    }
    if isinstance(config.instance, NewInstance):
        values["common.deployment.ecsInstanceType"] = config.instance.instance_type
        values["common.deployment.systemDiskSize"] = config.instance.system_disk_gib
        values["common.deployment.internetMaxBandwidthOut"] = config.instance.bandwidth_mbps
        if config.instance.image_id:
            values["deployer.image"] = config.instance.image_id
    else:
        values["common.deployment.instanceId"] = config.instance.instance_id
    if config.port is not None:
        values["common.deployment.port"] = config.port
    values["common.scripts.start"] = config.start_script
    values["common.scripts.stop"] = config.stop_script
    if config.model is not None:
        values["agent.model.name"] = config.model.name
        values["agent.model.apiKey"] = _key_reference(raw)
    if config.environment:
        values["deployer.env"] = dict(config.environment)
    if config.carry:
        values["deployer.carry"] = True
    return values | _said(raw, "deployer.health", "deployer.budget")


def render_config(values: Mapping[str, Any]) -> str:
    """The YAML of dotted values, in the order of the reference."""
    order = {".".join(path): index for index, path in enumerate(known_paths())}
    lines: list[str] = []
    open_sections: KeyPath = ()
    for dotted in sorted(values, key=lambda name: order.get(name, len(order))):
        path = tuple(dotted.split("."))
        fresh = [depth for depth in range(len(path) - 1) if path[: depth + 1] != open_sections[: depth + 1]]
        lines += ["  " * depth + f"{path[depth]}:\n" for depth in fresh]
        open_sections = path[:-1]
        lines.append(_rendered(path[-1], values[dotted], depth=len(path) - 1))
    return _HEADER + "".join(lines)


def _rendered(key: str, value: Any, *, depth: int) -> str:
    margin = "  " * depth
    if isinstance(value, Mapping):
        inner = "".join(_rendered(name, item, depth=depth + 1) for name, item in value.items())
        return f"{margin}{_key(key)}:\n{inner}"
    if isinstance(value, list | tuple):
        return f"{margin}{_key(key)}:\n" + "".join(f"{margin}  - {format_scalar(item)}\n" for item in value)
    block = format_block(value, indent=2 * (depth + 1)) if isinstance(value, str) else None
    if block:
        return f"{margin}{_key(key)}: {block[0]}\n{block[1]}"
    return f"{margin}{_key(key)}: {format_scalar(value)}\n"


def _key(key: str) -> str:
    """Keys such as `ON` would be read as something else without quotes."""
    return format_scalar(key)


def _leaves(tree: Mapping[str, Any], prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    sections = {path[:-1] for path in known_paths()}
    for key, value in tree.items():
        path = (*prefix, key)
        if path in sections and isinstance(value, Mapping):
            yield from _leaves(value, path)
        elif value is not None:
            yield path, value


def _check_values(values: Mapping[str, Any], config_path: str) -> None:
    tree: dict[str, Any] = {}
    for dotted, value in values.items():
        section = tree
        *above, key = dotted.split(".")
        for part in above:
            section = section.setdefault(part, {})
        section[key] = list(value) if isinstance(value, tuple) else value
    _, problems = validate_tree(tree, None, {})
    if problems:
        raise ConfigInvalid(problems, config_path=config_path)


def _key_reference(raw: RawConfig) -> str:
    given = raw.overrides.get(API_KEY)
    text = str(given.value).strip() if given else ""
    if text.startswith("$"):
        return text
    named = next((variable for variable in KEY_VARIABLES if raw.environ.get(variable)), KEY_VARIABLES[0])
    return f"${{{named}}}"


def _said(raw: RawConfig, *sections: str) -> dict[str, Any]:
    """Values that flags or environment gave for these sections."""
    return {
        ".".join(path): value.value
        for path, value in raw.overrides.items()
        if any(".".join(path).startswith(f"{section}.") for section in sections)
    }
