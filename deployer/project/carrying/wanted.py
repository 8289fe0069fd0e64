"""What an install command would install, and the command that does the same from the carried wheels."""

import posixpath
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

from deployer.errors.carrying import PackagesNotCarried
from deployer.models.analysis import ProjectAnalysis
from deployer.project.carrying.manifests import read_local, read_managed, read_pipfile
from deployer.project.carrying.requirements import LocalProject, Requirements
from deployer.project.carrying.target import Target, choose_minor
from deployer.project.project_dir import ProjectDir

FOLDER = ".deployer-wheels"  # in the archive, and so in the release's directory
_INSTALL = f"pip install --no-index --find-links {FOLDER}"
# The name holds the machine: on another one pip says which file it misses, before anything is installed.
_REQUIREMENTS = f'"{FOLDER}/requirements-$(uname -m).txt"'
_PREFIXES = (("pip", "install"), ("pip3", "install"), ("uv", "pip", "install"))
_MANAGERS = {("uv", "sync"): "uv", ("poetry", "install"): "poetry", ("pdm", "install"): "pdm"}
_FOREIGN = re.compile(r"\b(npm|npx|pnpm|yarn|bun|curl|wget|git|pip|uv|cargo|go|gem|composer)\b")
_TAKES_FILE = {"-r", "--requirement", "-c", "--constraint", "-e", "--editable"}
_TAKES_SETTING = {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the wheels have to hold: the application's packages, and what building the project's own ones takes."""

    requirements: Requirements
    builds: tuple[str, ...]
    locals_: tuple[LocalProject, ...]


def find_wanted(project_dir: ProjectDir, analysis: ProjectAnalysis) -> Wanted:
    """The packages of a Python application; nothing of it is run. Errors: PackagesNotCarried."""
    _check_language(analysis)
    found = Requirements()
    for directory, words in _steps(analysis.install_command or ""):
        _read_step(project_dir, directory, words, found)
    builds = [need for local in found.locals_ for need in read_local(project_dir, local, found)]
    if not found.wanted and not found.locals_:
        raise PackagesNotCarried(
            analysis.install_command or analysis.name,
            "installs nothing",
            hint="leave `carry` out: there is nothing to carry",
        )
    return Wanted(requirements=found, builds=tuple(dict.fromkeys(builds)), locals_=tuple(dict.fromkeys(found.locals_)))


def carrying(project_dir: ProjectDir, analysis: ProjectAnalysis) -> ProjectAnalysis:
    """The analysis with an install command that asks no index, for the one Python the wheels are for.

    Errors: PackagesNotCarried.
    """
    wanted = find_wanted(project_dir, analysis)
    commands = [f"{_INSTALL} -r {_REQUIREMENTS}"] if wanted.requirements.wanted else []
    commands += [f"{_INSTALL} --no-deps {_path_of(one)}" for one in wanted.locals_]
    return replace(
        analysis,
        install_command=" && ".join(commands),
        language_version=f"=={Target(minor=choose_minor(analysis.language_version)).python}.*",
        package_manager="pip",
    )


def _path_of(local: LocalProject) -> str:
    path = shlex.quote(local.path if local.path == "." else f"./{local.path}")
    return f"-e {path}" if local.editable else path


def _check_language(analysis: ProjectAnalysis) -> None:
    """Errors: PackagesNotCarried for what is no Python, or asks other networks when it is built."""
    if analysis.language not in {"python", "static"} or not analysis.install_command:
        raise PackagesNotCarried(
            analysis.name,
            f"is {analysis.language or 'not understood'}: only Python's packages can be carried",
            hint="bring the packages as files of the project",
        )
    foreign = _FOREIGN.search(analysis.build_command or "")
    if foreign:
        reason = f"asks other networks by `{foreign[0]}` when it is built"
        evidence = analysis.build_command or ""
        raise PackagesNotCarried("build", reason, hint="commit what it builds", evidence=evidence)


def _steps(command: str) -> Iterator[tuple[str, list[str]]]:
    """(directory, words) of each command in lists such as `a && (cd b && c)`."""
    directory = ""
    for part in re.split(r"\s*&&\s*", command):
        words = shlex.split(part.removeprefix("(").removesuffix(")"))
        if words[:1] == ["cd"]:
            directory = posixpath.join(directory, words[1])
        else:
            yield directory, words
        directory = "" if part.endswith(")") else directory


def _read_step(project_dir: ProjectDir, directory: str, words: list[str], found: Requirements) -> None:
    prefix = next((one for one in _PREFIXES if tuple(words[: len(one)]) == one), None)
    manager = _MANAGERS.get((words[0], words[1]) if len(words) > 1 else ("", ""))
    if prefix is not None:
        _read_words(project_dir, directory, words[len(prefix) :], found)
    elif manager is not None:
        local = read_managed(project_dir, manager, directory, found)
        found.locals_.extend([local] if local else [])
    elif words[:1] == ["pipenv"]:
        read_pipfile(project_dir, directory, found)
    else:
        hint = "list the packages in requirements.txt"
        raise PackagesNotCarried("install", "is none of the ways known", hint=hint, evidence=shlex.join(words))


def _read_words(project_dir: ProjectDir, directory: str, words: list[str], found: Requirements) -> None:
    """The arguments of `pip install`, each as the line of a requirements file it stands for."""
    rest = iter(words)
    for word in rest:
        value = next(rest, "") if word in _TAKES_FILE | _TAKES_SETTING else ""
        if word in {"-r", "--requirement", "-c", "--constraint"}:
            file = posixpath.join(directory, value)
            found.read_file(project_dir, file, limits_only=word in {"-c", "--constraint"})
        else:
            found.add(f"{word} {value}".strip(), "install", directory=directory)
