"""File, environment and flags as raw values, each with where it came from. Nothing is checked here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any

from deployer.config.document import Document, KeyPath, read_document
from deployer.errors.config import ConfigNotFound

DEFAULT_CONFIG_PATH = ".appmanager/config.yaml"

# What a flag or variable sets. Two are no keys of the file: "ecs" chooses between a new and an existing instance, and
# "subdirectory" the application of a project with several, whose scripts then say so.
FLAG_PATHS: Mapping[str, KeyPath] = MappingProxyType(
    {
        "name": ("metadata", "name"),
        "type": ("metadata", "type"),
        "group": ("metadata", "groupName"),
        "region": ("metadata", "regionId"),
        "instance-type": ("common", "deployment", "ecsInstanceType"),
        "disk-size": ("common", "deployment", "systemDiskSize"),
        "bandwidth": ("common", "deployment", "internetMaxBandwidthOut"),
        "instance-id": ("common", "deployment", "instanceId"),
        "port": ("common", "deployment", "port"),
        "start": ("common", "scripts", "start"),
        "stop": ("common", "scripts", "stop"),
        "model": ("agent", "model", "name"),
        "api-key": ("agent", "model", "apiKey"),
        "env": ("deployer", "env"),
        "health-path": ("deployer", "health", "path"),
        "alive-seconds": ("deployer", "health", "aliveSeconds"),
        "health-timeout": ("deployer", "health", "timeoutSeconds"),
        "max-hourly": ("deployer", "budget", "maxHourly"),
        "max-monthly": ("deployer", "budget", "maxMonthly"),
        "include-secret": ("deployer", "includeSecrets"),
        "carry": ("deployer", "carry"),
        "start-timeout": ("deployer", "startTimeoutSeconds"),
        "keep-releases": ("deployer", "keepReleases"),
        "image": ("deployer", "image"),
        "ecs": ("ecs",),
        "subdirectory": ("subdirectory",),
    }
)
START_COMMAND: KeyPath = ("start",)  # no key of the file either: a command, for which the scripts are made
VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "DEPLOYER_NAME": "name",
        "DEPLOYER_TYPE": "type",
        "DEPLOYER_GROUP": "group",
        "DEPLOYER_REGION": "region",
        "DEPLOYER_ECS": "ecs",
        "DEPLOYER_INSTANCE_ID": "instance-id",
        "DEPLOYER_INSTANCE_TYPE": "instance-type",
        "DEPLOYER_DISK_SIZE": "disk-size",
        "DEPLOYER_BANDWIDTH": "bandwidth",
        "DEPLOYER_PORT": "port",
        "DEPLOYER_MODEL": "model",
        "DEPLOYER_HEALTH_PATH": "health-path",
        "DEPLOYER_MAX_HOURLY": "max-hourly",
        "DEPLOYER_MAX_MONTHLY": "max-monthly",
        "DEPLOYER_CARRY": "carry",
        "DEPLOYER_START_TIMEOUT": "start-timeout",
        "DEPLOYER_KEEP_RELEASES": "keep-releases",
        "DEPLOYER_IMAGE": "image",
    }
)
REGION_HINT = "ALIBABA_CLOUD_REGION_ID"
_WHOLE = ("port", "disk-size", "bandwidth", "alive-seconds", "health-timeout", "start-timeout", "keep-releases")
_YES_OR_NO: Mapping[str, bool] = MappingProxyType({"1": True, "true": True, "0": False, "false": False})
_AMOUNTS = ("max-hourly", "max-monthly")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawValue:
    """A value and where it came from: "--region flag", "DEPLOYER_REGION environment"."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawConfig:
    """What was said, not yet checked. `overrides` come from flags and environment and win over the document."""

    config_path: str
    document: Document | None
    overrides: Mapping[KeyPath, RawValue] = field(default_factory=dict)
    region_hint: RawValue | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)  # for `${NAME}` references only
    language: str = "en"  # "en" or "zh", of the questions

    @property
    def from_file(self) -> bool:
        """True when a configuration file was read."""
        return self.document is not None


def load_config(
    path: Path | None = None,
    *,
    project_dir: Path | None = None,
    environ: Mapping[str, str],
    flags: Mapping[str, Any] | None = None,
    language: str = "en",
) -> RawConfig:
    """What file, environment and flags say. Flags are named as on the command line, without dashes in front.

    A `path` that is given has to exist; the default one, in `project_dir`, may be missing. Flags that are None or an
    empty tuple were not given; `env` takes `KEY=value` texts. Only flags in `FLAG_PATHS` may be passed.
    Errors: ConfigNotFound, ConfigUnreadable, ConfigInvalid, KeyError for an unknown flag.
    """
    place = path or (project_dir or Path()) / DEFAULT_CONFIG_PATH
    try:
        document = read_document(place)
    except ConfigNotFound:
        if path is not None:
            raise
        document = None
    return replace(load_flags(place, environ=environ, flags=flags, language=language), document=document)


def load_flags(
    place: Path, *, environ: Mapping[str, str], flags: Mapping[str, Any] | None = None, language: str = "en"
) -> RawConfig:
    """What environment and flags alone say; the file at `place` is not read. Errors: KeyError for an unknown flag."""
    hint = environ.get(REGION_HINT)
    return RawConfig(
        config_path=str(place),
        document=None,
        overrides=_overrides(environ, flags or {}),
        region_hint=RawValue(value=hint, origin=f"{REGION_HINT} environment") if hint else None,
        environ=environ,
        language=language,
    )


def _overrides(environ: Mapping[str, str], flags: Mapping[str, Any]) -> dict[KeyPath, RawValue]:
    overrides: dict[KeyPath, RawValue] = {}
    for variable, flag in VARIABLES.items():
        if environ.get(variable):
            overrides[FLAG_PATHS[flag]] = RawValue(
                value=_converted(flag, environ[variable]), origin=f"{variable} environment"
            )
    for flag, value in flags.items():
        if value is not None and value != ():
            flag_name = flag.replace("_", "-")
            path = START_COMMAND if flag_name == "start" and _is_command(value) else FLAG_PATHS[flag_name]
            overrides[path] = RawValue(value=_converted(flag_name, value), origin=f"--{flag_name} flag")
    return overrides


def _is_command(value: Any) -> bool:
    """Whether a start is one command, not a whole script."""
    return isinstance(value, str) and bool(value.strip()) and "\n" not in value.strip() and not value.startswith("#!")


def _converted(flag: str, value: Any) -> Any:
    """Texts of the command line in the file's types; what cannot be converted stays text for the schema to refuse."""
    if flag == "env":
        return _environment(value)
    if flag == "include-secret":
        return list(value) if isinstance(value, list | tuple) else [value]
    if flag == "start" and _is_command(value):
        return value.strip()
    if not isinstance(value, str):
        return Decimal(str(value)) if isinstance(value, float) else value
    if flag == "carry" and value.strip().lower() in _YES_OR_NO:
        return _YES_OR_NO[value.strip().lower()]
    if flag in _WHOLE and value.strip().isascii() and value.strip().lstrip("-").isdigit():
        return int(value)
    if flag in _AMOUNTS:
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value


def _environment(values: Any) -> Any:
    """`KEY=value` texts as a mapping; a text without `=` becomes a key no shell takes, which the schema refuses."""
    if isinstance(values, Mapping):
        return dict(values)
    texts = [str(text) for text in values] if isinstance(values, list | tuple) else [str(values)]
    return {key if separator else f"{key} (no =)": value for key, separator, value in (t.partition("=") for t in texts)}
