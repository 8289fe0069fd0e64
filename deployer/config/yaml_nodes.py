"""YAML with marks: PyYAML's safe reader, plus limits, duplicate keys, and where each value stands in the text."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

MAX_DEPTH = 32
MAX_NODES = 20_000
_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlMark:
    """Where a key and its value stand. Lines and columns are 1-based; `start` and `end` index the text.

    `raw` is a scalar as it is written, quotes included, empty for mappings, sequences and block scalars.
    """

    key_line: int
    key_column: int
    line: int
    column: int
    start: int
    end: int
    raw: str
    style: str  # "plain", "'", '"', "|", ">", "block", "flow"


class YamlTrouble(Exception):
    """Something wrong with the text itself."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        at: tuple[int | None, int | None] = (None, None),
        path: str = "",
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line, self.column = at  # 1-based
        self.path = path
        self.hint = hint


@dataclass(slots=True)
class YamlTree:
    """A document's values and marks, by key path; items of sequences have their index in the path, as text."""

    value: Any = None
    marks: dict[tuple[str, ...], YamlMark] = field(default_factory=dict)
    troubles: list[YamlTrouble] = field(default_factory=list)
    nodes: int = 0


class _LimitedLoader(yaml.SafeLoader):
    """A safe loader that gives up on deep or endless documents before they cost anything."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._count = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        self._count += 1
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if self._depth > MAX_DEPTH:
            raise _at("depth", f"more than {MAX_DEPTH} levels deep", event.start_mark)
        if self._count > MAX_NODES:
            raise _at("size", f"more than {MAX_NODES} values", event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def compose_root(text: str) -> yaml.Node | None:
    """The root node of a single document, None when there is none.

    Errors: YamlTrouble.
    """
    try:
        loader = _LimitedLoader(text)
        try:
            node: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlTrouble(
            "character", f"the character U+{_code_point(error):04X} is not allowed", at=(line, None), hint="delete it"
        ) from None
    except yaml.MarkedYAMLError as error:
        raise _from_yaml(error, text) from None
    return node


def compose_tree(text: str) -> YamlTree:
    """The document's values; only JSON-like types, text keys, Decimals and dates.

    Errors: YamlTrouble for what cannot be read at all; lesser ones are in `troubles`.
    """
    tree = YamlTree()
    root = compose_root(text)
    if root is not None:
        tree.value = _construct(root, (), tree, text)
    return tree


def _construct(node: yaml.Node, path: tuple[str, ...], tree: YamlTree, text: str) -> Any:
    tree.nodes += 1
    if tree.nodes > MAX_NODES or len(path) > MAX_DEPTH:
        raise _at("size", "the aliases of this document unfold without end", node.start_mark)
    if isinstance(node, yaml.MappingNode):
        return _construct_mapping(node, path, tree, text)
    if isinstance(node, yaml.SequenceNode):
        _refuse_tag(node, "seq", path, tree)
        return [_construct_item(item, (*path, str(index)), tree, text) for index, item in enumerate(node.value)]
    return _construct_scalar(node, path, tree)


def _construct_item(node: yaml.Node, path: tuple[str, ...], tree: YamlTree, text: str) -> Any:
    tree.marks[path] = mark_of(node, node, text)
    return _construct(node, path, tree, text)


def _construct_mapping(node: yaml.MappingNode, path: tuple[str, ...], tree: YamlTree, text: str) -> dict[str, Any]:
    _refuse_tag(node, "map", path, tree)
    values: dict[str, Any] = {}
    first: dict[str, yaml.Node] = {}
    for key_node, value_node in _entries(node):
        key = _key_text(key_node, path, tree)
        if key is None:
            continue
        place = (*path, key)
        if key in first:
            tree.troubles.append(_duplicate(key, place, first[key], key_node))
            continue
        first[key] = key_node
        tree.marks[place] = mark_of(key_node, value_node, text)
        values[key] = _construct(value_node, place, tree, text)
    return values


def _entries(node: yaml.MappingNode) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The mapping's own entries, then those merged by `<<` that it does not set itself."""
    merged: list[tuple[yaml.Node, yaml.Node]] = []
    own: set[str] = set()
    for key_node, value_node in node.value:
        if key_node.tag == _CORE + "merge":
            sources = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
            merged += [entry for source in sources if isinstance(source, yaml.MappingNode) for entry in source.value]
            continue
        own.add(str(key_node.value))
        yield key_node, value_node
    for key_node, value_node in merged:
        if str(key_node.value) not in own:
            own.add(str(key_node.value))
            yield key_node, value_node


def _key_text(node: yaml.Node, path: tuple[str, ...], tree: YamlTree) -> str | None:
    if isinstance(node, yaml.ScalarNode) and node.tag == _CORE + "str":
        return str(node.value)
    raw = node.value if isinstance(node, yaml.ScalarNode) else "…"
    tree.troubles.append(
        YamlTrouble(
            "key",
            f"the key `{raw}` is not text",
            at=_place(node.start_mark),
            path=".".join(path),
            hint=f'put it in quotes: `"{raw}"`' if isinstance(node, yaml.ScalarNode) else "use a plain word as key",
        )
    )
    return None


def _duplicate(key: str, path: tuple[str, ...], first: yaml.Node, second: yaml.Node) -> YamlTrouble:
    lines = (first.start_mark.line + 1, second.start_mark.line + 1)
    return YamlTrouble(
        "duplicate",
        f"`{key}` stands twice, in line {lines[0]} and in line {lines[1]}",
        at=_place(second.start_mark),
        path=".".join(path),
        hint="keep one of them",
    )


def _construct_scalar(node: yaml.Node, path: tuple[str, ...], tree: YamlTree) -> Any:
    text = str(node.value)
    tag = node.tag.removeprefix(_CORE)
    if tag == "str":
        return text
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in ("yes", "true", "on")
    if tag == "int":
        return _integer(text)
    if tag == "float":
        return _decimal(text)
    if tag == "timestamp":
        return dt.date.min  # only its type matters: no key takes a date
    tree.troubles.append(_unknown_tag(node, path))
    return text


def _integer(text: str) -> int | str:
    """YAML 1.1 integers: octal by a leading 0, base 60 by colons; what cannot be one stays text."""
    plain = text.replace("_", "")
    sign = -1 if plain.startswith("-") else 1
    digits = plain.lstrip("+-")
    try:
        if ":" in digits:
            value = 0
            for part in digits.split(":"):
                value = value * 60 + int(part)
            return sign * value
        if re.fullmatch(r"0[0-7]+", digits):
            return sign * int(digits, 8)
        return sign * int(digits, 0)
    except ValueError:
        return text


def _decimal(text: str) -> Decimal:
    """The digits as written; `.inf` and base 60 are no amounts and become NaN, which no key takes."""
    try:
        return Decimal(text.replace("_", ""))
    except InvalidOperation:
        return Decimal("NaN")


def _refuse_tag(node: yaml.Node, allowed: str, path: tuple[str, ...], tree: YamlTree) -> None:
    if node.tag != _CORE + allowed:
        tree.troubles.append(_unknown_tag(node, path))


def _unknown_tag(node: yaml.Node, path: tuple[str, ...]) -> YamlTrouble:
    shown = node.tag.replace(_CORE, "!!")
    return YamlTrouble(
        "tag",
        f"the tag `{shown}` is not allowed; nothing of it was run",
        at=_place(node.start_mark),
        path=".".join(path),
        hint="delete the tag: plain text, numbers, lists and sections are enough",
    )


def mark_of(key: yaml.Node, value: yaml.Node, text: str) -> YamlMark:
    """Where an entry stands; `key` and `value` are one node for items of a sequence."""
    start, end = value.start_mark.index, value.end_mark.index
    if isinstance(value, yaml.ScalarNode):
        style = value.style or "plain"
        raw = "" if style in "|>" else text[start:end]
    else:
        style = "flow" if getattr(value, "flow_style", False) else "block"
        raw = ""
    return YamlMark(
        key_line=key.start_mark.line + 1,
        key_column=key.start_mark.column + 1,
        line=value.start_mark.line + 1,
        column=value.start_mark.column + 1,
        start=start,
        end=end,
        raw=raw,
        style=style,
    )


def _place(mark: Any) -> tuple[int, int]:
    """The 1-based line and column of a mark."""
    return mark.line + 1, mark.column + 1


def _at(code: str, message: str, mark: Any) -> YamlTrouble:
    return YamlTrouble(code, message, at=_place(mark), hint="write it plainly")


def _code_point(error: yaml.reader.ReaderError) -> int:
    character: Any = error.character
    return character if isinstance(character, int) else ord(character)


def _from_yaml(error: yaml.MarkedYAMLError, text: str) -> YamlTrouble:
    mark = error.problem_mark or error.context_mark
    at = _place(mark) if mark else (None, None)
    problem = error.problem or "not YAML"
    source = text.splitlines()[mark.line] if mark and mark.line < len(text.splitlines()) else ""
    if "\\t" in problem or "\t" in source[: len(source) - len(source.lstrip())]:
        return YamlTrouble("tab", "a tab stands where YAML wants spaces", at=at, hint="indent with spaces")
    if "another document" in problem:
        return YamlTrouble(
            "documents",
            "there is a second document",
            at=at,
            hint="delete the `---` and what follows",
        )
    context = f" {error.context}" if error.context else ""
    hint = "close the quote" if "quoted scalar" in context else "look at this line and the one above"
    return YamlTrouble("syntax", f"{problem}{context}", at=at, hint=hint)
