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
class Place:
    """What surrounds a node: another shell, something that may not run or run often, an `&`."""

    in_new_shell: bool = False  # a subshell, substitution or pipeline, or something in the background
    in_background: bool = False  # an `&` follows it, or what it is a part of
    in_substitution: bool = False
    is_loose: bool = False  # in a condition, loop or function
    is_started: bool = False  # the `&` follows it itself

    def below(self, node_type: str, *, followed_by_ampersand: bool) -> "Place":
        """The place of a child of a node of this type that stands here."""
        in_background = self.in_background or followed_by_ampersand
        return Place(
            in_new_shell=self.in_new_shell or in_background or node_type in _NEW_SHELL,
            in_background=in_background,
            in_substitution=self.in_substitution or "substitution" in node_type,
            is_loose=self.is_loose or node_type in _LOOSE,
            is_started=followed_by_ampersand,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One simple command: its name, its words with the name first, as they are written, and the line it begins at."""

    name: str
    words: tuple[str, ...]
    line: int
    place: Place
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
        return self.place.in_new_shell

    @property
    def at_top(self) -> bool:
        """Whether it runs whenever the script does: in no condition, loop, function or other shell."""
        return not self.place.in_new_shell and not self.place.is_loose


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptTree:
    """A parsed script. `code` is its text with every comment blanked, lines kept; `broken_line` is None when it parses."""

    nodes: tuple["Node", ...] = field(repr=False)
    parents: Mapping[int, "Node"] = field(repr=False)  # by the node's id
    commands: tuple[Command, ...] = field(repr=False)
    by_node: Mapping[int, Command] = field(repr=False)  # by the node's id
    background_starts: tuple["Node", ...] = field(repr=False)  # each statement with an `&` behind it
    code: str
    values: Mapping[str, str]  # variables with one literal value, by name
    broken_line: int | None

    def of_type(self, *types: str) -> Iterator["Node"]:
        """The nodes of these types, in the order of the text."""
        return (node for node in self.nodes if node.type in types)

    def inside(self, node: "Node", *types: str) -> Iterator["Node"]:
        """What the node stands in, of these types, the nearest first."""
        above = self.parents.get(node.id)
        while above is not None:
            if above.type in types:
                yield above
            above = self.parents.get(above.id)

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
    walked = tuple(_walk(root))
    nodes = tuple(node for node, _parent, _place in walked)
    broken = [line_of(node) for node in nodes if node.is_error or node.is_missing]
    commands = tuple(_command(node, place) for node, _parent, place in walked if node.type == "command")
    return ScriptTree(
        nodes=nodes,
        parents={node.id: parent for node, parent, _place in walked if parent is not None},
        commands=commands,
        by_node={command.node.id: command for command in commands},
        background_starts=tuple(
            node for node, _parent, place in walked if place.is_started and not place.in_substitution and node.is_named
        ),
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


def _walk(root: "Node") -> Iterator[tuple["Node", "Node | None", Place]]:
    """Each node in the order of the text, with what it stands in. The tree's own ways upward cost its depth each time."""
    pending: list[tuple[Node, Node | None, Place]] = [(root, None, Place())]
    while pending:
        node, parent, place = pending.pop()
        yield node, parent, place
        children = node.children
        following = [*(child.type for child in children[1:]), ""]
        pending.extend(
            (child, node, place.below(node.type, followed_by_ampersand=after == "&"))
            for child, after in reversed(list(zip(children, following, strict=False)))
        )


def _command(node: "Node", place: Place) -> Command:
    name = node.child_by_field_name("name")
    arguments = [text_of(one) for one in node.children_by_field_name("argument")]
    before = [text_of(one) for one in node.children if one.type == "variable_assignment"]
    written = text_of(name) if name is not None else ""
    return Command(name=written, words=(*before, written, *arguments), line=line_of(node), place=place, node=node)


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
