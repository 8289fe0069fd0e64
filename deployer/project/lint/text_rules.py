"""Rules on the script as text: its bytes, its first line, and what bash makes of its syntax."""

import re
from collections.abc import Iterator

from deployer.project.lint.bash_check import BashMissing, find_syntax_error
from deployer.project.lint.rules import SIZE_LIMIT_BYTES, Finding, broken
from deployer.project.lint.syntax_tree import ScriptTree

_SHEBANG = re.compile(r"#!\s*(/usr)?(/local)?/bin/(env\s+)?bash\b")
_SHOWN = 40


def text_findings(text: str) -> Iterator[Finding]:
    """What is wrong before anything is parsed."""
    if text.startswith("\ufeff"):
        yield broken("byte-order-mark", 1, "the script begins with a byte order mark")
    if "\r\n" in text:
        yield broken("windows-newlines", _line_at(text, text.index("\r\n")), "the line ends in a carriage return")
    lonely = re.search(r"\r(?!\n)", text)
    if lonely:
        yield broken("carriage-return", _line_at(text, lonely.start()), "a carriage return stands inside the line")
    if "\0" in text:
        yield broken("nul", _line_at(text, text.index("\0")), "the line holds a NUL character")
    first = text.removeprefix("\ufeff").partition("\n")[0].rstrip("\r")
    if not _SHEBANG.match(first):
        said = f"the first line is `{first[:_SHOWN]}`" if first.startswith("#!") else "the script has no `#!` line"
        yield broken("shebang", 1, said)


def size_findings(text: str) -> Iterator[Finding]:
    """Nothing, or that the script is too large to be looked at further."""
    size = len(text.encode("utf-8", "replace"))
    if size > SIZE_LIMIT_BYTES:
        yield broken("size", 1, f"the script has {size} bytes, more than {SIZE_LIMIT_BYTES}")


def syntax_findings(text: str, tree: ScriptTree) -> Iterator[Finding]:
    """What bash says; where there is none to ask, what the grammar doubts."""
    try:
        found = find_syntax_error(text)
    except BashMissing:
        if tree.broken_line is not None:
            yield broken("syntax-doubtful", tree.broken_line, "the script may not be readable from here on")
        return
    if found:
        line, said = found
        yield broken("syntax", min(line, text.rstrip("\n").count("\n") + 1), f"bash cannot read the script: {said}")


def _line_at(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
