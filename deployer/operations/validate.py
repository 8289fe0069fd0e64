"""Everything that is wrong with a configuration file: its keys, its scripts, and secrets that git would publish."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from deployer.config.document import project_root_of
from deployer.errors.config import Problem
from deployer.operations.script_checks import validate_with_scripts
from deployer.project.packing.repository import list_tracked


def validate(path: Path, environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """Every problem in the order of the lines, warnings included.

    Errors: ConfigNotFound, ConfigUnreadable.
    """
    problems = validate_with_scripts(path, environ)
    exposed = any(problem.code == "secret" for problem in problems)
    return tuple(_tracked(problems, path)) if exposed and _is_tracked(path) else problems


def _is_tracked(path: Path) -> bool:
    root = project_root_of(path)
    return path.absolute().relative_to(root).as_posix() in list_tracked(root)


def _tracked(problems: tuple[Problem, ...], path: Path) -> Iterator[Problem]:
    for problem in problems:
        if problem.code == "secret":
            message = f"{problem.message}, and git tracks the file"
            hint = f"make a new key, keep it in a variable, and run `git rm --cached {path.name}`: this one is in the history"
            yield replace(problem, message=message, hint=hint)
        else:
            yield problem
