"""Which driver runs the machines here: found out by booting one."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from deployer.emulator.machines.base import MachineError
from deployer.emulator.machines.namespaces import NamespaceDriver, probe
from deployer.emulator.machines.process import ProcessDriver

Sandbox = Literal["auto", "namespaces", "process"]

_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_IN_A_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))


def choose_driver(
    data_dir: Path, sandbox: Sandbox = "auto", environment: Mapping[str, str] = MappingProxyType({})
) -> NamespaceDriver | ProcessDriver:
    """The best driver this system allows, or the one asked for. `environment` is the host's.

    Errors: MachineError when `namespaces` was asked for and cannot be had.
    """
    if sandbox == "process":
        return ProcessDriver(data_dir, environment)
    missing = probe(data_dir / "probe", environment)
    if missing is None:
        return NamespaceDriver(data_dir, environment)
    reason = f"{missing}; {_how_to_get_namespaces()}"
    if sandbox == "namespaces":
        raise MachineError("ClientNotRunning", f"no machine of namespaces can be booted: {reason}")
    return ProcessDriver(data_dir, environment, reason=reason)


def _how_to_get_namespaces() -> str:
    """One action that gives the full sandbox."""
    if sys.platform != "linux":
        return "run it on Linux, or in a Linux virtual machine, for isolated ones"
    if _APPARMOR.exists() and _APPARMOR.read_text(encoding="ascii").strip() == "1":
        return "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` allows isolated ones"
    if any(mark.exists() for mark in _IN_A_CONTAINER):
        return (
            "a container started with `--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined` allows isolated ones"
        )
    return "`sudo sysctl -w user.max_user_namespaces=65536` may allow isolated ones"
