"""What a start or stop script has to keep to: every rule with its reason, as the page of rules shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

SIZE_LIMIT_BYTES = 64 * 1024


class ScriptRole(str, Enum):
    """What a script is for; some rules concern one of them only."""

    START = "start"
    STOP = "stop"


class Severity(str, Enum):
    """An error breaks a deploy, with the one backend or the other; a warning may."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. `made_good` says that our own runner makes up for it, so that only other backends suffer from it."""

    id: str
    why: str  # what goes wrong when it is broken
    fix: str  # what to write instead
    severity: Severity = Severity.WARNING
    made_good: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule at a line of the script (1-based): what is there, and what to write instead."""

    rule: str
    severity: Severity
    line: int
    message: str
    fix: str
    made_good: bool


_TEXT = (
    Rule(
        id="empty",
        severity=Severity.ERROR,
        why="a script without commands starts and stops nothing",
        fix="write the commands that start or stop the application",
    ),
    Rule(
        id="syntax",
        severity=Severity.ERROR,
        why="bash gives up in the middle, when the old application is stopped already",
        fix="mend what bash says there; `bash -n` says it too",
    ),
    Rule(
        id="syntax-doubtful",
        why="there is no bash 4 here to ask, and the grammar that stands in for it knows less than bash",
        fix="try `bash -n` on a Linux machine",
    ),
    Rule(id="nul", severity=Severity.ERROR, why="bash drops NUL characters without a word", fix="remove the character"),
    Rule(
        id="carriage-return",
        severity=Severity.ERROR,
        why="a carriage return inside a line becomes part of a name or an argument",
        fix="delete the character",
    ),
    Rule(
        id="size",
        why=f"more than {SIZE_LIMIT_BYTES // 1024} KiB is data, not a script, and is not looked at",
        fix="put the data into files of the project",
    ),
    Rule(
        id="windows-newlines",
        made_good=True,
        why=r"with `set -e\r` bash goes on after a failed command and ends with success",
        fix="save the script with plain newlines (LF)",
    ),
    Rule(
        id="byte-order-mark",
        made_good=True,
        why="the `#!` line is not at the beginning, so it does not count",
        fix="save the script as UTF-8 without a byte order mark",
    ),
    Rule(
        id="shebang",
        made_good=True,
        why="another shell may read the script",
        fix="begin the script with `#!/bin/bash`",
    ),
)
_BOTH = (
    Rule(
        id="heredoc",
        severity=Severity.ERROR,
        made_good=True,
        why="a heredoc does not survive the way through templates to the instance",
        fix="use `printf '%s\\n' … > file`",
    ),
    Rule(
        id="log-overwritten",
        why="what earlier releases wrote to the log is lost, and with it the mark where this release begins",
        fix="append with `>>`",
    ),
    Rule(
        id="unguarded-rm",
        why="a variable that is empty, or holds `..`, makes `rm -r` remove something else",
        fix='resolve it first: `[ "$(realpath -m "$DIR")" = "/root/<application>/<directory>" ]`',
    ),
    Rule(
        id="weak-rm-guard",
        why="a test of length or of the prefix `/root/` lets `/root/.ssh` and `/root/../etc` pass",
        fix="resolve the path with `realpath -m` and compare the whole of it",
    ),
    Rule(
        id="removes-application",
        made_good=True,
        why="databases, uploads and settings made on the instance are lost at each deploy, and the way back with them",
        fix="leave the directory; replace the files the project has",
    ),
    Rule(
        id="kills-one-process",
        made_good=True,
        why="what the process started lives on: `node` below `npm start` keeps the port and serves the old version",
        fix='start it with `setsid` and end the group: `kill -TERM -- "-$PID"`',
    ),
    Rule(
        id="trusts-pid-file",
        made_good=True,
        why="after a reboot the same PID belongs to somebody else's process, which is killed",
        fix='look who it is first: `readlink "/proc/$PID/cwd"` is below the application\'s directory',
    ),
    Rule(
        id="kills-by-name",
        why="processes of other applications that are called the same are killed as well",
        fix="end the process of the PID file",
    ),
    Rule(
        id="install-asks",
        why="the installation asks, nobody answers, and it gives up",
        fix="add `-y`",
    ),
    Rule(
        id="one-package-manager",
        why="the script works with one family of systems only; Alibaba Cloud Linux has dnf, Ubuntu and Debian have apt",
        fix="try `command -v dnf`, then `yum`, then `apt-get`",
    ),
    Rule(
        id="pipe-to-shell",
        why="whatever the server, or somebody in between, sends is run as root, and a cut download is run in part",
        fix="download to a file, check its SHA-256, then run it",
    ),
    Rule(
        id="download-unbounded",
        why="a download that hangs takes the deploy with it",
        fix="add `--connect-timeout 30 --max-time 120` (wget: `--timeout=30`)",
    ),
    Rule(
        id="download-unchecked",
        why="without TLS, or without looking at certificates, anybody on the way can put something else in its place",
        fix="download by `https://`, with certificates checked",
    ),
    Rule(
        id="far-host",
        why="instances in mainland China reach it slowly or not at all",
        fix="take a mirror (docs/scripts.md), or put a copy into the project or into OSS",
    ),
    Rule(
        id="daemon-json-overwritten",
        why="settings of the Docker engine that others rely on are lost",
        fix="keep a copy, add to the JSON that is there, and restart the engine only when it changed",
    ),
)
_START = (
    Rule(
        id="set-e",
        why="the script goes on after a failed command and starts something half installed",
        fix="write `set -e` below the first line",
    ),
    Rule(
        id="archive-by-name",
        made_good=True,
        why="`project_9.zip` sorts after `project_10.zip`: an older release is unpacked",
        fix='use "$DEPLOYER_ARCHIVE", or the newest by time: `ls -t … | head -n 1`',
    ),
    Rule(
        id="nothing-unpacked",
        made_good=True,
        why="the archive is uploaded, but its files never reach the directory the application is started in",
        fix='start in "$DEPLOYER_RELEASE_DIR" where it is set, else `unzip` the archive into a directory of its own',
    ),
    Rule(
        id="unpacks-over",
        why="files that were deleted from the project stay on the instance and are loaded",
        fix='start in "$DEPLOYER_RELEASE_DIR", which holds this release alone, where it is set',
    ),
    Rule(
        id="no-log",
        why="the log that `verify` and `logs` read stays empty",
        fix="append the output to `/root/app.log`",
    ),
    Rule(
        id="no-pid-file",
        made_good=True,
        why="nobody knows which process is the application",
        fix="write `echo $! > /root/app.pid` after the start",
    ),
    Rule(
        id="pid-of-wrapper",
        made_good=True,
        why="the PID is that of a program that only starts the application, and ending it leaves the application",
        fix='start the application itself, or with `setsid`, and end the whole group with `kill -- "-$PID"`',
    ),
    Rule(
        id="output-held",
        made_good=True,
        why="the command on the instance does not end while something holds its output open",
        fix="add `>> /root/app.log 2>&1 < /dev/null` before the `&`",
    ),
    Rule(
        id="foreground",
        why="the command stays in the foreground: nothing after it runs, and the start times out",
        fix="start it with `nohup … >> /root/app.log 2>&1 < /dev/null &`",
    ),
    Rule(
        id="start-unproved",
        made_good=True,
        why="an application that dies at once still looks like a success",
        fix='end with `kill -0 "$(cat /root/app.pid)"`, or ask its port',
    ),
    Rule(
        id="log-not-shown",
        made_good=True,
        why="a failed start tells nothing",
        fix="end with `sleep 3 && tail -c 8000 /root/app.log`",
    ),
    Rule(
        id="log-unbounded",
        made_good=True,
        why="the log grows, only 24 KB of output are kept, and an old failure is read as today's",
        fix="use `tail -c 8000`",
    ),
)
_STOP = (
    Rule(
        id="stop-exit",
        severity=Severity.ERROR,
        made_good=True,
        why="the start script is appended to the stop script, so it never runs",
        fix="use `if`, or `return` in a function",
    ),
    Rule(
        id="stop-sources",
        made_good=True,
        why="an `exit` in the file that is read in ends the start script's shell, too",
        fix="run the file with `bash file` instead",
    ),
    Rule(
        id="stop-set-e",
        made_good=True,
        why="a process that is gone already ends both scripts",
        fix="leave `set -e` out, and write `|| true` after what may fail",
    ),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.id: rule for rule in (*_TEXT, *_BOTH, *_START, *_STOP)})


def broken(rule_id: str, line: int, message: str) -> Finding:
    """What breaks the rule at the line. Errors: KeyError for a rule there is not."""
    rule = RULES[rule_id]
    return Finding(
        rule=rule.id, severity=rule.severity, line=line, message=message, fix=rule.fix, made_good=rule.made_good
    )
