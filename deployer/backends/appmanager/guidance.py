"""How to install or upgrade the aliyun CLI on this kind of machine. Commands to be shown; none is ever run from here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deployer.backends.base import Guidance

# Source: "Install Alibaba Cloud CLI" in the CLI's help, and the skill's commands with their time limits.
DOWNLOADS = "https://aliyun-cli.oss-cn-hangzhou.aliyuncs.com"
SYSTEM_FOLDER = "/usr/local/bin"
VENV_FOLDER = "~/.aliyun/appmanager-venv"  # written out in every command: what is deleted is never computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What decides how the CLI gets onto a machine."""

    system: str  # "linux", "darwin", "windows"
    machine: str  # as `platform.machine()` says it
    home: Path
    shell: str  # path of the user's shell, "" when unknown
    by_homebrew: bool  # Homebrew manages the CLI here
    is_root: bool
    has_sudo: bool


def archive_url(host: Host) -> str:
    """The newest release for the system and processor."""
    processor = "arm64" if host.machine.lower() in {"arm64", "aarch64"} else "amd64"
    if host.system == "windows":
        return f"{DOWNLOADS}/aliyun-cli-windows-latest-amd64.zip"  # there is no other for Windows
    system = "macosx" if host.system == "darwin" else "linux"
    return f"{DOWNLOADS}/aliyun-cli-{system}-latest-{processor}.tgz"


def cli_guidance(host: Host, installed: str | None) -> tuple[Guidance, ...]:
    """The ways to install the CLI (`installed` None), or to upgrade it, the best one first.

    A missing CLI may be installed at once; one that is there is replaced only when its owner agrees.
    """
    ways = tuple(_windows(host)) if host.system == "windows" else tuple(_unix(host, installed))
    return tuple(
        Guidance(command=command, note=note, auto_ok=installed is None, needs_consent=installed is not None)
        for command, note in ways
    )


def _unix(host: Host, installed: str | None) -> Sequence[tuple[str, str]]:
    """(command, note): Homebrew where it manages the CLI, /usr/local/bin with rights, ~/bin without."""
    if host.by_homebrew:
        verb = "upgrade" if installed else "install"
        return ((f"brew {verb} aliyun-cli", "Homebrew manages it here: another copy would be shadowed"),)
    ways = []
    if host.is_root or host.has_sudo:
        sudo = "" if host.is_root else "sudo "
        ways.append(
            (_fetch(host, SYSTEM_FOLDER, sudo), "for every user" + (" (asks for your password)" if sudo else ""))
        )
    profile = "~/.zshrc" if host.shell.endswith("zsh") else "~/.bashrc"
    persist = f"echo 'export PATH=\"$HOME/bin:$PATH\"' >> {profile}"
    ways.append(
        (
            f"mkdir -p ~/bin && {_fetch(host, '~/bin', '')} && {persist}",
            "without root; open a new shell, then `which -a aliyun` has to show this one first",
        )
    )
    return ways


def _fetch(host: Host, folder: str, sudo: str) -> str:
    return f"curl --connect-timeout 30 --max-time 120 -fsSL {archive_url(host)} | {sudo}tar xz -C {folder}"


def _windows(host: Host) -> Sequence[tuple[str, str]]:
    fetch = (
        f"Invoke-WebRequest -TimeoutSec 120 -Uri {archive_url(host)} -OutFile $env:TEMP\\aliyun.zip; "
        "Expand-Archive -Force $env:TEMP\\aliyun.zip $env:LOCALAPPDATA\\aliyun; "
        "[Environment]::SetEnvironmentVariable('Path', "
        "\"$env:LOCALAPPDATA\\aliyun;\" + [Environment]::GetEnvironmentVariable('Path', 'User'), 'User')"
    )
    return (
        (fetch, "in PowerShell, for you alone; open a new terminal then"),
        ("scoop install aliyun", "where Scoop is used"),
        ("choco install aliyun-cli", "where Chocolatey is used"),
    )


def plugin_guidance(host: Host) -> tuple[Guidance, ...]:
    """The way to a new plugin: its environment is thrown away, the next run of the CLI makes another."""
    if host.system == "windows":
        command = 'Remove-Item -Recurse -Force "$HOME\\.aliyun\\appmanager-venv"'
    else:
        command = f"rm -rf {VENV_FOLDER}"
    note = "the CLI makes it again, with the newest plugin, at its next run"
    return (Guidance(command=command, note=note, auto_ok=False, needs_consent=True),)
