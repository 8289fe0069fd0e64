"""A configuration's scripts with mirrors in the place of hosts that mainland China hardly reaches, where the user says so."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deployer.config.document import KeyPath, read_document
from deployer.config.edit import edit_config
from deployer.config.exposure import mask_secrets
from deployer.config.resolve import START, STOP
from deployer.project.far_hosts import nearer


def use_mirrors(path: Path) -> Sequence[tuple[str, str]]:
    """The lines (before, after), secrets masked, that were changed in the file; comments, and all else of it, stay.

    Errors: ConfigNotFound, ConfigUnreadable, ConfigInvalid, ConfigNotWritten.
    """
    data, changes, told = read_document(path).data, {}, []
    for key in (START, STOP):
        script = _script(data, key)
        lines = [(line, line if line.lstrip().startswith("#") else nearer(line)) for line in script.split("\n")]
        changed = [pair for pair in lines if pair[0] != pair[1]]
        if changed:
            told += [(mask_secrets(before.strip()), mask_secrets(after.strip())) for before, after in changed]
            changes[".".join(key)] = "\n".join(after for _before, after in lines)
    if changes:
        edit_config(path, changes)
    return told


def _script(data: Any, path: KeyPath) -> str:
    for key in path:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, str) else ""
