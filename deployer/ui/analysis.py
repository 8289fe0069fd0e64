"""What was understood of a project, for a person: the commands and the README's ways, or every decision with its evidence."""

from collections.abc import Iterator

from deployer.models.analysis import Decision, Evidence, Method, ProjectAnalysis
from deployer.ui.printable import printable
from deployer.ui.tables import render_fields
from deployer.ui.texts import Language, text

_DECISIONS: tuple[Decision, ...] = ("directory", "type", "version", "install", "build", "start", "port", "address")


def render_analysis(analysis: ProjectAnalysis, language: Language = "en") -> str:
    """The commands, the ways the README names, the evidence, and what to look at."""
    lines = [_fields(analysis)]
    if analysis.methods:
        lines += ["", text("detect.ways", language), *_methods(analysis.methods)]
    lines += ["", text("detect.evidence", language), *_evidence(analysis.evidence)]
    lines += [f"{text('detect.warning', language)}: {_safe(warning)}" for warning in analysis.warnings]
    return "\n".join(lines)


def render_explanation(analysis: ProjectAnalysis, language: Language = "en") -> str:
    """Each decision with what it rests on; then what the README says, followed or not, and where it is contradicted (U6)."""
    lines = [_fields(analysis)]
    for decision in _DECISIONS:
        found = [one for one in analysis.evidence if one.decides == decision]
        if found:
            lines += ["", f"{decision}: {_safe(_value(analysis, decision))}", *_evidence(tuple(found))]
    if analysis.methods:
        lines += ["", text("detect.ways", language), *_methods(analysis.methods)]
    lines += [*_mentions(analysis, language)]
    if analysis.conflicts:
        lines += ["", text("detect.conflicts", language), *(f"  {_safe(one)}" for one in analysis.conflicts)]
    lines += [f"{text('detect.warning', language)}: {_safe(warning)}" for warning in analysis.warnings]
    return "\n".join(lines)


def _fields(analysis: ProjectAnalysis) -> str:
    return render_fields(
        (
            ("name", analysis.name),
            ("directory", analysis.directory or None),
            ("type", analysis.type.value),
            ("language", analysis.language),
            ("framework", analysis.framework),
            ("version", analysis.language_version),
            ("install", analysis.install_command),
            ("build", analysis.build_command),
            ("start", analysis.start_command),
            ("port", analysis.port),
            ("from", analysis.source),
            ("confidence", analysis.confidence.value),
        )
    )


def _value(analysis: ProjectAnalysis, decision: Decision) -> object:
    values: dict[Decision, object] = {
        "directory": analysis.directory,
        "type": analysis.type.value,
        "version": analysis.language_version,
        "install": analysis.install_command,
        "build": analysis.build_command,
        "start": analysis.start_command,
        "port": analysis.port,
        "address": analysis.bind_host,
    }
    return values[decision] if values[decision] is not None else "-"


def _methods(methods: tuple[Method, ...]) -> Iterator[str]:
    for method in methods:
        mark = "->" if method.chosen else "  "
        commands = "; ".join(method.commands)
        yield f"  {mark} {_safe(method.file)}:{method.line} {method.kind.value}: {_safe(commands)}"
        yield f"       {_safe(method.reason)}"


def _evidence(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    return (f"  {_safe(one.file)}{f':{one.line}' if one.line else ''}: {_safe(one.why)}" for one in evidence)


def _mentions(analysis: ProjectAnalysis, language: Language) -> Iterator[str]:
    found = analysis.readme
    if found is None or not (found.ports or found.variables or found.runtimes):
        return
    yield ""
    yield text("detect.mentions", language)
    for what, named in (("port", found.ports), ("setting", found.variables), ("runtime", found.runtimes)):
        yield from (f"  {_safe(found.file)}:{one.line} {what} {_safe(one.value)}" for one in named)


def _safe(value: object) -> str:
    return printable(value, one_line=True, limit=500)
