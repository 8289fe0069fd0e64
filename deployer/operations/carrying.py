"""Packages in the archive: fetched for the instance, and held against the script that is to install them."""

from collections.abc import Mapping

from deployer.config.places import cache_folder
from deployer.errors.carrying import CarriedNotInstalled
from deployer.models.analysis import ProjectAnalysis
from deployer.models.config import DeployConfig
from deployer.project.carrying.target import Target, choose_minor
from deployer.project.carrying.wanted import FOLDER, find_wanted
from deployer.project.carrying.wheelhouse import WheelHouse, ensure_wheelhouse
from deployer.project.project_dir import ProjectDir


def carry(project_dir: ProjectDir, analysis: ProjectAnalysis, environ: Mapping[str, str]) -> WheelHouse:
    """The wheels of the application's packages, fetched once for each wish and kept in the cache.

    Errors: PackagesNotCarried, PipMissing, WheelMissing, WheelNotTrusted, PipFailed, PackageNotWritten.
    """
    wanted = find_wanted(project_dir, analysis)
    target = Target(minor=choose_minor(analysis.language_version))
    return ensure_wheelhouse(wanted, target, cache_folder(environ) / "wheels", project_dir.path, environ)


def check_carrying(config: DeployConfig) -> None:
    """Errors: CarriedNotInstalled where archive and start script do not agree."""
    if config.carry != (FOLDER in config.start_script):
        raise CarriedNotInstalled(FOLDER, carried=config.carry)
