"""A command at work: its lines as they come, its stderr kept, an end by its deadline at the latest."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from typing_extensions import Self

from deployer.clock import Clock
from deployer.config.exposure import mask_secrets
from deployer.errors.cloud import WaitedTooLong

LOOK_SECONDS = 0.2  # how often the deadline is thought of while nothing comes
SILENCE_SECONDS = 60.0
STDERR_LINES = 100
GRACE_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a command ended. `exit_code` is negative for the signal that killed it; `stderr` its last lines, masked."""

    exit_code: int | None
    stderr: str


class Child:
    """One process in a group of its own, so that Ctrl-C reaches it only through us. Its standard input is empty."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        clock: Clock,
        timeout_seconds: float,
        on_silence: Callable[[float], None],
    ) -> None:
        self._what = " ".join(arguments[1:4])
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._on_silence = on_silence
        self._stdout: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._is_drained = False
        self._began = clock.monotonic()
        self._process = subprocess.Popen(
            arguments,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=os.name != "nt",
        )
        self._readers = (
            threading.Thread(target=self._read_stdout, name="read-stdout", daemon=True),
            threading.Thread(target=self._read_stderr, name="read-stderr", daemon=True),
        )
        for reader in self._readers:
            reader.start()

    def __str__(self) -> str:
        """The process id, as the journal notes it."""
        return str(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def ending(self) -> Ending:
        return Ending(exit_code=self.exit_code, stderr=mask_secrets("".join(self._stderr)).strip())

    def lines(self) -> Iterator[str]:
        """Each line of its stdout when it comes, until it ends.

        Errors: WaitedTooLong once its time or the run's is over; it is ended then.
        """
        heard_at = self._clock.monotonic()
        while not self._is_drained:
            self._check_time()
            try:
                line = self._stdout.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                heard_at = self._tell_silence(heard_at)
                continue
            heard_at = self._clock.monotonic()
            if line is None:
                self._is_drained = True
            else:
                yield line
        self._reap()

    def stop(self) -> None:
        """End it and all it started, if it has not ended: asked first, made to after three seconds."""
        if not self._is_drained or self._process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self._reap()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None and not any(reader.is_alive() for reader in self._readers):
                pipe.close()

    def _check_time(self) -> None:
        if self._clock.monotonic() - self._began > self._timeout_seconds:
            self.stop()
            raise WaitedTooLong(f"`{self._what}`", "running", self._timeout_seconds, stderr=self.ending.stderr)
        self._clock.sleep(0)  # the whole run's time may be over, too

    def _tell_silence(self, heard_at: float) -> float:
        """When it was last heard of, or told to be silent."""
        now = self._clock.monotonic()
        if now - heard_at < SILENCE_SECONDS:
            return heard_at
        self._on_silence(now - self._began)
        return now

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.name == "nt":
                self._process.terminate()
            else:
                os.killpg(self._process.pid, number)

    def _reap(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_SECONDS)
        for reader in self._readers:
            reader.join(GRACE_SECONDS)

    def _read_stdout(self) -> None:
        for line in _lines_of(self._process.stdout):
            self._stdout.put(line)
        self._stdout.put(None)

    def _read_stderr(self) -> None:
        for line in _lines_of(self._process.stderr):
            self._stderr.append(line)


def _lines_of(pipe: IO[str] | None) -> Iterator[str]:
    assert pipe is not None
    with contextlib.suppress(ValueError):  # closed while it was read
        yield from pipe
