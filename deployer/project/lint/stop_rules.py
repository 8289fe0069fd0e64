"""Rules on what keeps the start script, which is appended to the stop script, from running."""

import re
from collections.abc import Iterator

from deployer.project.lint.rules import Finding, broken
from deployer.project.lint.syntax_tree import ScriptTree


def stop_findings(tree: ScriptTree) -> Iterator[Finding]:
    """All that concerns the stop script alone."""
    for command in tree.commands:
        if command.in_new_shell:
            continue
        if command.name == "exit":
            yield broken("stop-exit", command.line, "`exit` ends the start script with the stop script")
        elif command.name == "exec" and len(command.words) > 1:
            yield broken("stop-exit", command.line, "`exec` puts another program in place of both scripts")
        elif command.name in {"source", "."}:
            yield broken(
                "stop-sources", command.line, f"`{' '.join(command.words)[:60]}` runs in the script's own shell"
            )
        elif command.name == "set" and re.match(r"set (-\w+ )*(-\w*e|-o errexit)", " ".join(command.words)):
            yield broken("stop-set-e", command.line, "`set -e` ends both scripts at the first command that fails")
