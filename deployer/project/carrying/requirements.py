"""Requirement files as pip reads them, taken apart: what is wanted, what limits it, where it is looked for."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from packaging.requirements import InvalidRequirement, Requirement

from deployer.errors.carrying import PackagesNotCarried
from deployer.project.carrying.addresses import holds_password, masked
from deployer.project.project_dir import ProjectDir

_INCLUDES = re.compile(r"(?:-r|--requirement)(?:\s+|=|(?=[^\s=]))(.+)")
_LIMITS = re.compile(r"(?:-c|--constraint)(?:\s+|=|(?=[^\s=]))(.+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=)(.+)")
_LINKS = re.compile(r"(?:-f|--find-links)(?:\s+|=)(.+)")
_INDEX = re.compile(r"(?:-i|--index-url|--extra-index-url|--trusted-host)(?:\s+|=)|--(?:pre|no-index|prefer-binary)\b")
_HASH = re.compile(r"\s--hash[=\s]\s*(\w+):([0-9a-fA-F]+)")
_REPOSITORY = re.compile(r"(?:^|@\s*)(?:git|hg|svn|bzr)\+")
_ADDRESS = re.compile(r"(?:^|@\s*)(?:https?|ftp)://\S+")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_DEEPEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalProject:
    """A directory of the project that is a package itself; `extras` as in `.[web]`, without brackets."""

    path: str
    extras: tuple[str, ...] = ()
    editable: bool = False


@dataclass(slots=True, kw_only=True)
class Requirements:
    """Gathers what requirement files and commands name. Lines are single, without comments and hashes."""

    wanted: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)  # where to look: may hold passwords, so they go into files alone
    hashes: dict[str, set[str]] = field(default_factory=dict)  # SHA-256 by normalised name
    locals_: list[LocalProject] = field(default_factory=list)
    with_passwords: list[str] = field(default_factory=list)  # files of the project

    def read_file(self, project_dir: ProjectDir, file: str, *, limits_only: bool = False, depth: int = 0) -> None:
        """Take in a requirements file and those it includes. Errors: PackagesNotCarried."""
        text = project_dir.find_text(posixpath.normpath(file)) if depth <= _DEEPEST else None
        if text is None:
            reason = "is not in the project, or cannot be read"
            raise PackagesNotCarried(file, reason, hint="name files inside the project")
        if holds_password(text):
            self.with_passwords.append(posixpath.normpath(file))
        directory = posixpath.dirname(file)
        for number, line in logical_lines(text):
            included, limits, links = (kind.match(line) for kind in (_INCLUDES, _LIMITS, _LINKS))
            if included or limits:
                inner = posixpath.join(directory, (included or limits or [""])[1].strip().strip("\"'"))
                self.read_file(project_dir, inner, limits_only=limits_only or bool(limits), depth=depth + 1)
            elif links:
                place = links[1].strip()
                self.settings.append(f"--find-links {place if '://' in place else posixpath.join(directory, place)}")
            else:
                self.add(line, f"{file}:{number}", directory=directory, limits_only=limits_only)

    def add(self, line: str, place: str, *, directory: str = "", limits_only: bool = False) -> None:
        """Take in one requirement or setting, as a line of a file. Errors: PackagesNotCarried."""
        if _INDEX.match(line):
            self.settings.append(line)
            return
        editable = _EDITABLE.match(line)
        requirement = _HASH.sub("", editable[1] if editable else line).strip()
        if requirement.startswith("-"):
            return  # a setting of how to build or to show, which wheels need none of
        if limits_only:
            self.constraints.append(requirement)
            return
        _refuse_built(requirement, place)
        if _is_path(requirement):
            self._add_path(requirement, directory, editable=editable is not None)
            return
        _refuse_unreadable(requirement, place)
        self.wanted += [requirement] if requirement not in self.wanted else []
        name = _NAME.match(requirement)
        sums = {found[2].lower() for found in _HASH.finditer(line) if found[1] == "sha256"}
        if name and sums:
            self.hashes.setdefault(normalised(name[0]), set()).update(sums)

    def _add_path(self, requirement: str, directory: str, *, editable: bool) -> None:
        path, _, extras = requirement.removesuffix("]").partition("[")
        path = posixpath.normpath(posixpath.join(directory, path.removeprefix("file:").strip("\"'")))
        if path.endswith(".whl"):
            self.wanted.append(f"./{path}")
            return
        names = tuple(one.strip() for one in extras.split(",") if one.strip())
        self.locals_.append(LocalProject(path=path, extras=names, editable=editable))


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """(number of its first line, text) of each line that says something: continued lines joined, comments cut off."""
    held, first = "", 1
    for number, raw in enumerate(text.split("\n"), start=1):
        first = first if held else number
        line = re.sub(r"(^|\s)#.*$", "", raw).rstrip()
        if line.endswith("\\"):
            held += f"{line[:-1].strip()} "
            continue
        whole, held = f"{held}{line.strip()}".strip(), ""
        if whole:
            yield first, whole
    if held.strip():
        yield first, held.strip()


def normalised(name: str) -> str:
    """A package's name as indexes compare it.

    Source: https://peps.python.org/pep-0503/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_path(requirement: str) -> bool:
    return requirement.startswith((".", "/", "file:")) or ("/" in requirement and "://" not in requirement)


def _refuse_unreadable(requirement: str, place: str) -> None:
    """Errors: PackagesNotCarried for what pip would stumble over with a traceback."""
    try:
        Requirement(requirement)
    except InvalidRequirement:
        if not _ADDRESS.match(requirement):
            hint = "write it as `name>=1.0`"
            raise PackagesNotCarried(place, "is no requirement", hint=hint, evidence=masked(requirement)) from None


def _refuse_built(requirement: str, place: str) -> None:
    """Errors: PackagesNotCarried for what would have to be built here, by code of other people."""
    if _REPOSITORY.search(requirement):
        raise PackagesNotCarried(
            place,
            "is built from a repository, and only finished wheels are carried",
            hint="ask for a release of it, or make its wheel with `pip wheel` and name the file instead",
            evidence=masked(requirement),
        )
    address = _ADDRESS.search(requirement)
    if address and not re.search(r"\.whl(?:[#?;\s]|$)", address[0]):
        raise PackagesNotCarried(
            place,
            "is a source archive, and only finished wheels are carried",
            hint="ask for a release of it that has a wheel",
            evidence=masked(requirement),
        )
