"""The rules for scripts, held against those a user wrote: as problems of the file, or as what a deploy has to tell."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from deployer.config.document import Document, KeyPath, read_document
from deployer.config.exposure import mask_secrets
from deployer.config.resolve import START, STOP
from deployer.config.validate import validate_file
from deployer.errors.config import ConfigInvalid, Problem
from deployer.models.config import DeployConfig
from deployer.project.lint import RULES, Finding, ScriptRole, Severity, lint_script

_SHOWN = 200  # characters of a line that a problem quotes
_ROLES: Mapping[KeyPath, ScriptRole] = {START: ScriptRole.START, STOP: ScriptRole.STOP}


def validate_with_scripts(path: Path, environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """Every problem of a configuration file and of the scripts in it, in the order of the lines.

    Errors: ConfigNotFound, ConfigUnreadable.
    """
    problems = validate_file(path, environ)
    try:
        document = read_document(path)
    except ConfigInvalid:
        return problems
    told = {problem.path for problem in problems if problem.severity == "error"}
    found = [problem for problem in script_problems(document) if problem.path not in told]
    return tuple(sorted((*problems, *found), key=lambda problem: (problem.line or 0, problem.path)))


def script_problems(document: Document) -> Iterator[Problem]:
    """What the scripts of a file do against the rules, each at its line of the file."""
    for path, role in _ROLES.items():
        script = _value_at(document, path)
        if isinstance(script, str):
            for finding in lint_script(script, role):
                yield _problem(path, finding, document)


def check_scripts(config: DeployConfig, document: Document | None, *, own_runner: bool) -> Sequence[str]:
    """What has to be said of the scripts before a deploy; those that were generated have nothing to say.

    With our own runner nothing is said of what it makes up for, outside the mainland nothing of hosts far from it.
    Errors: ConfigInvalid for a script that cannot work.
    """
    problems: list[Problem] = []
    notices: list[str] = []
    in_mainland = re.match(r"cn-(?!hongkong)", config.deploy_region_id) is not None
    for path, text in ((START, config.start_script), (STOP, config.stop_script)):
        if config.origins.get(".".join(path)) == "detected":
            continue
        for finding in lint_script(text, _ROLES[path]):
            if (own_runner and finding.made_good) or (finding.rule == "far-host" and not in_mainland):
                continue
            if finding.severity is Severity.ERROR:
                problems.append(_problem(path, finding, document))
            else:
                notices.append(f"line {finding.line} of the {path[-1]} script: {finding.message} [{finding.rule}]")
    if problems:
        raise ConfigInvalid(tuple(problems), config_path=config.config_path)
    return notices


def _problem(path: KeyPath, finding: Finding, document: Document | None) -> Problem:
    line = _file_line(document, path, finding.line) if document else None
    source = mask_secrets(document.source_line(line))[:_SHOWN] if document and line else None
    return Problem(
        code=f"script.{finding.rule}",
        path=".".join(path),
        message=f"line {finding.line} of the script: {finding.message}; {RULES[finding.rule].why} [{finding.rule}]",
        line=line or (document.line_of(path) if document else None),
        hint=finding.fix,
        source=source,
        severity=finding.severity.value,
    )


def _file_line(document: Document, path: KeyPath, line: int) -> int | None:
    """The line of the file a script's line stands at; None for scripts whose lines are not the file's, such as quoted ones."""
    mark = document.marks.get(path)
    return mark.line + line if mark is not None and mark.style == "|" else None


def _value_at(document: Document, path: KeyPath) -> Any:
    value: Any = document.data
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
