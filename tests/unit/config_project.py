"""A project folder whose configuration is resolved from a text and flags."""

from pathlib import Path

import pytest

from deployer.config.load import load_config
from deployer.config.resolve import resolve_config
from deployer.errors.config import ConfigInvalid
from deployer.models.analysis import ApplicationType, ProjectAnalysis

SCRIPTS = ("#!/bin/bash\necho start\n", "#!/bin/bash\necho stop\n")
REGION = "metadata:\n  regionId: cn-hangzhou\n"


def analysis(**changes) -> ProjectAnalysis:
    values = {
        "name": "shop",
        "type": ApplicationType.APP,
        "language": "python",
        "framework": None,
        "language_version": None,
        "package_manager": None,
        "install_command": None,
        "build_command": None,
        "start_command": "python app.py",
        "port": 5000,
        "bind_host": None,
        "environment": (),
        "methods": (),
        "evidence": (),
        "warnings": (),
        "supported": True,
        "source": "scan",
    }
    return ProjectAnalysis(**(values | changes))


class Project:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def raw(self, text: str | None = None, environ=None, **flags):
        if text is not None:
            path = self.folder / ".appmanager" / "config.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return load_config(project_dir=self.folder, environ=environ or {}, flags=flags)

    def resolve(self, text: str | None = None, environ=None, found=None, scripts=SCRIPTS, **flags):
        return resolve_config(self.raw(text, environ, **flags), found, scripts)

    def problems(self, text: str | None = None, environ=None, **flags):
        with pytest.raises(ConfigInvalid) as caught:
            self.resolve(text, environ, **flags)
        return {problem.path: problem for problem in caught.value.problems}


def make_project(folder: Path) -> Project:
    """A project in a folder named "My Shop"."""
    project = folder / "My Shop"
    project.mkdir()
    return Project(project)
