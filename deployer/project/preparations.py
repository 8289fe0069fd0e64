"""What the README does between the install and the start, added to what a detector found (M38)."""

import re
from dataclasses import replace

from deployer.models.analysis import Evidence
from deployer.project.detectors.detection import Detection
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, read_preparations, read_requirements

_GENERATES = re.compile(r"\b(?:generate|codegen)\b")


def add_preparations(
    project_dir: ProjectDir, readme: Readme | None, detection: Detection, directory: str = ""
) -> Detection:
    """The detection with the README's requirement files and migrations; `directory` is where its application stands."""
    if readme is None:
        return detection
    found = read_preparations(readme, detection.language)
    built = detection.build_command or ""
    missing = [(command, evidence) for command, evidence in found.commands if command not in built]
    steps = [_inside(command, directory) for command, _evidence in missing]
    generated = [step for step in steps if _GENERATES.search(step)]  # code that the build compiles
    build = [*generated, detection.build_command, *(step for step in steps if step not in generated)]
    return replace(
        detection,
        install_command=_with_requirements(project_dir, readme, detection, directory),
        build_command=" && ".join(dict.fromkeys(command for command in build if command)) or None,
        evidence=(*detection.evidence, *(evidence for _command, evidence in missing)),
        warnings=(*detection.warnings, *(_once(command, at) for command, at in found.left_out if command not in built)),
    )


def _once(command: str, at: Evidence) -> str:
    place = f"`{command[:80]}` ({at.file}:{at.line})"
    return f"the README prepares the project once with {place}: run it yourself, no release repeats it"


def _with_requirements(project_dir: ProjectDir, readme: Readme, detection: Detection, directory: str) -> str | None:
    install = detection.install_command
    if detection.followed is None or detection.language != "python" or install is None or "pip install" not in install:
        return install
    tool = "uv pip" if detection.package_manager == "uv" else "pip"
    files = read_requirements(project_dir, readme, detection.followed)
    missing = (file for file in files if not re.search(rf"(?<![\w./-]){re.escape(file)}(?![\w./-])", install))
    return " && ".join((install, *(_inside(f"{tool} install -r {file}", directory) for file in missing)))


def _inside(command: str, directory: str) -> str:
    return f"(cd {directory} && {command})" if directory else command
