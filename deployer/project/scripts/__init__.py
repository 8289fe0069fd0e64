"""The start and stop scripts of an application."""

from deployer.project.scripts.make import Scripts, make_scripts

__all__ = ["Scripts", "make_scripts"]
