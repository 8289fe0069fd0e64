"""Packages that a project takes from hosts which instances in mainland China reach slowly or not at all (U7)."""

import json
import re
from collections.abc import Iterator

from deployer.project.far_hosts import find_far_host
from deployer.project.project_dir import ProjectDir

_PYTHON = r"\bgit\+|@ *https?://|^\s*(-i|--(extra-)?index-url|-f|--find-links)\b|^\s*(git|url)\s*=|[{,]\s*(git|url)\s*="
_PLACES = {
    "requirements.txt": re.compile(_PYTHON),
    "pyproject.toml": re.compile(_PYTHON),
    "Pipfile": re.compile(r"^\s*git\s*=|[{,]\s*git\s*="),  # its index is replaced by a mirror
    ".npmrc": re.compile(r"registry\s*="),
    "Gemfile": re.compile(r"\bgit(hub)?:|:git(hub)? *=>"),
    "Cargo.toml": re.compile(r"^\s*git\s*=|[{,]\s*git\s*="),
}
_SHORT = re.compile(r"\bgithub: *[\"']|:github *=> *[\"']")
_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies")
_GITHUB = re.compile(r"(github:)?[\w.-]+/[\w.-]+(#.+)?$")
_GITHUB_HOST = ("github.com", "")
_MOST = 5


def find_far_packages(project_dir: ProjectDir, directory: str = "") -> list[str]:
    """A sentence for each of the first five, with its place and the mirror to name there instead, where there is one."""
    prefix = f"{directory}/" if directory else ""
    found = (*_by_line(project_dir, prefix), *_of_node(project_dir, f"{prefix}package.json"))
    return [
        f"`{place}` takes a package from `{host}`, which instances in mainland China reach slowly or not at all"
        + (f"; {instead} has the same" if instead else "")
        for place, host, instead in found[:_MOST]
    ]


def _by_line(project_dir: ProjectDir, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, takes in _PLACES.items():
        text = project_dir.find_text(f"{prefix}{name}") or ""
        for number, line in enumerate(text.split("\n"), start=1):
            if takes.search(line) and not line.lstrip().startswith(("#", ";")):
                far = find_far_host(line)
                if far or _SHORT.search(line):
                    yield f"{prefix}{name}:{number}", *(far or _GITHUB_HOST)


def _of_node(project_dir: ProjectDir, file: str) -> Iterator[tuple[str, str, str]]:
    """Dependencies that are addresses, or `owner/repository` at GitHub; where the file has them is not looked up."""
    try:
        manifest = json.loads(project_dir.find_text(file) or "{}")
    except ValueError:
        return
    for kind in _DEPENDENCIES if isinstance(manifest, dict) else ():
        listed = manifest.get(kind)
        for wanted in listed.values() if isinstance(listed, dict) else ():
            far = find_far_host(str(wanted))
            if far or _GITHUB.fullmatch(str(wanted)):
                yield file, *(far or _GITHUB_HOST)
