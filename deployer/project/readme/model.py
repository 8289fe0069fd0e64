"""What was read in a README: the ways to run the project with their commands and places, and what else it mentions."""

from dataclasses import dataclass, replace

from deployer.models.analysis import MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import CommandShape
from deployer.project.readme.sections import Standing

_WORKERS = frozenset({"celery", "rq", "arq", "dramatiq", "huey_consumer", "sidekiq"})
_RANK = {kind: rank for rank, kind in enumerate(MethodKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadmeCommand:
    """One plain command of the README, under its headings.

    `obstacle` says why it cannot be run here: a file, a script, a manifest it needs is not where it runs.
    """

    text: str
    file: str
    line: int
    headings: tuple[str, ...]
    standing: Standing
    shape: CommandShape
    obstacle: str | None = None

    @property
    def section(self) -> str:
        return self.headings[-1] if self.headings else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to run the project, or a step of it: the commands of one section that go together.

    `steps` are the commands of sections before it that it needs: "Installation" before "Usage".
    """

    kind: MethodKind
    standing: Standing
    commands: tuple[ReadmeCommand, ...]
    steps: tuple[ReadmeCommand, ...] = ()

    @property
    def section(self) -> str:
        return self.commands[0].section

    @property
    def whole(self) -> tuple[ReadmeCommand, ...]:
        """All commands in the order they are to be run."""
        return (*self.steps, *self.commands)

    def only(self, directory: str) -> "Way | None":
        """The commands that run in one directory; None when none does."""
        here, before = (
            tuple(
                replace(one, shape=replace(one.shape, directory=None))
                for one in commands
                if one.shape.directory == directory
            )
            for commands in (self.commands, self.steps)
        )
        return replace(self, commands=here, steps=before) if here else None

    @property
    def starts(self) -> tuple[ReadmeCommand, ...]:
        """Its own starts: what answers requests before what works on a queue beside it."""
        found = (one for one in self.commands if one.shape.purpose is Purpose.START)
        return tuple(sorted(found, key=lambda one: one.shape.words[0] in _WORKERS))

    def first(self, purpose: Purpose) -> ReadmeCommand | None:
        """Its first own command for a purpose."""
        return next((one for one in self.commands if one.shape.purpose is purpose), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A version of a language the README asks for, such as Python 3.11."""

    name: str
    version: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Readme:
    """What a README says, its ways best first.

    `ports` are (number, line) of local addresses, `variables` (name, line) of the settings, `runtimes` the versions it
    asks for. `refused` are the lines that begin like a command and are none that could be run; `talk` the lines that
    speak to AI agents; `is_cut` tells that only its head was read.
    """

    file: str
    ways: tuple[Way, ...]
    refused: tuple[ReadmeCommand, ...]
    ports: tuple[tuple[int, int], ...]
    variables: tuple[tuple[str, int], ...] = ()
    runtimes: tuple[Runtime, ...] = ()
    talk: tuple[int, ...] = ()
    is_cut: bool = False

    @property
    def commands(self) -> tuple[ReadmeCommand, ...]:
        """Every command, in the order of the text."""
        each = {one: None for way in self.ways for one in way.whole}
        return tuple(sorted(each, key=lambda one: one.line))

    def best_first(self) -> tuple[ReadmeCommand, ...]:
        """The commands nothing in the tree speaks against, those of the best way first (M36), each once."""
        each = {one: None for way in self.ways for one in (*way.starts, *way.commands, *way.steps)}
        return tuple(one for one in each if one.obstacle is None)

    def find_start(self) -> ReadmeCommand | None:
        """The first native start at the top of the project that can be believed; what is discouraged is not asked."""
        native = {MethodKind.NATIVE_INSTALL, MethodKind.BUILD_AND_RUN}
        asked = (way for way in self.ways if way.kind in native and way.standing is not Standing.DISCOURAGED)
        starts = (one for way in asked for one in way.starts)
        return next((one for one in starts if one.obstacle is None and one.shape.directory is None), None)

    def find_left_starts(self, followed: ReadmeCommand) -> tuple[ReadmeCommand, ...]:
        """The workers the followed way starts beside the command that is followed."""
        way = next((one for one in self.ways if followed in one.commands), None)
        return tuple(one for one in (way.starts if way else ()) if one != followed and one.shape.words[0] in _WORKERS)

    def part_about(self, directory: str) -> "Readme":
        """What it says to do in one directory of the project, as if that were a project of its own."""
        ways = (way.only(directory) for way in self.ways)
        return replace(self, ways=tuple(way for way in ways if way is not None))


def rank_of(way: Way) -> tuple[bool, int, int, int]:
    """Native before built, script and Docker; within a kind, what is for servers before what is for developers.

    What the README discourages comes last, whatever its kind.
    """
    discouraged = way.standing is Standing.DISCOURAGED
    return discouraged, _RANK[way.kind], way.standing, way.commands[0].line
