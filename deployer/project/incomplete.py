"""Checkouts that lack files: submodules nobody fetched, and Git LFS pointers in the place of what they point at (B67)."""

import re
from fnmatch import fnmatchcase

from deployer.project.project_dir import ProjectDir

_POINTER = "version https://git-lfs.github.com/spec/"
_POINTER_BYTES = 200
_MOST_POINTERS = 200


def find_missing_parts(project_dir: ProjectDir) -> tuple[str, ...]:
    """A warning for each kind of part that is missing, with the command that fetches it."""
    return tuple(warning for warning in (_submodules(project_dir), _pointers(project_dir)) if warning is not None)


def _submodules(project_dir: ProjectDir) -> str | None:
    text = project_dir.find_text(".gitmodules") or ""
    places = re.findall(r"^\s*path\s*=\s*(\S+)\s*$", text, re.MULTILINE)
    empty = [place for place in places if not any(file.startswith(f"{place}/") for file in project_dir.files())]
    if not empty:
        return None
    listed = ", ".join(f"`{place}`" for place in empty[:5])
    return f"the submodules {listed} are empty: run `git submodule update --init`"


def _pointers(project_dir: ProjectDir) -> str | None:
    text = project_dir.find_text(".gitattributes") or ""
    patterns = re.findall(r"^\s*(\S+)\s[^\n]*\bfilter=lfs\b", text, re.MULTILINE)
    tracked = [
        file
        for file in (project_dir.files() if patterns else ())
        if any(fnmatchcase(file, one) or fnmatchcase(file.rpartition("/")[2], one) for one in patterns)
    ]
    pointers = [
        file
        for file in tracked[:_MOST_POINTERS]
        if (project_dir.find_head(file, limit_bytes=_POINTER_BYTES) or "").startswith(_POINTER)
    ]
    if not pointers:
        return None
    more = f" and {len(pointers) - 1} more" if len(pointers) > 1 else ""
    return f"`{pointers[0]}`{more}: a pointer of Git LFS stands in the place of the file: run `git lfs pull`"
