"""Rules on how processes are ended: only the application's own, and all of them."""

import re
from collections.abc import Iterator

from deployer.project.lint.rules import Finding, broken
from deployer.project.lint.syntax_tree import Command, ScriptTree

_WHOLE_GROUP = re.compile(r"^[\"']?-(\$|\d{2,})")
_ENDS_THE_REST = re.compile(r"\bpkill\b[^\n]* -(P|s|g)\b|\bsystemctl +stop\b|\b(docker|podman)\b|\bpm2\b")
_LOOKS_WHO_IT_IS = re.compile(
    r"/proc/\S*/(cwd|cmdline|environ|exe|comm)|\bps\b[^\n]* -?(p|o)\b|\bpwdx\b|\bpgrep\b[^\n]*-F|\blsof\b[^\n]* -p"
)
_PID_FILE = re.compile(r"\.pid\b|PID_?FILE", re.IGNORECASE)


def process_findings(tree: ScriptTree) -> Iterator[Finding]:
    """What ends too little, or too much."""
    kills = [one for one in tree.commands if one.name == "kill" and not _only_asks(one)]
    if kills and not _ends_all(tree, kills):
        yield broken("kills-one-process", kills[0].line, f"`{_shown(kills[0])}` ends one process alone")
    if kills and _PID_FILE.search(tree.code) and not _LOOKS_WHO_IT_IS.search(tree.code):
        yield broken("trusts-pid-file", kills[0].line, f"`{_shown(kills[0])}` ends whoever has that PID now")
    for command in tree.commands:
        if command.name in {"pkill", "killall"} and not _names_its_processes(command):
            yield broken("kills-by-name", command.line, f"`{_shown(command)}` ends every process of that name")
        elif command.name == "fuser" and any(re.match(r"-\w*k", word) for word in command.words[1:]):
            yield broken("kills-by-name", command.line, f"`{_shown(command)}` ends whoever has the port or file open")


def _only_asks(command: Command) -> bool:
    return any(word in {"-0", "-l", "-L"} for word in command.words[1:]) or "-s 0" in " ".join(command.words)


def _ends_all(tree: ScriptTree, kills: list[Command]) -> bool:
    to_group = any(_WHOLE_GROUP.match(word) for kill in kills for word in kill.words[1:] if not word.isalpha())
    return to_group or _ENDS_THE_REST.search(tree.code) is not None


def _names_its_processes(command: Command) -> bool:
    """Whether it chooses by parent, session, group or PID file instead of a name."""
    return any(re.match(r"-(\w*[PsgF]$|-parent|-session|-pgroup|-pidfile)", word) for word in command.words[1:])


def _shown(command: Command) -> str:
    return " ".join(command.words)[:60].partition("\n")[0]
