"""The pattern language of `.gitignore`, read exactly as git reads it. No pattern takes more than polynomial time.

Patterns and paths are compared as bytes: to git, `?` is one byte. Source: https://git-scm.com/docs/gitignore, and what
`git check-ignore` answers (tests/unit/test_gitignore.py compares the two).
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

_SPECIAL = re.compile(rb"[*?\[\\]")
_SLASH = ord("/")
_NAMED_CLASSES: Mapping[bytes, bytes] = MappingProxyType({
    b"alnum": b"0-9A-Za-z", b"alpha": b"A-Za-z", b"blank": b" \t", b"cntrl": b"\x00-\x1f\x7f", b"digit": b"0-9",
    b"graph": b"!-~", b"lower": b"a-z", b"print": b" -~", b"punct": b"!-/:-@\\[-`{-~", b"space": b" \t\n\r",
    b"upper": b"A-Z", b"xdigit": b"0-9A-Fa-f",
})  # fmt: skip


class _NeverMatches(Exception):
    """The pattern fits no path, such as one with a bracket that is never closed."""


class _Wild(Enum):
    """What stands between two fixed parts of a pattern."""

    NAME = rb"[^/]*?"  # `*`
    PARENTS = rb"(?:.*?/)??"  # `**/`
    PATH = rb".*?"  # `/**` at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """One line. Without a slash in it, it speaks of names at any depth, else of paths below the file it stands in."""

    ignores: bool  # False behind `!`
    directories_only: bool
    names_only: bool
    literal: bytes | None  # the whole of a pattern without wildcards
    expression: "re.Pattern[bytes] | None"

    def fits(self, path: bytes, name: bytes, *, is_directory: bool) -> bool:
        if self.directories_only and not is_directory:
            return False
        text = name if self.names_only else path
        return text == self.literal if self.expression is None else self.expression.fullmatch(text) is not None


class GitIgnore:
    """The patterns of one file. The last one that fits decides."""

    __slots__ = ("_literal", "_wild")

    def __init__(self, lines: Iterable[str]) -> None:
        self._literal: dict[tuple[bool, bytes], list[tuple[int, _Pattern]]] = {}  # by kind and text: found at once
        self._wild: list[tuple[int, _Pattern]] = []  # each has to be tried
        for number, line in enumerate(lines):
            pattern = _parse(os.fsencode(line))
            if pattern is None:
                continue
            if pattern.literal is not None:
                self._literal.setdefault((pattern.names_only, pattern.literal), []).append((number, pattern))
            else:
                self._wild.append((number, pattern))

    @classmethod
    def of(cls, text: str) -> "GitIgnore":
        """The patterns of a file's text."""
        return cls(line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n"))

    def says(self, path: str, *, is_directory: bool) -> bool | None:
        """True: ignored; False: not; None: nothing is said of it. `path` begins where the file stands."""
        raw = os.fsencode(path)
        name = raw[raw.rfind(b"/") + 1 :]
        literal = (*self._literal.get((True, name), ()), *self._literal.get((False, raw), ()))
        fitting = [one for one in literal if one[1].fits(raw, name, is_directory=is_directory)]
        last, answer = max(((number, pattern.ignores) for number, pattern in fitting), default=(-1, None))
        for number, pattern in reversed(self._wild):
            if number < last:
                break
            if pattern.fits(raw, name, is_directory=is_directory):
                return pattern.ignores
        return answer


def _parse(line: bytes) -> _Pattern | None:
    """The pattern of a line; None for empty lines, comments and what can fit nothing."""
    if line.startswith(b"#"):
        return None
    text = _without_trailing_spaces(line)
    ignores = not text.startswith(b"!")
    body = text if ignores else text[1:]
    directories_only = body.endswith(b"/")
    body = body.removesuffix(b"/")
    names_only = b"/" not in body
    body = body.removeprefix(b"/")
    if not body:
        return None
    try:
        expression = re.compile(_expression(body), re.DOTALL) if _SPECIAL.search(body) else None
    except _NeverMatches:
        return None
    return _Pattern(
        ignores=ignores,
        directories_only=directories_only,
        names_only=names_only,
        literal=body if expression is None else None,
        expression=expression,
    )


def _without_trailing_spaces(line: bytes) -> bytes:
    """Spaces at the end count only behind a backslash."""
    kept = re.match(rb"(?:[^\\ ]|\\.|\\\Z| +(?=[^ ]))*", line, re.DOTALL)
    return line[: kept.end()] if kept else line


def _expression(pattern: bytes) -> bytes:
    """The regular expression. git compares the part before the first wildcard by itself, and begins anew behind it."""
    special = _SPECIAL.search(pattern)
    start = special.start() if special else len(pattern)
    blocks: list[tuple[_Wild | None, list[bytes]]] = [(None, [re.escape(pattern[:start])])]
    for part in _parts(pattern[start:]):
        if part is _Wild.NAME:
            blocks[-1][1].append(b"")
        elif isinstance(part, _Wild):
            blocks.append((part, [b""]))
        else:
            blocks[-1][1][-1] += part
    groups = _Groups()
    return b"".join(
        groups.settled(_block(wild, names, groups)) if index < len(blocks) - 1 else _block(wild, names, groups)
        for index, (wild, names) in enumerate(blocks)
    )


def _block(wild: _Wild | None, names: list[bytes], groups: "_Groups") -> bytes:
    """What stands between two `**`: fixed parts with a `*` between each two of them."""
    first, *others = names
    middle = b"".join(groups.settled(_Wild.NAME.value + fixed) for fixed in others[:-1])
    end = _Wild.NAME.value + others[-1] if others else b""
    return (wild.value if wild else b"") + first + middle + end


class _Groups:
    """Makes parts that are matched once and never tried again elsewhere, which is what keeps hostile patterns cheap.

    The leftmost place is as good as any: the wildcard that follows takes up what lies between.
    """

    def __init__(self) -> None:
        self._count = 0

    def settled(self, expression: bytes) -> bytes:
        self._count += 1
        return b"(?=(?P<g%d>%s))(?P=g%d)" % (self._count, expression, self._count)


def _parts(pattern: bytes) -> Iterator[_Wild | bytes]:
    """Wildcards, and regular expressions for single bytes."""
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"*":
            end = at + len(pattern[at:]) - len(pattern[at:].lstrip(b"*"))
            wild, at = _stars(pattern, at, end)
            yield wild
        elif char == b"[":
            members, at = _bracket(pattern, at + 1)
            yield b"[" + b"".join(b"\\x%02x" % member for member in sorted(members)) + b"]"
        elif char == b"\\":
            if at + 1 == len(pattern):
                raise _NeverMatches
            yield re.escape(pattern[at + 1 : at + 2])
            at += 2
        else:
            yield b"[^/]" if char == b"?" else re.escape(char)
            at += 1


def _stars(pattern: bytes, at: int, end: int) -> tuple[_Wild, int]:
    """What the stars from `at` to `end` stand for, and where the rest begins. Two count only between slashes."""
    alone = end - at > 1 and (at == 0 or pattern[at - 1] == _SLASH)
    if alone and pattern[end : end + 1] == b"/":
        return _Wild.PARENTS, end + 1
    if alone and (end == len(pattern) or pattern[end : end + 2] == b"\\/"):
        return _Wild.PATH, end
    return _Wild.NAME, end


def _bracket(pattern: bytes, at: int) -> tuple[set[int], int]:
    """The bytes a bracket expression stands for, never a slash, and where the rest of the pattern begins."""
    negated = pattern[at : at + 1] in (b"!", b"^")
    first = at = at + negated
    members: set[int] = set()
    before: int | None = None  # where a range may begin
    while at == first or pattern[at : at + 1] != b"]":
        named = _named_class(pattern, at)
        if named is not None:
            members |= named[0]
            before, at = None, named[1]
        elif pattern[at : at + 1] == b"-" and before is not None and pattern[at + 1 : at + 2] not in (b"", b"]"):
            high, at = _member(pattern, at + 1)
            members |= set(range(before, high + 1))
            before = None
        else:
            before, at = _member(pattern, at)
            members.add(before)
    found = (set(range(1, 256)) - members if negated else members) - {_SLASH}
    if not found:
        raise _NeverMatches
    return found, at + 1


def _named_class(pattern: bytes, at: int) -> tuple[set[int], int] | None:
    """The bytes of `[:name:]` and where it ends; None when nothing of the kind begins here."""
    if pattern[at : at + 2] != b"[:":
        return None
    end = pattern.find(b"]", at + 2)
    if end < 0:
        raise _NeverMatches
    if end == at + 2 or pattern[end - 1 : end] != b":":
        return None
    ranges = _NAMED_CLASSES.get(pattern[at + 2 : end - 1])
    if ranges is None:
        raise _NeverMatches
    return {byte for byte in range(128) if re.match(b"[" + ranges + b"]", bytes([byte]))}, end + 1


def _member(pattern: bytes, at: int) -> tuple[int, int]:
    """One byte of a bracket expression, and where the next begins."""
    at += pattern[at : at + 1] == b"\\"
    if at >= len(pattern):
        raise _NeverMatches
    return pattern[at], at + 1
