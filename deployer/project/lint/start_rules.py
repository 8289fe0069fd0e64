"""Rules on how an application is unpacked, started, logged and looked at afterwards."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from deployer.project.lint.file_rules import APP_LOG
from deployer.project.lint.rules import Finding, broken
from deployer.project.lint.syntax_tree import Command, ScriptTree, line_of, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_UNPACKS = re.compile(r"\b(unzip|bsdtar|zipfile|unar)\b|\bjar +x|\b7za? x|DEPLOYER_RELEASE_DIR")
_SUPERVISED = re.compile(
    r"\b(docker|podman|systemctl|pm2|supervisorctl|supervisord|initctl)\b|\bservice +\S+ +(re)?start\b"
)
_PID_FILE = re.compile(r"app\.pid|PID_?FILE", re.IGNORECASE)
_ALL_REDIRECTED = re.compile(r"^[ \t]*exec\s[^\n]*>", re.MULTILINE)
_LONGEST = 2000  # characters of a command that are looked at
_OWN_SESSION = re.compile(r"\bsetsid\b|SESSION")
_PROVES = re.compile(
    r"\b(kill +-(s +)?0|pgrep|curl|wget|nc|ncat|ss|lsof|netstat|ps)\b|systemctl +is-active|/proc/|/dev/tcp/"
)
_WRAPPERS = frozenset({
    "npm", "pnpm", "yarn", "npx", "bunx", "poetry", "uv", "pipenv", "pdm", "hatch", "mvn", "./mvnw", "gradle", "./gradlew", "make", "script", "timeout", "su", "runuser",
})  # fmt: skip
_SERVES = re.compile(
    r"((uv|poetry|pipenv|pdm|hatch) run )?(\S*/)?(gunicorn|uvicorn|hypercorn|daphne|waitress-serve|streamlit run|celery\b.* worker|flask\b.* run"
    r"|python[\d.]* (-\S+ )*\S*manage\.py runserver|python[\d.]* -m (flask|uvicorn|gunicorn|http\.server|streamlit)"
    r"|(npm|pnpm|yarn|bun) (run )?(start|dev|serve|preview)|(npx )?(next|nuxt|vite) (start|preview|dev)|nodemon"
    r"|java .*-jar|(\./)?(mvnw?|gradlew?) .*(spring-boot:run|bootRun)|go run|php -S|php artisan serve"
    r"|(bundle exec )?(rails (s|server)|puma|unicorn|rackup)|deno (run|serve|task)|dotnet run|dotnet \S+\.dll|(npx )?(serve|http-server)|tail -[fF]\b|sleep infinity|wait\b)"
    r"(?!\S)"
)
_MAY_SERVE = re.compile(r"(\S*/)?(python[\d.]*|node|ruby|perl|deno|bun) (-\S+ )*[^-\s]\S*\.(py|js|mjs|cjs|ts|rb|pl)\b")
_DETACHES = re.compile(
    r"(^| )(-d|-D|--detach|--daemon|--daemonize|--background|-daemon)\b|--version\b|--help\b|pre-?flight"
)


def start_findings(tree: ScriptTree) -> Iterator[Finding]:
    """All that concerns the start script alone."""
    starts = tree.background_starts
    if not any(_sets_errexit(command) for command in tree.commands):
        yield broken("set-e", 1, "`set -e` is missing")
    yield from _archive_findings(tree)
    yield from _log_findings(tree, starts)
    yield from _pid_findings(tree, starts)
    if not _ALL_REDIRECTED.search(tree.code):
        for start in starts:
            yield from _held_output(start)
    yield from _foreground_findings(tree)
    yield from _ending_findings(tree, starts)


def _sets_errexit(command: Command) -> bool:
    words = " ".join(command.words)
    return re.match(r"set (-\w+ )*(-\w*e|-o errexit)", words) is not None and command.at_top


def _archive_findings(tree: ScriptTree) -> Iterator[Finding]:
    if "DEPLOYER_RELEASE_DIR" in tree.code or _SUPERVISED.search(tree.code):
        return
    for pipeline in tree.of_type("pipeline"):
        text = text_of(pipeline)[:_LONGEST]
        if re.match(r"ls\b(?! -\S*t).*\.zip\b.*\|\s*(sort[^|]*\|\s*)?(tail|head)\b", text, re.DOTALL):
            yield broken("archive-by-name", line_of(pipeline), f"`{text[:60]}` takes an archive by its name")
    for command in tree.commands:
        if command.name == "unzip" and any(re.search(r"\*\S*\.zip", word) for word in command.words):
            yield broken("archive-by-name", command.line, "with two archives `unzip` takes the first by name")
        if command.name == "unzip" and any(re.match(r"-\w*o", word) for word in command.words):
            yield broken("unpacks-over", command.line, "the archive is unpacked over the files of the last release")
    if not _UNPACKS.search(tree.code):
        yield broken("nothing-unpacked", 1, "nothing unpacks the archive")


def _log_findings(tree: ScriptTree, starts: tuple["Node", ...]) -> Iterator[Finding]:
    if not APP_LOG.search(tree.code) and not _SUPERVISED.search(tree.code):
        line = line_of(starts[-1]) if starts else 1
        yield broken("no-log", line, "nothing is written to `/root/app.log`")


def _pid_findings(tree: ScriptTree, starts: tuple["Node", ...]) -> Iterator[Finding]:
    if not _PID_FILE.search(tree.code):
        if not _SUPERVISED.search(tree.code):
            yield broken("no-pid-file", line_of(starts[-1]) if starts else 1, "no PID file is written")
        return
    for start in starts:
        wrapper = _wrapper_of(tree, start)
        if wrapper and not _OWN_SESSION.search(text_of(start)):
            yield broken("pid-of-wrapper", line_of(start), f"`$!` is the PID of {wrapper}, not of the application")


def _wrapper_of(tree: ScriptTree, start: "Node") -> str | None:
    """What stands between the script and the application; None when `$!` is the application's own PID."""
    body = start.child_by_field_name("body") if start.type == "redirected_statement" else start
    if body is None:
        return None
    if body.type in {"pipeline", "subshell", "list", "compound_statement"}:
        return f"a {body.type.replace('_', ' ')}"
    command = tree.by_node.get(body.id)
    program = command.program if command else ()
    if not program:
        return None
    runs_text = program[0] in {"bash", "sh"} and "-c" in program and "exec " not in tree.resolved(program[-1])
    return f"`{program[0]}`" if program[0] in _WRAPPERS or runs_text else None


def _held_output(start: "Node") -> Iterator[Finding]:
    redirects = " ".join(text_of(one) for one in start.children_by_field_name("redirect"))
    last = start.named_children[-1] if start.type == "list" and start.named_children else None
    if last is not None:
        redirects = " ".join(text_of(one) for one in last.children_by_field_name("redirect"))
    both = re.search(r"&>|>&(?!\d)", redirects)
    for what, pattern in (("output", r"(^| )1?>>?(?!&)"), ("error output", r"(^| )2>")):
        if not both and not re.search(pattern, redirects):
            yield broken("output-held", line_of(start), f"what runs in the background keeps the script's {what} open")
            return


def _foreground_findings(tree: ScriptTree) -> Iterator[Finding]:
    at_top = [command for command in tree.commands if command.at_top]
    for command in at_top:
        written = " ".join(command.program)
        serves = _SERVES.match(written) or _is_attached_container(written)
        if serves and not _DETACHES.search(written):
            yield broken("foreground", command.line, f"`{written[:60]}` does not return")
            return
    last = " ".join(at_top[-1].program) if at_top else ""
    if _MAY_SERVE.match(last) and not _DETACHES.search(last):
        yield broken("foreground", at_top[-1].line, f"`{last[:60]}`, the last command, is not in the background")


def _is_attached_container(written: str) -> bool:
    """Whether a composition stays in the foreground, or a container that others are to reach."""
    return re.match(r"docker[ -]compose\b.* up\b|(docker|podman) run\b.* (-p|--publish|-P)\b", written) is not None


def _ending_findings(tree: ScriptTree, starts: tuple["Node", ...]) -> Iterator[Finding]:
    if not starts:
        return
    last_start = max(start.end_byte for start in starts)
    after = [command for command in tree.commands if command.node.start_byte > last_start]
    text = tree.code.encode("utf-8", "replace")[last_start:].decode("utf-8", "replace")
    if not _PROVES.search(text) and not _calls_a_proof(tree, after):
        yield broken("start-unproved", line_of(starts[-1]), "nothing looks whether the application lives")
    shown = [one for one in after if one.name in {"cat", "tail", "head"} and APP_LOG.search(" ".join(one.words))]
    if not shown:
        yield broken("log-not-shown", line_of(starts[-1]), "the end of the log is not shown")
    for command in shown:
        if command.name == "cat":
            yield broken("log-unbounded", command.line, f"`{' '.join(command.words)[:60]}` shows the whole log")


def _calls_a_proof(tree: ScriptTree, after: list[Command]) -> bool:
    """Whether one of these commands is a function of the script that looks."""
    proofs = {
        text_of(name)
        for function in tree.of_type("function_definition")
        if (name := function.child_by_field_name("name")) is not None and _PROVES.search(text_of(function))
    }
    return any(command.name in proofs for command in after)
