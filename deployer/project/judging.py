"""Where the README and the project's own files say different things, and how sure the answer is (U6)."""

import re
from collections.abc import Iterator

from deployer.models.analysis import Confidence
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import CommandShape
from deployer.project.detectors.detection import Detection
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_MANAGERS = frozenset({"npm", "yarn", "pnpm", "bun", "poetry", "pipenv", "pdm", "uv"})  # pip installs any project
_OF_NODE = frozenset({"npm", "yarn", "pnpm", "bun"})
_LANGUAGES = {
    "python": "Python",
    "node": "Node.js",
    "java": "Java",
    "go": "Go",
    "php": "PHP",
    "ruby": "Ruby",
    "dotnet": ".NET",
}


def find_conflicts(project_dir: ProjectDir, readme: Readme, detection: Detection) -> tuple[str, ...]:
    """Sentences about the port, the package manager, the version and the process of a Procfile; what is used is said in each."""
    return (
        *_of_port(readme, detection),
        *_of_manager(readme, detection),
        *_of_version(readme, detection),
        *_of_procfile(project_dir, detection),
    )


def judge(detection: Detection, conflicts: tuple[str, ...]) -> Confidence:
    """High: the README's own command, checked, and nothing contradicts it. Low: nothing declares the project, or no start."""
    if detection.start_command is None or any("declares the dependencies" in one for one in detection.warnings):
        return Confidence.LOW
    return Confidence.HIGH if detection.followed is not None and not conflicts else Confidence.MEDIUM


def _of_port(readme: Readme, detection: Detection) -> Iterator[str]:
    ports = [port for port, _line in readme.ports]
    if detection.port is not None and ports and detection.port not in ports:
        port, line = readme.ports[0]
        yield f"`{readme.file}:{line}` names port {port}; {detection.port} is used"


def _of_manager(readme: Readme, detection: Detection) -> Iterator[str]:
    """Only where the README never names the manager that is used: many give the commands of several."""
    used = detection.package_manager
    installs = [one for one in readme.commands if one.shape.directory is None and _installs_the_project(one.shape)]
    named = {one.shape.words[0]: one for one in reversed(installs) if one.shape.words[0] in _MANAGERS}
    for program, command in named.items():
        if used is not None and used not in named and (used in _OF_NODE) is (program in _OF_NODE):
            place = f"`{command.file}:{command.line}`"
            yield f"{place} installs with `{program}`; the project's files are those of `{used}`, which is used"
            return


def _installs_the_project(shape: CommandShape) -> bool:
    """Not single packages by name, which are tools as a rule."""
    words = shape.words
    return shape.purpose is Purpose.INSTALL and "-g" not in words and all(word.startswith("-") for word in words[2:])


def _of_version(readme: Readme, detection: Detection) -> Iterator[str]:
    wanted = re.search(r"\d+(?:\.\d+)?", detection.language_version or "")
    said = next((one for one in readme.runtimes if one.name == _LANGUAGES.get(detection.language)), None)
    if said is None or wanted is None:
        return
    ours, theirs = ([int(part) for part in text.split(".")] for text in (wanted[0], said.version))
    length = min(len(ours), len(theirs))
    if ours[:length] != theirs[:length]:
        asked = f"{said.name} {said.version}"
        yield f"`{readme.file}:{said.line}` asks for {asked}; the project's files want {detection.language_version}, which decides"


def _of_procfile(project_dir: ProjectDir, detection: Detection) -> Iterator[str]:
    """The targets (`module:application`, a file) of its web process, where the README's own command names none of them."""
    if detection.followed is None:
        return
    for number, line in enumerate((project_dir.find_text("Procfile") or "").split("\n"), start=1):
        process, _, command = line.partition(":")
        targets = [word for word in command.split() if re.fullmatch(r"[\w./-]+(?::[\w.]+|\.\w+)", word)]
        if process.strip() == "web" and targets and not any(one in (detection.start_command or "") for one in targets):
            yield f"`Procfile:{number}` starts `{command.strip()[:80]}`; the README's command is used"
