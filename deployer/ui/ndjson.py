"""One JSON object a line: steps as the original tool writes them, our events, and last a result or an error."""

import json
from typing import Any, TextIO

from deployer.clock import Clock
from deployer.errors.base import DeployerError
from deployer.events import Event, StepStarted
from deployer.ui.json_values import to_json_value

SCHEMA_VERSION = 1


class NdjsonWriter:
    """An `Emit` that writes each event as a line, flushed, in ASCII: valid JSON under every locale.

    When the reader has gone (`| head`), it falls silent; `closed` then is True. It never raises for that.
    """

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._sequence = 0
        self.closed = False

    def __call__(self, event: Event) -> None:
        fields = to_json_value(event)
        if isinstance(event, StepStarted):
            self._write({"type": "step", **fields})
        else:
            self._write({"type": "event", "event": event.type, **fields})

    def result(self, data: Any) -> None:
        """The last line of a command that did what it was asked."""
        self._write({"type": "result", "status": "success", "data": to_json_value(data)})

    def error(self, error: DeployerError, data: Any = None) -> None:
        """The last line of a command that failed; `data` is what is known all the same, such as a verification."""
        line = {"type": "error", "status": "failed", **to_json_value(error.as_dict())}
        if data is not None:
            line["data"] = to_json_value(data)
        self._write(line)

    def _write(self, line: dict[str, Any]) -> None:
        if self.closed:
            return
        self._sequence += 1
        stamp = {"seq": self._sequence, "at": to_json_value(self._clock.now()), "schema_version": SCHEMA_VERSION}
        text = json.dumps({**line, **stamp}, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (BrokenPipeError, ValueError):  # ValueError: the stream was closed
            self.closed = True
