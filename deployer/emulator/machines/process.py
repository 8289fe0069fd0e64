"""Machines without isolation, for systems that give no namespaces: processes of this user in a folder of their own.

The literal `/root` in scripts is replaced by the machine's folder, `HOME` and `TMPDIR` point into it. Programs that
open `/root` themselves, ports, and the user are the computer's own: `info.notice` says so.
"""

import os
import re
import shutil
import socket
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from deployer.emulator.machines.base import DriverInfo, MachineSpec
from deployer.emulator.machines.certificates import TRUST_VARIABLES, write_trust
from deployer.emulator.machines.fleet import Fleet
from deployer.emulator.machines.image import seed_disk
from deployer.emulator.machines.leftovers import MARKER, machine_directory
from deployer.emulator.machines.link import AgentLink
from deployer.emulator.machines.outbound import Address
from deployer.emulator.machines.package_sources import find_package_sources
from deployer.emulator.machines.proxy import OutboundProxy, proxy_variables
from deployer.emulator.machines.remote import RemoteMachine
from deployer.emulator.machines.shims import ON_THE_HOST, shell_shim, write_shims

_MACHINE_MARKER = "DEPLOYER_EMULATED_MACHINE"
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# `/root` and `/root/…`, but not `/rootfs`, `/data/root` or `$X/root`
_ROOT = re.compile(rb"(?<![\w./})-])/root(?![\w.-])")
_ROOT_BY_SED = r"s#(^|[^A-Za-z0-9_./})-])/root($|[^A-Za-z0-9_.-])#\1DISK/root\2#g"
_PASSED_ON = ("LANG", "LC_ALL")


class ProcessDriver:
    """Boots machines below `data_dir/<instance id>/`. `environment` is the host's: PATH, proxies, pip, certificates."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str], *, reason: str = "chosen by --sandbox") -> None:
        """`reason` is why no better driver is used. Errors: ValueError for a folder no script can name safely."""
        self._data_dir = data_dir.resolve()
        if re.search(r"[^\w./+@:-]", str(self._data_dir)):
            raise ValueError(f"machines without namespaces need a folder of plain characters, not {self._data_dir}")
        self._environment = dict(environment)
        self._reason = reason
        self._sources = find_package_sources(environment, shown_at=None)
        self._proxy = OutboundProxy(index_url=self._sources.index_url, environment=environment)
        self._fleet = Fleet(self._data_dir, self._proxy)
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._trust = self._data_dir / ".authorities.pem"
        write_trust(self._trust, self._proxy.authority, environment)

    @property
    def info(self) -> DriverInfo:
        notice = (
            f"emulated instances are not isolated here ({self._reason}): scripts run as your own user with /root "
            "replaced by a folder, and apps listen on this computer's own ports"
        )
        return DriverInfo(name="process", notice=notice, host_network=True)

    @property
    def cloud_address(self) -> Address | None:
        """Where the emulator's HTTP server listens; machines reach OSS and the metadata service there."""
        return self._proxy.cloud_address

    @cloud_address.setter
    def cloud_address(self, address: Address | None) -> None:
        self._proxy.cloud_address = address

    def boot(self, spec: MachineSpec) -> RemoteMachine:
        """Start it, with the folder it had before if there is one. Errors: MachineError."""
        self._fleet.retire(spec.instance_id)
        place = machine_directory(self._data_dir, spec.instance_id)
        disk = place / "disk"
        if not disk.exists():
            seed_disk(disk, self._sources, None)
        self._write_shims(place / "shims", disk)
        marker = f"{_MACHINE_MARKER}={place}"
        configuration = {
            "isolated": False,
            "private_ip": spec.private_ip,
            "marker": marker,
            "scripts": str(disk / "var/lib/cloud-assistant/scripts"),
        }
        with socket.create_server(("127.0.0.1", 0), backlog=128) as way_out:
            link = AgentLink(configuration)
            environment = self._command_environment(spec, place, way_out.getsockname()[1])
            root = str(disk / "root").encode()
            machine = RemoteMachine(
                link, environment, inward=partial(_ROOT.sub, root), outward=partial(_shown_as_root, root)
            )
            self._fleet.admit(spec.instance_id, machine, way_out.fileno())
        return machine

    def _write_shims(self, directory: Path, disk: Path) -> None:
        expression = _ROOT_BY_SED.replace("DISK", str(disk))
        shells = {name: shutil.which(name, path=_DEFAULT_PATH) for name in ("bash", "sh")}
        found = {name: shell_shim(real, disk, expression) for name, real in shells.items() if real is not None}
        write_shims(directory, {**ON_THE_HOST, **found})

    def _command_environment(self, spec: MachineSpec, place: Path, proxy_port: int) -> dict[str, str]:
        disk = place / "disk"
        passed_on = {name: self._environment[name] for name in _PASSED_ON if name in self._environment}
        return {
            **passed_on,
            **dict.fromkeys(TRUST_VARIABLES, str(self._trust)),
            **proxy_variables(f"http://127.0.0.1:{proxy_port}", "localhost,127.0.0.1,::1"),
            "PATH": f"{place / 'shims'}{os.pathsep}{self._environment.get('PATH', _DEFAULT_PATH)}",
            "HOME": str(disk / "root"),
            "TMPDIR": str(disk / "tmp"),
            MARKER: str(self._data_dir),
            _MACHINE_MARKER: str(place),
            **spec.environment,
        }

    def destroy(self, instance_id: str) -> None:
        self._fleet.destroy(instance_id)

    def close(self) -> None:
        self._fleet.close()
        self._trust.unlink(missing_ok=True)


def _shown_as_root(root: bytes, output: bytes) -> bytes:
    """Output as it would look on an instance."""
    return output.replace(root, b"/root")
