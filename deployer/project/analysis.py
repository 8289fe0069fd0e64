"""What is understood of a project: the README first, then the detectors in order; the first that can start it decides."""

from deployer.models.analysis import ApplicationType, Evidence, ProjectAnalysis
from deployer.project.detectors import DETECTORS
from deployer.project.detectors.detection import Detection
from deployer.project.names import suggest_name
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, find_readme, make_methods


def analyze(project_dir: ProjectDir) -> ProjectAnalysis:
    """How to run the project; `supported` False when no detector found a way to start it. Nothing of it is run."""
    readme = find_readme(project_dir)
    best: Detection | None = None
    for detect in DETECTORS:
        found = detect(project_dir, readme)
        if found is not None and found.start_command is not None:
            best = found
            break
        best = best or found
    return _finish(project_dir, readme, best)


def _finish(project_dir: ProjectDir, readme: Readme | None, found: Detection | None) -> ProjectAnalysis:
    followed = found.followed if found else None
    looked = (Evidence(file=readme.file, line=None, why="read first"),) if readme else ()
    name = suggest_name(project_dir.name)
    warnings = list(found.warnings) if found else []
    if found is None or found.start_command is None:
        warnings.append("found no way to start this project")
    if readme:
        warnings.extend(
            f"`{one.file}:{one.line}` is never run: {one.shape.why}"
            for one in readme.commands
            if one.shape.purpose == "refused" and "keys" in one.shape.why
        )
    return ProjectAnalysis(
        name=name,
        type=found.type if found else ApplicationType.APP,
        language=found.language if found else None,
        framework=found.framework if found else None,
        language_version=found.language_version if found else None,
        package_manager=found.package_manager if found else None,
        install_command=found.install_command if found else None,
        build_command=found.build_command if found else None,
        start_command=found.start_command if found else None,
        port=found.port if found else None,
        bind_host=found.bind_host if found else None,
        environment=found.environment if found else (),
        methods=make_methods(readme, followed) if readme else (),
        evidence=(*looked, *(found.evidence if found else ())),
        warnings=tuple(dict.fromkeys(warnings)),
        supported=found is not None and found.start_command is not None,
        source="readme" if followed else "scan",
    )
