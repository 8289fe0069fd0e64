"""The folders machines leave behind, and how they go."""

import os
import re
import shutil
from pathlib import Path

from deployer.emulator.machines.inside.processes import kill_all, marked_processes

MARKER = "DEPLOYER_EMULATED_MACHINES"
_INSTANCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def machine_directory(data_dir: Path, instance_id: str) -> Path:
    """Where a machine's disk lies. Errors: ValueError when the id is not a plain name."""
    if not _INSTANCE_ID.fullmatch(instance_id):
        raise ValueError(f"not an instance id: {instance_id!r}")
    return data_dir / instance_id


def remove_tree(directory: Path) -> None:
    """The folder is gone. Links in it are removed, never followed. Errors: OSError.

    What is in it belongs to this user (or this user is root), but a machine may have shut itself out by modes.
    """
    if not directory.exists():
        return
    try:
        shutil.rmtree(directory)
    except PermissionError:
        for folder, names, _ in os.walk(directory):
            for name in names:
                if not Path(folder, name).is_symlink():
                    Path(folder, name).chmod(0o700)
        shutil.rmtree(directory)


def remove_leftovers(data_dir: Path) -> tuple[str, ...]:
    """End what an emulator that was killed left running and remove its machines; the names of what was removed.

    Machines made of namespaces end with their emulator by themselves; what is left of them is their disks.
    """
    if not data_dir.is_dir():
        return ()
    kill_all(marked_processes(f"{MARKER}={data_dir.resolve()}"))
    removed = []
    for entry in sorted(data_dir.iterdir()):
        if (entry / "disk").is_dir():
            remove_tree(entry)
            removed.append(entry.name)
    return tuple(removed)
