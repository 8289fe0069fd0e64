"""What is understood of a project: the README first, then the detectors in order; the first that can start it decides."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from deployer.models.analysis import Candidate, Evidence, Mention, Method, ProjectAnalysis, ReadmeMentions
from deployer.project.app_json import read_app_json
from deployer.project.applications import Application, choose_application, detect_application, find_applications
from deployer.project.detectors import LANGUAGES, OTHERS, PLAIN
from deployer.project.detectors.detection import Detection, Detector
from deployer.project.detectors.docker_verdicts import advise_on_images, explain_unused_docker
from deployer.project.detectors.written import find_disagreement
from deployer.project.far_packages import find_far_packages
from deployer.project.incomplete import find_missing_parts
from deployer.project.judging import find_conflicts, judge
from deployer.project.names import suggest_name
from deployer.project.preparations import add_preparations
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, find_readme, make_methods
from deployer.project.readme_docker import follow_docker
from deployer.project.runtimes import find_version_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is believed: the detection, the application below the top it is of, or those of which one has to be chosen."""

    detection: Detection | None
    application: Application | None = None
    candidates: tuple[Candidate, ...] = ()
    others: tuple[Candidate, ...] = ()  # applications that are left out, or that could be started without Docker

    @property
    def is_start(self) -> bool:
        return self.detection is not None and self.detection.start_command is not None

    @property
    def needs_far_images(self) -> bool:
        return self.detection is not None and bool(self.detection.unreachable_images)


def analyze(project_dir: ProjectDir, subdirectory: str | None = None) -> ProjectAnalysis:
    """How to run the project, or the application in one directory of it; `supported` False when nothing can be started.

    Nothing of the project is run. Errors: FileOutsideProject, ProjectMissing, ProjectNotDirectory.
    """
    readme = find_readme(project_dir)
    if subdirectory is None:
        return _finish(project_dir, readme, _find(project_dir, readme))
    directory = subdirectory.removeprefix("./").strip("/")
    if directory in {"", "."}:
        return _finish(project_dir, readme, _Found(detection=_first((*LANGUAGES, *OTHERS), project_dir, readme)))
    application = detect_application(project_dir, directory, readme, (*LANGUAGES, *PLAIN))
    if application is None:
        return _finish(project_dir, readme, _Found(detection=_first(LANGUAGES, project_dir.below(directory), None)))
    return _finish(project_dir, readme, _Found(detection=application.detection, application=application))


def analyze_nothing(path: Path) -> ProjectAnalysis:
    """What is understood of a directory with nothing in it: its name."""
    return _finish(ProjectDir(path), None, _Found(detection=None))


def _find(project_dir: ProjectDir, readme: Readme | None) -> _Found:
    """The application at the top, else the one below that is meant, else Docker, scripts and pages at the top."""
    found = _Found(detection=_first(LANGUAGES, project_dir, readme))
    if found.is_start and not found.needs_far_images:
        return found
    applications = find_applications(project_dir, readme)
    if found.is_start:
        return replace(found, others=tuple(one.as_candidate() for one in applications))
    language = found.detection.language if found.detection else None
    chosen = choose_application(applications, readme)
    if chosen is not None and language in {None, chosen.detection.language}:
        rest = tuple(one.as_candidate() for one in applications if one is not chosen)
        return _Found(detection=chosen.detection, application=chosen, others=rest)
    other = _first(OTHERS, project_dir, readme)
    if other is not None and other.start_command is not None:
        return _Found(detection=other, others=tuple(one.as_candidate() for one in applications))
    known = found.detection or (None if applications else other)
    return replace(found, detection=known, candidates=tuple(one.as_candidate() for one in applications))


def _first(detectors: Iterable[Detector], project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """What the first detector says that can start the project, else the first one that knows it.

    Where the README names a start that fits the tree, the detector that follows it comes before those that do not.
    """
    asked = readme.find_start() if readme else None
    first: Detection | None = None
    best: Detection | None = None
    for detect in detectors:
        found = detect(project_dir, readme)
        if found is None:
            continue
        if found.start_command is not None and (
            asked is None or found.followed == asked or (found.followed and not first)
        ):
            return found
        first = first or (found if found.start_command is not None else None)
        best = best or found
    return first or best


def _finish(project_dir: ProjectDir, readme: Readme | None, found: _Found) -> ProjectAnalysis:
    detection = _prepared(project_dir, readme, found)
    looked = (Evidence(file=readme.file, line=None, why="read first"),) if readme else ()
    hosting = read_app_json(project_dir)
    conflicts = find_conflicts(project_dir, readme, detection) if readme and found.is_start else ()
    return ProjectAnalysis(
        name=suggest_name(project_dir.name),
        type=detection.type,
        language=detection.language or None,
        framework=detection.framework,
        language_version=detection.language_version,
        package_manager=detection.package_manager,
        install_command=detection.install_command,
        build_command=detection.build_command,
        start_command=detection.start_command,
        port=detection.port,
        bind_host=detection.bind_host,
        environment=detection.environment,
        methods=_methods(readme, replace(found, detection=detection)),
        evidence=(*looked, *detection.evidence, *explain_unused_docker(project_dir, detection), *hosting.evidence),
        warnings=tuple(dict.fromkeys((*detection.warnings, *_warnings(project_dir, readme, found), *hosting.warnings))),
        supported=found.is_start,
        source="readme" if detection.followed else "scan",
        directory=found.application.directory if found.application else "",
        candidates=found.candidates,
        readme=_mentions(readme) if readme else None,
        conflicts=conflicts,
        confidence=judge(detection, conflicts),
    )


def _mentions(readme: Readme) -> ReadmeMentions:
    first = dict(reversed(readme.ports))  # each port at the first of its lines
    return ReadmeMentions(
        file=readme.file,
        ports=tuple(
            Mention(value=str(port), line=line) for port, line in sorted(first.items(), key=lambda one: one[1])
        ),
        variables=tuple(Mention(value=name, line=line) for name, line in readme.variables),
        runtimes=tuple(Mention(value=f"{one.name} {one.version}", line=one.line) for one in readme.runtimes),
    )


def _prepared(project_dir: ProjectDir, readme: Readme | None, found: _Found) -> Detection:
    """What was detected, with what the README does between install and start."""
    detection = follow_docker(readme, found.detection or Detection(language=""))
    if not found.is_start:
        return detection
    if found.application is None:
        return add_preparations(project_dir, readme, detection)
    directory = found.application.directory
    return add_preparations(project_dir.below(directory), found.application.readme, detection, directory)


def _methods(readme: Readme | None, found: _Found) -> tuple[Method, ...]:
    """What the README at the top names, and after it that of the application's own directory."""
    detection = found.detection
    followed, started = (detection.followed, detection.start_command) if detection else (None, None)
    own = found.application.readme if found.application else None
    if readme is not None and followed is not None and (own is None or own.file == readme.file):
        followed = next((one for one in readme.commands if one.line == followed.line), followed)
    methods = make_methods(readme, followed, started) if readme else ()
    if own is None or found.application is None or (readme is not None and own.file == readme.file):
        return methods
    directory = found.application.directory
    inner = make_methods(own, followed, started)
    return (*methods, *(replace(one, file=f"{directory}/{one.file}") for one in inner))


def _warnings(project_dir: ProjectDir, readme: Readme | None, found: _Found) -> list[str]:
    disagreement = find_disagreement(project_dir)
    warnings = [*find_missing_parts(project_dir), *((disagreement,) if disagreement else ())]
    if found.candidates:
        listed = ", ".join(f"`{one.path}` ({one.framework or one.language})" for one in found.candidates)
        warnings.append(
            f"the top of the project starts nothing; these could be meant: {listed}; give one with `--path`"
        )
    if found.detection is not None and found.needs_far_images:
        warnings.append(advise_on_images(found.detection, tuple(one.path for one in found.others)))
    if found.others and found.application:
        listed = ", ".join(f"`{one.path}`" for one in found.others)
        warnings.append(f"`{found.application.directory}` is deployed, {listed} not: choose with `--path`")
    version = (
        find_version_problem(found.detection.language, found.detection.language_version) if found.detection else None
    )
    if version is not None:
        warnings.append(version)
    warnings.extend(find_far_packages(project_dir, found.application.directory if found.application else ""))
    if not found.is_start:
        warnings.append("found no way to start this project")
    if readme:
        warnings.extend(
            f"`{one.file}:{one.line}` is never run: {one.shape.why}" for one in readme.refused if one.shape.is_dangerous
        )
        followed = found.detection.followed if found.detection else None
        warnings.extend(
            f"`{one.file}:{one.line}` starts `{one.text[:80]}` as well: one process is deployed, this one is not"
            for one in (readme.find_left_starts(followed) if followed else ())
        )
        if readme.is_cut:
            warnings.append(f"`{readme.file}` is so long that only its beginning was read")
        warnings.extend(f"`{readme.file}:{line}` speaks to AI agents: it is not followed" for line in readme.talk)
    return warnings
