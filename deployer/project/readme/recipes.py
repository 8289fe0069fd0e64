"""What `make TARGET` and `just TARGET` run: the plain commands of the target and of those before it. Nothing is expanded by a shell."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

RECIPE_FILES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"make": ("Makefile", "makefile", "GNUmakefile"), "just": ("justfile", "Justfile", ".justfile")}
)
_TARGET = re.compile(r"([\w./-]+(?:\s+[\w./-]+){0,20})\s*::?(?!=)\s*([^#=\n]*)(?:#.*)?$")
_VARIABLE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*[:?]{0,2}=\s*(.{0,200})$")
_USE = re.compile(r"\$\((\w+)\)|\$\{(\w+)\}|\{\{\s?(\w+)\s?\}\}")
_MOST_LINES = 2_000
_MOST_TARGETS = 50
_Rules: TypeAlias = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]  # by target: what comes before, its own lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipes:
    """The targets of a Makefile or justfile, and the variables it sets."""

    rules: _Rules
    values: Mapping[str, str]

    def has(self, target: str) -> bool:
        return target in self.rules

    def lines(self, target: str) -> tuple[str, ...]:
        """What runs for a target, in order, with the file's own variables filled in; empty when there is no such target."""
        return tuple(_fill(line, self.values) for line in _lines(target, self.rules, set()))


def parse_recipes(text: str) -> Recipes:
    """The targets and variables of a file; what only a program can expand is left as it stands."""
    rules: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    values: dict[str, str] = {}
    current: list[str] = []
    for line in text.replace("\\\n", " ").split("\n")[:_MOST_LINES]:
        target = _TARGET.match(line[:1_000])
        variable = _VARIABLE.match(line[:1_000])
        if line[:1] in {"\t", " "} and line.strip() and not line.strip().startswith("#"):
            for name in current:
                rules[name] = (rules[name][0], (*rules[name][1], line.strip().lstrip("@-+").strip()))
        elif target is not None:
            current = target[1].split()
            for name in current:
                rules.setdefault(name, (tuple(target[2].split()), ()))
        elif variable is not None:
            values.setdefault(variable[1], variable[2].strip().strip("\"'"))
    return Recipes(rules=rules, values=values)


def target_of(words: tuple[str, ...]) -> str | None:
    """The first word of the command that is neither an option nor a variable."""
    return next((word for word in words[1:] if not word.startswith("-") and "=" not in word), None)


def _lines(target: str, rules: _Rules, done: set[str]) -> Iterator[str]:
    """The lines of what comes before the target, then its own; each target once, as make does it."""
    done.add(target)
    before, own = rules.get(target, ((), ()))
    for name in before:
        if name not in done and len(done) < _MOST_TARGETS:
            yield from _lines(name, rules, done)
    yield from own


def _fill(line: str, values: Mapping[str, str]) -> str:
    """The line with the variables the file sets itself; others stay, and make it more than a plain command."""
    for _ in range(3):
        line = _USE.sub(lambda found: values.get(found[1] or found[2] or found[3], found[0]), line)[:1_000]
    return line
