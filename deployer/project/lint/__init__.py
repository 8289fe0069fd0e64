"""What is wrong with a start or stop script, by rules that both backends rely on. The script is parsed, never run."""

from collections.abc import Iterator

from deployer.project.lint.file_rules import redirect_findings, removal_findings
from deployer.project.lint.install_rules import download_findings, install_findings
from deployer.project.lint.process_rules import process_findings
from deployer.project.lint.rules import RULES, Finding, Rule, ScriptRole, Severity, broken
from deployer.project.lint.start_rules import start_findings
from deployer.project.lint.stop_rules import stop_findings
from deployer.project.lint.syntax_tree import ScriptTree, parse_script
from deployer.project.lint.text_rules import size_findings, syntax_findings, text_findings

__all__ = ["RULES", "Finding", "Rule", "ScriptRole", "Severity", "lint_script"]


def lint_script(text: str, role: ScriptRole) -> tuple[Finding, ...]:
    """The findings in the order of the lines, one a rule and line; empty for a script that keeps every rule."""
    unique = {(one.rule, one.line): one for one in _findings(text, role)}
    return tuple(sorted(unique.values(), key=lambda one: (one.line, one.rule)))


def _findings(text: str, role: ScriptRole) -> Iterator[Finding]:
    if not text.strip():
        yield broken("empty", 1, "the script is empty")
        return
    yield from text_findings(text)
    oversized = tuple(size_findings(text))
    if oversized:
        yield from oversized
        return
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")  # lines stay where they are
    tree = parse_script(plain)
    if not tree.commands and not tree.code.strip():
        yield broken("empty", 1, "the script has only comments")
        return
    yield from syntax_findings(plain, tree)
    yield from _rule_findings(tree, role)


def _rule_findings(tree: ScriptTree, role: ScriptRole) -> Iterator[Finding]:
    for findings in (redirect_findings, removal_findings, process_findings, install_findings, download_findings):
        yield from findings(tree)
    yield from start_findings(tree) if role is ScriptRole.START else stop_findings(tree)
