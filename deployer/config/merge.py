"""One tree of raw values out of file and overrides, checked against the schema."""

from collections.abc import Mapping
from typing import Any

from deployer.config.document import KeyPath
from deployer.config.findings import Findings
from deployer.config.load import START_COMMAND, RawConfig
from deployer.config.problems import newer_problem, validate_tree
from deployer.config.schema import ConfigFile

ECS_CHOICE = ("ecs",)
CHOICES = (ECS_CHOICE, ("subdirectory",), START_COMMAND)  # no keys of the file
ENVIRONMENT = ("deployer", "env")
_MAX_ROUNDS = 20


def check_merged(raw: RawConfig) -> tuple[ConfigFile, Findings]:
    """What file and overrides say together; where something is wrong, the rest of it, and the problems."""
    findings = Findings(raw=raw)
    findings.problems += raw.document.problems if raw.document else ()
    tree = _merged(raw)
    origins = {path: value.origin for path, value in raw.overrides.items()}
    for _ in range(_MAX_ROUNDS):
        file, problems = validate_tree(tree, raw.document, origins)
        if not problems:
            break
        findings.problems += problems
        if any(problem.code == "newer" for problem in problems):
            break
        for problem in problems:
            _remove(tree, tuple(problem.path.split(".")))
    newer = newer_problem(file, raw.document)
    if newer:
        findings.problems.append(newer)
    return file, findings


def _merged(raw: RawConfig) -> dict[str, Any]:
    tree = _without_empty(raw.document.data) if raw.document else {}
    for path, value in raw.overrides.items():
        if path in CHOICES:
            continue
        if path == ENVIRONMENT and isinstance(value.value, Mapping):
            for key, text in value.value.items():
                _place(tree, (*path, key), text)
        else:
            _place(tree, path, value.value)
    return tree


def _without_empty(section: Mapping[str, Any]) -> dict[str, Any]:
    """A copy without keys that have no value: `regionId:` alone says nothing."""
    return {
        key: _without_empty(value) if isinstance(value, Mapping) else value
        for key, value in section.items()
        if value is not None
    }


def _place(tree: dict[str, Any], path: KeyPath, value: Any) -> None:
    for part in path[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            return  # the file has something else there; the schema says so
        tree = below
    tree[path[-1]] = value


def _remove(tree: dict[str, Any], path: KeyPath) -> None:
    """Take a refused value out, or the nearest section that holds it."""
    for index, part in enumerate(path):
        below = tree.get(part)
        if index == len(path) - 1 or not isinstance(below, dict):
            tree.pop(part, None)
            return
        tree = below
