"""A project that is a shell script: started by bash when nothing else tells how."""

import re
from dataclasses import replace

from deployer.models.analysis import Evidence
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.written import find_written_port, port_of_words, read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme
from deployer.project.readme.interactive import find_question

_MAKES_READY = re.compile(
    r"(^|/)(mvnw|gradlew|configure|autogen|bootstrap|install|setup|build|compile|test|tests|lint|clean|release)([_-]\w+)*(\.sh)?$"
)
_NAMES = (
    "start.sh",
    "run.sh",
    "serve.sh",
    "server.sh",
    "main.sh",
    "app.sh",
    "entrypoint.sh",
    "docker-entrypoint.sh",
    "bin/start",
    "bin/run",
)


def detect_shell(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """The script a README or a Procfile runs, else one with a usual name; None without."""
    for command in read_written_commands(project_dir, readme):
        words = command.shape.words
        if command.shape.purpose is not Purpose.START:
            continue
        given = words[1:] if words[0] in {"bash", "sh"} else words
        file = given[0].removeprefix("./") if given else ""
        if _MAKES_READY.search(file):
            continue  # it builds or installs: what it is told to run, or leaves behind, is the application
        if is_plain_path(file) and _is_script(project_dir, file) and command.shape.directory is None:
            port = port_of_words(words) or _port(project_dir, readme)
            return replace(_detection(file, port, command.evidence), followed=command.readme)
    file = next((one for one in _NAMES if _is_script(project_dir, one)), "")
    if not file:
        return None
    return _detection(
        file,
        _port(project_dir, readme),
        Evidence(file=file, line=None, why="the usual name of a script that starts something"),
    )


def _detection(file: str, port: int | None, evidence: Evidence) -> Detection:
    return Detection(language="shell", start_command=f"bash {file}", port=port, evidence=(evidence,))


def _is_script(project_dir: ProjectDir, file: str) -> bool:
    """Whether it is written for a shell, by its first line or else its ending, and asks nobody anything (M37)."""
    text = project_dir.find_text(file) if project_dir.is_file(file) else None
    if text is None:
        return False
    first = text.split("\n", 1)[0]
    is_shell = first.rstrip().endswith("sh") if first.startswith("#!") else file.endswith(".sh")
    return is_shell and find_question(text) is None


def _port(project_dir: ProjectDir, readme: Readme | None) -> int | None:
    written = find_written_port(project_dir, readme)
    return written[0] if written else None
