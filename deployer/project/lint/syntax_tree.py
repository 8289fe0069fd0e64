"""A script as bash reads it: commands with their words, where they stand, and what surrounds them. Nothing is run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_NEW_SHELL = frozenset({"subshell", "command_substitution", "process_substitution", "pipeline"})
_LOOSE = frozenset({"if_statement", "while_statement", "for_statement", "c_style_for_statement", "case_statement", "function_definition"})  # fmt: skip
_LEADING = re.compile(r"(nohup|setsid|exec|env|sudo|time|nice|\$APP_SESSION|-\S+|[A-Za-z_]\w*=\S*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command: its name, its words with the name first, as they are written, and the line it begins at."""

    name: str
    words: tuple[str, ...]
    line: int
    node: "Node" = field(repr=False)

    @property
    def program(self) -> tuple[str, ...]:
        """The words without `nohup`, `setsid`, assignments and the like in front."""
        words = list(self.words)
        while words and _LEADING.match(words[0]):
            words.pop(0)
        return tuple(words)

    @property
    def in_new_shell(self) -> bool:
        """Whether it runs in a shell of its own, which alone it can end."""
        return any(one.type in _NEW_SHELL for one in _above(self.node)) or self.in_background

    @property
    def in_background(self) -> bool:
        """Whether an `&` follows it, or what it is a part of."""
        return any(is_background(one) for one in (self.node, *_above(self.node)))

    @property
    def at_top(self) -> bool:
        """Whether it runs whenever the script does: in no condition, loop, function or other shell."""
        return not self.in_new_shell and all(one.type not in _LOOSE for one in _above(self.node))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTree:
    """A parsed script. `code` is its text with every comment blanked, lines kept; `broken_line` is None when it parses."""

    nodes: tuple["Node", ...] = field(repr=False)
    commands: tuple[Command, ...] = field(repr=False)
    code: str
    values: Mapping[str, str]  # variables with one literal value, by name
    broken_line: int | None

    def of_type(self, *types: str) -> Iterator["Node"]:
        """The nodes of these types, in the order of the text."""
        return (node for node in self.nodes if node.type in types)

    def line_matching(self, pattern: str) -> int | None:
        """The first line of code that has the pattern; None when none has."""
        match = re.search(pattern, self.code)
        return self.code.count("\n", 0, match.start()) + 1 if match else None

    def resolved(self, word: str) -> str:
        """The word without quotes, with variables of one literal value filled in; `$` stays where something is unknown."""
        text = re.sub(r"[\"']", "", word)
        for _ in range(8):
            filled = re.sub(r"\$(?:(\w+)|\{(\w+)\})", lambda one: self.values.get(one[1] or one[2], one[0]), text)
            if filled == text:
                break
            text = filled
        return text


def parse_script(text: str) -> ScriptTree:
    """The tree of a script of any kind; what bash cannot read is left out of it."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    root = Parser(Language(tree_sitter_bash.language())).parse(text.encode("utf-8", "replace")).root_node
    nodes = tuple(_all_nodes(root))
    broken = [line_of(node) for node in nodes if node.is_error or node.is_missing]
    return ScriptTree(
        nodes=nodes,
        commands=tuple(_command(node) for node in nodes if node.type == "command"),
        code=_without_comments(text, nodes),
        values=_values(nodes),
        broken_line=min(broken, default=1) if root.has_error else None,
    )


def text_of(node: "Node") -> str:
    """The node as it is written."""
    return (node.text or b"").decode("utf-8", "replace")


def line_of(node: "Node") -> int:
    """The 1-based line the node begins at."""
    return node.start_point[0] + 1


def is_background(node: "Node") -> bool:
    """Whether an `&` stands behind the node."""
    following = node.next_sibling
    return following is not None and following.type == "&"


def background_starts(tree: ScriptTree) -> Iterator["Node"]:
    """What the script leaves running: each statement with an `&` behind it, outside substitutions."""
    for node in tree.nodes:
        if node.is_named and is_background(node) and not any("substitution" in one.type for one in _above(node)):
            yield node


def inside(node: "Node", *types: str) -> Iterator["Node"]:
    """What the node stands in, of these types, the nearest first."""
    return (one for one in _above(node) if one.type in types)


def _above(node: "Node") -> Iterator["Node"]:
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def _all_nodes(root: "Node") -> Iterator["Node"]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def _command(node: "Node") -> Command:
    name = node.child_by_field_name("name")
    arguments = [text_of(one) for one in node.children_by_field_name("argument")]
    before = [text_of(one) for one in node.children if one.type == "variable_assignment"]
    written = text_of(name) if name is not None else ""
    return Command(name=written, words=(*before, written, *arguments), line=line_of(node), node=node)


def _without_comments(text: str, nodes: tuple["Node", ...]) -> str:
    content = bytearray(text.encode("utf-8", "replace"))
    for node in nodes:
        if node.type == "comment":
            content[node.start_byte : node.end_byte] = b" " * (node.end_byte - node.start_byte)
    return content.decode("utf-8", "replace")


def _values(nodes: tuple["Node", ...]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for node in nodes:
        name = node.child_by_field_name("name") if node.type == "variable_assignment" else None
        value = node.child_by_field_name("value") if name is not None else None
        if name is not None:
            found.setdefault(text_of(name), set()).add(re.sub(r"[\"']", "", text_of(value)) if value else "")
    return {name: next(iter(values)) for name, values in found.items() if len(values) == 1}
