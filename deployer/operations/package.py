"""The archive a deploy would upload, to look at or to keep. No credentials, no network."""

import shutil
from dataclasses import replace
from pathlib import Path

from deployer.config.load import load_config
from deployer.config.packing_rules import resolve_packing_rules
from deployer.errors.project import PackageNotWritten
from deployer.events import Emit
from deployer.models.package import Package
from deployer.operations.carrying import carry
from deployer.operations.prepare import ProjectRequest, tell_package
from deployer.project.analysis import analyze
from deployer.project.packing.archive import build_package
from deployer.project.project_dir import ProjectDir


def package(request: ProjectRequest, to: Path | None, emit: Emit) -> Package:
    """The project's archive; kept at `to`, a file or a directory, and only there.

    Errors: ProjectError, ConfigError.
    """
    project_dir = ProjectDir.open(request.path)
    raw = load_config(request.config_path, project_dir=project_dir.path, environ=request.environ, flags=request.flags)
    rules = resolve_packing_rules(raw)
    analysis = analyze(project_dir, request.flags.get("subdirectory")) if rules.carry else None
    built = build_package(
        project_dir,
        ignore=rules.ignore,
        include_secrets=rules.include_secrets,
        out_dir=request.make_build_folder(),
        apart=(to,) if to else (),
        carried=carry(project_dir, analysis, request.environ) if analysis else None,
    )
    tell_package(built, emit)
    return replace(built, path=_keep(built.path, to)) if to else built


def _keep(archive: Path, to: Path) -> Path:
    target = to / archive.name if to.is_dir() else to
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(archive, target)
    except OSError as error:
        raise PackageNotWritten(str(target), (error.strerror or str(error)).lower()) from error
    return target
