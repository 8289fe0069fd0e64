"""A private folder of one run: archives and checkouts are made in it, and nothing of it is left when the run ends."""

import shutil
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from deployer.clock import Clock
from deployer.errors.project import NoRunFolder

_LEFT_BEHIND = timedelta(days=1)  # what is older belongs to a run that was killed


class RunFolder:
    """Made in `base` when first asked for, for its owner alone; removed at the end of the `with` block, come what may.

    Where `base` cannot be written to, such as in a container without a home, the system's folder for such things serves.
    """

    def __init__(self, base: Path, clock: Clock) -> None:
        self._base = base
        self._clock = clock
        self._path: Path | None = None

    @property
    def path(self) -> Path:
        """Errors: NoRunFolder."""
        if self._path is None:
            self._path = self._make()
        return self._path

    def _make(self) -> Path:
        try:
            self._base.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._remove_left_behind()
            return Path(tempfile.mkdtemp(dir=self._base))
        except OSError:
            pass
        try:
            return Path(tempfile.mkdtemp(prefix="deployer-"))
        except OSError as error:
            raise NoRunFolder(str(self._base), (error.strerror or str(error)).lower()) from error

    def __enter__(self) -> None:
        """Nothing is made before it is asked for."""

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        path, self._path = self._path, None
        if path is not None:
            shutil.rmtree(path, ignore_errors=True)

    def _remove_left_behind(self) -> None:
        oldest = (self._clock.now() - _LEFT_BEHIND).timestamp()
        for folder in self._base.iterdir():
            with suppress(OSError):
                if folder.lstat().st_mtime < oldest:
                    shutil.rmtree(folder)
