"""The README, read first: the ways to run the project it names, each with its line, and the ports it mentions."""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from deployer.models.analysis import Method, MethodKind
from deployer.project.command_shapes import CommandShape, read_command
from deployer.project.project_dir import ProjectDir

_LONGEST_LINE = 2_000
_LARGEST_TEXT = 400_000  # characters looked at: a README of megabytes says how to run the project near its top
_MOST_COMMANDS = 400
_SHELLS = {"", "sh", "shell", "bash", "zsh", "console", "shell-session", "terminal", "text", "txt", "cmd", "powershell"}
_LOCAL_URL = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?:</?\w+>)?:(\d{2,5})\b")
_PORTS_OF_OTHERS = frozenset(
    {22, 1433, 3306, 5432, 5672, 6379, 9092, 9200, 11211, 11434, 27017}
)  # databases and queues
_RANK = {kind: rank for rank, kind in enumerate(MethodKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadmeCommand:
    """One command line of the README; `section` is the heading it stands under."""

    text: str
    file: str
    line: int
    section: str
    shape: CommandShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Readme:
    """What a README says. `ports` are (number, line) of local addresses in it."""

    file: str
    commands: tuple[ReadmeCommand, ...]
    ports: tuple[tuple[int, int], ...]

    def best_first(self) -> tuple[ReadmeCommand, ...]:
        """The commands by the rank of their kind: native before built, script and Docker (M36); then by line."""
        return tuple(sorted(self.commands, key=lambda one: (_RANK[one.shape.kind], one.line)))


def find_readme(project_dir: ProjectDir) -> Readme | None:
    """The README of the top directory: Markdown before plain text, English before other languages; None without."""
    names = [file for file in project_dir.files() if "/" not in file and file.lower().startswith("readme")]
    if not names:
        return None
    order = {"readme.md": 0, "readme.markdown": 1, "readme": 2, "readme.rst": 3, "readme.txt": 4}
    file = min(names, key=lambda name: (order.get(name.lower(), 9), name))
    text = (project_dir.find_text(file) or "")[:_LARGEST_TEXT]
    lines = [line[:_LONGEST_LINE] for line in text.split("\n")]
    written = _markdown_lines(lines) if file.lower().endswith((".md", ".markdown")) else _plain_lines(lines)
    commands: list[ReadmeCommand] = []
    for section, number, line in written[: _MOST_COMMANDS * 4]:
        shape = read_command(line)
        if shape.purpose != "other" and len(commands) < _MOST_COMMANDS:
            commands.append(ReadmeCommand(text=line.strip(), file=file, line=number, section=section, shape=shape))
    ports = tuple(
        (int(match[1]), number)
        for number, line in enumerate(lines, start=1)
        for match in _LOCAL_URL.finditer(line)
        if 0 < int(match[1]) < 65536 and int(match[1]) not in _PORTS_OF_OTHERS
    )
    return Readme(file=file, commands=tuple(commands), ports=ports)


def make_methods(readme: Readme, followed: ReadmeCommand | None) -> tuple[Method, ...]:
    """One method per section and kind, best kind first; the one with the followed command is the chosen one."""
    groups: dict[tuple[str, MethodKind], list[ReadmeCommand]] = {}
    refused: list[ReadmeCommand] = []
    for command in readme.commands:
        if command.shape.purpose == "refused":
            refused.append(command)
        else:
            groups.setdefault((command.section, command.shape.kind), []).append(command)
    methods = [_method(kind, commands, followed) for (_section, kind), commands in groups.items()]
    dangerous = [one for one in refused if "plain command" not in one.shape.why]
    methods.extend(_refused_method(command) for command in dangerous)
    return tuple(sorted(methods, key=lambda one: (not one.chosen, _RANK[one.kind], one.line)))


def _method(kind: MethodKind, commands: list[ReadmeCommand], followed: ReadmeCommand | None) -> Method:
    chosen = followed in commands
    if chosen:
        reason = f"its command at line {followed.line if followed else 0} fits the files of the project"
    elif not any(one.shape.purpose == "start" for one in commands):
        reason = "it starts nothing"
    elif followed is not None:
        reason = f"line {followed.line} says it better: native before built, script and Docker"
    else:
        reason = "its commands do not fit the files of the project, or do not serve"
    return Method(
        kind=kind,
        file=commands[0].file,
        line=commands[0].line,
        commands=tuple(one.text for one in commands),
        chosen=chosen,
        reason=reason,
    )


def _refused_method(command: ReadmeCommand) -> Method:
    return Method(
        kind=MethodKind.SCRIPT,
        file=command.file,
        line=command.line,
        commands=(command.text,),
        chosen=False,
        reason=f"never run: {command.shape.why}",
    )


def _markdown_lines(lines: list[str]) -> list[tuple[str, int, str]]:
    """(section, line number, text) of every line in a code block or an inline code of its own."""
    parser = MarkdownIt("commonmark", {"maxNesting": 20}).disable(["link", "image", "emphasis", "autolink"])
    tokens = parser.parse("\n".join(lines))
    section = ""
    found: list[tuple[str, int, str]] = []
    for position, token in enumerate(tokens):
        start = token.map[0] if token.map else 0
        if token.type == "heading_open":
            section = tokens[position + 1].content
        elif token.type in {"fence", "code_block"} and token.info.strip().split(" ")[0].lower() in _SHELLS:
            first = start + 2 if token.type == "fence" else start + 1
            found.extend((section, number, line) for number, line in _joined(token.content, first))
        elif token.type == "inline" and tokens[position - 1].type == "paragraph_open":
            found.extend((section, start + 1, code) for code in _inline_code(token))
    return found


def _inline_code(token: Token) -> list[str]:
    return [child.content for child in token.children or () if child.type == "code_inline" and " " in child.content]


def _plain_lines(lines: list[str]) -> list[tuple[str, int, str]]:
    """Indented lines and lines after a prompt, as reStructuredText and plain text show commands."""
    return [("", number, line) for number, line in enumerate(lines, start=1) if re.match(r"(\s{2,}|\$ )\S", line)]


def _joined(content: str, first: int) -> list[tuple[int, str]]:
    """Lines with their numbers, those that end in a backslash joined with the next; comments left out."""
    found: list[tuple[int, str]] = []
    pending, start = "", first
    for number, line in enumerate(content.split("\n"), start=first):
        start = start if pending else number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        whole = pending + line
        pending = ""
        if whole.strip() and not re.match(r"\s*#\s*[A-Z\u4e00-\u9fff]", whole):
            found.append((start, whole))
    return found
