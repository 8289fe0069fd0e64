"""Emulated accounts for all tests of this folder; each test uses names of its own."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "functional"))

from appmanager_lab import BACKENDS, AppmanagerLab
from cloud_lab import Project


@pytest.fixture
def labs(tmp_path: Path) -> Iterator[dict[str, AppmanagerLab]]:
    """A new account for each backend, in which both find the same: nothing."""
    labs = {backend: AppmanagerLab(tmp_path / f"account of {backend}") for backend in BACKENDS}
    yield labs
    for lab in labs.values():
        lab.close()


@pytest.fixture(scope="session")
def session_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppmanagerLab]:
    lab = AppmanagerLab(tmp_path_factory.mktemp("account"))
    yield lab
    lab.close()


@pytest.fixture
def lab(session_lab: AppmanagerLab) -> Iterator[AppmanagerLab]:
    """An account for everything else, with the environment of this process set for it."""
    lab = session_lab
    with lab.chosen():
        lab.aliyun.forget()
        yield lab
    lab.machine.start_fails = False
    lab.emulator.faults.clear()


@pytest.fixture
def make_project(tmp_path: Path) -> Callable[..., Project]:
    """Writes a small web server with its configuration."""

    def make(name: str, greeting: str = "hello", **settings: object) -> Project:
        return Project(path=tmp_path / name, name=name, **settings).write(greeting)

    return make
