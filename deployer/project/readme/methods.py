"""The ways of a README as they are shown: which one was chosen, and why not the others."""

from deployer.models.analysis import Method, MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.readme.model import Readme, ReadmeCommand, Way
from deployer.project.readme.sections import Standing

_KIND_WORDS = {
    MethodKind.NATIVE_INSTALL: "a native way",
    MethodKind.BUILD_AND_RUN: "a way that builds and runs",
    MethodKind.SCRIPT: "a script",
    MethodKind.DOCKER: "Docker",
}


def make_methods(readme: Readme, followed: ReadmeCommand | None, started: str | None) -> tuple[Method, ...]:
    """One method per way, the chosen one first, then by rank; then the lines that are never run.

    `followed` is the command the start was taken from, `started` the command that starts the project in the end.
    """
    chosen = next((way for way in readme.ways if followed in way.commands), None)
    ways = sorted(readme.ways, key=lambda way: way is not chosen)
    methods = [_method(way, _reason(way, chosen, followed, started), chosen=way is chosen) for way in ways]
    return (*methods, *(_refused(one) for one in readme.refused))


def _method(way: Way, reason: str, *, chosen: bool) -> Method:
    return Method(
        kind=way.kind,
        file=way.commands[0].file,
        line=way.commands[0].line,
        section=way.section,
        commands=tuple(map(_shown, way.whole)),
        chosen=chosen,
        reason=reason,
    )


def _shown(command: ReadmeCommand) -> str:
    """The command as it is written, with the directory it runs in."""
    directory = command.shape.directory
    return f"cd {directory} && {command.text.strip()}" if directory else command.text.strip()


def _refused(command: ReadmeCommand) -> Method:
    return Method(
        kind=MethodKind.SCRIPT if command.shape.is_dangerous else command.shape.kind,
        file=command.file,
        line=command.line,
        section=command.section,
        commands=(_shown(command),),
        chosen=False,
        reason=f"never run: {command.shape.why}",
    )


def _reason(way: Way, chosen: Way | None, followed: ReadmeCommand | None, started: str | None) -> str:
    """Why a way was chosen; else the first thing that speaks against it."""
    if way is chosen and followed is not None:
        return f"its command at line {followed.line} fits the files of the project"
    against = _discouragement(way) or _obstacle(way) or _idleness(way)
    if against is not None:
        return against
    if chosen is not None and followed is not None:
        return f"line {followed.line} comes first: {_why_first(chosen, way)}"
    if started is None:
        return "nothing in the project answers to it"
    if way.kind is MethodKind.DOCKER:
        return "Docker comes last, and the project starts without it"
    return f"the files of the project say it better: `{started[:80]}`"


def _discouragement(way: Way) -> str | None:
    if way.standing is not Standing.DISCOURAGED or way.first(Purpose.START) is None:
        return None
    if not way.section:
        return "the README advises against it"
    return f"it stands under `{way.section}`, which is not how it is meant to be run"


def _obstacle(way: Way) -> str | None:
    """What in the tree speaks against its start; against its first command in the case of a script."""
    command = way.first(Purpose.START) or (way.commands[0] if way.kind is MethodKind.SCRIPT else None)
    if command is None or command.obstacle is not None or command.shape.directory is None:
        return command.obstacle if command else None
    return f"it runs in `{command.shape.directory}`, a project of its own: give that directory with `--path`"


def _idleness(way: Way) -> str | None:
    """What a way does that starts nothing for good."""
    if way.first(Purpose.START) is not None:
        return None
    develops = way.first(Purpose.DEVELOP)
    if develops is not None:
        return f"`{develops.text.strip()[:60]}` serves one developer only"
    if way.first(Purpose.TEST) is not None:
        return "it tests, and starts nothing"
    return "a step before the start: it starts nothing by itself"


def _why_first(chosen: Way, other: Way) -> str:
    if chosen.kind is not other.kind:
        return f"{_KIND_WORDS[chosen.kind]} before {_KIND_WORDS[other.kind]}"
    if chosen.standing is not other.standing:
        return "meant for servers" if chosen.standing is Standing.PRODUCTION else "meant for everybody"
    return "it is the first of its kind"
