"""Whether a script asks a person something while it runs: such a one is never started unattended (M37)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.project.lint.syntax_tree import Command, ScriptTree

_DIALOGUES = frozenset(
    {"dialog", "whiptail", "zenity", "passwd", "visudo", "vi", "vim", "nano", "emacs", "less", "more", "ssh-keygen"}
)
_INSTALLERS = frozenset({"apt", "apt-get", "yum", "dnf"})
_ASSENTS = frozenset({"-y", "--yes", "--assume-yes", "--assumeyes", "-qy", "-yq", "-qqy", "-yqq"})
_LONGEST_SCRIPT = 200_000


def find_question(text: str) -> int | None:
    """The line at which a shell script waits for a person: `read`, `select`, a dialogue, an editor; None without one.

    A `read` that is fed by a pipe, a file or a loop over one asks nobody.
    """
    from deployer.project.lint.syntax_tree import parse_script  # late: few READMEs start a script

    return min(_questions(parse_script(text[:_LONGEST_SCRIPT])), default=None)


def _questions(tree: "ScriptTree") -> Iterator[int]:
    for command in tree.commands:
        words = command.program
        if words and (_reads(command, words) or words[0] in _DIALOGUES or _installs_with_question(words)):
            yield command.line
    for loop in tree.of_type("select"):
        yield loop.start_point[0] + 1


def _reads(command: "Command", words: tuple[str, ...]) -> bool:
    if words[0] != "read" or any(one.type == "herestring_redirect" for one in command.node.children):
        return False
    above = command.node.parent
    while above is not None and above.type not in {"redirected_statement", "pipeline"}:
        above = above.parent
    return above is None


def _installs_with_question(words: tuple[str, ...]) -> bool:
    return words[0] in _INSTALLERS and "install" in words and not _ASSENTS & set(words)
