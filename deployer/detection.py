"""The part of the composition root that needs no cloud and no configuration: a look at a project has to be quick."""

from contextlib import ExitStack
from pathlib import Path

from deployer.clock import SystemClock
from deployer.config.environment import process_environment
from deployer.errors.base import DeployerError
from deployer.errors.decision import AnswersNeeded
from deployer.errors.project import StartUnknown
from deployer.models.analysis import ProjectAnalysis
from deployer.project.analysis import analyze, analyze_nothing
from deployer.project.project_dir import ProjectDir
from deployer.project.source import open_source, shown_source

__all__ = ["analyze_nothing", "detect", "process_environment", "refusal"]


def detect(path: str | Path = ".", subdirectory: str | None = None) -> ProjectAnalysis:
    """How to run the project, or the application in one directory of it, with evidence. No credentials.

    Errors: ProjectError.
    """
    with ExitStack() as scratch:
        source = open_source(path, lambda: _make_folder(scratch), process_environment(), SystemClock())
        return analyze(ProjectDir.open(source.path), subdirectory)


def _make_folder(scratch: ExitStack) -> Path:
    from tempfile import TemporaryDirectory  # late: only a git address needs it

    return Path(scratch.enter_context(TemporaryDirectory(prefix="deployer-")))


def refusal(analysis: ProjectAnalysis, path: str, language: str) -> DeployerError:
    """Why a project that is not supported is not: several applications of which one has to be chosen, or none."""
    if analysis.candidates:
        from deployer.config.questions import application_question  # late: most projects leave nothing to be asked

        return AnswersNeeded((application_question(language, analysis.candidates),))
    return StartUnknown(shown_source(path), analysis.language)
