"""What a Python project declares: requirements.txt, pyproject.toml (PEP 621, poetry, uv, pdm), Pipfile, setup.py."""

import ast
import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.python_versions import find_version
from deployer.project.project_dir import ProjectDir
from deployer.project.toml_tables import load_toml, table_at
from deployer.project.yaml_values import load_yaml

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_URL_NAME = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_MAX_INCLUDES = 10
_CONDA_EXACT = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*=\s*([\d.]+)(?:=\S+)?$")
_CONDA_ONLY = frozenset({"python", "pip", "conda", "mamba", "cudatoolkit", "nodejs", "ffmpeg", "gcc", "git", "openjdk"})
REQUIREMENTS_FILES = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
)
MANIFEST_FILES = frozenset({"requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "environment.yml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A package the project depends on; `name` is normalised (lower case, hyphens)."""

    name: str
    file: str
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonManifest:
    """Everything declared, over all manifest files. `scripts` are (command, `module:function`)."""

    package_manager: str | None = None
    install_command: str | None = None
    requires_python: str | None = None
    requires_python_file: str | None = None
    requirements: tuple[Requirement, ...] = ()
    scripts: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    is_workspace: bool = False  # packages below the top are installed each by itself

    def find(self, *names: str) -> Requirement | None:
        """The first requirement with one of these normalised names."""
        return next((one for name in names for one in self.requirements if one.name == name), None)


class _Reader:
    """Collects requirements of one requirements file and of those it includes."""

    def __init__(self, project_dir: ProjectDir) -> None:
        self.project_dir = project_dir
        self.seen: set[str] = set()
        self.warnings: list[str] = []

    def read(self, file: str) -> list[Requirement]:
        text = self.project_dir.find_text(file)
        if text is None or file in self.seen or len(self.seen) >= _MAX_INCLUDES:
            return []
        self.seen.add(file)
        found: list[Requirement] = []
        for number, raw in enumerate(text.split("\n"), start=1):
            found.extend(self._read_line(file, number, raw))
        return found

    def _read_line(self, file: str, number: int, raw: str) -> list[Requirement]:
        line = re.sub(r"(^|\s)#.*$", "", raw).strip().rstrip("\\").strip()
        included = re.match(r"(?:-r|--requirement)[ =]?\s*(\S+)", line)
        if included:
            directory = file.rpartition("/")[0]
            return self.read(f"{directory}/{included[1]}" if directory else included[1])
        if re.match(r"(-i|--index-url|--extra-index-url)\b", line):
            self.warnings.append(f"`{file}:{number}` names a package index: the instance has to reach it")
            return []
        editable = re.sub(r"^(-e|--editable)[ =]\s*", "", line)
        egg = _URL_NAME.search(editable)
        name = None if editable.startswith(("-", ".", "/")) else _NAME.match(editable)
        if "://" in editable:
            self.warnings.append(f"`{file}:{number}` {_doubt(editable)}")
            name = name if re.match(r"[^/:]+@\s", editable) else egg
        elif line.startswith(("-e", "--editable", ".", "/")):
            self._check_local(file, number, editable)
        return [_requirement(name[1], file, number)] if name else []

    def _check_local(self, file: str, number: int, path: str) -> None:
        """Warn of a package that is to be installed from a directory or file that will not be there."""
        wanted = posixpath.normpath(
            posixpath.join(posixpath.dirname(file), path.partition("[")[0].partition(";")[0].strip())
        )
        if wanted.startswith(("/", "../")):
            self.warnings.append(f"`{file}:{number}` installs from outside the project: it is not on the instance")
        elif not any(
            self.project_dir.is_file(one) for one in (wanted, f"{wanted}/pyproject.toml", f"{wanted}/setup.py")
        ):
            self.warnings.append(f"`{file}:{number}` installs `{wanted}`, which has no pyproject.toml or setup.py")


def _doubt(address: str) -> str:
    """What may go wrong with a requirement that is an address; the address itself may hold a password."""
    if re.search(r"\bfile:", address):
        return "installs a file of another computer: it is not on the instance"
    if re.search(r"\+ssh:", address):
        return "installs by ssh: the instance has no key for that, so give an address with `https` or a release"
    return "installs from a URL: the instance has to reach it"


def read_manifest(project_dir: ProjectDir) -> PythonManifest:
    """What all manifest files together declare; the install command is that of the most specific one."""
    manifest = PythonManifest()
    for read in (_read_pyproject, _read_requirements, _read_pipfile, _read_setup, _read_conda):
        manifest = _merge(manifest, read(project_dir))
    version = find_version(project_dir, manifest.requires_python, manifest.requires_python_file)
    if version is None:
        return manifest
    warnings = (*manifest.warnings, *((version.warning,) if version.warning else ()))
    return replace(manifest, requires_python=version.constraint, requires_python_file=version.file, warnings=warnings)


def _merge(first: PythonManifest, second: PythonManifest | None) -> PythonManifest:
    if second is None:
        return first
    chosen = first if first.install_command else second
    version = first if first.requires_python else second
    return PythonManifest(
        package_manager=chosen.package_manager,
        install_command=chosen.install_command,
        requires_python=version.requires_python,
        requires_python_file=version.requires_python_file,
        requirements=(*first.requirements, *second.requirements),
        scripts=first.scripts or second.scripts,
        files=(*first.files, *second.files),
        warnings=(*first.warnings, *second.warnings),
        is_workspace=first.is_workspace or second.is_workspace,
    )


def _read_requirements(project_dir: ProjectDir) -> PythonManifest | None:
    for file in REQUIREMENTS_FILES:
        if project_dir.is_file(file):
            reader = _Reader(project_dir)
            found = reader.read(file)
            return PythonManifest(
                package_manager="pip",
                install_command=f"pip install -r {file}",
                requirements=tuple(found),
                files=(file,),
                warnings=tuple(reader.warnings),
            )
    return None


def _read_toml(project_dir: ProjectDir, file: str) -> tuple[dict[str, Any], str, str | None] | None:
    """The tables, the text, and what is wrong with it; None without the file."""
    text = project_dir.find_text(file)
    if text is None:
        return None
    tables, problem = load_toml(text)
    return tables, text, f"`{file}` is not valid TOML: {problem}" if problem else None


def _read_pyproject(project_dir: ProjectDir) -> PythonManifest | None:
    loaded = _read_toml(project_dir, "pyproject.toml")
    if loaded is None:
        return None
    data, text, problem = loaded
    if problem:
        return PythonManifest(files=("pyproject.toml",), warnings=(problem,))
    project, poetry = table_at(data, "project"), table_at(data, "tool", "poetry")
    names = [*_names_of(project.get("dependencies")), *table_at(poetry, "dependencies")]
    requirements = tuple(
        _requirement(name, "pyproject.toml", _line_of(text, name)) for name in names if name.lower() != "python"
    )
    version = project.get("requires-python") or table_at(poetry, "dependencies").get("python")
    scripts = table_at(project, "scripts") or table_at(poetry, "scripts")
    manager, install = _pyproject_install(project_dir, data)
    return PythonManifest(
        package_manager=manager,
        install_command=install,
        requires_python=version if isinstance(version, str) else None,
        requires_python_file="pyproject.toml" if isinstance(version, str) else None,
        requirements=requirements,
        scripts=tuple(
            (name, target) for name, target in scripts.items() if isinstance(target, str) and is_plain_path(name)
        ),
        files=("pyproject.toml",),
        is_workspace="members" in table_at(data, "tool", "uv", "workspace"),
    )


def _pyproject_install(project_dir: ProjectDir, data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The manager and its command; (None, None) when pyproject.toml only holds settings of tools."""
    if project_dir.is_file("uv.lock"):
        return "uv", "uv sync --frozen --no-dev"
    if project_dir.is_file("pdm.lock") or table_at(data, "tool", "pdm").get("distribution") is False:
        return "pdm", "pdm install --prod"
    if table_at(data, "tool", "poetry") or project_dir.is_file("poetry.lock"):
        packaged = project_dir.is_file("poetry.lock") or table_at(data, "tool", "poetry", "dependencies")
        return ("poetry", "poetry install --only main --no-interaction") if packaged else (None, None)
    if not table_at(data, "project"):
        return None, None
    if table_at(data, "tool", "uv").get("package") is False or "build-system" not in data:
        return _unpackaged_install(project_dir, data)
    return "pip", "pip install ."


def _unpackaged_install(project_dir: ProjectDir, data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Dependencies alone: a project without a build system often has a layout setuptools refuses."""
    if any(project_dir.is_file(file) for file in REQUIREMENTS_FILES):
        return None, None
    if table_at(data, "tool", "uv") or not project_dir.is_file("setup.py"):
        return "uv", "uv sync --no-dev"
    return "pip", "pip install ."


def _read_pipfile(project_dir: ProjectDir) -> PythonManifest | None:
    loaded = _read_toml(project_dir, "Pipfile")
    if loaded is None:
        return None
    data, text, problem = loaded
    version = table_at(data, "requires").get("python_version")
    locked = project_dir.is_file("Pipfile.lock")
    return PythonManifest(
        package_manager="pipenv",
        install_command="pipenv sync" if locked else "pipenv install --skip-lock",
        requires_python=f"=={version}.*" if isinstance(version, str) else None,
        requires_python_file="Pipfile" if isinstance(version, str) else None,
        requirements=tuple(_requirement(name, "Pipfile", _line_of(text, name)) for name in table_at(data, "packages")),
        files=("Pipfile",),
        warnings=(problem,) if problem else (),
    )


def _read_setup(project_dir: ProjectDir) -> PythonManifest | None:
    """`setup.py` is read, never run: only names written as plain text in `install_requires` are found."""
    text = project_dir.find_text("setup.py")
    if text is None:
        return None
    names: list[str] = []
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        tree = ast.Module(body=[], type_ignores=[])
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "install_requires" and isinstance(node.value, ast.List):
            names.extend(_names_of([one.value for one in node.value.elts if isinstance(one, ast.Constant)]))
    return PythonManifest(
        package_manager="pip",
        install_command="pip install .",
        requirements=tuple(_requirement(name, "setup.py", _line_of(text, name)) for name in names),
        files=("setup.py",),
    )


def _read_conda(project_dir: ProjectDir) -> PythonManifest | None:
    """The packages of a conda environment, as pip knows them; what is no Python package is left out."""
    file = next((one for one in ("environment.yml", "environment.yaml") if project_dir.is_file(one)), None)
    text = project_dir.find_text(file) if file else None
    if file is None or text is None:
        return None
    loaded, problem = load_yaml(text)
    if problem:
        return PythonManifest(files=(file,), warnings=(f"`{file}` is not valid YAML",))
    listed = loaded.get("dependencies") if isinstance(loaded, dict) else None
    wanted = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    inner = [one["pip"] for one in listed if isinstance(one, dict) and "pip" in one] if isinstance(listed, list) else []
    packages = [_CONDA_EXACT.sub(r"\1==\2.*", one.rpartition("::")[2].strip()) for one in wanted]
    packages = [one for one in packages if _names_of([one]) and _names_of([one])[0] not in _CONDA_ONLY]
    listed_for_pip = [str(one).strip() for group in inner if isinstance(group, list) for one in group]
    packages += [one for one in listed_for_pip if _names_of([one])]
    included = [found[1] for one in listed_for_pip if (found := re.fullmatch(r"-r\s*([\w./-]+)", one))]
    words = [*(shlex.quote(one) for one in packages), *(f"-r {file}" for file in included)]
    return PythonManifest(
        package_manager="pip",
        install_command=f"pip install {' '.join(words)}" if words else None,
        requirements=tuple(_requirement(name, file, _line_of(text, name)) for name in _names_of(packages)),
        files=(file,),
        warnings=(f"`{file}` is written for conda: its packages are installed with pip",) if words else (),
    )


def _names_of(values: object) -> list[str]:
    """The package names of a list of requirement strings; whatever else is in it is left out."""
    if not isinstance(values, Iterable) or isinstance(values, (str, bytes)):
        return []
    matches = (_NAME.match(value) for value in values if isinstance(value, str))
    return [match[1] for match in matches if match]


def _requirement(name: str, file: str, line: int | None) -> Requirement:
    return Requirement(name=re.sub(r"[-_.]+", "-", name).lower(), file=file, line=line)


def _line_of(text: str, name: str) -> int | None:
    for number, line in enumerate(text.split("\n"), start=1):
        if name in line and not line.lstrip().startswith("#"):
            return number
    return None
