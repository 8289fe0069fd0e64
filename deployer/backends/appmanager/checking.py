"""Whether the CLI and its plugin are there and new enough. Looks only: nothing is installed, nobody is signed in."""

import getpass
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployer.backends.appmanager.guidance import Host, cli_guidance, plugin_guidance
from deployer.backends.base import Check, Guidance

OLDEST_CLI, OLDEST_PLUGIN = "3.3.19", "1.1.1"
LOOK_SECONDS = 30
PLUGIN_VERSION = "from importlib.metadata import version; print(version('appmanager-cli'))"


def check_cli(environ: Mapping[str, str]) -> tuple[Check, ...]:
    """The CLI, every copy of it on PATH, and the plugin."""
    host = find_host(environ)
    paths = find_programs(environ)
    return (check_version(host, paths), *check_shadowing(paths), check_plugin(host))


def find_host(environ: Mapping[str, str]) -> Host:
    """What this machine is."""
    system = platform.system().lower()
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    return Host(
        system=system,
        machine=platform.machine(),
        home=home,
        shell=environ.get("SHELL", ""),
        by_homebrew=system == "darwin" and _is_by_homebrew(environ),
        is_root=system != "windows" and getpass.getuser() == "root",
        has_sudo=shutil.which("sudo", path=environ.get("PATH")) is not None,
    )


def find_programs(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Every `aliyun` on PATH, in its order: the first one is run. A second name of the same file is none of its own."""
    found: dict[Path, Path] = {}
    for folder in environ.get("PATH", "").split(os.pathsep):
        program = shutil.which("aliyun", path=folder) if folder else None
        if program is not None:
            found.setdefault(Path(program).resolve(), Path(program))
    return tuple(found.values())


def check_version(host: Host, paths: Sequence[Path]) -> Check:
    """Whether the CLI that is run is new enough."""
    if not paths:
        return _missing("not on PATH", cli_guidance(host, None))
    version = version_in(_output_of((str(paths[0]), "version")))
    if version is None:
        return _outdated(f"{paths[0]} does not say its version", cli_guidance(host, ""))
    if as_numbers(version) < as_numbers(OLDEST_CLI):
        return _outdated(f"{version} at {paths[0]}, {OLDEST_CLI} is needed", cli_guidance(host, version))
    return Check(id="aliyun-cli", ok=True, detail=f"{version} at {paths[0]}")


def _missing(detail: str, ways: tuple[Guidance, ...]) -> Check:
    ask = f"AGENT: install it with the command above ({ways[0].note}), then run the check again"
    return Check(id="aliyun-cli", ok=False, detail=detail, fix=ways[0].command, ask=ask, guidance=ways)


def _outdated(detail: str, ways: tuple[Guidance, ...]) -> Check:
    ask = f"AGENT: DO NOT stop. ASK the user whether to run the command above ({ways[0].note}); a refusal ends the task"
    return Check(id="aliyun-cli", ok=False, detail=detail, fix=ways[0].command, ask=ask, guidance=ways)


def check_shadowing(paths: Sequence[Path]) -> tuple[Check, ...]:
    """A warning for each machine with several: an upgrade of one that comes later seems to have no effect."""
    if len(paths) < 2:
        return ()
    detail = f"{paths[0]} is run; it shadows {', '.join(map(str, paths[1:]))}"
    return (Check(id="aliyun-path", ok=None, detail=detail, fix="upgrade the first one, or change the order of PATH"),)


def check_plugin(host: Host) -> Check:
    """Whether the plugin is new enough; the CLI installs it by itself where it is not there at all."""
    folder = host.home / ".aliyun" / "appmanager-venv"
    if not folder.is_dir():
        return Check(id="appmanager-cli", ok=None, detail="not installed yet: the CLI installs it at its first run")
    python = folder / ("Scripts/python.exe" if host.system == "windows" else "bin/python")
    version = version_in(_output_of((str(python), "-c", PLUGIN_VERSION)))
    if version is None:
        return _unfit_plugin("its environment is broken", host)
    if as_numbers(version) < as_numbers(OLDEST_PLUGIN):
        return _unfit_plugin(f"{version}, {OLDEST_PLUGIN} is needed", host)
    return Check(id="appmanager-cli", ok=True, detail=version)


def _unfit_plugin(detail: str, host: Host) -> Check:
    ways = plugin_guidance(host)
    ask = "AGENT: DO NOT stop. ASK the user whether to run exactly the command above, then run the check again"
    return Check(id="appmanager-cli", ok=False, detail=detail, fix=ways[0].command, ask=ask, guidance=ways)


def version_in(text: str) -> str | None:
    """The first version number in a text, such as `3.3.19`."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return found[0] if found else None


def as_numbers(version: str) -> tuple[int, ...]:
    """The parts as numbers, so that 3.3.4 comes before 3.3.19."""
    return tuple(int(part) for part in version.split("."))


def _is_by_homebrew(environ: Mapping[str, str]) -> bool:
    brew = shutil.which("brew", path=environ.get("PATH"))
    return brew is not None and "aliyun-cli" in _output_of((brew, "list", "--formula")).split()


def _output_of(arguments: Sequence[str]) -> str:
    """What a program prints when all goes well, else nothing."""
    try:
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LOOK_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
