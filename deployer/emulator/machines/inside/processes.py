"""Which processes there are, and who started whom: read from /proc, or asked of `ps` where there is none."""

import os
import signal
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One running process."""

    pid: int
    parent: int
    session: int


def list_processes() -> list[Process]:
    """Every process that can be seen from here."""
    if not (_PROC / "self" / "stat").exists():
        return _processes_by_ps()
    found = []
    for entry in os.listdir(_PROC):  # noqa: PTH208  (names are all that is needed)
        if entry.isdigit():
            try:
                text = (_PROC / entry / "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            fields = text.rpartition(")")[2].split()
            found.append(Process(pid=int(entry), parent=int(fields[1]), session=int(fields[3])))
    return found


def _processes_by_ps() -> list[Process]:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid=,sess=,pgid="], capture_output=True, text=True, check=False)
    rows = [line.split() for line in listing.stdout.splitlines()]
    return [Process(pid=int(row[0]), parent=int(row[1]), session=int(row[3])) for row in rows if len(row) == 4]


def tree_of(pid: int) -> set[int]:
    """The process, its descendants, and everything in the session it leads."""
    everyone = list_processes()
    found = {pid} | {process.pid for process in everyone if process.session == pid}
    return found | _descendants(everyone, found)


def descendants_of(pid: int) -> set[int]:
    """Everything that process started, directly or not; orphans count for a subreaper."""
    return _descendants(list_processes(), {pid}) - {pid}


def _descendants(everyone: Iterable[Process], roots: set[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for process in everyone:
        children.setdefault(process.parent, []).append(process.pid)
    found, queue = set(roots), list(roots)
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in found:
                found.add(child)
                queue.append(child)
    return found


def marked_processes(marker: str) -> set[int]:
    """Processes started with `marker` (`NAME=value`) in their environment, as far as this user may look."""
    if not (_PROC / "self" / "environ").exists():
        listing = subprocess.run(["ps", "-axwwE", "-o", "pid=,command="], capture_output=True, text=True, check=False)
        lines = [line.strip().partition(" ") for line in listing.stdout.splitlines() if marker in line]
        return {int(pid) for pid, _, _ in lines if pid.isdigit()} - {os.getpid()}
    wanted = b"\0" + marker.encode() + b"\0"
    found = set()
    for entry in os.listdir(_PROC):  # noqa: PTH208  (names are all that is needed)
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                environment = (_PROC / entry / "environ").read_bytes()
            except OSError:
                continue
            if wanted in b"\0" + environment + b"\0":
                found.add(int(entry))
    return found


def kill_all(pids: Iterable[int]) -> None:
    """SIGKILL each; those that are gone already, or belong to somebody else, do not matter."""
    for pid in sorted(pids):  # parents first: a shell whose child was killed would still say so
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
