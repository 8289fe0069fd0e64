"""Machines made of Linux namespaces: own processes, own root folder, own network; no privileges needed.

The host's programs are read-only inside, its homes and other folders are not there at all. It guards against
accidents, not against hostile programs.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deployer.emulator.machines.base import DriverInfo, MachineError, MachineSpec
from deployer.emulator.machines.certificates import SYSTEM_BUNDLES, TRUST_VARIABLES, write_trust
from deployer.emulator.machines.fleet import Fleet
from deployer.emulator.machines.image import identity_files, os_family, seed_disk
from deployer.emulator.machines.interpreters import find_interpreters, shared_libraries
from deployer.emulator.machines.leftovers import machine_directory, remove_tree
from deployer.emulator.machines.link import FIRST_MAPPED_ID, AgentLink, is_real_root
from deployer.emulator.machines.outbound import Address
from deployer.emulator.machines.package_sources import PackageSources, find_package_sources
from deployer.emulator.machines.proxy import OutboundProxy, proxy_variables
from deployer.emulator.machines.remote import RemoteMachine
from deployer.emulator.machines.shims import FIRST, LAST, PACKAGE_MANAGER, PACKAGE_MANAGERS, write_shims

_SHOWN = "/opt/emulator"
_PYTHON = f"{_SHOWN}/python"
_FIRST = f"{_SHOWN}/first"
_PACKAGES = f"{_SHOWN}/packages"
_LAST = f"{_SHOWN}/last"
_PYTHONS = f"{_SHOWN}/pythons"  # shown there; the package manager "installs" one by a link in the next folder
_INSTALLED = "/var/lib/emulator/bin"
_LIBRARIES = f"{_SHOWN}/libraries"
_SCRIPTS = "/var/lib/cloud-assistant/scripts"
_PROXY_URL = "http://127.0.0.1:3128"
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HIDDEN = {"rhel": ("apt", "apt-get", "aptitude", "dpkg"), "debian": ("dnf", "yum", "microdnf", "rpm")}
_TRUST = f"{_SHOWN}/trust"
_BUNDLE = "authorities.pem"


class NamespaceDriver:
    """Boots machines below `data_dir/<instance id>/`. `environment` is the host's: proxies, pip, certificates."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self._data_dir = data_dir.resolve()
        self._sources: PackageSources = find_package_sources(environment, shown_at=_PACKAGES)
        self._interpreters = find_interpreters()
        self._proxy = OutboundProxy(index_url=self._sources.index_url, environment=environment)
        self._fleet = Fleet(self._data_dir, self._proxy)
        self._system = self._data_dir / ".system"
        self._data_dir.mkdir(parents=True, exist_ok=True)
        for family, names in PACKAGE_MANAGERS.items():
            write_shims(self._system / family, {**FIRST, **dict.fromkeys(names, PACKAGE_MANAGER)})
        write_shims(self._system / "last", LAST)
        self._link_libraries()
        (self._system / "trust").mkdir(exist_ok=True)
        write_trust(self._system / "trust" / _BUNDLE, self._proxy.authority, environment)
        self._nothing = self._system / "nothing"
        self._nothing.touch(mode=0o444)

    def _link_libraries(self) -> None:
        """A folder with the shared libraries of the Pythons shown inside, and nothing else of theirs."""
        folder = self._system / "libraries"
        folder.mkdir(parents=True, exist_ok=True)
        own = f"{sys.version_info[0]}.{sys.version_info[1]}"
        shown = {**{version: f"{_PYTHONS}/{version}" for version in self._interpreters}, own: _PYTHON}
        for version, name in shared_libraries({**self._interpreters, own: sys.base_prefix}):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(f"{shown[version]}/lib/{name}")

    @property
    def info(self) -> DriverInfo:
        return DriverInfo(name="namespaces")

    @property
    def cloud_address(self) -> Address | None:
        """Where the emulator's HTTP server listens; machines reach OSS and the metadata service there."""
        return self._proxy.cloud_address

    @cloud_address.setter
    def cloud_address(self, address: Address | None) -> None:
        self._proxy.cloud_address = address

    def boot(self, spec: MachineSpec) -> RemoteMachine:
        """Start it, with the disk it had before if there is one. Errors: MachineError."""
        self._fleet.retire(spec.instance_id)
        place = machine_directory(self._data_dir, spec.instance_id)
        as_root = is_real_root()
        if not (place / "disk").exists():
            seed_disk(place / "disk", self._sources, FIRST_MAPPED_ID if as_root else None)
        link = AgentLink(self._configuration(spec, place, as_root=as_root))
        machine = RemoteMachine(link, self._command_environment(spec))
        assert link.way_out is not None
        self._fleet.admit(spec.instance_id, machine, link.way_out)
        return machine

    def _configuration(self, spec: MachineSpec, place: Path, *, as_root: bool) -> dict[str, Any]:
        family = os_family(spec.os_name)
        covers = {f"/usr/bin/{name}": str(self._nothing) for name in _HIDDEN[family]}
        trust = self._system / "trust"
        covers |= {place: str(trust / _BUNDLE) for place in SYSTEM_BUNDLES if Path(place).is_file()}
        binds = {_FIRST: str(self._system / family), _LAST: str(self._system / "last"), _TRUST: str(trust)}
        if not _is_below_usr(sys.base_prefix):
            binds[_PYTHON] = sys.base_prefix
        binds[_LIBRARIES] = str(self._system / "libraries")
        binds |= {f"{_PYTHONS}/{version}": prefix for version, prefix in self._interpreters.items()}
        binds |= dict(self._sources.binds)
        return {
            "isolated": True,
            "mapped_by_parent": as_root,
            "hostname": spec.hostname,
            "private_ip": spec.private_ip,
            "disk": str(place / "disk"),
            "scripts": _SCRIPTS,
            "marker": spec.instance_id,
            "shown_below": _SHOWN,
            "binds": binds,
            "covers": covers,
            "texts": identity_files(spec),
        }

    def _command_environment(self, spec: MachineSpec) -> dict[str, str]:
        direct = f"localhost,127.0.0.1,::1,{spec.private_ip}"
        environment = {"PATH": _command_path(), "LD_LIBRARY_PATH": _LIBRARIES, **proxy_variables(_PROXY_URL, direct)}
        environment |= dict.fromkeys(TRUST_VARIABLES, f"{_TRUST}/{_BUNDLE}")
        return environment | dict(spec.environment)

    def destroy(self, instance_id: str) -> None:
        self._fleet.destroy(instance_id)

    def close(self) -> None:
        self._fleet.close()
        remove_tree(self._system)


def probe(data_dir: Path, environment: Mapping[str, str]) -> str | None:
    """Why no such machine can run here, found out by booting one; None when it can."""
    if sys.platform != "linux":
        return "namespaces are a feature of Linux"
    driver = NamespaceDriver(data_dir, environment)  # its folder is removed again
    try:
        driver.boot(MachineSpec(instance_id="i-probe", hostname="probe", private_ip="192.0.2.1"))
    except (MachineError, OSError) as error:
        return str(error)
    finally:
        driver.close()
        remove_tree(data_dir)
    return None


def _is_below_usr(path: str) -> bool:
    return Path(path).resolve().is_relative_to("/usr")


def _command_path() -> str:
    """What the cloud's image has comes from the host's /usr; only what is missing there comes from elsewhere."""
    parts = [_FIRST, _SYSTEM_PATH]
    if not _is_below_usr(sys.base_prefix):
        own = f"{_PYTHON}/bin"
        parts = [_FIRST, _SYSTEM_PATH, own] if _host_python_makes_environments() else [_FIRST, own, _SYSTEM_PATH]
    return ":".join((*parts, _INSTALLED, _LAST))


def _host_python_makes_environments() -> bool:
    """Whether /usr/bin/python3 can do `python3 -m venv`: Debian and Ubuntu leave `ensurepip` out."""
    interpreter = Path("/usr/bin/python3")
    if not interpreter.exists():
        return False
    library = Path("/usr/lib") / interpreter.resolve().name
    libraries = (library, Path("/usr/lib64") / interpreter.resolve().name)
    return any((place / "ensurepip").is_dir() and (place / "venv").is_dir() for place in libraries)
