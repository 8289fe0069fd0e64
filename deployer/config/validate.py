"""`config validate`: everything that can be said of a file without a project, credentials or network."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from deployer.config.agent_model import find_model
from deployer.config.document import Document, read_document
from deployer.config.exposure import find_exposed, is_secret_path, others_may_read
from deployer.config.findings import Findings
from deployer.config.identity import find_identity
from deployer.config.instance_choice import choose_instance
from deployer.config.load import RawConfig
from deployer.config.merge import check_merged
from deployer.config.schema import ConfigFile
from deployer.errors.config import ConfigInvalid, Problem
from deployer.models.analysis import ApplicationType


def validate_file(path: Path, environ: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """Every problem of the file, errors and warnings, in the order of its lines; empty for a good one.

    What only the cloud can know, such as whether a region is enabled, is not looked at. A variable that is not set in
    `environ` is a warning: it may be where the deploy is run.
    Errors: ConfigNotFound, ConfigUnreadable.
    """
    try:
        document = read_document(path)
    except ConfigInvalid as invalid:
        return invalid.problems
    file, findings = check_merged(RawConfig(config_path=str(path), document=document, environ=environ or {}))
    newer = [problem for problem in findings.problems if problem.code == "newer"]
    if newer:
        return tuple(newer)
    identity = find_identity(file, findings, None)
    choose_instance(file, findings)
    problems = [
        *findings.problems,
        *_about_key(file, findings, identity.type),
        *_missing(file, document, findings.problems),
        *_noted(findings, document),
        *_exposed(document),
    ]
    return tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.path)))


def _about_key(file: ConfigFile, findings: Findings, kind: ApplicationType) -> list[Problem]:
    """What is wrong with an agent's API key: a placeholder is an error, what may be elsewhere a warning."""
    if kind is not ApplicationType.AGENT:
        return []
    apart = Findings(raw=findings.raw)
    find_model(file, apart, kind)
    return [replace(one, severity="warning") if one.code == "missing" else one for one in apart.problems]


def _noted(findings: Findings, document: Document) -> list[Problem]:
    """What a deploy would change or pass over, as warnings."""
    return [
        Problem(
            code="notice",
            path=".".join(notice.path),
            message=notice.text,
            line=document.line_of(notice.path),
            severity="warning",
        )
        for notice in findings.notices
    ]


def _missing(file: ConfigFile, document: Document, known: list[Problem]) -> list[Problem]:
    """Warnings for what a deploy would have to find elsewhere."""
    told = {problem.path for problem in known}
    wanted = (
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
    problems = [
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
    if problems and others_may_read(Path(document.path)):
        message = "the file holds secrets, and other users of this machine may read it"
        hint = f"run `chmod 600 {document.path}`"
        problems.append(Problem(code="mode", path="", message=message, hint=hint, severity="warning"))
    return problems
