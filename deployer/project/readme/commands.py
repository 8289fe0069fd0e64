"""The ways to run the project a README's blocks of code describe: commands followed through `cd` and `export`."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from deployer.models.analysis import MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import CommandShape, Part, join_directory, read_line
from deployer.project.command_words import fill_port
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.document import CodeBlock
from deployer.project.readme.model import ReadmeCommand, Way, rank_of
from deployer.project.readme.own_programs import read_own_programs
from deployer.project.readme.recipes import target_of
from deployer.project.readme.sections import Standing, is_negated, is_prose, standing_of
from deployer.project.readme.shell_lines import read_lines
from deployer.project.readme.tree import Tree, find_obstacle

_MOST_COMMANDS = 300
_MOST_LINES = 3_000  # of code: each costs a tenth of a millisecond
_FLAVOURS = {MethodKind.DOCKER: "docker", MethodKind.SCRIPT: "script"}
_Placed = tuple[ReadmeCommand, tuple[str, ...], Standing]


def read_ways(
    project_dir: ProjectDir, file: str, blocks: Iterable[CodeBlock]
) -> tuple[tuple[Way, ...], tuple[ReadmeCommand, ...]]:
    """(ways, best first; refused lines) of a README's code."""
    groups: dict[tuple[tuple[str, ...], str], list[_Placed]] = {}
    refused: list[ReadmeCommand] = []
    for count, placed in enumerate(_read_commands(project_dir, file, blocks)):
        if count >= _MOST_COMMANDS:
            break
        command, headings, _standing = placed
        if command.shape.purpose is Purpose.REFUSED:
            refused.append(command)
        else:
            groups.setdefault((headings, _FLAVOURS.get(command.shape.kind, "native")), []).append(placed)
    ways = _with_steps([_way(placed) for placed in groups.values()])
    return tuple(sorted(ways, key=rank_of)), tuple(refused)


def _read_commands(project_dir: ProjectDir, file: str, blocks: Iterable[CodeBlock]) -> Iterator[_Placed]:
    shell = _Shell(project_dir)
    headings: tuple[str, ...] = ()
    lines = ((block, *line) for block in blocks for line in read_lines(block))
    for block, number, line in islice(lines, _MOST_LINES):
        if block.headings != headings:
            headings = block.headings
            shell.directory = ""
        if (block.is_inline and (" " not in line.strip() or is_negated(block.lead))) or (
            block.is_loose and is_prose(line)
        ):
            continue
        standing = standing_of(headings, "" if block.is_inline else block.lead)
        for part in shell.read(line):
            is_shown = (
                not (block.is_inline or block.is_loose)
                or part.shape.purpose is not Purpose.REFUSED
                or part.shape.is_dangerous
            )
            if part.shape.purpose is not Purpose.OTHER and is_shown:
                section = headings[-1] if headings else ""
                found = ReadmeCommand(
                    text=" ".join(part.text.split()),
                    file=file,
                    line=number,
                    section=section,
                    shape=part.shape,
                    obstacle=shell.find_obstacle(part.shape),
                )
                yield found, headings, standing


class _Shell:
    """What the lines before have changed: the directory, the variables, and the name of a clone, which is the project itself."""

    def __init__(self, project_dir: ProjectDir) -> None:
        self.directory = ""
        self._project_dir = project_dir
        self._environment: dict[str, str] = {}
        self._clone = ""
        self._trees: dict[str, Tree] = {}
        self._own_programs = read_own_programs(project_dir)

    def read(self, line: str) -> Iterator[Part]:
        """The commands of one line as they would run here."""
        read = read_line(fill_port(line), self.directory, self._own_programs)
        for part in read.parts:
            words = part.shape.words
            if words[:2] == ("git", "clone") and len(words) > 2:
                self._clone = words[-1].rstrip("/").rpartition("/")[2].removesuffix(".git")
            assigned = words[1:] if words[:1] == ("export",) else ()
            self._environment |= {name: value for name, sign, value in (one.partition("=") for one in assigned) if sign}
            yield from self._of_recipe(part) or (replace(part, shape=self._placed(part.shape)),)
        self.directory = self._inside(read.directory)

    def _of_recipe(self, part: Part) -> tuple[Part, ...]:
        """The commands of the target that `make run` names, under the name the README gives them; empty for other commands."""
        shape = part.shape
        if shape.purpose is not Purpose.START or shape.directory is not None or shape.words[0] not in {"make", "just"}:
            return ()
        recipes, target = self._tree("").recipes(shape.words[0]), target_of(shape.words)
        lines = (read_line(fill_port(line)) for line in (recipes.lines(target) if recipes and target else ()))
        found = [replace(one, shape=self._placed(one.shape)) for line in lines for one in line.parts]
        starts = [one for one in found if one.shape.purpose is Purpose.START]
        if len(starts) != 1 or any(one.shape.purpose is Purpose.REFUSED for one in found):
            return ()
        return tuple(replace(one, text=f"{part.text}: {one.text}") for one in found)

    def find_obstacle(self, shape: CommandShape) -> str | None:
        """What speaks against a command in the directory it runs in."""
        if shape.purpose is Purpose.REFUSED:
            return None
        return find_obstacle(self._tree(shape.directory or ""), shape)

    def _tree(self, directory: str) -> Tree:
        if directory not in self._trees:
            self._trees[directory] = Tree(self._project_dir.below(directory) if directory else self._project_dir)
        return self._trees[directory]

    def _placed(self, shape: CommandShape) -> CommandShape:
        own = dict(shape.environment)
        environment = tuple({**self._environment, **own}.items())
        kind = shape.kind
        program = shape.words[0] if shape.words else ""
        if program.startswith("./") and not program.endswith(".sh") and not self._project_dir.is_file(program):
            kind = MethodKind.NATIVE_INSTALL  # a program the build makes
        return replace(shape, environment=environment, directory=self._inside(shape.directory or "") or None, kind=kind)

    def _inside(self, directory: str) -> str:
        """The directory of the project that is meant: `cd` into a clone, or into what is not there, leads to its top."""
        parts = directory.split("/")
        if parts[0] and parts[0] == self._clone:
            parts = parts[1:]
        while parts and not self._project_dir.is_directory("/".join(parts)):
            parts = parts[1:]
        return join_directory("", "/".join(parts))


def _way(placed: list[_Placed]) -> Way:
    commands = tuple(one for one, _headings, _standing in placed)
    return Way(kind=_kind(commands), standing=placed[0][2], commands=commands)


def _kind(commands: Iterable[ReadmeCommand]) -> MethodKind:
    kinds = {one.shape.kind for one in commands}
    return next(
        (kind for kind in (MethodKind.DOCKER, MethodKind.SCRIPT, MethodKind.BUILD_AND_RUN) if kind in kinds),
        MethodKind.NATIVE_INSTALL,
    )


def _with_steps(ways: list[Way]) -> list[Way]:
    """Ways that start something, with the steps of sections before; a step that belongs to none is a way of its own."""
    found: list[Way] = []
    for discouraged in (False, True):
        alike = [way for way in ways if (way.standing is Standing.DISCOURAGED) is discouraged]
        found.extend(_with_own_steps(alike))
    return found


def _with_own_steps(ways: list[Way]) -> list[Way]:
    steps: list[Way] = []
    found: list[Way] = []
    used = 0
    for way in ways:
        if way.kind in _FLAVOURS:
            found.append(way)
        elif way.first(Purpose.START) is None and way.first(Purpose.DEVELOP) is None:
            steps.append(way)
        else:
            needed = () if way.first(Purpose.INSTALL) else tuple(one for step in steps for one in step.commands)
            used = len(steps) if needed else used
            found.append(replace(way, steps=needed, kind=_kind((*needed, *way.commands))))
    return [*found, *steps[used:]]
