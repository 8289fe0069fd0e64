"""Whether wheels have all they need on the target: conditions such as `sys_platform == "linux"` are read as it reads them.

pip reads them as the computer it runs on, so that wheels fetched on a Mac lack what only Linux needs.
"""

import zipfile
from collections.abc import Iterable
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from deployer.project.carrying.requirements import normalised
from deployer.project.carrying.target import Target


def find_unmet(folder: Path, target: Target, wanted: Iterable[str]) -> list[str]:
    """What the wanted packages need on the target, and no wheel in the folder is of; sorted."""
    needs = {normalised(wheel.name.split("-")[0]): _needs_of(wheel) for wheel in folder.glob("*.whl")}
    environment = _environment(target)
    pending = [one for line in wanted if (one := _parsed(line)) and _applies(one, environment, "")]
    seen: set[tuple[str, str]] = set()
    unmet: set[str] = set()
    while pending:
        one = pending.pop()
        name = normalised(one.name)
        if name not in needs:
            unmet.add(f"{one.name}{'[' + ','.join(sorted(one.extras)) + ']' if one.extras else ''}{one.specifier}")
            continue
        for extra in ("", *one.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                pending += [inner for inner in needs[name] if _applies(inner, environment, extra)]
    return sorted(unmet)


def _needs_of(wheel: Path) -> list[Requirement]:
    """`Requires-Dist` of a wheel.

    Source: https://packaging.python.org/en/latest/specifications/core-metadata/
    """
    with zipfile.ZipFile(wheel) as archive:
        name = next((one for one in archive.namelist() if one.endswith(".dist-info/METADATA")), None)
        text = archive.read(name).decode("utf-8", "replace") if name else ""
    lines = HeaderParser().parsestr(text).get_all("Requires-Dist") or []
    return [one for one in map(_parsed, lines) if one is not None]


def _parsed(line: str) -> Requirement | None:
    """None for what is named by a file or an address alone, which pip has found already."""
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _applies(requirement: Requirement, environment: dict[str, str], extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**environment, "extra": extra})


def _environment(target: Target) -> dict[str, str]:
    """What conditions are asked of.

    Source: https://peps.python.org/pep-0508/#environment-markers
    """
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{target.python}.0",
        "os_name": "posix",
        "platform_machine": target.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{target.python}.99",
        "python_version": target.python,
        "sys_platform": "linux",
    }
