"""Fixtures for whole commands against a cloud of this test process's own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cloud_lab import CloudLab, Project, apply_environment

from deployer.models.report import Report


@dataclass(frozen=True, kw_only=True)
class Running:
    """A project that was deployed, and the report of it."""

    project: Project
    report: Report

    @property
    def instance_id(self) -> str:
        return self.report.instance_ids[0]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes all tests that only look at a running application: it is deployed once."""
    for item in items:
        if "running" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("running"))


@pytest.fixture(scope="session")
def session_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudLab]:
    """One cloud for all tests of this process: each uses names of its own."""
    lab = CloudLab(tmp_path_factory.mktemp("cloud"))
    driver = lab.emulator.context.driver.info
    try:
        if driver.name != "namespaces":
            pytest.skip(f"needs machines of their own: {driver.notice}")
        yield lab
    finally:
        lab.close()


@pytest.fixture
def lab(session_lab: CloudLab, monkeypatch: pytest.MonkeyPatch) -> CloudLab:
    """The cloud, with the environment of this process set for it."""
    apply_environment(monkeypatch, session_lab.environment)
    return session_lab


@pytest.fixture
def empty_lab(lab: CloudLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudLab]:
    """A second cloud in which nothing exists, for one test."""
    empty = CloudLab(tmp_path / "cloud")
    apply_environment(monkeypatch, empty.environment)
    yield empty
    empty.close()


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Writes a small web server with its configuration."""

    def make(name: str, greeting: str = "hello", **settings: object) -> Project:
        return Project(path=tmp_path / name, name=name, **settings).write(greeting)

    return make


@pytest.fixture(scope="session")
def session_running(session_lab: CloudLab, tmp_path_factory: pytest.TempPathFactory) -> Running:
    project = Project(path=tmp_path_factory.mktemp("projects") / "keeper", name="keeper").write("kept")
    with pytest.MonkeyPatch.context() as patch:
        apply_environment(patch, session_lab.environment)
        return Running(project=project, report=session_lab.deployer().deploy(project.path, yes=True))


@pytest.fixture
def running(lab: CloudLab, session_running: Running) -> Running:
    """One application that runs while all tests of this process do; they only look at it."""
    return session_running
