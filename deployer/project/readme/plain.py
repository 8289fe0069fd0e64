"""Code of a README in plain text (or a markup nobody reads here): every line could be a command, under the titles above it."""

import re

from deployer.project.readme.document import CodeBlock, Headings

_UNDERLINE = re.compile(r"([=\-~*#_])\1{2,}\s*$")
_MARKED = re.compile(r"(={1,5}|#{1,5})\s+(\S.{0,150})$")  # AsciiDoc, and what looks like it
_NUMBERED = re.compile(r"\s*(?:\d{1,2}[.)、]|[-*•])\s+")
_QUOTED = re.compile(r"[`'\"“]([^`'\"“”\n]{4,300})[`'\"”]")


def read_plain(text: str) -> tuple[CodeBlock, ...]:
    """Each paragraph as a block; what is quoted in a line as another."""
    lines = text.split("\n")
    headings = Headings()
    blocks: list[CodeBlock] = []
    paragraph: list[str] = []
    lead = ""
    for number, line in enumerate([*lines, ""], start=1):
        following = lines[number] if number < len(lines) else ""
        in_block = number > 1 and _UNDERLINE.match(lines[number - 2])  # AsciiDoc draws lines above and below its code
        title = _title(line, "" if in_block else following)
        if title is None and line.strip() and not _UNDERLINE.match(line):
            paragraph.append(_NUMBERED.sub("", line, count=1).strip())
            for quoted in _QUOTED.finditer(line):
                place, before = headings.path, line[: quoted.start()][-100:]
                blocks.append(CodeBlock(text=quoted[1], line=number, headings=place, lead=before, is_inline=True))
            continue
        if paragraph:
            first = number - len(paragraph)
            text, place = "\n".join(paragraph), headings.path
            blocks.append(CodeBlock(text=text, line=first, headings=place, lead=lead, is_loose=True))
            lead = paragraph[-1][:400]
            paragraph = []
        if title is not None:
            headings.enter(*title)
    return tuple(blocks)


def _title(line: str, following: str) -> tuple[int, str] | None:
    """(level, words) of a heading; None for any other line."""
    marked = _MARKED.match(line)
    if marked is not None:
        return len(marked[1]), marked[2]
    if line.strip() and (_UNDERLINE.match(following) or (line.isupper() and len(line) < 80)):
        return 1, line
    return None
