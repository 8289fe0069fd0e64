"""What pyproject.toml, Pipfile and their lock files name: read as text, nothing of the project is run."""

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from deployer.errors.carrying import PackagesNotCarried
from deployer.project.carrying.requirements import LocalProject, Requirements, normalised
from deployer.project.project_dir import ProjectDir
from deployer.project.toml_tables import load_toml, table_at

_LOCKS = {"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock"}
_USUAL_BUILD = ("setuptools>=40.8.0", "wheel")  # Source: https://peps.python.org/pep-0517/ (without a build system)
_NOT_FROM_INDEX = frozenset({"git", "url", "path", "directory", "file"})


def read_local(project_dir: ProjectDir, local: LocalProject, into: Requirements) -> tuple[str, ...]:
    """What building a package of the project needs; what it depends on goes into `into`. Errors: PackagesNotCarried."""
    if local.path.startswith(("/", "..")):
        raise PackagesNotCarried(local.path, "is outside the project", hint="move it into the project")
    file = posixpath.normpath(posixpath.join(local.path, "pyproject.toml"))
    data = _toml(project_dir, file)
    project = table_at(data, "project")
    if not project or {"dependencies", "optional-dependencies"} & set(_texts(project.get("dynamic"))):
        raise PackagesNotCarried(
            file if data else local.path,
            "says its dependencies by a program, which is not run here",
            hint="list them in `[project]` of pyproject.toml, or in requirements.txt",
        )
    optional = table_at(project, "optional-dependencies")
    for line in (
        *_texts(project.get("dependencies")),
        *(one for extra in local.extras for one in _texts(optional.get(extra))),
    ):
        into.add(line, file)
    needs = _texts(table_at(data, "build-system").get("requires")) or _USUAL_BUILD
    built_by = {normalised(one).partition("[")[0] for one in needs}
    return (
        *needs,
        *(("editables",) if local.editable and any(one.startswith("hatchling") for one in built_by) else ()),
    )


def read_managed(project_dir: ProjectDir, manager: str, directory: str, into: Requirements) -> LocalProject | None:
    """What uv, poetry or pdm would install, at the versions of the lock file; the project itself when it has commands.

    Errors: PackagesNotCarried.
    """
    file = posixpath.join(directory, "pyproject.toml")
    data = _toml(project_dir, file)
    project, poetry = table_at(data, "project"), table_at(data, "tool", "poetry")
    lock = posixpath.join(directory, _LOCKS[manager])
    text = project_dir.find_text(lock)
    named = table_at(poetry, "dependencies")
    if named and text is None:
        raise PackagesNotCarried(file, f"has no `{lock}` beside it", hint=f"run `{manager} lock`")
    for line in (*_texts(project.get("dependencies")), *_of_table(named, file)):
        into.add(line, file)
    into.constraints.extend(_locked(text, lock) if text else ())
    has_commands = bool(table_at(project, "scripts") or table_at(poetry, "scripts"))
    if not has_commands or "build-system" not in data:
        return None
    if not project:
        reason = "declares commands in poetry's own table, whose package is not built from wheels alone"
        raise PackagesNotCarried(file, reason, hint="write the project in `[project]` of pyproject.toml")
    return LocalProject(path=directory or ".")


def read_pipfile(project_dir: ProjectDir, directory: str, into: Requirements) -> None:
    """What pipenv would install. Errors: PackagesNotCarried."""
    file = posixpath.join(directory, "Pipfile")
    named = table_at(_toml(project_dir, file), "packages")
    text = project_dir.find_text(f"{file}.lock")
    for line in _of_table(named, file, specified=text is None):
        into.add(line, file)
    try:
        locked = json.loads(text or "{}")
    except ValueError:
        raise PackagesNotCarried(f"{file}.lock", "is no JSON", hint="run `pipenv lock`") from None
    default = table_at(locked, "default") if isinstance(locked, dict) else {}
    into.constraints.extend(
        f"{name}{one['version']}" for name, one in default.items() if isinstance(one, dict) and one.get("version")
    )


def _of_table(named: Mapping[str, Any], file: str, *, specified: bool = False) -> Iterator[str]:
    """Requirements of `name = "version"` tables; versions as written only where `specified`: a lock says them else."""
    for name, value in named.items():
        settings = value if isinstance(value, dict) else {"version": value}
        if name == "python" or settings.get("optional"):
            continue
        if _NOT_FROM_INDEX & set(settings):
            raise _not_from_index(file, name)
        extras = ",".join(_texts(settings.get("extras")))
        version = str(settings.get("version", "*")) if specified else "*"
        marker = settings.get("markers")
        yield (
            name
            + (f"[{extras}]" if extras else "")
            + version.replace("*", "", version == "*")
            + (f" ; {marker}" if marker else "")
        )


def _locked(text: str, lock: str) -> Iterator[str]:
    """`name==version` for what the lock file has one version of; others are left to their requirements."""
    data, problem = load_toml(text)
    if problem:
        raise PackagesNotCarried(lock, f"is not valid TOML: {problem}", hint="write the lock file anew")
    versions: dict[str, set[str]] = {}
    packages = data.get("package")
    for one in (each for each in packages if isinstance(each, dict)) if isinstance(packages, list) else ():
        source = table_at(one, "source")
        if "virtual" in source or source.get("editable") == "." or not {"name", "version"} <= one.keys():
            continue
        if not _is_from_index(one, source):
            raise _not_from_index(lock, str(one.get("name")))
        versions.setdefault(str(one["name"]), set()).add(str(one["version"]))
    for name, found in sorted(versions.items()):
        if len(found) == 1:
            yield f"{name}=={found.pop()}"


def _is_from_index(package: Mapping[str, Any], source: Mapping[str, Any]) -> bool:
    """Whether an index has it: pdm names another place beside the name, the others in `source` ("legacy": an index, too)."""
    if source.keys() <= {"registry"}:
        return not _NOT_FROM_INDEX & package.keys()
    return source.get("type") == "legacy"


def _not_from_index(file: str, name: str) -> PackagesNotCarried:
    reason = "does not come from a package index, and only finished wheels are carried"
    return PackagesNotCarried(file, reason, hint="ask for a release of it", evidence=name)


def _toml(project_dir: ProjectDir, file: str) -> dict[str, Any]:
    return load_toml(project_dir.find_text(file) or "")[0]


def _texts(values: object) -> tuple[str, ...]:
    return tuple(one for one in values if isinstance(one, str)) if isinstance(values, list) else ()
