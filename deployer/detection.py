"""The part of the composition root that needs no cloud and no configuration: a look at a project has to be quick."""

from pathlib import Path

from deployer.config.environment import process_environment
from deployer.models.analysis import ProjectAnalysis
from deployer.project.analysis import analyze
from deployer.project.project_dir import ProjectDir

__all__ = ["detect", "process_environment"]


def detect(path: str | Path = ".") -> ProjectAnalysis:
    """How to run the project, with evidence. No network, no credentials. Errors: ProjectError."""
    return analyze(ProjectDir.open(path))
