"""What a command shows: live steps on stderr and the result on stdout, or nothing but JSON lines on stdout."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from deployer.cli.options import CommonOptions
from deployer.cli.outlet import Outlet
from deployer.clock import SystemClock
from deployer.detection import process_environment
from deployer.errors.base import DeployerError
from deployer.events import Emit, Event
from deployer.ui.errors import render_error
from deployer.ui.stream import show
from deployer.ui.texts import Language, language_of

if TYPE_CHECKING:
    from deployer.api import Deployer
    from deployer.models.plan import Plan, Risk
    from deployer.ui.live import View


class Screen:
    """One command's output. `streams` is for long commands, whose events are shown as they happen."""

    def __init__(self, options: CommonOptions, *, streams: bool = False) -> None:
        self._options = options
        self._streams = streams
        outlet = _outlet()
        self._writer = outlet.writer if options.as_json else None
        self._view: View | None = None
        self._shown = ""  # the plan that was printed
        self.language: Language = language_of(options.lang, _locale())
        outlet.language = self.language

    @property
    def may_ask(self) -> bool:
        """Whether a person sits at the other end."""
        return (
            not self._options.as_json
            and not self._options.non_interactive
            and sys.stdin.isatty()
            and sys.stderr.isatty()
        )

    @contextmanager
    def deployer(self) -> Iterator["Deployer"]:
        """The API while its events are shown."""
        emit: Emit | None = None
        if self._streams and self._writer is not None:
            emit = self._writer
        elif self._streams:
            from deployer.ui.live import make_view, wants_plain

            environ = process_environment()
            plain = wants_plain(sys.stderr, no_color=environ.get("NO_COLOR"), term=environ.get("TERM"))
            self._view = make_view(sys.stderr, SystemClock(), plain=plain, language=self.language)
            emit = self._tell
            self._view.__enter__()
        try:
            yield self._make_deployer(emit)
        finally:
            self._close_view()

    def _make_deployer(self, emit: Emit | None) -> "Deployer":
        from deployer.api import Deployer

        return Deployer(
            local=self._options.local,
            profile=self._options.profile,
            backend=self._options.backend,
            runner=self._options.runner,
            timeout_seconds=self._options.timeout,
            on_event=emit,
            language=self.language,
        )

    def _tell(self, event: Event) -> None:
        if self._view is not None:
            self._view(event)

    def _close_view(self) -> None:
        view, self._view = self._view, None
        if view is not None:
            view.__exit__(None, None, None)

    def consent(self, plan: "Plan", risk: "Risk") -> bool:
        """Ask a person about one risk, after showing the whole plan once. Errors: ConsentRefused."""
        from deployer.ui.plan import render_plan
        from deployer.ui.prompts import confirm_risk

        paused, self._view = self._view, None
        if paused is not None:
            paused.__exit__(None, None, None)
        if self._shown != plan.plan_id:
            self._shown = plan.plan_id
            show(sys.stderr, render_plan(plan, self.language))
        agreed = confirm_risk(plan, risk, language=self.language)
        if paused is not None:
            paused.__enter__()
            self._view = paused
        return agreed

    def result(self, data: Any, text: Callable[[], str]) -> None:
        """The end of a command that did what it was asked: one JSON line, or text on stdout."""
        if self._writer is not None:
            self._writer.result(data)
        else:
            show(sys.stdout, text())

    def say(self, text: str) -> None:
        """A line for a person, on stderr; nothing in JSON mode."""
        if self._writer is None:
            show(sys.stderr, text)

    def failure(self, error: DeployerError, data: Any, text: Callable[[], str]) -> int:
        """A failure that has more to show than its error; gives the exit code."""
        if self._writer is not None:
            self._writer.error(error, data)
        else:
            show(sys.stdout, text())
            show(sys.stderr, render_error(error, self.language))
        return error.exit_code

    def complete(self, path: str, settings: dict[str, Any]) -> dict[str, Any]:
        """The settings with the answers a person gave to what they miss; as they are where nobody can be asked."""
        if not self.may_ask:
            return settings
        from deployer.cli.interview import Interview

        interview = Interview(self._make_deployer(None), self.language, self.say)
        return interview.complete(path, self._options.config, settings)


def _outlet() -> Outlet:
    context = click.get_current_context(silent=True)
    return (context.find_object(Outlet) if context else None) or Outlet(as_json=True)


def show_error(error: DeployerError, outlet: Outlet) -> None:
    """The error as the last JSON line on stdout, or for a person on stderr."""
    if outlet.as_json:
        outlet.writer.error(error)
    else:
        show(sys.stderr, render_error(error, outlet.language or language_of("auto", _locale())))


def _locale() -> str:
    environ = process_environment()
    return environ.get("LC_ALL") or environ.get("LANG") or ""


def rows(items: Sequence[Any], *names: str) -> list[list[Any]]:
    """The named attributes of each item, as table rows."""
    return [[getattr(item, name) for name in names] for item in items]
