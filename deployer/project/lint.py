"""What is wrong with a start or stop script, by the rules both backends rely on. The script is parsed, never run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

SIZE_LIMIT_BYTES = 256 * 1024
_SHEBANG = re.compile(r"#!\s*(/usr)?(/local)?/bin/(env\s+)?bash\b")
_APP_LOG = re.compile(r"(^|/)app\.log\b|APP_LOG|DEPLOYER_LOG")


class ScriptRole(str, Enum):
    """What a script is for; some rules concern one of them only."""

    START = "start"
    STOP = "stop"


class Severity(str, Enum):
    """An error breaks the deploy; a warning may."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule at a line (1-based): what is there, and what to write instead."""

    rule: str
    severity: Severity
    line: int
    message: str
    fix: str


def lint_script(text: str, role: ScriptRole) -> tuple[Finding, ...]:
    """The findings in line order; empty for a script that keeps every rule."""
    if not text.strip():
        return (_error("empty", 1, "the script is empty", "write the commands that start or stop the application"),)
    findings = list(_text_findings(text))
    if len(text.encode("utf-8", "surrogatepass")) > SIZE_LIMIT_BYTES:
        return tuple(findings)
    root = Parser(Language(tree_sitter_bash.language())).parse(text.encode("utf-8", "surrogatepass")).root_node
    nodes = tuple(_all_nodes(root))
    if not any(node.is_named and node.type not in {"program", "comment"} for node in nodes):
        findings.append(_error("empty", 1, "the script has only comments", "write the commands it is for"))
    findings.extend(_syntax_findings(root, nodes))
    for node in nodes:
        findings.extend(_node_findings(node, role))
    if role is ScriptRole.START:
        findings.extend(_start_findings(text, nodes))
    unique = {(one.rule, one.line): one for one in findings}
    return tuple(sorted(unique.values(), key=lambda one: (one.line, one.rule)))


def _text_findings(text: str) -> Iterator[Finding]:
    if text.startswith("\ufeff"):
        yield _error("byte-order-mark", 1, "the script begins with a byte order mark", "save it as UTF-8 without one")
    if "\r" in text:
        line = text[: text.index("\r")].count("\n") + 1
        yield _error("crlf", line, "the line ends in a carriage return", "save the script with plain newlines (LF)")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        yield _error("nul", line, "the line holds a NUL character", "remove it")
    first = text.removeprefix("\ufeff").split("\n", 1)[0].rstrip("\r")
    if not _SHEBANG.match(first):
        found = f"the first line is `{first[:40]}`" if first.startswith("#!") else "the script has no `#!` line"
        yield _warning("shebang", 1, found, "begin it with `#!/bin/bash`")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > SIZE_LIMIT_BYTES:
        message = f"the script has {size} bytes, at most {SIZE_LIMIT_BYTES} are sensible"
        yield _error("size", 1, message, "put data into files of the project")


def _syntax_findings(root: Node, nodes: tuple[Node, ...]) -> Iterator[Finding]:
    if not root.has_error:
        return
    broken = [node for node in nodes if node.is_error or node.is_missing]
    line = min((_line(node) for node in broken), default=1)
    yield _error(
        "syntax", line, "bash cannot read the script from here on", "run `bash -n` on it and mend what it says"
    )


def _node_findings(node: Node, role: ScriptRole) -> Iterator[Finding]:
    if node.type == "heredoc_redirect":
        yield _error("heredoc", _line(node), "a heredoc does not survive the way to the instance", "use `printf`")
    elif node.type == "file_redirect":
        yield from _redirect_findings(node)
    elif node.type == "command":
        yield from _command_findings(node, role)


def _redirect_findings(node: Node) -> Iterator[Finding]:
    operator = next((child.type for child in node.children if not child.is_named), "")
    target = node.child_by_field_name("destination")
    written = _text(target) if target is not None else ""
    if operator in {">", ">|", "&>"} and _APP_LOG.search(written):
        message = f"`{operator}` on the application's log throws away what earlier releases wrote"
        yield _error("log-overwritten", _line(node), message, f"use `>>` for `{written}`")


def _command_findings(node: Node, role: ScriptRole) -> Iterator[Finding]:
    name_node = node.child_by_field_name("name")
    name = _text(name_node) if name_node is not None else ""
    words = [_text(child) for child in node.children if child.is_named]
    line = _line(node)
    if name == "exit" and role is ScriptRole.STOP and not _in_subshell(node):
        message = "`exit` in the stop script ends the start script that follows it"
        yield _error("stop-exit", line, message, "use `if` or `return` in a function instead")
    if name == "rm" and any(re.fullmatch(r"-[a-zA-Z]*[rR][a-zA-Z]*", word) for word in words):
        targets = [word for word in words[1:] if not word.startswith("-")]
        if any("$" in word or word in {"/", "/*", "~", "/root", "/root/", "/root/*"} for word in targets):
            message = f"`rm -r` on `{' '.join(targets)}` can remove more than the application"
            yield _warning(
                "unguarded-rm", line, message, "check with `realpath` that it is a directory below the application's"
            )
    if name in {"pkill", "killall"} and role is ScriptRole.STOP and "-s" not in words:
        yield _warning("kill-by-name", line, f"`{name}` also ends processes of others", "use the PID file")


def _start_findings(text: str, nodes: tuple[Node, ...]) -> Iterator[Finding]:
    code = "\n".join(_text(node) for node in nodes if node.type in {"command", "redirected_statement"})
    if not re.search(r"^set -[a-z]*e|^set -o errexit", code, re.MULTILINE):
        yield _warning("set-e", 1, "the script goes on after a failed command", "write `set -e` below the first line")
    if not _APP_LOG.search(text):
        yield _warning("no-log", 1, "nothing is written to the log that is checked", "append output to `/root/app.log`")
    if not re.search(r"app\.pid|PID_FILE", text) and not re.search(r"\bdocker[ -]compose\b", text):
        yield _warning("no-pid-file", 1, "no PID file is written", "write `echo $! > /root/app.pid` after the start")
    last = [
        node for node in nodes if node.type == "command" and node.parent is not None and node.parent.type == "program"
    ]
    if last and re.match(
        r"(exec )?(gunicorn|uvicorn|flask run|python3? \S+\.py|node |npm start|java -jar)", _text(last[-1])
    ):
        message = "the last command stays in the foreground, so the script never ends"
        yield _warning(
            "foreground", _line(last[-1]), message, "start it with `nohup … >> /root/app.log 2>&1 < /dev/null &`"
        )


def _in_subshell(node: Node) -> bool:
    above = node.parent
    while above is not None:
        if above.type in {"subshell", "command_substitution"}:
            return True
        above = above.parent
    return False


def _all_nodes(root: Node) -> Iterator[Node]:
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _error(rule: str, line: int, message: str, fix: str) -> Finding:
    return Finding(rule=rule, severity=Severity.ERROR, line=line, message=message, fix=fix)


def _warning(rule: str, line: int, message: str, fix: str) -> Finding:
    return Finding(rule=rule, severity=Severity.WARNING, line=line, message=message, fix=fix)
