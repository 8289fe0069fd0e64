"""Both scripts of one application. They work under our runner and under the conventions of the original alike.

Under the runner `DEPLOYER_RELEASE_ID`, `DEPLOYER_ARCHIVE`, `DEPLOYER_RELEASE_DIR` (already unpacked) and `APP_PORT` are
set; without them the newest `/root/project_*.zip` is unpacked to `/root/<application>`.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from deployer.errors.project import StartUnknown
from deployer.models.analysis import ProjectAnalysis
from deployer.project.mirrors import IN_MAINLAND
from deployer.project.scripts import shell
from deployer.project.scripts.deno import deno_runtime
from deployer.project.scripts.docker import ENGINE, compose_name, docker_start, docker_stop
from deployer.project.scripts.dotnet import dotnet_runtime
from deployer.project.scripts.fetching import FETCH, FETCH_CHECKED
from deployer.project.scripts.golang import go_runtime
from deployer.project.scripts.java import java_runtime
from deployer.project.scripts.node import node_runtime
from deployer.project.scripts.php import php_runtime
from deployer.project.scripts.python import python_runtime
from deployer.project.scripts.ruby import ruby_runtime
from deployer.project.scripts.rust import rust_runtime

_RUNTIMES: Mapping[str, Callable[[ProjectAnalysis], str]] = {
    "python": python_runtime,
    "node": node_runtime,
    "go": go_runtime,
    "java": java_runtime,
    "php": php_runtime,
    "ruby": ruby_runtime,
    "rust": rust_runtime,
    "dotnet": dotnet_runtime,
    "deno": deno_runtime,
}

# A call, and the function it needs.
_FUNCTIONS = (
    (r"\bin_mainland\b", IN_MAINLAND),
    (r"\bfetch(_checked)? [\"h]", FETCH),
    (r"\bfetch_checked ", FETCH_CHECKED),
)
_PID_FILE = 'APP_PID_FILE="${DEPLOYER_PID_FILE:-/root/app.pid}"'
_STOP_HEAD = (
    "#!/bin/bash",
    "# Stops the application: asks it to end, waits up to 3 seconds, then ends what is left of it. Safe to run twice.",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripts:
    """Texts with plain newlines, each a whole bash script; the stop script never ends the shell it runs in."""

    start: str
    stop: str


def make_scripts(analysis: ProjectAnalysis, application_name: str, port: int | None) -> Scripts:
    """The scripts for what was understood of a project. `port` replaces the detected one; None for workers.

    Errors: StartUnknown.
    """
    if analysis.start_command is None:
        raise StartUnknown(application_name, analysis.language)
    if analysis.language == "docker":
        return _docker_scripts(analysis, application_name, port)
    parts = (
        _head(application_name, port),
        shell.FUNCTIONS,
        shell.UNPACK,
        preparation(analysis),
        shell.STOP_OLD,
        _start(analysis, port),
        shell.REPORT,
    )
    return Scripts(start="\n".join(parts), stop=_stop(application_name))


def _docker_scripts(analysis: ProjectAnalysis, application_name: str, port: int | None) -> Scripts:
    """Scripts without a process of their own: the engine keeps the containers."""
    name = f"APP_COMPOSE_NAME={shlex.quote(compose_name(application_name))}"
    build = f"# Build.\n{analysis.build_command}\n" if analysis.build_command else ""
    start = (
        _head(application_name, port),
        name,
        "",
        shell.START_FUNCTIONS,
        shell.UNPACK,
        with_functions(ENGINE),
        build,
        docker_start(analysis),
    )
    stop = (*_STOP_HEAD, name, _PID_FILE, "", docker_stop(analysis))
    return Scripts(start="\n".join(start), stop="\n".join(stop))


def _head(application_name: str, port: int | None) -> str:
    lines = [
        "#!/bin/bash",
        "# Starts the application: unpack, install, stop the old process, start the new one. Safe to run twice.",
        "set -e",
        'export HOME="${HOME:-/root}"',
        "",
        *_names(application_name),
        'APP_LOG="${DEPLOYER_LOG:-/root/app.log}"',
    ]
    if port is not None:
        lines += [f'export APP_PORT="${{APP_PORT:-{port}}}"', 'export PORT="$APP_PORT"']
    return "\n".join(lines) + "\n"


def _names(application_name: str) -> list[str]:
    return [
        f"APP_NAME={shlex.quote(application_name)}",
        'APP_BASE="/root/$APP_NAME"',
        _PID_FILE,
    ]


def _stop(application_name: str) -> str:
    lines = [
        *_STOP_HEAD,
        *_names(application_name),
        "",
        shell.PROCESS_FUNCTIONS,
        "stop_application",
        "",
    ]
    return "\n".join(lines)


def preparation(analysis: ProjectAnalysis) -> str:
    """The runtime, the dependencies and the build, in the language's own way."""
    return with_functions("\n".join(_prepare(analysis)))


def with_functions(text: str) -> str:
    """The text behind the functions that it calls."""
    return "\n".join((*(function for call, function in _FUNCTIONS if re.search(call, text)), text))


def _prepare(analysis: ProjectAnalysis) -> list[str]:
    parts = []
    runtime = _RUNTIMES.get(analysis.language or "")
    if runtime is not None:
        parts.append(runtime(analysis))
        pages = _RUNTIMES.get("node") if re.search(r"\bnpm ", analysis.build_command or "") else None
        if pages is not None and pages is not runtime:
            parts.append(pages(replace(analysis, language_version=None, install_command=None)))
    elif analysis.language == "static" and analysis.install_command:
        parts.append(python_runtime(analysis))
    elif analysis.language == "static":
        parts.append(shell.PYTHON_FOR_STATIC)
    elif analysis.install_command:
        parts.append(f"# Install.\n{shell.one_per_line(analysis.install_command)}\n")
    if analysis.build_command:
        parts.append(f"# Build.\n{shell.one_per_line(analysis.build_command)}\n")
    return parts


def _start(analysis: ProjectAnalysis, port: int | None) -> str:
    command = analysis.start_command or ""
    if analysis.language == "static" and not analysis.install_command:
        command = re.sub(r"^python3 ", '"$APP_PYTHON" ', command)
    lines = ["# Start: a session of its own, so that all of it can be stopped; the PID is the application's own."]
    for name, value in analysis.environment:
        lines.append(
            f'export {name}="$APP_PORT"'
            if _is_port(value, analysis.port, port)
            else f"export {name}={shlex.quote(value)}"
        )
    lines += [
        'export PYTHONUNBUFFERED=1 DEPLOYER_APPLICATION="$APP_NAME"',
        "# shellcheck disable=SC2016",
        f"APP_COMMAND={shlex.quote(executed(_with_port(command, analysis.port, port)))}",
        'nohup $APP_SESSION bash -c "$APP_COMMAND" >> "$APP_LOG" 2>&1 < /dev/null &',
        'echo $! > "$APP_PID_FILE"',
    ]
    return "\n".join(lines) + "\n"


def _with_port(command: str, detected: int | None, port: int | None) -> str:
    """The command with the detected port, where it is a word or the end of an address, read from the environment."""
    if detected is None or port is None:
        return command
    return re.sub(rf"(?<![\w.-]){detected}(?![\w.-])", "${APP_PORT}", command)


def _is_port(value: str, detected: int | None, port: int | None) -> bool:
    return port is not None and value == str(detected)


def executed(command: str) -> str:
    """The command so that the shell becomes the program: `exec` before the last simple command, assignments kept."""
    before, separator, last = command.rpartition(" && ")
    if re.search(r"[|;]|(?<!&)&(?!&)", re.sub(r"'[^']*'|\"[^\"]*\"", "", last)):
        return command
    words = last.strip()
    assignments = re.match(r"((?:[A-Za-z_]\w*=\S*\s+)*)", words)
    prefix = assignments[1] if assignments else ""
    run = f"exec env {words}" if prefix else f"exec {words}"
    return f"{before}{separator}{run}"
