"""Which TCP sockets listen: asked of the kernel, read from /proc where it does not answer, or of `lsof` elsewhere.

The kernel is asked because /proc/net/tcp walks the table of every connection: 14 ms a look, against 0.2.
"""

import os
import socket
import struct
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

Address = tuple[str, int]

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_DUMP_REQUEST = 0x301
_NLMSG_ERROR = 2
_NLMSG_DONE = 3
_LISTEN = 10
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_REQUEST = struct.Struct("=BBBBI48x")  # struct inet_diag_req_v2
_FOUND = struct.Struct("=BBBB2s2x16s16xIIIIIIII")  # struct inet_diag_msg
_ANSWER_SECONDS = 2.0


def list_listeners(owners: Iterable[int] | None = None) -> list[Address]:
    """Address and port of each listening socket in this network; with `owners` only those these processes hold."""
    if not Path("/proc/net/tcp").exists():
        return _listeners_by_lsof(set(owners or ()))
    inodes = None if owners is None else _socket_inodes(owners)
    try:
        found = [socket_ for family in (socket.AF_INET, socket.AF_INET6) for socket_ in _ask_kernel(family)]
    except OSError:
        found = [socket_ for name in ("tcp", "tcp6") for socket_ in _read_table(name)]
    return sorted({address for address, inode in found if inodes is None or inode in inodes})


def _ask_kernel(family: socket.AddressFamily) -> Iterator[tuple[Address, int]]:
    """Listening sockets with their inodes. Errors: OSError where the kernel has no such interface."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(_ANSWER_SECONDS)
        question = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, 1 << _LISTEN)
        header = _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _NLM_F_DUMP_REQUEST, 1, 0)
        kernel.send(header + question)
        while True:
            data = kernel.recv(65536)
            while len(data) >= _HEADER.size:
                length, kind, _, _, _ = _HEADER.unpack_from(data)
                if kind == _NLMSG_DONE:
                    return
                if kind == _NLMSG_ERROR:
                    raise OSError("the kernel does not list sockets")
                fields = _FOUND.unpack_from(data, _HEADER.size)
                size = 4 if family == socket.AF_INET else 16
                yield (socket.inet_ntop(family, fields[5][:size]), int.from_bytes(fields[4], "big")), fields[-1]
                data = data[(length + 3) & ~3 :]


def _read_table(name: str) -> Iterator[tuple[Address, int]]:
    try:
        lines = Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        fields = line.split()
        if int(fields[3], 16) == _LISTEN:
            yield _address(fields[1]), int(fields[9])


def _address(field: str) -> Address:
    digits, _, port = field.partition(":")
    words = [struct.pack("=I", int(digits[start : start + 8], 16)) for start in range(0, len(digits), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words)), int(port, 16)


def _socket_inodes(owners: Iterable[int]) -> set[int]:
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
                found.add(int(target[len("socket:[") : -1]))
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
