"""Files replaced whole: a crash, a full disk or a planted link never leaves half a file, or one elsewhere."""

import contextlib
import errno
import os
import stat
import tempfile
from datetime import datetime
from pathlib import Path

from deployer.config.document import project_root_of
from deployer.errors.config import ConfigNotWritten

_NEW_MODE = 0o644
_SECRET_MODE = 0o600


def write_atomically(path: Path, data: bytes, *, secret: bool = False) -> None:
    """Replace the file, keeping its mode and owner; `secret` makes a new file readable by its owner alone.

    A link inside the project is followed, one that leads out of it is refused.
    Errors: ConfigNotWritten.
    """
    target = _target_of(path)
    try:
        before = target.stat() if target.exists() else None
        mode = stat.S_IMODE(before.st_mode) if before else (_SECRET_MODE if secret else _NEW_MODE)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                _keep_access(file.fileno(), mode, before)
                os.fsync(file.fileno())
            os.replace(temporary, target)  # noqa: PTH105  (a name, not a Path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise _not_written(path, error, len(data)) from None


def back_up(path: Path, now: datetime) -> Path | None:
    """Copy the file to `<name>.bak.<time>` beside it; None when there is no file.

    Errors: ConfigNotWritten.
    """
    target = _target_of(path)
    if not target.exists():
        return None
    try:
        data = target.read_bytes()
        stem = f"{path.name}.bak.{now:%Y%m%d%H%M%S}"
        for number in range(100):
            backup = target.parent / (f"{stem}-{number}" if number else stem)
            if not os.path.lexists(backup):
                write_atomically(backup, data, secret=stat.S_IMODE(target.stat().st_mode) == _SECRET_MODE)
                return backup
    except OSError as error:
        raise _not_written(path, error, 0) from None
    raise ConfigNotWritten(str(path), "there are 100 backups of this second", "delete old `.bak.` files")


def make_folder(path: Path) -> None:
    """Make the file's folder; a link that leads out of the project is refused.

    Errors: ConfigNotWritten.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_written(path, error, 0) from None
    _target_of(path)


def _target_of(path: Path) -> Path:
    target = Path(os.path.realpath(path))
    root = Path(os.path.realpath(project_root_of(path)))
    if root not in target.parents:
        raise ConfigNotWritten(str(path), f"it leads to `{target}`, outside the project", "replace the link by a file")
    return target


def _keep_access(descriptor: int, mode: int, before: os.stat_result | None) -> None:
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
    if before and hasattr(os, "fchown") and os.getuid() == 0:
        with contextlib.suppress(OSError):
            os.fchown(descriptor, before.st_uid, before.st_gid)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut; some file systems cannot, which is no reason to fail."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _not_written(path: Path, error: OSError, size_bytes: int) -> ConfigNotWritten:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ConfigNotWritten(str(path), f"the disk is full, {size_bytes} bytes are needed", "make room on the disk")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ConfigNotWritten(str(path), "no permission to write there", "check the folder's owner and mode")
    if path.is_dir():
        return ConfigNotWritten(str(path), "it is a directory", "name a file with `--config`")
    return ConfigNotWritten(str(path), str(error.strerror or error), "check the folder")
