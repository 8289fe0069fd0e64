"""Renders the runner and the probe: the values of one run, checked, in front of the packed bash.

A value is a number, text of a narrow alphabet in single quotes, or base64: none can be anything but a value.
"""

import base64
import gzip
import hashlib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Literal

MAX_COMMAND_BYTES = 16_384
"""What a command may weigh: an OOS parameter takes as many characters, Cloud Assistant 18,000 bytes before base64.

Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand
"""

ROOT = "/root"  # a header value, so that a machine whose root lives elsewhere can be told so
MAX_PROBE_LOG_BYTES = 8_000  # base64 and the rest stay below 12,000 bytes, the agent's own limit for output

Action = Literal["release", "restart", "stop", "rollback", "uninstall"]

_ACTIONS = frozenset({"release", "restart", "stop", "rollback", "uninstall"})
_APPLICATION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_GROUP_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_RELEASE_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,79}")
_REGION_ID = re.compile(r"[a-z]{2}(?:-[a-z0-9]+)+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"(?:https?|file)://[A-Za-z0-9._~:/?&=%+\[\]@!,;*()-]{1,4096}")
_HEALTH_PATH = re.compile(r"/[\x21-\x7e]{0,1023}")
_TRAILING_COMMENT = re.compile(r"(?<=[{=\w]) # [^'\"]*$")
_ENVIRONMENT_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_LIBRARY = ("report.sh", "processes.sh", "sockets.sh")
_KEPT_FILES = (*_LIBRARY, "places.sh", "scripts.sh", "gate.sh", "runner.sh")
_UNINSTALL_FILES = (*_KEPT_FILES[:-1], "uninstalling.sh", "runner.sh")
_RUNNER_FILES = (*_KEPT_FILES[:-1], "uninstalling.sh", "fetching.sh", "releasing.sh", "runner.sh")
_PROBE_FILES = (*_LIBRARY, "probe.sh")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerInput:
    """One run of the runner on one instance. URLs are signed and short-lived; times are seconds.

    Only `release` needs URLs: of the runner itself (an object holding `runner_source()`), the archive and the scripts.
    The other actions take what the instance has kept. The text of a command can be read in the account for weeks:
    secrets go into `environment_url`, an object made by `render_environment`, and never into `environment`. An empty
    `health_path` means that a listening port is enough.
    """

    action: Action
    application_name: str
    application_group_name: str
    region_id: str = ""  # of the instance, for scripts that choose mirrors by it
    release_id: str = ""
    runner_url: str = field(default="", repr=False)
    archive_url: str = field(default="", repr=False)
    archive_sha256: str = ""
    archive_size_bytes: int = 0
    start_url: str = field(default="", repr=False)
    start_sha256: str = ""
    stop_url: str = field(default="", repr=False)
    stop_sha256: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_url: str = field(default="", repr=False)
    environment_sha256: str = ""
    port: int | None = None
    health_path: str = "/"
    alive_seconds: int = 6
    gate_timeout_seconds: int = 120
    start_timeout_seconds: int = 900
    keep_releases: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeInput:
    """One look at an application on an instance; it changes nothing there.

    The log is that of `release_id`, or of the current release when it is empty; `whole_log` reads all of it. Without
    `log_offset` the last `log_bytes` are read, with it `log_bytes` from that byte on.
    """

    application_name: str
    release_id: str = ""
    whole_log: bool = False
    log_offset: int | None = None
    log_bytes: int = MAX_PROBE_LOG_BYTES
    port: int | None = None
    health_path: str = "/"


def render_command(run: RunnerInput) -> bytes:
    """The command that performs `run`: a bash script of at most MAX_COMMAND_BYTES.

    Errors: ValueError naming the field that cannot be sent, or when the environment makes the command too long.
    """
    _check_run(run)
    header = {
        "action": run.action,
        "application_name": run.application_name,
        "application_group_name": run.application_group_name,
        "region_id": run.region_id,
        "release_id": run.release_id,
        "archive_url": run.archive_url,
        "archive_sha256": run.archive_sha256,
        "archive_size_bytes": str(run.archive_size_bytes),
        "start_url": run.start_url,
        "start_sha256": run.start_sha256,
        "stop_url": run.stop_url,
        "stop_sha256": run.stop_sha256,
        "environment_base64": _base64(render_environment(run.environment)),
        "environment_url": run.environment_url,
        "environment_sha256": run.environment_sha256,
        "port": "" if run.port is None else str(run.port),
        "health_path_base64": _base64(run.health_path.encode()),
        "alive_seconds": str(run.alive_seconds),
        "gate_timeout_seconds": str(run.gate_timeout_seconds),
        "start_timeout_seconds": str(run.start_timeout_seconds),
        "keep_releases": str(run.keep_releases),
    }
    if run.action == "release":
        runner = runner_source()
        header |= {"runner_url": run.runner_url, "runner_sha256": hashlib.sha256(runner.encode()).hexdigest()}
        command = _assemble_plain("runner", header, _stripped(_read("bootstrap.sh")))
    else:
        names = _UNINSTALL_FILES if run.action == "uninstall" else _KEPT_FILES
        command = _assemble_packed("runner", header, _stripped(_join(names)))
    if len(command) > MAX_COMMAND_BYTES:
        raise ValueError(f"environment: makes the command {len(command)} bytes long, {MAX_COMMAND_BYTES} can be sent")
    return command


def render_probe(probe: ProbeInput) -> bytes:
    """The command that looks at an application and prints one JSON line. Errors: ValueError naming the field."""
    _check("application_name", probe.application_name, _APPLICATION_NAME)
    _check("release_id", probe.release_id, _RELEASE_ID, may_be_empty=True)
    _check("health_path", probe.health_path, _HEALTH_PATH, may_be_empty=True)
    _check_range("port", probe.port, 1, 65_535)
    _check_range("log_bytes", probe.log_bytes, 0, MAX_PROBE_LOG_BYTES)
    _check_range("log_offset", probe.log_offset, 0, 2**53)
    header = {
        "application_name": probe.application_name,
        "release_id": probe.release_id,
        "whole_log": "yes" if probe.whole_log else "",
        "log_offset": "" if probe.log_offset is None else str(probe.log_offset),
        "log_limit": str(probe.log_bytes),
        "port": "" if probe.port is None else str(probe.port),
        "health_path_base64": _base64(probe.health_path.encode()),
    }
    return _assemble_packed("probe", header, _stripped(_join(_PROBE_FILES)))


def render_environment(environment: Mapping[str, str]) -> bytes:
    """The environment in the form the runner reads: lines `KEY=<base64 of the value>`, sorted.

    Errors: ValueError for a key no shell can export or that is ours, and for a value with a NUL.
    """
    lines = []
    for key, value in sorted(environment.items()):
        _check("environment", key, _ENVIRONMENT_KEY)
        if key.startswith("DEPLOYER_"):
            raise ValueError(f"environment: `{key}` is set by the deployer itself")
        if "\0" in value:
            raise ValueError(f"environment: the value of `{key}` holds a NUL, no process can be given that")
        lines.append(f"{key}={_base64(value.encode())}\n")
    return "".join(lines).encode()


def runner_source() -> str:
    """The bash of the runner in one piece, with the Python that unpacks archives inside.

    It is too long for a command, so a release fetches it like its archive, checked by the sha256 in the command.
    """
    return f"unpack_program={shlex.quote(_read('unpack.py'))}\n" + _join(_RUNNER_FILES)


def _join(names: tuple[str, ...]) -> str:
    return "\n".join(_read(name) for name in names)


def _stripped(source: str) -> str:
    """The bash without comments and indentation; ours has no text in which either would mean something."""
    lines = (_TRAILING_COMMENT.sub("", line.strip()) for line in source.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("#"))


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _assemble_plain(name: str, header: Mapping[str, str], source: str) -> bytes:
    """The script: `#!` line, values, bash."""
    values = "".join(f"{key}='{value}'\n" for key, value in {"root": ROOT, **header}.items())
    return f"#!/bin/bash\n# deployer {name}\n{values}{source}".encode("ascii")


def _assemble_packed(name: str, header: Mapping[str, str], source: str) -> bytes:
    """The script with its bash packed by gzip and base64, so that it fits and holds no `{{` a template could replace."""
    packed = _base64(gzip.compress(source.encode(), 9, mtime=0))
    unpacking = (
        f"set -o pipefail\n{name}=$(printf %s '{packed}' | base64 -d | gzip -dc) && [ -n \"${name}\" ] || "
        f"{{ echo 'deployer: the {name} cannot be unpacked' >&2; exit 21; }}\n"
        f'set +o pipefail\neval "${name}"\n'
    )
    return _assemble_plain(name, header, unpacking)


def _check_run(run: RunnerInput) -> None:
    if run.action not in _ACTIONS:
        raise ValueError(f"action: `{run.action}` is none of {', '.join(sorted(_ACTIONS))}")
    releases = run.action == "release"
    _check("application_name", run.application_name, _APPLICATION_NAME)
    _check("application_group_name", run.application_group_name, _GROUP_NAME)
    _check("region_id", run.region_id, _REGION_ID, may_be_empty=True)
    _check("release_id", run.release_id, _RELEASE_ID, may_be_empty=run.action not in {"release", "rollback"})
    _check("runner_url", run.runner_url, _URL, may_be_empty=not releases)
    for name in ("archive", "start", "stop"):
        _check(f"{name}_url", getattr(run, f"{name}_url"), _URL, may_be_empty=not releases)
        _check(f"{name}_sha256", getattr(run, f"{name}_sha256"), _SHA256, may_be_empty=not releases)
    _check("environment_url", run.environment_url, _URL, may_be_empty=True)
    _check("environment_sha256", run.environment_sha256, _SHA256, may_be_empty=not run.environment_url)
    _check("health_path", run.health_path, _HEALTH_PATH, may_be_empty=True)
    _check_range("archive_size_bytes", run.archive_size_bytes, 0, 2**53)
    _check_range("port", run.port, 1, 65_535)
    _check_range("alive_seconds", run.alive_seconds, 0, 86_400)
    _check_range("gate_timeout_seconds", run.gate_timeout_seconds, 1, 86_400)
    _check_range("start_timeout_seconds", run.start_timeout_seconds, 1, 86_400)
    _check_range("keep_releases", run.keep_releases, 1, 1_000)


def _check(name: str, value: str, pattern: re.Pattern[str], *, may_be_empty: bool = False) -> None:
    """Errors: ValueError; the value of an URL is not shown, it is signed."""
    if not (pattern.fullmatch(value) or (may_be_empty and not value)):
        shown = "this URL" if name.endswith("_url") else f"`{value!r}`"
        raise ValueError(f"{name}: {shown} cannot be sent to an instance")


def _check_range(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise ValueError(f"{name}: {value} is not between {low} and {high}")
