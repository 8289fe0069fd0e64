"""Commands as READMEs and Procfiles write them: which shapes are known, and nothing else is ever taken over."""

import re
from dataclasses import dataclass, replace

from deployer.models.analysis import MethodKind
from deployer.project.command_dangers import find_danger
from deployer.project.command_purposes import (
    Purpose,
    is_known,
    is_script,
    purpose_of,
    purpose_of_script,
    starts_own_program,
    unwrap,
)
from deployer.project.command_words import find_prompt, split_chain, split_words, without_comment

_PLAIN_PATH = re.compile(r"\w[\w.+-]*(?:/[\w.+-]+)*")
_PLACEHOLDER = re.compile(
    r"<[^<>\s][^<>]{0,60}>|(?<![\w/])/?path/to/|\b[Yy]our[-_ ]\w|\b(?:YOUR|MY|REPLACE)_\w|\bxxx+\b|(?<!/)\.\.\.(?=\s|/|$)|…|\{\{"
    r"|(?<=\s)\[[a-z_ -]{2,30}\](?=\s|$)|(?<!\$)\{\w{1,40}\}|你的|您的"
)
_WINDOWS = re.compile(
    r"(?:^|\s)(?:[A-Za-z]:\\|\.\\|\w+\\\w)|\.(?:bat|cmd|ps1|exe)\b|^(?:set|copy|dir|del|call|move)\s+\w|^\$env:|^py\s+-?\w|%\w+%"
    r"|^(?:python|py)\.exe"
)
_MOVED = re.compile(r"(?:cd|pushd)\s+(['\"]?)([\w./-]+)\1/?")


_WINDOWS_PROGRAM = re.compile(r"(?:py|python\.exe|[\w.\\/-]+\.(?:bat|cmd|ps1|exe))(?:\s|$)")
_PLAIN_WORD = re.compile(r"[\w@%+=:,./~^<>!*()\[\]-]+")
_HOLDS_PLACEHOLDER = "it holds a placeholder"
_DOES_MORE = "it is more than one plain command"
_ODD_WORDS = "one of its arguments needs quotes"
_UNCLOSED = "its quotes do not close"
_FOR_WINDOWS = "it is written for Windows"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandShape:
    """What a line of shell is for; `why` says why it was refused, `is_dangerous` that a person should know of it.

    `words` are its words without prompt, `sudo`, `uv run` and the like; `environment` the assignments before it;
    `directory` that of a leading `cd directory &&`.
    """

    purpose: Purpose
    kind: MethodKind
    words: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    directory: str | None = None
    why: str = ""
    is_dangerous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One command of a line, as it was written and as it was understood."""

    text: str
    shape: CommandShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The commands of one line, and the directory ("" for the first) in which the next line would run."""

    parts: tuple[Part, ...]
    directory: str


def is_plain_path(path: str) -> bool:
    """Whether a path means itself to a shell: no spaces, quotes or other signs, no leading hyphen. Others reach no command."""
    return _PLAIN_PATH.fullmatch(path) is not None


def read_command(line: str) -> CommandShape:
    """The shape of one line of shell; of a chain of commands the last, in the directory the others lead to."""
    parts = read_line(line).parts
    return parts[-1].shape if parts else _other()


def read_line(line: str, directory: str = "", own_programs: frozenset[str] = frozenset()) -> Line:
    """What a line chains with `&&` and `;`, each command in the directory the `cd` before it leads to.

    `own_programs` are those the project declares, which nobody else knows.

    A line that does more than that is one part: refused when it begins with a known program, else "other".
    """
    text = without_comment(line.removeprefix(find_prompt(line) or "").strip())
    danger = find_danger(text)
    if danger is not None:
        return Line(parts=(Part(text=text, shape=replace(_refused(danger), is_dangerous=True)),), directory=directory)
    split = split_chain(text)
    if split is None:
        return Line(parts=(Part(text=text, shape=_unsplit(text)),), directory=directory)
    parts: list[Part] = []
    for part in split:
        moved = _MOVED.fullmatch(part)
        if moved:
            directory = join_directory(directory, moved[2])
            continue
        shape = _read_part(part, own_programs)
        parts.append(Part(text=part, shape=replace(shape, directory=directory) if directory else shape))
    return Line(parts=tuple(parts), directory=directory)


def join_directory(directory: str, moved: str) -> str:
    """The directory after `cd moved`, below the one the command began in; `..` from there stays there."""
    parts = [] if moved.startswith("/") else directory.split("/") if directory else []
    for part in moved.strip("/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts = [*parts, part]
    return "/".join(parts)


def _read_part(part: str, own_programs: frozenset[str]) -> CommandShape:
    read = split_words(part)
    if read is None:
        return _unsplit(part)
    if not read.words:
        return replace(_other(), environment=read.environment)
    words = unwrap(read.words)
    is_own = words[0] in own_programs and starts_own_program(words)
    purpose = Purpose.START if is_own else _purpose(read.words, words)
    if purpose is Purpose.OTHER:
        return _refused(_FOR_WINDOWS) if _WINDOWS_PROGRAM.match(part) else replace(_other(), words=words)
    if _PLACEHOLDER.search(part):
        return _refused(_HOLDS_PLACEHOLDER)
    if _WINDOWS.search(part):
        return _refused(_FOR_WINDOWS)
    if purpose is Purpose.START and not all(map(_PLAIN_WORD.fullmatch, words)):
        return _refused(_ODD_WORDS)
    return CommandShape(purpose=purpose, kind=_kind(words, purpose), words=words, environment=read.environment)


def _purpose(written: tuple[str, ...], words: tuple[str, ...]) -> Purpose:
    if (
        is_script(words)
        and words[0].removeprefix("./") not in {"mvnw", "gradlew"}
        and not words[0].startswith("./vendor/")
    ):
        return purpose_of_script(words)
    purpose = purpose_of(words)
    is_wrapped = len(words) < len(written) and written[0] in {"uv", "poetry", "pipenv", "pdm", "rye", "hatch", "bundle"}
    if purpose is Purpose.OTHER and is_wrapped and not is_known(words[0]) and re.fullmatch(r"[a-z][\w.-]+", words[0]):
        return Purpose.START  # what `uv run` and the like find is a program of the project's own
    return purpose


def _kind(words: tuple[str, ...], purpose: Purpose) -> MethodKind:
    if words[0] in {"docker", "docker-compose", "podman", "podman-compose"}:
        return MethodKind.DOCKER
    if purpose is Purpose.BUILD:
        return MethodKind.BUILD_AND_RUN
    return (
        MethodKind.SCRIPT
        if is_script(words) and "gradlew" not in words[0] and "mvnw" not in words[0]
        else MethodKind.NATIVE_INSTALL
    )


def _unsplit(text: str) -> CommandShape:
    """A line that is not plain: refused when it begins with a known program, else nothing to speak of."""
    known = split_words(re.split(r"[|;&<>`()'\"$]", text, maxsplit=1)[0])
    if known is None or not known.words or _purpose(known.words, unwrap(known.words)) is Purpose.OTHER:
        return _other()
    if _PLACEHOLDER.search(text):
        return _refused(_HOLDS_PLACEHOLDER)
    return _refused(_UNCLOSED if split_words(text) is None else _DOES_MORE)


def _other() -> CommandShape:
    return CommandShape(purpose=Purpose.OTHER, kind=MethodKind.NATIVE_INSTALL)


def _refused(why: str) -> CommandShape:
    return CommandShape(purpose=Purpose.REFUSED, kind=MethodKind.NATIVE_INSTALL, why=why)
