"""From what a caller gives, a path or git address, a configuration file and flags, to the request operations take."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from deployer.clock import Clock
from deployer.config.load import FLAG_PATHS
from deployer.config.places import cache_folder
from deployer.errors.base import UsageError
from deployer.events import Emit, SourceFetched
from deployer.operations.prepare import ProjectRequest
from deployer.operations.run_folder import RunFolder
from deployer.project.source import Source, open_source


class Requests:
    """Makes the requests of one `Deployer`. What they need on disk lies in `run_folder`, which ends with each run."""

    def __init__(
        self, environ: Mapping[str, str], clock: Clock, emit: Emit, *, language: str, own_runner: bool
    ) -> None:
        self.run_folder = RunFolder(cache_folder(environ) / "runs", clock)
        self._environ = environ
        self._clock = clock
        self._emit = emit
        self._language = language
        self._own_runner = own_runner

    def make(
        self, source: str | Path, flags: Mapping[str, Any], config: str | Path | None, *, command_flags: str
    ) -> ProjectRequest:
        """The request; a git address is checked out when its files are first asked for.

        Errors: UsageError for an unknown flag.
        """
        unknown = sorted(flag for flag in flags if flag.replace("_", "-") not in FLAG_PATHS)
        if unknown:
            raise UsageError(f"there is no setting `{unknown[0]}`", hint=f"known are: {', '.join(sorted(FLAG_PATHS))}")
        return ProjectRequest(
            source=cache(lambda: self._open(source)),
            flags=flags,
            config_path=Path(config) if config else None,
            environ=self._environ,
            language=self._language,
            command_flags=command_flags,
            own_runner=self._own_runner,
            make_build_folder=lambda: self.run_folder.path / "packages",
        )

    def _open(self, source: str | Path) -> Source:
        """Errors: those of `open_source`."""
        opened = open_source(source, lambda: self.run_folder.path, self._environ, self._clock)
        if opened.address and opened.commit:
            self._emit(SourceFetched(address=opened.address, commit=opened.commit))
        return opened
