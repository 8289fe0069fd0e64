"""The steps of a run while it runs: redrawn with a spinner on a terminal, plain lines anywhere else."""

from types import TracebackType
from typing import Any, Protocol, TextIO

from deployer.clock import Clock
from deployer.events import (
    Emit,
    Event,
    RunStarted,
    StepFinished,
    StepStarted,
    UploadProgressed,
    WaitProgressed,
    WarningRaised,
)
from deployer.ui.printable import printable
from deployer.ui.progress import Progress, StepView, detail_of
from deployer.ui.stream import show
from deployer.ui.texts import Language, step_title, text

_MARKS = {"done": "✅", "unchanged": "✅", "skipped": "–", "failed": "❌"}
_REFRESHES_PER_SECOND = 8


class View(Protocol):
    """An `Emit` that shows what happens between `with` and its end."""

    def __enter__(self) -> Emit: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def __call__(self, event: Event) -> None: ...


def make_view(stream: TextIO, clock: Clock, *, plain: bool, language: Language = "en") -> View:
    """The view that fits the stream; see `wants_plain`."""
    return PlainView(stream, language) if plain else LiveView(stream, clock, language)


def wants_plain(stream: TextIO, *, no_color: str | None, term: str | None) -> bool:
    """True when nothing may be redrawn: no terminal, no UTF-8, `NO_COLOR` set to anything, or `TERM=dumb`."""
    encoding = (stream.encoding or "utf-8").lower().replace("-", "")
    return bool(no_color) or term in ("dumb", "") or encoding != "utf8" or not stream.isatty()


class PlainView:
    """One line for each thing worth knowing; waits and uploads only where they come further."""

    def __init__(self, stream: TextIO, language: Language = "en") -> None:
        self._stream = stream
        self._language = language
        self._last = ""
        self._quarter = 0

    def __enter__(self) -> Emit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def __call__(self, event: Event) -> None:
        for line in self._lines(event):
            show(self._stream, line)

    def _lines(self, event: Event) -> list[str]:
        match event:
            case RunStarted():
                return announced(event, self._language)
            case StepStarted():
                self._quarter = 0
                title = step_title(event.id, event.message, self._language)
                return [f"[{event.step}/{event.total}] {printable(title, one_line=True)}"]
            case StepFinished():
                mark = _MARKS.get(event.outcome, "❔")
                ended = text("failed" if event.outcome == "failed" else "done", self._language)
                words = printable(event.message, one_line=True) or ended
                return [f"      {mark} {words} ({event.elapsed_seconds:.1f} s)"]
            case WarningRaised():
                return [f"      ⚠️ {detail_of(event)}"]
            case WaitProgressed():
                return self._once(f"      {event.what}: {event.status}")
            case UploadProgressed():
                quarter = 4 * event.sent_bytes // max(1, event.total_bytes)
                further, self._quarter = quarter > self._quarter, max(quarter, self._quarter)
                return [f"      {detail_of(event)}"] if further else []
            case _:
                detail = detail_of(event)
                return self._once(f"      {detail}") if detail else []

    def _once(self, line: str) -> list[str]:
        line = printable(line, one_line=True)
        if line == self._last:
            return []
        self._last = line
        return [line]


class LiveView:
    """The warnings and below them the step list, redrawn in place.

    Warnings are drawn, too, and not printed above what is drawn: printed by one thread while another draws, they tear it.
    """

    def __init__(self, stream: TextIO, clock: Clock, language: Language = "en") -> None:
        self._stream = stream
        self._clock = clock
        self._language = language
        self._progress = Progress()
        self._warnings: list[str] = []
        self._live: Any = None

    def __enter__(self) -> Emit:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
        self._live = Live(
            console=console,
            get_renderable=self._draw,
            refresh_per_second=_REFRESHES_PER_SECOND,
            redirect_stdout=False,  # stdout is data and stays untouched
            redirect_stderr=False,
        )
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        self._warnings.clear()  # they are on the screen; what is drawn after a pause begins below them

    def __call__(self, event: Event) -> None:
        if isinstance(event, WarningRaised):
            self._warnings.append(f"⚠️ {detail_of(event)}")
            return
        self._progress.apply(event, self._clock.monotonic())

    def _draw(self) -> Any:
        from rich.console import Group
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        now = self._clock.monotonic()
        grid = Table.grid(padding=(0, 1))
        for step in list(self._progress.steps):
            running = step is self._progress.current
            words = Text(step_line(step, now, self._progress.detail if running else "", self._language))
            if step.started_at is None and step.outcome is None:
                words.stylize("dim")
            mark = Spinner("dots") if running else Text(_MARKS.get(step.outcome or "", " "))
            grid.add_row(mark, words)
        return Group(*map(Text, tuple(self._warnings)), grid)


def announced(event: RunStarted, language: Language = "en") -> list[str]:
    """The whole list of steps, before anything is done."""
    if not event.steps:
        return []
    titles = [step_title(step_id, title, language) for step_id, title in event.steps]
    lines = [f"  {number}. {printable(title, one_line=True)}" for number, title in enumerate(titles, 1)]
    return [f"{text('steps', language)}:", *lines]


def step_line(step: StepView, now: float, detail: str, language: Language = "en") -> str:
    """A step in one line: its title, then how it ended, or for how long it runs and what it is busy with."""
    title = printable(step_title(step.id, step.title, language), one_line=True)
    if step.outcome is not None:
        message = f": {printable(step.message, one_line=True)}" if step.message and step.message != step.title else ""
        return f"{title}{message} ({step.elapsed_seconds:.1f} s)"
    if step.started_at is None:
        return title
    return f"{title} ({now - step.started_at:.0f} s){f'  {detail}' if detail else ''}"
