"""A disk on which nothing can be written any more, while everything on it stays as it was.

Over each folder that programs write to lies an overlay whose upper layer is full already. Taken away again, the
folder is what it was before.
"""

import contextlib
from pathlib import Path

from deployer.emulator.machines.inside.linux import Kernel

_FOLDERS = ("root", "tmp", "home", "srv")
_STAGE = Path("/run/.full-disk")
_STAGE_OPTIONS = "mode=700,size=256k"


class FullDisk:
    """Fills the machine's disk and frees it; doing either twice changes nothing."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._covered: list[str] = []

    def fill(self) -> None:
        """Each write into the folders fails with ENOSPC from now on. Errors: OSError where the system has no overlays."""
        if self._covered:
            return
        _STAGE.mkdir(exist_ok=True)
        self._kernel.mount("tmpfs", str(_STAGE), "tmpfs", options=_STAGE_OPTIONS)
        try:
            for name in _FOLDERS:
                self._cover(name)
        except OSError:
            self.free()
            raise
        with contextlib.suppress(OSError), (_STAGE / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def _cover(self, name: str) -> None:
        upper, work = _STAGE / f"{name}-upper", _STAGE / f"{name}-work"
        upper.mkdir()
        upper.chmod(Path(f"/{name}").stat().st_mode & 0o7777)
        work.mkdir()
        options = f"lowerdir=/{name},upperdir={upper},workdir={work},userxattr"
        self._kernel.mount("overlay", f"/{name}", "overlay", options=options)
        self._covered.append(f"/{name}")

    def free(self) -> None:
        """What was there before is there again; what was written meanwhile is gone."""
        while self._covered:
            self._kernel.unmount_lazily(self._covered.pop())
        with contextlib.suppress(OSError):
            self._kernel.unmount_lazily(str(_STAGE))
