"""Rules on what a script installs and downloads."""

import re
from collections.abc import Iterator
from dataclasses import replace

from deployer.project.far_hosts import find_far_host, nearer
from deployer.project.lint.rules import Finding, broken
from deployer.project.lint.syntax_tree import Command, ScriptTree, line_of, text_of

_MANAGERS = {"apt-get": "apt", "apt": "apt", "dnf": "dnf", "yum": "dnf", "microdnf": "dnf", "zypper": "zypper", "apk": "apk"}  # fmt: skip
_CHOOSES = re.compile(r"\b(command -v|which|type|hash)\b|/etc/(os|redhat|alinux|debian)[-_]?(release|version)")
_ANSWERED = re.compile(r"-(?!-)\w*y\w*$|--(assume-?yes|yes|non-?interactive)$|-qq$")
_SHELLS = frozenset({"bash", "sh", "zsh", "dash", "python", "python3", "node", "perl", "ruby", "php"})
_REACHES = frozenset(
    {"curl", "wget", "git", "pip", "pip3", "uv", "npm", "npx", "yarn", "pnpm", "go", "gem", "docker", "podman", "rpm"}
)
_LOADERS = frozenset({"curl", "wget"})
_TAKES_CODE = frozenset({"-c", "-e", "-m", "-n", "-p", "-r", "--eval", "--print"})
_NEAR = re.compile(
    r"https?://(127\.|0\.0\.0\.0|localhost|\[::1\]|100\.100\.|10\.|192\.168\.|[\w.-]+\.aliyuncs\.com|\$|[\w-]+[:/])"
)


def install_findings(tree: ScriptTree) -> Iterator[Finding]:
    """Installations that ask, or that one family of systems alone understands."""
    used: dict[str, Command] = {}
    for command in tree.commands:
        name, *words = command.program or ("",)
        family = _MANAGERS.get(name)
        if family is None or not {"install", "add", "groupinstall"} & set(words):
            continue
        used.setdefault(family, command)
        if family in {"apt", "dnf"} and not any(_ANSWERED.match(word) for word in words):
            yield broken("install-asks", command.line, f"`{name} install` asks before it installs")
    if len(used) == 1 and not _CHOOSES.search(tree.code):
        [(family, command)] = used.items()
        yield broken("one-package-manager", command.line, f"only systems with {family} can run `{command.program[0]}`")


def download_findings(tree: ScriptTree) -> Iterator[Finding]:
    """Downloads that are run unread, that may hang, or that anybody may forge."""
    yield from _piped(tree)
    for command in tree.commands:
        far = find_far_host(tree.resolved(" ".join(command.words))) if _name_of(command) in _REACHES else None
        if far:
            yield _far(command, *far)
    for command in tree.commands:
        if command.program[:1] and command.program[0] in _LOADERS:
            yield from _of_loader(command)


def _far(command: Command, host: str, instead: str) -> Finding:
    """With the words to write instead, where a mirror has the same under the same path."""
    found = broken(
        "far-host", command.line, f"`{host}` is asked" + (f"; in the mainland {instead} has it" if instead else "")
    )
    words = [(word, nearer(word)) for word in command.words if nearer(word) != word]
    shown = "; ".join(f"`{near}` for `{word}`" for word, near in words if "@" not in word)
    return replace(found, fix=f"write {shown}: `deployer config validate --use-mirrors` does") if shown else found


def _of_loader(command: Command) -> Iterator[Finding]:
    name, *words = command.program
    addresses = [re.sub(r"[\"']", "", word) for word in words if re.match(r"[\"']?https?://", word)]
    if addresses and all(_NEAR.match(address) for address in addresses):
        return
    limits = r"-m|--max-time|--connect-timeout" if name == "curl" else r"-T|--timeout|--read-timeout"
    if not any(re.match(rf"({limits})(=|\d|$)", word) for word in words):
        yield broken("download-unbounded", command.line, f"`{name}` has no limit of time")
    loose = r"-(?!-)\w*k\w*$|--insecure$" if name == "curl" else r"--no-check-certificate$"
    if any(re.match(loose, word) for word in words):
        yield broken("download-unchecked", command.line, f"`{name}` is told not to look at certificates")
    elif any(address.startswith("http://") and not _NEAR.match(address) for address in addresses):
        yield broken("download-unchecked", command.line, f"`{name}` downloads without TLS")


def _piped(tree: ScriptTree) -> Iterator[Finding]:
    message = "what is downloaded is run unread"
    for pipeline in tree.of_type("pipeline"):
        programs = [_program_of(tree, child.id) for child in pipeline.named_children]
        loads = next((index for index, words in enumerate(programs) if words[0] in _LOADERS), None)
        if loads is not None and any(_runs_its_input(words) for words in programs[loads + 1 :]):
            yield broken("pipe-to-shell", line_of(pipeline), message)
    for substitution in tree.of_type("command_substitution", "process_substitution"):
        runner = next(tree.inside(substitution, "command"), None)
        loads_inside = re.match(r"[$<]\(\s*(sudo +)?(curl|wget)\b", text_of(substitution))
        if runner is not None and loads_inside and _program_of(tree, runner.id)[0] in {*_SHELLS, "eval", "source", "."}:
            yield broken("pipe-to-shell", line_of(runner), message)


def _name_of(command: Command) -> str:
    """The program without its directory; "" for no program."""
    return command.program[0].rpartition("/")[2] if command.program else ""


def _runs_its_input(program: tuple[str, ...]) -> bool:
    """Whether it is an interpreter that is given no program but what it reads."""
    words = set(program[1:])
    if program[0] not in _SHELLS or words & _TAKES_CODE:
        return False
    return bool(words & {"-s", "-"}) or all(word.startswith("-") for word in words)


def _program_of(tree: ScriptTree, node_id: int) -> tuple[str, ...]:
    command = tree.by_node.get(node_id)
    return command.program if command and command.program else ("",)
