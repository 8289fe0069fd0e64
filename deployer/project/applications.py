"""The applications below the top of a project that has none there: `backend/` and `frontend/`, packages of a workspace."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from deployer.models.analysis import Candidate, Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors import LANGUAGES
from deployer.project.detectors.detection import Detection, Detector
from deployer.project.detectors.node_manifest import NodeManifest, read_node_manifest
from deployer.project.detectors.sources import is_source
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, find_readme

_MANIFESTS = (
    "package.json", "deno.json", "deno.jsonc", "requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "manage.py",
    "go.mod", "pom.xml", "build.gradle", "build.gradle.kts", "composer.json", "Gemfile", "Cargo.toml", "*.csproj", "*.fsproj",
)  # fmt: skip
_DOCUMENTATION = re.compile(r"(^|[/_-])docs?([/_-]|$)")
_DEEPEST = 3
_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application below the top. The detection's commands already move to its directory."""

    directory: str
    detection: Detection
    readme: Readme | None

    def as_candidate(self) -> Candidate:
        found = self.detection
        return Candidate(
            path=self.directory,
            language=found.language,
            framework=found.framework,
            start_command=found.start_command or "",
        )


def find_applications(project_dir: ProjectDir, readme: Readme | None) -> tuple[Application, ...]:
    """What can be started below the top, directories that hold others left out; at most twelve are looked at."""
    found = (detect_application(project_dir, directory, readme) for directory in _directories(project_dir)[:_MOST])
    return tuple(one for one in found if one is not None)


def detect_application(
    project_dir: ProjectDir, directory: str, readme: Readme | None, detectors: Sequence[Detector] = LANGUAGES
) -> Application | None:
    """The application in one directory; None when nothing there can be started.

    Errors: FileOutsideProject, ProjectMissing, ProjectNotDirectory.
    """
    inside = project_dir.below(directory)
    own = find_readme(inside) or (readme.part_about(directory) if readme else None)
    workspace = _workspace(project_dir, directory)
    for detect in detectors:
        found = detect(inside, own)
        if found is not None and found.language == "node" and workspace is not None:
            # Late, as detectors are: few projects are workspaces.
            from deployer.project.detectors.node import detect_workspace_member

            found = detect_workspace_member(inside, own, workspace, directory)
        if found is not None and found.start_command is not None:
            if found.language == "python":
                found = _locked_together(project_dir, inside, found)
            shared = found.install_command if found.language == "node" and workspace is not None else None
            return Application(directory=directory, detection=_moved(found, inside, directory, shared), readme=own)
    return None


def choose_application(applications: Sequence[Application], readme: Readme | None) -> Application | None:
    """The one the README starts, else the only one that is more than pages; None when a person has to say which."""
    for command in readme.best_first() if readme else ():
        for one in applications:
            if command.shape.purpose == "start" and command.shape.directory == one.directory:
                return one
    servers = [one for one in applications if not _serves_pages(one.detection)]
    left = servers or applications
    return left[0] if len(left) == 1 else None


def _serves_pages(detection: Detection) -> bool:
    return "sirv " in (detection.start_command or "")


def _directories(project_dir: ProjectDir) -> list[str]:
    """The directories with a manifest, outermost first; a workspace's root is no application, so its members count."""
    found: list[str] = []
    for file in sorted(project_dir.files(), key=lambda one: (one.count("/"), one)):
        directory, _, name = file.rpartition("/")
        if (
            _is_place(directory, name)
            and directory not in found
            and not any(directory.startswith(f"{outer}/") for outer in found)
        ):
            found.append(directory)
    return found


def _is_place(directory: str, name: str) -> bool:
    """Whether a file of this name makes its directory one where an application can stand."""
    return (
        bool(directory)
        and directory.count("/") < _DEEPEST
        and is_plain_path(directory)
        and any(fnmatchcase(name, one) for one in _MANIFESTS)
        and is_source(f"{directory}/{name}")
        and _DOCUMENTATION.search(directory) is None
    )


def _locked_together(project_dir: ProjectDir, inside: ProjectDir, found: Detection) -> Detection:
    """A member of a uv workspace is installed as the lock file at the top has it, with the members it needs."""
    if not project_dir.is_file("uv.lock") or not inside.is_file("pyproject.toml"):
        return found
    command = re.sub(
        r"^(pip install \.|uv sync --no-dev)(?= |$)", "uv sync --frozen --no-dev", found.install_command or ""
    )
    command = command.replace(" && pip install ", " && uv pip install ")
    return replace(found, install_command=command or None, package_manager="uv")


def _workspace(project_dir: ProjectDir, directory: str) -> NodeManifest | None:
    """The manifest at the top when the directory is one of its workspaces."""
    manifest = read_node_manifest(project_dir)
    patterns = (one.removeprefix("./").rstrip("/") for one in manifest.workspaces)
    return manifest if any(fnmatchcase(directory, one) for one in patterns) else None


def _moved(found: Detection, inside: ProjectDir, directory: str, shared_install: str | None) -> Detection:
    """The detection with commands that move to the directory first; what a workspace installs is installed at the top."""
    install = shared_install or _inside(found.install_command, directory)
    build = found.build_command if shared_install else _inside(found.build_command, directory)
    here = Evidence(
        file=directory, line=None, why="the application stands here, below the top of the project", decides="directory"
    )
    return replace(
        found,
        install_command=install,
        build_command=build,
        start_command=f"cd {directory} && {found.start_command}",
        evidence=(here, *(replace(one, file=f"{directory}/{one.file}") for one in found.evidence)),
        warnings=tuple(_from_above(warning, inside, directory) for warning in found.warnings),
    )


def _from_above(warning: str, inside: ProjectDir, directory: str) -> str:
    """The warning with its files named as the top of the project knows them."""

    def named(match: re.Match[str]) -> str:
        return f"`{directory}/{match[1]}" if inside.is_file(match[1]) else match[0]

    return re.sub(r"`([\w./-]+)(?=[:`])", named, warning)


def _inside(command: str | None, directory: str) -> str | None:
    return f"(cd {directory} && {command})" if command else None
