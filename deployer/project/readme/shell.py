"""A shell that runs nothing: what the lines of a README would do one after the other, and where."""

from collections.abc import Iterator
from dataclasses import replace

from deployer.models.analysis import MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import CommandShape, Part, join_directory, read_line
from deployer.project.command_words import fill_port
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.own_programs import read_own_programs
from deployer.project.readme.recipes import target_of
from deployer.project.readme.tree import Tree, find_obstacle


class Shell:
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
            self._remember(part.shape.words)
            yield from self._of_recipe(part) or (replace(part, shape=self._placed(part.shape)),)
        self.directory = self._inside(read.directory)

    def _remember(self, words: tuple[str, ...]) -> None:
        if words[:2] == ("git", "clone") and len(words) > 2:
            self._clone = words[-1].rstrip("/").rpartition("/")[2].removesuffix(".git")
        assigned = (one.partition("=") for one in words[1:]) if words[:1] == ("export",) else ()
        self._environment |= {name: value for name, sign, value in assigned if sign}

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
