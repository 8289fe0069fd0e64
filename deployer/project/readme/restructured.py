"""Code blocks of a reStructuredText README, read line by line.

docutils is not used: it takes 9 s for a megabyte, gives no line for half of its blocks, and drops the content of what
Sphinx added to the language (`:caption:`, tabs), which READMEs are full of.
"""

import re

from deployer.project.readme.document import CodeBlock, Headings

_UNDERLINE = re.compile(r"([=\-~^\"'#*+.:_`])\1{2,}\s*$")
_DIRECTIVE = re.compile(r"\s*\.\.\s+([\w-]+)::\s*(.{0,200})$")
_CODE_DIRECTIVES = frozenset({"code", "code-block", "sourcecode", "prompt", "parsed-literal", "console", "highlight"})
_OPTION = re.compile(r"\s+:[\w-]+:")
_INLINE = re.compile(r"``([^`\n]{2,400})``")


def read_restructured(text: str) -> tuple[CodeBlock, ...]:
    """The code of a reStructuredText in its order: directives, literal blocks after `::`, code inside sentences."""
    return tuple(_Reader(text.split("\n")).read())


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._headings = Headings()
        self._levels: list[str] = []  # the underlines, in the order they appeared: the first is the highest heading
        self._blocks: list[CodeBlock] = []
        self._lead = ""

    def read(self) -> list[CodeBlock]:
        at = 0
        while at < len(self._lines):
            at = self._read_at(at)
        return self._blocks

    def _read_at(self, at: int) -> int:
        """Read what begins at a line; the line to go on with."""
        line = self._lines[at]
        following = self._lines[at + 1] if at + 1 < len(self._lines) else ""
        directive = _DIRECTIVE.match(line)
        if line.strip() and not line[0].isspace() and (under := _UNDERLINE.match(following)) is not None:
            self._enter(under[1], line)
            return at + 2
        if directive is not None:
            return self._read_directive(at, directive[1].lower(), directive[2])
        if line.startswith(".. ") or line.rstrip() == "..":
            return self._end_of_block(at)
        for code in _INLINE.finditer(line):
            self._lead = line[: code.start()][-100:]
            self._add(code[1], at + 1, "", is_inline=True)
        if line.strip():
            self._lead = line[:400]
        if line.rstrip().endswith("::"):
            return self._read_literal(at, at + 1, "")
        if re.match(r"\s*\$ \S", line):
            self._add(line.strip(), at + 1, "console")
        return at + 1

    def _enter(self, underline: str, title: str) -> None:
        if underline not in self._levels:
            self._levels.append(underline)
        self._headings.enter(self._levels.index(underline) + 1, title)
        self._lead = ""

    def _read_directive(self, at: int, name: str, argument: str) -> int:
        if name not in _CODE_DIRECTIVES:
            return at + 1
        start = at + 1
        while start < len(self._lines) and _OPTION.match(self._lines[start]):
            start += 1
        return self._read_literal(at, start, argument.partition(" ")[0].lower())

    def _read_literal(self, at: int, start: int, language: str) -> int:
        """Add the lines that are indented deeper than the line which announces them."""
        end = self._end_of_block(at, start)
        while start < end and not self._lines[start].strip():
            start += 1
        block = self._lines[start:end]
        if any(line.strip() for line in block):
            depth = min(len(line) - len(line.lstrip()) for line in block if line.strip())
            self._add("\n".join(line[depth:] for line in block), start + 1, language)
        return max(end, at + 1)

    def _end_of_block(self, at: int, start: int | None = None) -> int:
        depth = len(self._lines[at]) - len(self._lines[at].lstrip())
        end = start or at + 1
        while end < len(self._lines):
            line = self._lines[end]
            if line.strip() and len(line) - len(line.lstrip()) <= depth:
                break
            end += 1
        return end

    def _add(self, text: str, line: int, language: str, *, is_inline: bool = False) -> None:
        block = CodeBlock(
            text=text, line=line, headings=self._headings.path, lead=self._lead, language=language, is_inline=is_inline
        )
        self._blocks.append(block)
