"""`deployer list`."""

from typing import Any

import click

from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen, rows
from deployer.ui.json_values import to_json_value
from deployer.ui.tables import render_table

HEADERS = ("APPLICATION", "GROUP", "REGION", "STATUS", "INSTANCES", "PUBLIC IPS", "RELEASE", "UPDATED")


@click.command("list", help="List the account's applications and their groups. Changes nothing.")
@click.option("--name", help="Only the groups of this application.")
@click.option("--region", help="Only the groups of this region.")
@common_options
def command(name: str | None, region: str | None, **arguments: Any) -> int:
    """Print a line a group."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        groups = deployer.list(name=name, region=region)
    names = (
        "application_name",
        "application_group_name",
        "deploy_region_id",
        "status",
        "instance_ids",
        "public_ips",
        "release_id",
        "updated_at",
    )
    data = {"groups": to_json_value(groups), "total": len(groups)}
    screen.result(data, lambda: render_table(HEADERS, rows(groups, *names), screen.language))
    return 0
