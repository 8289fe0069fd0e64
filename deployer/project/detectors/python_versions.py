"""Which Python a project wants: a pin before a range, and a range again where no instance has what is pinned.

Order: `.python-version`, `.tool-versions`, `mise.toml`, `runtime.txt`, `environment.yml`; then what Pipfile, pyproject.toml
or setup.py ask for.
"""

import re
from dataclasses import dataclass

from deployer.project.project_dir import ProjectDir

_PINS = (
    (".python-version", r"^\s*(?:cpython-|python-)?(3\.\d+)(?:\.\d+)?[a-z]?\s*$"),
    (".tool-versions", r"^python\s+(3\.\d+)"),
    ("mise.toml", r"^python\s*=\s*['\"](3\.\d+)"),
    (".mise.toml", r"^python\s*=\s*['\"](3\.\d+)"),
    ("runtime.txt", r"^\s*python-(3\.\d+)"),
    ("environment.yml", r"^\s*-\s*['\"]?python\s*=+\s*(3\.\d+)"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonVersion:
    """The constraint to go by and the file it is from; `warning` where one file had to give way to another."""

    constraint: str
    file: str
    warning: str | None = None


def find_version(project_dir: ProjectDir, wanted: str | None, wanted_by: str | None) -> PythonVersion | None:
    """What to go by; `wanted` is the range the manifest asks for, `wanted_by` its file. None when nothing is said."""
    pin = _find_pin(project_dir)
    asked = PythonVersion(constraint=wanted, file=wanted_by) if wanted and wanted_by else None
    if pin is None or asked is None:
        return pin or asked
    # Late: a pin and a range together are rare.
    from deployer.project.scripts.python import accepted_minors, installable_minors

    minor = int(pin.constraint.removeprefix("==3.").removesuffix(".*"))
    if minor not in accepted_minors(wanted):
        why = f"`{pin.file}` and `{wanted_by}` ask for different versions of Python: `{wanted}` is followed"
        return PythonVersion(constraint=asked.constraint, file=asked.file, warning=why)
    if not installable_minors(pin.constraint) and installable_minors(asked.constraint):
        why = f"`{pin.file}` pins Python 3.{minor}, which no package of the system has: `{wanted}` of `{wanted_by}` is followed"
        return PythonVersion(constraint=asked.constraint, file=asked.file, warning=why)
    return pin


def _find_pin(project_dir: ProjectDir) -> PythonVersion | None:
    for file, pattern in _PINS:
        found = re.search(pattern, project_dir.find_text(file) or "", re.MULTILINE)
        if found:
            return PythonVersion(constraint=f"=={found[1]}.*", file=file)
    return None
