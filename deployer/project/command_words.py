"""A line of shell as people write it, taken apart: prompts, chains, assignments. What does more is not taken apart."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

STAND_IN_PORT = 8080  # for `$PORT` where nothing says which one
_LONGEST_PROMPT = 100
_PROMPT = re.compile(
    r"""\s*(?:\([\w.-]{1,40}\)\s*)?                  # (venv)
        (?:[\w.-]{1,40}@[\w.-]{1,40}(?::|\s)?)?      # user@host:
        (?:[~/][\w./~-]{0,60}\s?)?                   # ~/project
        (?:[$%❯➜λ>]|PS(?:\ [A-Za-z]:)?[\\\w.-]{0,60}>|[A-Za-z]:[\\\w.-]{0,60}>)\s+""",
    re.VERBOSE,
)
_PORT_VARIABLE = re.compile(r"\$\{PORT(?::?-(\d{2,5}))?\}|\$PORT\b")
_TOKEN = re.compile(
    r"""(?P<quoted>'[^']*'|"(?:[^"\\$`]|\\.|\$(?![({]))*"|\\.)
      | (?P<quiet>(?:\d|&)?>{1,2}\s?(?:&\d|[\w./~-]+)|<\s?/dev/null)
      | (?P<chain>&&|;)
      | (?P<last>&\s*$)
      | (?P<clever>[|<>`&()\n\0'"]|\$[({]|;;)
      | (?P<plain>[^'"\\<>&;|`()$\n\0\d]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One plain command: the assignments before it, and its words without `sudo` and `nohup`."""

    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def find_prompt(line: str) -> str | None:
    r"""The prompt a line begins with, `$ ` or `(venv) me@host:~$ ` or `C:\> `; None for a line without."""
    found = _PROMPT.match(line[:_LONGEST_PROMPT])
    return found[0] if found else None


def without_comment(line: str) -> str:
    """The line without a comment that follows its command."""
    at = line.find(" #")
    while at >= 0:
        before = line[:at]
        if before.count("'") % 2 == 0 and before.count('"') % 2 == 0 and line[at + 2 : at + 3] in {" ", ""}:
            return before.rstrip()
        at = line.find(" #", at + 1)
    return line


def fill_port(text: str, port: int = STAND_IN_PORT) -> str:
    """The text with `$PORT` as a number: its own default, else the one given."""
    return _PORT_VARIABLE.sub(lambda found: found[1] or str(port), text)


def split_chain(text: str) -> tuple[str, ...] | None:
    """The commands of `a && b; c >> log 2>&1 &`, redirections left out; None when it does more, or quotes do not close."""
    commands: list[str] = []
    current: list[str] = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "clever":
            return None
        if token.lastgroup == "chain":
            commands.append("".join(current))
            current = []
        elif token.lastgroup not in {"quiet", "last"}:
            current.append(token[0])
    commands.append("".join(current))
    return tuple(command.strip() for command in commands if command.strip())


def split_words(command: str) -> Words | None:
    """The words of one plain command; None when its quotes do not close."""
    try:
        words: Sequence[str] = shlex.split(command)
    except ValueError:
        return None
    environment: list[tuple[str, str]] = []
    while words and (_ASSIGNMENT.match(words[0]) or words[0] in {"sudo", "nohup", "exec", "env", "time"}):
        name, is_assignment, value = words[0].partition("=")
        if is_assignment:
            environment.append((name, value))
        words = words[1:]
    return Words(words=tuple(words), environment=tuple(environment))
