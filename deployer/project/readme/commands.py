"""The commands of a README's blocks of code, each with its place, its standing and what speaks against it."""

from collections.abc import Iterable, Iterator
from itertools import islice

from deployer.models.analysis import MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import CommandShape
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.document import CodeBlock
from deployer.project.readme.model import ReadmeCommand
from deployer.project.readme.sections import asks_to_run, is_negated, is_prose, standing_of
from deployer.project.readme.shell import Shell
from deployer.project.readme.shell_lines import read_lines

_MOST_COMMANDS = 300
_MOST_LINES = 3_000  # of code: each costs a tenth of a millisecond


def read_commands(project_dir: ProjectDir, file: str, blocks: Iterable[CodeBlock]) -> tuple[ReadmeCommand, ...]:
    """The commands that are known, and the lines that are refused, in the order of the text; the first 300."""
    return tuple(islice(_read(project_dir, file, blocks), _MOST_COMMANDS))


def _read(project_dir: ProjectDir, file: str, blocks: Iterable[CodeBlock]) -> Iterator[ReadmeCommand]:
    shell = Shell(project_dir)
    headings: tuple[str, ...] = ()
    lines = ((block, *line) for block in blocks for line in read_lines(block))
    for block, number, line in islice(lines, _MOST_LINES):
        if block.headings != headings:
            headings = block.headings
            shell.directory = ""
        if not _is_told_to_run(block, line):
            continue
        for part in shell.read(line):
            if _is_worth_showing(block, part.shape):
                yield ReadmeCommand(
                    text=" ".join(part.text.split()),
                    file=file,
                    line=number,
                    headings=headings,
                    standing=standing_of(headings, "" if block.is_inline else block.lead),
                    shape=part.shape,
                    obstacle=shell.find_obstacle(part.shape),
                )


def _is_told_to_run(block: CodeBlock, line: str) -> bool:
    """Not single words and what a sentence warns of, where it is code in a sentence; not the sentence itself."""
    if block.is_inline:
        return " " in line.strip() and not is_negated(block.lead)
    return not block.is_loose or not is_prose(line)


def _is_worth_showing(block: CodeBlock, shape: CommandShape) -> bool:
    """What is known, a script in a sentence if that says to run it; what is refused as code of its own, or as dangerous."""
    if shape.purpose is Purpose.REFUSED:
        return shape.is_dangerous or not (block.is_inline or block.is_loose)
    if block.is_inline and shape.kind is MethodKind.SCRIPT and not asks_to_run(block.lead):
        return False
    return shape.purpose is not Purpose.OTHER
