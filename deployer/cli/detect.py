"""`deployer detect`."""

from typing import Any

import click

from deployer.cli.options import SUBDIRECTORY_FLAG, common_options, take_common
from deployer.cli.screen import Screen
from deployer.detection import detect, refusal
from deployer.models.analysis import ProjectAnalysis
from deployer.ui.json_values import to_json_value
from deployer.ui.tables import render_fields


@click.command("detect", help="Say how the project in PATH is run: commands, port, evidence. No network.")
@click.argument("path", default=".")
@click.option(*SUBDIRECTORY_FLAG[0], **SUBDIRECTORY_FLAG[1])
@common_options
def command(path: str, subdirectory: str | None, **arguments: Any) -> int:
    """Show what was understood; exit 65 when there is nothing to run, 3 when one of several has to be chosen."""
    screen = Screen(take_common(arguments))
    analysis = detect(path, subdirectory)
    if not analysis.supported:
        error = refusal(analysis, path, screen.language)
        return screen.failure(error, to_json_value(analysis), lambda: render_analysis(analysis))
    screen.result(analysis, lambda: render_analysis(analysis))
    return 0


def render_analysis(analysis: ProjectAnalysis) -> str:
    """The commands, then why."""
    lines = [
        render_fields(
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
            )
        )
    ]
    if analysis.methods:
        lines += ["", "ways the README names:"]
        for method in analysis.methods:
            mark = "->" if method.chosen else "  "
            lines.append(f"  {mark} {method.file}:{method.line} {method.kind.value}: {'; '.join(method.commands)}")
            lines.append(f"       {method.reason}")
    lines += ["", "evidence:"]
    lines += [f"  {one.file}{f':{one.line}' if one.line else ''}: {one.why}" for one in analysis.evidence]
    lines += [f"warning: {warning}" for warning in analysis.warnings]
    return "\n".join(lines)
