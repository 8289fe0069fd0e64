"""How a process becomes the first one of a machine: namespaces, a root of its own, a network of its own.

The host's programs are shown read-only; everything else is the machine's own disk. What is mounted exists in this
mount namespace alone and goes with its last process.
"""

import fcntl
import os
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deployer.emulator.machines.inside.linux import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    Kernel,
)

# What a machine's root may do within its own namespaces: chown 0, dac_override 1, fowner 3, fsetid 4, kill 5,
# setgid 6, setuid 7, setpcap 8, net_bind_service 10, net_raw 13, ipc_lock 14, sys_chroot 18, sys_boot 22,
# sys_nice 23, mknod 27, audit_write 29, setfcap 31. Not sys_admin: it could make read-only mounts writable.
_KEPT_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 14, 18, 22, 23, 27, 29, 31})
_LAST_CAPABILITY = 63
_PROGRAM_DIRECTORIES = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_OWN_DIRECTORIES = (
    "root",
    "tmp",
    "var",
    "home",
    "opt",
    "srv",
    "run",
    "mnt",
    "media",
    "dev",
    "proc",
    "sys",
    "usr",
    "etc",
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_STAGE = "/tmp"  # noqa: S108  (a directory every system has, covered in this mount namespace only)

_SIOCSIFADDR = 0x8916
_SIOCSIFNETMASK = 0x891C
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1


def leave_the_host(kernel: Kernel) -> None:
    """Namespaces of its own for this process; identities are mapped afterwards. Errors: OSError."""
    kernel.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC)


def map_own_identity(uid: int, gid: int) -> None:
    """Root inside is the user outside: all that a user without privileges may map. Errors: OSError."""
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1", encoding="ascii")


def open_sources(configuration: Mapping[str, Any]) -> dict[str, int]:
    """Descriptors of all that will be mounted, opened while this process may still walk there as who it was."""
    paths = {configuration["disk"], *configuration["binds"].values(), *configuration["covers"].values()}
    return {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in sorted(paths)}


def become_root(*, may_set_groups: bool) -> None:
    """The identity 0 of the namespace, and no other group."""
    if may_set_groups:
        os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)


def build_root(kernel: Kernel, configuration: Mapping[str, Any], sources: Mapping[str, int]) -> None:
    """Make the machine's disk, with the host's programs in it, the root of everything. Errors: OSError."""
    kernel.mount("none", "/", flags=MS_REC | MS_PRIVATE)
    kernel.bind(_of(sources[configuration["disk"]]), _STAGE)
    root = Path(_STAGE)
    for name in _OWN_DIRECTORIES:
        _own_directory(root / name)
    _show_programs(kernel, root)
    _make_devices(kernel, root / "dev")
    kernel.mount("proc", str(root / "proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    kernel.mount("tmpfs", str(root / "run"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m")
    shown = Path(configuration["shown_below"])
    _show_binds(kernel, root, shown, {target: sources[source] for target, source in configuration["binds"].items()})
    os.chdir(root)
    kernel.pivot_root(".", ".")
    for target, source in configuration["covers"].items():
        _cover(kernel, target, _of(sources[source]))
    for target, text in configuration["texts"].items():
        file = shown / Path(target).name
        file.write_text(text, encoding="utf-8")
        _cover(kernel, target, str(file))
    _let_bash_be_sh(kernel)
    kernel.unmount_lazily(".")
    os.chdir("/")
    for descriptor in sources.values():
        os.close(descriptor)


def limit_capabilities(kernel: Kernel) -> None:
    """What is executed from now on cannot undo the mounts."""
    for capability in range(_LAST_CAPABILITY + 1):
        if capability not in _KEPT_CAPABILITIES:
            kernel.drop_from_bounding_set(capability)


def raise_network(private_ip: str) -> None:
    """The loopback interface goes up and carries the private address as well. Errors: OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack_from("h", fcntl.ioctl(control, _SIOCGIFFLAGS, request), 16)[0]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))
        for operation, address in ((_SIOCSIFADDR, private_ip), (_SIOCSIFNETMASK, "255.255.255.255")):
            fcntl.ioctl(
                control, operation, struct.pack("16sH2x4s8x", b"lo:0", socket.AF_INET, socket.inet_aton(address))
            )


def _of(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _own_directory(path: Path, below: Path | None = None) -> None:
    """A real directory at `path`: a link that an earlier boot left there is never followed."""
    steps = [path] if below is None else [below / part for part in _prefixes(path.relative_to(below))]
    for step in steps:
        if step.is_symlink():
            step.unlink()
        step.mkdir(exist_ok=True)


def _prefixes(path: Path) -> list[Path]:
    return [Path(*path.parts[: count + 1]) for count in range(len(path.parts))]


def _show_programs(kernel: Kernel, root: Path) -> None:
    for name in ("usr", "etc"):
        kernel.bind(f"/{name}", str(root / name), read_only=True)
    for name in _PROGRAM_DIRECTORIES:
        host, own = Path("/", name), root / name
        if host.is_symlink():
            if own.is_symlink():
                continue
            own.symlink_to(host.readlink())
        elif host.is_dir():
            _own_directory(own)
            kernel.bind(str(host), str(own), read_only=True)


def _show_binds(kernel: Kernel, root: Path, shown: Path, binds: Mapping[str, int]) -> None:
    """Folders of the host below `shown`, which lies in memory: on the disk each would be a folder to make and remove."""
    place = root / shown.relative_to("/")
    _own_directory(place, below=root)
    kernel.mount("tmpfs", str(place), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    for target, source in binds.items():
        folder = root / Path(target).relative_to("/")
        folder.mkdir(parents=True, exist_ok=True)
        kernel.bind(_of(source), str(folder), read_only=True)


def _cover(kernel: Kernel, target: str, source: str) -> None:
    """Show `source` in place of a file, if it is there. Called while the old root still lies over the new one."""
    real = Path(target).resolve()  # a `..` in a link would lead to the old root
    if real.exists():
        kernel.bind(source, str(real), read_only=True)


def _make_devices(kernel: Kernel, directory: Path) -> None:
    kernel.mount("tmpfs", str(directory), "tmpfs", MS_NOSUID, "mode=755,size=64k")
    for name in _DEVICES:
        (directory / name).touch()
        kernel.bind(f"/dev/{name}", str(directory / name))
    for name in ("shm", "pts"):
        (directory / name).mkdir()
    kernel.mount("tmpfs", str(directory / "shm"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    kernel.mount(
        "devpts", str(directory / "pts"), "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620"
    )
    for name, target in (
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ):
        (directory / name).symlink_to(target)


def _let_bash_be_sh(kernel: Kernel) -> None:
    """`/bin/sh` is bash on Alibaba Cloud Linux, whatever it is on the host."""
    bash, shell = Path("/usr/bin/bash"), Path("/bin/sh")
    if bash.exists() and shell.exists() and not bash.samefile(shell):
        kernel.bind(str(bash), str(shell.resolve()), read_only=True)
