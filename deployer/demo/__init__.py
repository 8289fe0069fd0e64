"""The sample project that `deployer demo` deploys; it lies in `sample/` as data and is never imported."""

from importlib import resources
from pathlib import Path


def demo_project_path() -> Path:
    """The directory of the sample project. Installed packages are directories: it is there for as long as they are."""
    return Path(str(resources.files("deployer.demo").joinpath("sample")))
