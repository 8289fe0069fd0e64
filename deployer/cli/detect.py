"""`deployer detect`."""

from pathlib import Path
from typing import Any

import click

from deployer.cli.options import SUBDIRECTORY_FLAG, common_options, take_common
from deployer.cli.screen import Screen
from deployer.detection import analyze_nothing, detect, refusal
from deployer.errors.project import ProjectEmpty
from deployer.ui.analysis import render_analysis, render_explanation
from deployer.ui.json_values import to_json_value


@click.command("detect", help="Say how the project in PATH is run: commands, port, evidence. No network.")
@click.argument("path", default=".")
@click.option(*SUBDIRECTORY_FLAG[0], **SUBDIRECTORY_FLAG[1])
@click.option(
    "--explain", is_flag=True, help="Show each decision with what it rests on, and what the README says besides."
)
@common_options
def command(path: str, subdirectory: str | None, explain: bool, **arguments: Any) -> int:
    """Show what was understood; exit 65 when there is nothing to run, 3 when one of several has to be chosen."""
    options = take_common(arguments)
    screen = Screen(options)
    try:
        analysis = detect(path, subdirectory)
    except ProjectEmpty as empty:
        if not options.as_json:
            raise
        return screen.failure(empty, to_json_value(analyze_nothing(Path(path))), str)  # `data` is always there
    render = render_explanation if explain else render_analysis
    if not analysis.supported:
        error = refusal(analysis, path, screen.language)
        return screen.failure(error, to_json_value(analysis), lambda: render(analysis, screen.language))
    screen.result(analysis, lambda: render(analysis, screen.language))
    return 0
