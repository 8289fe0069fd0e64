"""The folders machines leave behind, and how they go, whoever the files in them belong to."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from deployer.emulator.machines.inside.processes import kill_all, marked_processes

MARKER = "DEPLOYER_EMULATED_MACHINES"
_INSTANCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
# Files of a machine may have modes that keep their own owner out; nobody inside is left to care.
_REMOVE = """
import os, shutil, sys
def again(function, path, _error):
    parent = os.path.dirname(path)
    for place in (parent, path):
        if not os.path.islink(place):
            os.chmod(place, 0o700)
    function(path) if function in (os.unlink, os.rmdir) else shutil.rmtree(path, ignore_errors=True)
shutil.rmtree(sys.argv[1], onerror=again)
"""


def machine_directory(data_dir: Path, instance_id: str) -> Path:
    """Where a machine's disk lies. Errors: ValueError when the id is not a plain name."""
    if not _INSTANCE_ID.fullmatch(instance_id):
        raise ValueError(f"not an instance id: {instance_id!r}")
    return data_dir / instance_id


def marker_of(data_dir: Path) -> str:
    """The environment entry by which processes that a machine without namespaces leaves behind are known."""
    return f"{MARKER}={data_dir.resolve()}"


def remove_tree(directory: Path) -> None:
    """The folder is gone. Links in it are removed, never followed. Errors: OSError."""
    if not directory.exists():
        return
    try:
        shutil.rmtree(directory)
    except OSError:
        _remove_whatever_the_modes(directory)


def _remove_whatever_the_modes(directory: Path) -> None:
    command = [sys.executable, "-I", "-S", "-c", _REMOVE, str(directory)]
    if sys.platform == "linux" and os.geteuid() != 0 and shutil.which("unshare"):
        command = ["unshare", "--user", "--map-root-user", *command]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if directory.exists():
        last = (finished.stderr.strip().splitlines() or ["it is still there"])[-1]
        raise OSError(f"{directory} cannot be removed: {last}")


def remove_leftovers(data_dir: Path) -> tuple[str, ...]:
    """End what an emulator that was killed left running and remove its machines; the names of what was removed."""
    if not data_dir.is_dir():
        return ()
    kill_all(marked_processes(marker_of(data_dir)))
    removed = []
    for entry in sorted(data_dir.iterdir()):
        if entry.is_dir() and ((entry / "disk").exists() or (entry / "identity").exists()):
            remove_tree(entry)
            removed.append(entry.name)
    return tuple(removed)
