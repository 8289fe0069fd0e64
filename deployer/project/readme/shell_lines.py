"""The command lines of a block of code: prompts, continued lines, comments, output and here-documents told apart."""

import re

from deployer.project.command_words import find_prompt
from deployer.project.readme.document import CodeBlock

_SHELLS = frozenset({
    "", "sh", "shell", "bash", "zsh", "fish", "console", "shell-session", "shellsession", "sh-session", "terminal", "text", "txt",
    "plaintext", "plain", "cmd", "bat", "batch", "powershell", "ps1", "ps", "pwsh", "shell script", "shell session", "bash session",
    "commandline", "cli", "none", "shellscript", "command", "default",
})  # fmt: skip
_SESSIONS = frozenset(
    {"console", "shell-session", "shellsession", "sh-session", "shell session", "bash session", "terminal"}
)
_HERE_DOCUMENT = re.compile(r"<<-?\s?['\"]?(\w{1,40})")
_LONGEST_LINE = 1_000  # what is longer is no command anybody types


def read_lines(block: CodeBlock) -> list[tuple[int, str]]:
    """(line number, command) of each line that could be a command; continued lines are one, under the number of the first."""
    if block.language not in _SHELLS:
        return []
    if block.is_inline:
        return [(block.line, block.text)] if len(block.text) < _LONGEST_LINE else []
    lines = _joined(block)
    prompts = [(number, line, prompt) for number, line in lines if (prompt := find_prompt(line)) is not None]
    typed = [one for one in prompts if not one[2].rstrip().endswith(">") or "\\" in one[2] or "PS" in one[2]] or prompts
    if typed:
        return [(number, line[len(prompt) :]) for number, line, prompt in typed]
    if block.language in _SESSIONS:
        root = [(number, line.lstrip()[1:].strip()) for number, line in lines if re.match(r"\s*# ?[a-z./]", line)]
        if root:
            return root
    return [(number, line) for number, line in lines if not re.match(r"\s*(?:#|//|REM\b|::|--)", line)]


def _joined(block: CodeBlock) -> list[tuple[int, str]]:
    """Lines with their numbers: those that end in a backslash joined with the next, here-documents without their text."""
    found: list[tuple[int, str]] = []
    pending, start, document = "", block.line, ""
    for number, line in enumerate(block.text.split("\n"), start=block.line):
        cut = line.rstrip() if len(line) < _LONGEST_LINE else ""
        if document:
            document = "" if cut.strip() == document else document
            continue
        start = start if pending else number
        if cut.endswith("\\") and len(pending) < _LONGEST_LINE:
            pending += cut[:-1] + " "
            continue
        whole, pending = pending + cut, ""
        if whole.strip():
            found.append((start, whole))
        opened = _HERE_DOCUMENT.search(whole)
        document = opened[1] if opened else ""
    return found
