"""The README, read first: the ways to run the project it names, each with its line, and what it mentions besides."""

from deployer.project.readme.methods import make_methods
from deployer.project.readme.model import Readme, ReadmeCommand, Way
from deployer.project.readme.preparing import read_preparations, read_requirements
from deployer.project.readme.reading import find_readme

__all__ = [
    "Readme",
    "ReadmeCommand",
    "Way",
    "find_readme",
    "make_methods",
    "read_preparations",
    "read_requirements",
]
