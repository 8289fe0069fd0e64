"""`deployer releases`."""

from typing import Any

import click

from deployer.cli.options import common_options, given, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.ui.tables import render_table


@click.command("releases", help="List the group's newest releases; any of them can be deployed by --revision_id.")
@click.argument("path", default=".")
@setting_options
@common_options
def command(path: str, **arguments: Any) -> int:
    """Print the history, newest first."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        status = deployer.status(path, config=options.config, **given(arguments))
    table = [
        (
            one["release_id"],
            one["status"],
            one["started_at"],
            one["artifact_sha256"][:12],
            (one["source_commit"] or "")[:12],
            one["identity_arn"],
        )
        for one in status.releases
    ]
    screen.result(
        {"releases": list(status.releases)},
        lambda: render_table(("RELEASE", "STATUS", "STARTED", "ARCHIVE", "COMMIT", "BY"), table),
    )
    return 0
