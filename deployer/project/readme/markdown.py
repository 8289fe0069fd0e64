"""Code blocks of a Markdown README: fenced, indented, in HTML, in tables, and code inside sentences."""

import html
import re
from typing import TYPE_CHECKING

from deployer.project.readme.document import CodeBlock, Headings

if TYPE_CHECKING:
    from markdown_it.token import Token

_SUMMARY_LEVEL = 8  # a `<details>` is below every heading
_HTML_TITLE = re.compile(r"<(h[1-6]|summary)\b[^<>]{0,200}>(.{0,200}?)</\1>|</details>", re.IGNORECASE | re.DOTALL)
_HTML_CODE = re.compile(r"<pre\b", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,500}>")
_TAB = re.compile(r"={2,3}\s+\"([^\"]{1,60})\"\s*$")


def read_markdown(text: str) -> tuple[CodeBlock, ...]:
    """The code of a Markdown text in its order. CommonMark and tables; links and emphasis are not looked at."""
    from markdown_it import MarkdownIt  # 30 ms, which only a README in Markdown costs

    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable(["table", "strikethrough"])
    parser.disable(["link", "image", "emphasis", "autolink", "html_inline", "entity"])
    reader = _Reader()
    tokens = parser.parse(text)
    for position, token in enumerate(tokens):
        reader.read(token, tokens[position - 1] if position else token)
    return tuple(reader.blocks)


class _Reader:
    """Follows the tokens, with the headings and the last paragraph in mind."""

    def __init__(self) -> None:
        self.blocks: list[CodeBlock] = []
        self._headings = Headings()
        self._lead = ""
        self._row = 0  # cells of a table have no line of their own

    def read(self, token: "Token", before: "Token") -> None:
        line = (token.map[0] if token.map else self._row) + 1
        if token.type == "tr_open":
            self._row = line - 1
        elif token.type == "inline" and before.type == "heading_open":
            self._headings.enter(int(before.tag[1]), token.content)
            self._lead = ""
        elif token.type == "fence":
            self._add(token.content, line + 1, _language(token.info))
        elif token.type == "code_block":
            self._add(token.content, line, "")
        elif token.type == "html_block":
            self._read_html(token.content, line)
        elif token.type == "inline":
            self._read_sentence(token, line)

    def _add(self, text: str, line: int, language: str) -> None:
        block = CodeBlock(text=text, line=line, headings=self._headings.path, lead=self._lead, language=language)
        self.blocks.append(block)

    def _read_sentence(self, token: "Token", line: int) -> None:
        """Code in a sentence, with the sentence before it; lines of their own that could be code without a mark."""
        self._lead = token.content[:400]
        if (named := _TAB.match(_TAG.sub("", token.content).strip())) is not None:
            self._headings.enter(_SUMMARY_LEVEL, named[1])
        before, struck, start = "", 0, line
        for child in token.children or ():
            struck += child.nesting if child.type in {"s_open", "s_close"} else 0
            if child.type in {"softbreak", "hardbreak"}:
                line += 1
            elif child.type == "code_inline" and not struck:
                place = self._headings.path
                self.blocks.append(
                    CodeBlock(text=child.content, line=line, headings=place, lead=before[-100:], is_inline=True)
                )
            before += child.content
        if "`" not in token.content:
            text, place = token.content, self._headings.path
            self.blocks.append(CodeBlock(text=text, line=start, headings=place, lead=self._lead, is_loose=True))

    def _read_html(self, content: str, line: int) -> None:
        for title in _HTML_TITLE.finditer(content):
            if title[1] is None:
                self._headings.leave(_SUMMARY_LEVEL)
                continue
            level = _SUMMARY_LEVEL if title[1].lower() == "summary" else int(title[1][1])
            self._headings.enter(level, html.unescape(_TAG.sub("", title[2])))
        if _HTML_CODE.search(content):
            self._add(html.unescape(_TAG.sub("", content)), line, "")


def _language(info: str) -> str:
    """The language of ```` ```{.bash title="x"} ````: its first word, without signs."""
    found = re.match(r"[{.\s]{0,5}([\w+-]+(?:[ -](?:script|session))?)", info.lower())
    return found[1] if found else ""
