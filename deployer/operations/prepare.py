"""The local phase: the folder is read, understood, configured and packed. No credentials, no network."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from deployer.backends.base import Content
from deployer.config.identity import ApplicationIdentity, resolve_identity
from deployer.config.load import START_COMMAND, RawConfig, load_config
from deployer.config.packing_rules import wants_carrying
from deployer.config.questions import application_question
from deployer.config.resolve import START, resolve_config
from deployer.errors.base import ProjectError
from deployer.errors.config import ConfigInvalid
from deployer.errors.decision import AnswersNeeded
from deployer.errors.project import StartUnknown
from deployer.events import AnalysisFinished, ConfigResolved, Emit, PackageBuilt, WarningRaised
from deployer.models.analysis import ProjectAnalysis
from deployer.models.config import DeployConfig, ExistingInstance
from deployer.models.package import Package
from deployer.models.plan import canonical_json
from deployer.operations.carrying import carry, check_carrying
from deployer.operations.naming import GroupWords
from deployer.operations.repository_config import as_in_repository, problems_as_in_repository
from deployer.operations.script_checks import check_scripts
from deployer.operations.steps import StepProgress
from deployer.project.analysis import analyze
from deployer.project.carrying.wanted import carrying
from deployer.project.packing.archive import build_package
from deployer.project.project_dir import ProjectDir
from deployer.project.scripts import make_scripts
from deployer.project.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRequest:
    """Which project, and what flags and environment say about it. Flags are named as on the command line."""

    source: Callable[[], Source]  # opened when first asked for: a git address takes its time
    flags: Mapping[str, Any] = field(default_factory=dict)
    config_path: Path | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    make_build_folder: Callable[[], Path] = Path  # where archives are built, made when one is
    language: str = "en"  # of questions
    command_flags: str = ""  # see `DeployConfig.command_flags`
    own_runner: bool = True  # whether our runner runs the scripts, which makes up for some of their faults

    @property
    def path(self) -> Path:
        return self.source().path

    @property
    def address(self) -> str | None:
        """The git address that the directory is a checkout of."""
        return self.source().address


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The project as it will be released."""

    analysis: ProjectAnalysis
    config: DeployConfig
    package: Package | None  # None when an earlier archive is used again
    artifact_bytes: int
    content: Content


def open_and_analyze(request: ProjectRequest) -> tuple[ProjectDir, ProjectAnalysis]:
    """The folder and what was understood of it. Errors: ProjectError."""
    project_dir = ProjectDir.open(request.path)
    return project_dir, analyze(project_dir, request.flags.get("subdirectory"))


def identify(request: ProjectRequest) -> ApplicationIdentity:
    """Which group is meant, by flags, environment and file; the folder is read only where they do not say its name."""
    raw = load_config(request.config_path, project_dir=request.path, environ=request.environ, flags=request.flags)
    analysis: ProjectAnalysis | None = None
    if request.flags.get("name") is None and not raw.from_file:
        try:
            analysis = open_and_analyze(request)[1]
        except ProjectError:
            analysis = None
    return resolve_identity(raw, analysis)


def configure(request: ProjectRequest, project_dir: ProjectDir, analysis: ProjectAnalysis) -> DeployConfig:
    """The complete configuration, with scripts made for what was detected where the file has none.

    Errors: ConfigError, DecisionNeeded, StartUnknown.
    """
    if request.address is None or request.config_path is not None:
        return _configure(request, project_dir, analysis)
    with problems_as_in_repository(request.address):
        return as_in_repository(_configure(request, project_dir, analysis), project_dir.path)


def _configure(request: ProjectRequest, project_dir: ProjectDir, analysis: ProjectAnalysis) -> DeployConfig:
    raw = load_config(
        request.config_path,
        project_dir=project_dir.path,
        environ=request.environ,
        flags=request.flags,
        language=request.language,
    )
    config = configure_from(raw, project_dir, analysis)
    check_carrying(config)
    said = check_scripts(config, raw.document, own_runner=request.own_runner)
    return replace(config, command_flags=request.command_flags, notices=(*config.notices, *said))


def configure_from(raw: RawConfig, project_dir: ProjectDir, analysis: ProjectAnalysis) -> DeployConfig:
    """The same, of values that were read already."""
    command = raw.overrides.get(START_COMMAND)
    if command is not None:
        analysis = _started_by(analysis, command.value)
    if not analysis.supported and not _has_start_script(raw):
        if analysis.candidates:
            raise _which_application(raw, analysis)
        raise StartUnknown(analysis.name, analysis.language)

    def generate(application_name: str, port: int | None) -> tuple[str, str]:
        understood = carrying(project_dir, analysis) if wants_carrying(raw) else analysis
        scripts = make_scripts(understood, application_name, port)
        return scripts.start, scripts.stop

    return resolve_config(raw, analysis, generate if analysis.supported else None)


def _started_by(analysis: ProjectAnalysis, command: str) -> ProjectAnalysis:
    """What was understood, but for how it is started: that was said."""
    language = None if analysis.language == "docker" else analysis.language
    return replace(analysis, start_command=command, language=language, supported=True)


def _which_application(raw: RawConfig, analysis: ProjectAnalysis) -> AnswersNeeded:
    """The question which application is meant, with everything else that has to be answered."""
    question = application_question(raw.language, analysis.candidates)
    try:
        resolve_config(raw, analysis, lambda _name, _port: ("", ""))
    except AnswersNeeded as others:
        return AnswersNeeded((question, *others.questions), deploy_region_id=others.deploy_region_id)
    except ConfigInvalid:
        pass  # what is wrong in the file is told when the question is answered
    return AnswersNeeded((question,))


def _has_start_script(raw: RawConfig) -> bool:
    value: Any = raw.document.data if raw.document else {}
    for key in START:
        value = value.get(key) if isinstance(value, Mapping) else None
    return bool(value) or START in raw.overrides


def prepare(request: ProjectRequest, progress: StepProgress, emit: Emit) -> Prepared:
    """The three local steps, told as events."""
    with progress.step("analyze") as told:
        project_dir, analysis = open_and_analyze(request)
        _tell_analysis(analysis, emit)
        told.tell(describe(analysis))
    with progress.step("configure") as told:
        config = configure(request, project_dir, analysis)
        _tell_config(config, emit)
        told.tell(GroupWords.of(config).place)
    with progress.step("package") as told:
        package = build_package(
            project_dir,
            ignore=config.ignore,
            include_secrets=config.include_secrets,
            out_dir=request.make_build_folder(),
            carried=carry(project_dir, analysis, request.environ) if config.carry else None,
        )
        tell_package(package, emit)
        told.tell(_describe_package(package))
    return Prepared(
        analysis=analysis,
        config=config,
        package=package,
        artifact_bytes=package.size_bytes,
        content=content_of(config, package.sha256),
    )


def _tell_analysis(analysis: ProjectAnalysis, emit: Emit) -> None:
    emit(
        AnalysisFinished(
            language=analysis.language,
            framework=analysis.framework,
            start_command=analysis.start_command,
            port=analysis.port,
            source=analysis.source,
        )
    )
    for warning in analysis.warnings:
        emit(WarningRaised(code="project.warning", message=warning))


def _tell_config(config: DeployConfig, emit: Emit) -> None:
    emit(
        ConfigResolved(
            application_name=config.application_name,
            application_group_name=config.application_group_name,
            deploy_region_id=config.deploy_region_id,
            origins=dict(config.origins),
        )
    )
    for notice in config.notices:
        emit(WarningRaised(code="config.notice", message=notice))


def tell_package(package: Package, emit: Emit) -> None:
    """Tell of the archive, and of what may not be in it as its author thinks."""
    emit(
        PackageBuilt(
            sha256=package.sha256,
            size_bytes=package.size_bytes,
            file_count=package.file_count,
            left_out=tuple((one.path, one.reason) for one in package.left_out),
            carried_count=package.carried.count if package.carried else 0,
            carried_bytes=package.carried.size_bytes if package.carried else 0,
        )
    )
    for warning in package.warnings:
        emit(WarningRaised(code="package.warning", message=warning))


def _describe_package(package: Package) -> str:
    left_out = f"; left out: {', '.join(one.path for one in package.left_out[:3])}" if package.left_out else ""
    more = f" and {len(package.left_out) - 3} more" if len(package.left_out) > 3 else ""
    size = f"{package.file_count} files, {package.size_bytes / 1024:.0f} KiB"
    carried = f"; carries {package.carried}" if package.carried else ""
    return f"{size}, {package.sha256[:12]}{carried}{left_out}{more}"


def describe(analysis: ProjectAnalysis) -> str:
    """What was understood, in a line."""
    what = " ".join(part for part in (analysis.language, analysis.framework) if part) or "unknown"
    port = f", port {analysis.port}" if analysis.port else ""
    return f"{what}{port}: {analysis.start_command or 'no start command found'}"


def content_of(config: DeployConfig, artifact_sha256: str) -> Content:
    """What identifies this release: archive, scripts, and the settings that reach the instance."""
    settings = {
        "environment": dict(config.environment),
        "port": config.port,
        "health": [config.health.path, config.health.alive_seconds],
        "instance": config.instance.instance_id if isinstance(config.instance, ExistingInstance) else "group",
    }
    return Content(
        artifact_sha256=artifact_sha256,
        start_sha256=sha256_of(config.start_script),
        stop_sha256=sha256_of(config.stop_script),
        settings_sha256=sha256_of(canonical_json(settings)),
    )


def sha256_of(text: str) -> str:
    """The hash of a text in hexadecimal digits, as plans and records carry it."""
    return hashlib.sha256(text.encode()).hexdigest()
