"""`deployer delete`."""

import sys
from collections.abc import Sequence
from typing import Any

import click

from deployer.api import Removal
from deployer.cli.options import common_options, given, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.ui.json_values import to_json_value
from deployer.ui.stream import show
from deployer.ui.tables import render_table


@click.command(
    "delete", help="Remove a group and everything made for it. Shows the list and asks; JSON needs --yes too."
)
@click.argument("path", default=".")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--keep-instance", is_flag=True, help="Leave the instance and the application on it running.")
@click.option("--keep-artifacts", is_flag=True, help="Leave archives and history in OSS.")
@setting_options
@common_options
def command(path: str, yes: bool, dry_run: bool, keep_instance: bool, keep_artifacts: bool, **arguments: Any) -> int:
    """Delete and show what is left."""
    options = take_common(arguments)
    screen = Screen(options, streams=not dry_run)
    with screen.deployer() as deployer:
        removals = deployer.delete(
            path,
            config=options.config,
            yes=yes,
            dry_run=dry_run,
            keep_instance=keep_instance,
            keep_artifacts=keep_artifacts,
            ask=_ask if screen.may_ask else None,
            **given(arguments),
        )
    removed = [one for one in removals if not one.kept]
    kept = [one for one in removals if one.kept]
    data = {"dry_run": dry_run, "removed": to_json_value(removed), "kept": to_json_value(kept)}
    screen.result(data, lambda: render_removals(removals, planned=dry_run))
    return 0


def render_removals(removals: Sequence[Removal], *, planned: bool) -> str:
    """A line a thing."""
    gone = "would be removed" if planned else "removed"
    table = [(one.kind, one.id, "kept" if one.kept else gone, one.detail) for one in removals]
    return render_table(("WHAT", "ID", "", "DETAIL"), table)


def _ask(removals: Sequence[Removal]) -> bool:
    show(sys.stderr, render_removals(removals, planned=True))
    return click.confirm("Delete all of this?", default=False, err=True)
