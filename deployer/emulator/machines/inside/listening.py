"""Which TCP sockets listen: read from /proc, or asked of `lsof` where there is none."""

import os
import socket
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

_LISTEN = "0A"

Address = tuple[str, int]


def list_listeners(owners: Iterable[int] | None = None) -> list[Address]:
    """Address and port of each listening socket in this network; with `owners` only those these processes hold."""
    if not Path("/proc/net/tcp").exists():
        return _listeners_by_lsof(set(owners or ()))
    inodes = None if owners is None else _socket_inodes(owners)
    found: set[Address] = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN and (inodes is None or fields[9] in inodes):
                found.add(_address(fields[1]))
    return sorted(found)


def _address(field: str) -> Address:
    digits, _, port = field.partition(":")
    words = [struct.pack("=I", int(digits[start : start + 8], 16)) for start in range(0, len(digits), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words)), int(port, 16)


def _socket_inodes(owners: Iterable[int]) -> set[str]:
    found = set()
    for pid in owners:
        directory = f"/proc/{pid}/fd"
        try:
            names = os.listdir(directory)  # noqa: PTH208  (names are all that is needed)
        except OSError:
            continue
        for name in names:
            try:
                target = os.readlink(f"{directory}/{name}")  # noqa: PTH115  (not a path)
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(target[len("socket:[") : -1])
    return found


def _listeners_by_lsof(owners: set[int]) -> list[Address]:
    if not owners:
        return []
    asked = ["lsof", "-nP", "-a", "-iTCP", "-sTCP:LISTEN", "-Fn", "-p", ",".join(str(pid) for pid in sorted(owners))]
    listing = subprocess.run(asked, capture_output=True, text=True, check=False)
    found: set[Address] = set()
    for line in listing.stdout.splitlines():
        if line.startswith("n"):
            address, _, port = line[1:].rpartition(":")
            found.add(("0.0.0.0" if address == "*" else address.strip("[]"), int(port)))  # noqa: S104  (what lsof says)
    return sorted(found)
