"""Rules on what a script removes and overwrites."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from deployer.project.lint.rules import Finding, broken
from deployer.project.lint.syntax_tree import Command, ScriptTree, line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

APP_LOG = re.compile(r"(^|[/\"'])app\.log\b|\bAPP_LOG\b|\bDEPLOYER_LOG\b|\bLOG_?FILE\b")
_RECURSIVE = re.compile(r"-[a-zA-Z]*[rR][a-zA-Z]*$|--recursive$")
_NOT_OURS = re.compile(r"/?\*?$|~|/[^/]*/?\*?$|/(root|home)/\*$|/root/\.[^/]|.*(^|/)\.\.(/|$)")
_APPLICATION = re.compile(r"/root/[^/*$]+(/\*?)?$")
_APPLICATION_NAME = re.compile(
    r"\$\{?\w*(APP|PROJECT|INSTALL|DEPLOY|WORK)_?(DIR|HOME|ROOT|BASE|PATH)\b[^/]*/?$", re.IGNORECASE
)
_RESOLVES = re.compile(r"\b(realpath|readlink +-(f|m|e)|pwd +-P)\b")
_TESTS = ("if_statement", "list", "case_statement", "function_definition")
_NEAREST, _LONGEST = 6, 20_000
_OVERWRITES = frozenset({">", ">|", "&>"})


def removal_findings(tree: ScriptTree) -> Iterator[Finding]:
    """Each `rm -r` that can remove something else than a part of the application, or all that it has."""
    for command in tree.commands:
        if command.name == "rm" and any(_RECURSIVE.match(word) for word in command.words[1:]):
            for word in command.words[1:]:
                if not word.startswith("-"):
                    yield from _removed(tree, command, word)


def _removed(tree: ScriptTree, command: Command, word: str) -> Iterator[Finding]:
    target = tree.resolved(word)
    unknown = "$" in target and ":?" not in target
    surrounding = _surrounding(tree, command.node)
    if not unknown and "$" not in target and _NOT_OURS.match(target):
        yield broken("unguarded-rm", command.line, f"`rm -r {target}` removes more than the application")
        return
    if unknown and not _RESOLVES.search(surrounding):
        guarded = re.search(r"/root/|\$\{#", surrounding)
        message = f"`rm -r {word}` is guarded by its look only" if guarded else f"`rm -r {word}` is not guarded"
        yield broken("weak-rm-guard" if guarded else "unguarded-rm", command.line, message)
    if _APPLICATION.match(target) or (unknown and _APPLICATION_NAME.match(target)):
        yield broken("removes-application", command.line, f"`rm -r {word}` removes all the application has")


def _surrounding(tree: ScriptTree, node: "Node") -> str:
    """The tests around a command as one text: the nearest conditions it stands behind, and functions it is in."""
    return "\n".join(text_of(one)[:_LONGEST] for one in islice(tree.inside(node, *_TESTS), _NEAREST))


def redirect_findings(tree: ScriptTree) -> Iterator[Finding]:
    """Heredocs, and files that are written anew where something should be kept."""
    for node in tree.of_type("heredoc_redirect"):
        yield broken("heredoc", line_of(node), "the text below `<<` is a heredoc")
    for node in tree.of_type("file_redirect"):
        operator = next((child.type for child in node.children if not child.is_named), "")
        target = node.child_by_field_name("destination")
        written = tree.resolved(text_of(target)) if target is not None else ""
        if operator in _OVERWRITES and (APP_LOG.search(written) or (target and APP_LOG.search(text_of(target)))):
            yield broken("log-overwritten", line_of(node), f"`{operator}` begins the application's log anew")
        elif operator in _OVERWRITES and written.endswith("docker/daemon.json"):
            yield broken("daemon-json-overwritten", line_of(node), f"`{operator}` replaces `{written}`")
    yield from _written_by_tee(tree)


def _written_by_tee(tree: ScriptTree) -> Iterator[Finding]:
    for command in tree.commands:
        if "tee" in command.program[:1] and "-a" not in command.words and "--append" not in command.words:
            for target in map(tree.resolved, command.program[1:]):
                if target.endswith("docker/daemon.json"):
                    yield broken("daemon-json-overwritten", command.line, f"`tee` replaces `{target}`")
                elif APP_LOG.search(target):
                    yield broken("log-overwritten", command.line, "`tee` begins the application's log anew")
