"""A folder of wheels and the requirements file that names each with its hash, kept so that the same wish gives the same bytes."""

import hashlib
import json
import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from deployer.errors.carrying import WheelMissing, WheelNotTrusted
from deployer.errors.project import PackageNotWritten
from deployer.models.package import CarriedPackages
from deployer.project.carrying.closure import find_unmet
from deployer.project.carrying.pip import Pip
from deployer.project.carrying.requirements import Requirements, normalised
from deployer.project.carrying.target import Target
from deployer.project.carrying.wanted import Wanted

_FORMAT = 1  # another one: what was kept before is fetched anew
_MOST_ROUNDS = 5
_SUMS = "SHA256SUMS"
_CHUNK_BYTES = 1024 * 1024
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelHouse:
    """`folder` holds the files that go into the archive, and nothing else.

    `with_passwords` are files of the project that nobody needs any more on the instance, and that hold passwords.
    """

    folder: Path
    packages: CarriedPackages
    with_passwords: tuple[str, ...] = ()


def ensure_wheelhouse(
    wanted: Wanted, target: Target, kept: Path, project: Path, environ: Mapping[str, str]
) -> WheelHouse:
    """The wheels of what is wanted: those fetched before for the same wish, in `kept`, else fetched now.

    Errors: PipMissing, WheelMissing, WheelNotTrusted, PipFailed, PackageNotWritten.
    """
    folder = kept / _key(wanted, target, project)
    if not _is_whole(folder, target):
        try:
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=kept, prefix=".making-") as made:
                whole = _fetch(wanted, target, Path(made), Pip(environ, target, project), environ)
                shutil.rmtree(folder, ignore_errors=True)
                whole.rename(folder)
        except OSError as error:
            if not _is_whole(folder, target):  # else another run was quicker, with the same wish
                raise PackageNotWritten(str(kept), (error.strerror or str(error)).lower()) from error
    wheels = list(folder.glob("*.whl"))
    size_bytes = sum(wheel.stat().st_size for wheel in wheels)
    return WheelHouse(
        folder=folder,
        packages=CarriedPackages(count=len(wheels), size_bytes=size_bytes, target=str(target)),
        with_passwords=tuple(wanted.requirements.with_passwords),
    )


def requirements_name(target: Target) -> str:
    """The name of the requirements file, which says for which machine its wheels are."""
    return f"requirements-{target.machine}.txt"


def _fetch(wanted: Wanted, target: Target, made: Path, pip: Pip, environ: Mapping[str, str]) -> Path:
    """A folder inside `made` with all of it."""
    whole, building = made / "whole", made / "building"
    whole.mkdir()
    if wanted.requirements.wanted:
        _fetch_all(wanted.requirements, target, whole, lambda lines: _download(pip, lines, made, whole, environ))
    wheels = sorted(whole.glob("*.whl"))
    _check_hashes(wheels, wanted.requirements.hashes)
    (whole / requirements_name(target)).write_text(_pinned(wheels), encoding="utf-8")
    if wanted.builds:
        building.mkdir()
        _download(pip, [*wanted.requirements.settings, *wanted.builds], made, building, environ)
        for wheel in sorted(building.glob("*.whl")):
            shutil.move(wheel, whole / wheel.name)
    (whole / _SUMS).write_text(_sums(whole), encoding="utf-8")
    return whole


def _fetch_all(found: Requirements, target: Target, whole: Path, download: Callable[[list[str]], None]) -> None:
    """The application's packages with all they need on the target, one version of each. Errors: WheelMissing."""
    constraints = whole.with_name("constraints.txt")
    constraints.write_text("\n".join(found.constraints), encoding="utf-8")
    lines = [*found.settings, f"-c {shlex.quote(str(constraints))}", *found.wanted]
    unmet: list[str] = []
    for _round in range(_MOST_ROUNDS):
        for earlier in whole.glob("*.whl"):
            earlier.unlink()
        download([*lines, *unmet])
        lines += unmet
        unmet = find_unmet(whole, target, found.wanted)
        if not unmet:
            return
    raise WheelMissing(unmet[0], str(target), "something needs it there, and pip fetches it not")


def _download(pip: Pip, lines: list[str], made: Path, into: Path, environ: Mapping[str, str]) -> None:
    """Lines may hold passwords: they go through a file that only its owner may read, and are gone with `made`."""
    text = "\n".join(line for line in lines if line)
    requirements = made / "requirements.txt"
    requirements.touch(mode=0o600)
    requirements.write_text(text, encoding="utf-8")
    named = _VARIABLE.findall(text)
    pip.download(requirements, into, let_see={name: environ[name] for name in named if name in environ})


def _check_hashes(wheels: list[Path], hashes: Mapping[str, set[str]]) -> None:
    """Errors: WheelNotTrusted."""
    for wheel in wheels:
        allowed = hashes.get(normalised(wheel.name.split("-")[0]))
        if allowed and _sha256(wheel) not in allowed:
            raise WheelNotTrusted(wheel.name, _sha256(wheel))


def _pinned(wheels: list[Path]) -> str:
    """Each wheel by name, version and hash: pip then takes no other file.

    Source: https://peps.python.org/pep-0427/
    """
    lines = (
        f"{normalised(wheel.name.split('-')[0])}=={wheel.name.split('-')[1]} --hash=sha256:{_sha256(wheel)}\n"
        for wheel in wheels
    )
    return "".join(lines)


def _is_whole(folder: Path, target: Target) -> bool:
    """Whether everything is there as it was kept."""
    try:
        return (folder / requirements_name(target)).is_file() and (folder / _SUMS).read_text() == _sums(folder)
    except OSError:
        return False


def _sums(folder: Path) -> str:
    files = sorted(one for one in folder.iterdir() if one.name != _SUMS)
    return "".join(f"{_sha256(one)}  {one.name}\n" for one in files)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _key(wanted: Wanted, target: Target, project: Path) -> str:
    """The wish as a name: what is asked for, for which target; and the content of wheels the project has itself."""
    found = wanted.requirements
    own = {
        line: _sha256(project / line) for line in found.wanted if line.startswith("./") and (project / line).is_file()
    }
    wish = {
        "format": _FORMAT,
        "target": asdict(target),
        "wanted": found.wanted,
        "constraints": found.constraints,
        "settings": found.settings,
        "builds": wanted.builds,
        "own": own,
    }
    return hashlib.sha256(json.dumps(wish, sort_keys=True).encode()).hexdigest()[:32]
