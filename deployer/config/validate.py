"""`config validate`: everything that can be said of a file without a project, credentials or network."""

from pathlib import Path

from deployer.config.document import Document, read_document
from deployer.config.exposure import find_exposed, is_secret_path
from deployer.config.identity import find_identity
from deployer.config.instance_choice import choose_instance
from deployer.config.load import RawConfig
from deployer.config.merge import check_merged
from deployer.config.schema import ConfigFile
from deployer.errors.config import ConfigInvalid, Problem


def validate_file(path: Path) -> tuple[Problem, ...]:
    """Every problem of the file, errors and warnings, in the order of its lines; empty for a good one.

    What only a deploy can know, such as whether a variable is set or a region is enabled, is not looked at.
    Errors: ConfigNotFound, ConfigUnreadable.
    """
    try:
        document = read_document(path)
    except ConfigInvalid as invalid:
        return invalid.problems
    raw = RawConfig(config_path=str(path), document=document)
    file, findings = check_merged(raw)
    find_identity(file, findings, None)
    choose_instance(file, findings)
    problems = [*findings.problems, *_missing(file, document, findings.problems), *_exposed(document)]
    return tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.path)))


def _missing(file: ConfigFile, document: Document, known: list[Problem]) -> list[Problem]:
    """Warnings for what a deploy would have to find elsewhere."""
    told = {problem.path for problem in known}
    wanted = (
        (("metadata", "name"), file.metadata.name, "the folder's name is taken"),
        (("metadata", "type"), file.metadata.type, "it is detected from the project"),
        (("metadata", "regionId"), file.metadata.regionId or file.common.deployment.regionId, "give `--region`"),
        (("common", "scripts", "start"), file.common.scripts.start, "it is generated from the project"),
        (("common", "scripts", "stop"), file.common.scripts.stop, "it is generated from the project"),
    )
    return [
        Problem(
            code="missing",
            path=".".join(path),
            message=f"`{'.'.join(path)}` is not set",
            line=document.line_of(path[:-1]),
            hint=hint,
            severity="warning",
        )
        for path, value, hint in wanted
        if value is None and ".".join(path) not in told and path[0] not in told
    ]


def _exposed(document: Document) -> list[Problem]:
    """Warnings for secrets in plain text; the value itself is never repeated."""
    paths = {mark.line: ".".join(path) for path, mark in document.marks.items() if is_secret_path(path)}
    return [
        Problem(
            code="secret",
            path=paths.get(line, ""),
            message=f"line {line} holds {kind} in plain text",
            line=line,
            hint="keep the file out of git, or write a `${NAME}` reference where the key takes one",
            severity="warning",
        )
        for line, kind in find_exposed(document.text)
    ]
