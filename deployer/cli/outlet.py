"""Where a command line's JSON lines go: one writer for events, result and error, so that their numbers run on."""

import sys
from typing import TYPE_CHECKING

from deployer.clock import SystemClock

if TYPE_CHECKING:
    from deployer.ui.ndjson import NdjsonWriter
    from deployer.ui.texts import Language


class Outlet:
    """Made before the command line is parsed, and handed to commands as click's context object."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.language: Language | None = None  # of errors; unknown until the command line is parsed
        self._writer: NdjsonWriter | None = None

    @property
    def writer(self) -> "NdjsonWriter":
        """The writer to standard output, made when the first line is due."""
        from deployer.ui.ndjson import NdjsonWriter

        if self._writer is None:
            self._writer = NdjsonWriter(sys.stdout, SystemClock())
        return self._writer
