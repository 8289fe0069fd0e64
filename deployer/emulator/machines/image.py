"""What a fresh Alibaba Cloud Linux instance has on its disk, and what is generated for each boot."""

import os
from collections.abc import Iterator
from pathlib import Path

from deployer.emulator.machines.base import MachineSpec
from deployer.emulator.machines.package_sources import PackageSources

# Alibaba Cloud images come with a pip that uses the mirror inside the cloud.
# Source: https://help.aliyun.com/zh/ecs/user-guide/configure-mirrors-for-ecs-instances
_PIP_INDEX = "http://mirrors.cloud.aliyuncs.com/pypi/simple/"
_PIP_HOST = "mirrors.cloud.aliyuncs.com"

_DIRECTORIES = (
    ("root", 0o700),
    ("tmp", 0o1777),
    ("home", 0o755),
    ("opt", 0o755),
    ("srv", 0o755),
    ("mnt", 0o755),
    ("media", 0o755),
    ("var", 0o755),
    ("var/tmp", 0o1777),
    ("var/log", 0o755),
    ("var/lib", 0o755),
    ("var/cache", 0o755),
    ("var/spool", 0o755),
    ("var/www", 0o755),
)


def seed_disk(disk: Path, sources: PackageSources, owner: int | None) -> None:
    """Fill a new disk. It must not exist yet: what a machine has written is never followed from outside."""
    disk.mkdir(parents=True)
    disk.chmod(0o755)
    for name, mode in _DIRECTORIES:
        (disk / name).mkdir()
        (disk / name).chmod(mode)
    (disk / "var/run").symlink_to("/run")
    (disk / "root/.pip").mkdir()
    (disk / "root/.pip/pip.conf").write_text(pip_configuration(sources), encoding="utf-8")
    if owner is not None:
        for path in (disk, *_everything_below(disk)):
            os.chown(path, owner, owner, follow_symlinks=False)


def _everything_below(directory: Path) -> Iterator[Path]:
    for folder, directories, files in os.walk(directory):
        yield from (Path(folder, name) for name in (*directories, *files))


def pip_configuration(sources: PackageSources) -> str:
    """The `pip.conf` of the image, with the host's package folders added to it."""
    lines = ["[global]", f"index-url = {_PIP_INDEX}", "disable-pip-version-check = true"]
    if sources.extra_index_urls:
        lines.append("extra-index-url = " + "\n    ".join(sources.extra_index_urls))
    if sources.find_links:
        lines.append("find-links = " + "\n    ".join(sources.find_links))
    return "\n".join((*lines, "", "[install]", f"trusted-host = {_PIP_HOST}", ""))


def identity_files(spec: MachineSpec) -> dict[str, str]:
    """What says which machine this is: path inside to text."""
    hosts = f"127.0.0.1\tlocalhost\n::1\tlocalhost\n{spec.private_ip}\t{spec.hostname}\n"
    return {"/etc/os-release": os_release(spec.os_name), "/etc/hostname": f"{spec.hostname}\n", "/etc/hosts": hosts}


def os_family(os_name: str) -> str:
    """`debian` for Ubuntu and Debian images, else `rhel`, which Alibaba Cloud Linux belongs to."""
    return "debian" if os_name.lower().startswith(("ubuntu", "debian")) else "rhel"


def os_release(os_name: str) -> str:
    """`/etc/os-release` for an image's OSName; what is not known by name is taken for Alibaba Cloud Linux 3."""
    words = os_name.split()
    name = words[0].lower() if words else ""
    version = next((word for word in words if word[0].isdigit()), "3")
    known = {"ubuntu": ("Ubuntu", "ubuntu", "debian"), "debian": ("Debian GNU/Linux", "debian", "")}
    known |= {
        "centos": ("CentOS Linux", "centos", "rhel fedora"),
        "rocky": ("Rocky Linux", "rocky", "rhel centos fedora"),
    }
    if name in known:
        title, identifier, like = known[name]
        return (
            f'NAME="{title}"\nVERSION="{version}"\nID={identifier}\nID_LIKE="{like}"\n'
            f'VERSION_ID="{version}"\nPRETTY_NAME="{title} {version}"\n'
        )
    return (
        'NAME="Alibaba Cloud Linux"\nVERSION="3 (OpenAnolis Edition)"\nID="alinux"\n'
        'ID_LIKE="rhel fedora centos anolis"\nVERSION_ID="3"\nPLATFORM_ID="platform:al8"\n'
        'PRETTY_NAME="Alibaba Cloud Linux 3 (OpenAnolis Edition)"\nANSI_COLOR="0;31"\n'
        'HOME_URL="https://www.aliyun.com/"\n'
    )
