"""Further Pythons of the host: what a machine's package manager can install although the host's /usr is read-only."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST_MINOR, NEWEST_MINOR = 8, 20


def find_interpreters() -> dict[str, str]:
    """Version ("3.12") to prefix of each whole Python outside /usr: found on PATH, or beside the emulator's own.

    Version managers keep their Pythons side by side, in folders named by the version.
    """
    found: dict[str, str] = {}
    for prefix in _beside(Path(sys.base_prefix)):
        _add(found, prefix)
    for minor in range(OLDEST_MINOR, NEWEST_MINOR):
        program = shutil.which(f"python3.{minor}")
        if program is not None and f"3.{minor}" not in found:
            _add(found, _prefix_of(program))
    return found


def shared_libraries(interpreters: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(version, file name) of each interpreter's own shared library: its program looks for it where it was built."""
    for version, prefix in interpreters.items():
        for library in Path(prefix, "lib").glob(f"libpython{version}*.so.*"):
            yield version, library.name


def _add(found: dict[str, str], prefix: Path | None) -> None:
    version = _version(prefix) if prefix is not None else None
    if version is not None and version not in found and prefix and not prefix.resolve().is_relative_to("/usr"):
        found[version] = str(prefix)


def _beside(own: Path) -> Iterator[Path]:
    if re.search(r"\d+\.\d+", own.name):
        yield from sorted((place for place in own.parent.iterdir() if place.is_dir()), reverse=True)


def _prefix_of(program: str) -> Path | None:
    """The prefix a Python names; None for one that does not run, as the stand-ins of version managers may."""
    command = [program, "-I", "-S", "-c", "import sys; print(sys.base_prefix)"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return Path(asked.stdout.strip())


def _version(prefix: Path) -> str | None:
    """The version whose program and standard library, `venv` and `ensurepip` among them, are below the prefix."""
    for program in (prefix / "bin").glob("python3.*"):
        match = re.fullmatch(r"python(3\.\d+)", program.name)
        library = prefix / "lib" / program.name
        if match and (library / "venv").is_dir() and (library / "ensurepip").is_dir():
            return match[1]
    return None
