"""The ways to run a project that a README describes: commands that go together, and the steps they need from before."""

from collections.abc import Iterable
from dataclasses import replace

from deployer.models.analysis import MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.readme.model import ReadmeCommand, Way, rank_of
from deployer.project.readme.sections import Standing

_FLAVOURS = {MethodKind.DOCKER: "docker", MethodKind.SCRIPT: "script"}


def make_ways(commands: Iterable[ReadmeCommand]) -> tuple[Way, ...]:
    """The ways, best first: of each section its native commands, its scripts, and what it does with Docker."""
    groups: dict[tuple[tuple[str, ...], str], list[ReadmeCommand]] = {}
    for one in commands:
        groups.setdefault((one.headings, _FLAVOURS.get(one.shape.kind, "native")), []).append(one)
    ways = [Way(kind=_kind(group), standing=group[0].standing, commands=tuple(group)) for group in groups.values()]
    return tuple(sorted(_with_steps(ways), key=rank_of))


def _kind(commands: Iterable[ReadmeCommand]) -> MethodKind:
    kinds = {one.shape.kind for one in commands}
    return next(
        (kind for kind in (MethodKind.DOCKER, MethodKind.SCRIPT, MethodKind.BUILD_AND_RUN) if kind in kinds),
        MethodKind.NATIVE_INSTALL,
    )


def _with_steps(ways: list[Way]) -> list[Way]:
    """Ways that start something, with the steps of sections before; a step that belongs to none is a way of its own."""
    found: list[Way] = []
    for discouraged in (False, True):
        alike = [way for way in ways if (way.standing is Standing.DISCOURAGED) is discouraged]
        found.extend(_with_own_steps(alike))
    return found


def _with_own_steps(ways: list[Way]) -> list[Way]:
    steps: list[Way] = []
    found: list[Way] = []
    used = 0
    for way in ways:
        if way.kind in _FLAVOURS:
            found.append(way)
        elif way.first(Purpose.START) is None and way.first(Purpose.DEVELOP) is None:
            steps.append(way)
        else:
            needed = () if way.first(Purpose.INSTALL) else tuple(one for step in steps for one in step.commands)
            used = len(steps) if needed else used
            found.append(replace(way, steps=needed, kind=_kind((*needed, *way.commands))))
    return [*found, *steps[used:]]
