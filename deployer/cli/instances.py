"""`deployer instances`."""

from typing import Any

import click

from deployer.cli.interview import INSTANCES_SHOWN
from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen, rows
from deployer.ui.json_values import to_json_value
from deployer.ui.tables import render_table

NAMES = ("instance_id", "instance_name", "status", "created_at", "public_ip", "private_ip", "os_name")
HEADERS = ("INSTANCE", "NAME", "STATUS", "CREATED", "PUBLIC IP", "PRIVATE IP", "SYSTEM")


@click.command("instances", help="List a region's ECS instances, newest first, to choose an --instance-id from.")
@click.option("--region", required=True, help="Region id, such as cn-hangzhou.")
@click.option("--all", "every", is_flag=True, help=f"All of them, not only the newest {INSTANCES_SHOWN}.")
@common_options
def command(region: str, every: bool, **arguments: Any) -> int:
    """Print a line an instance; with none, say what else can be done."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        found = deployer.list_instances(region)
    shown = found if every else found[:INSTANCES_SHOWN]
    data = {"region": region, "total": len(found), "instances": to_json_value(shown)}
    none = f"no instance in {region}: deploy to a new one with `--ecs new`, or give an id with `--instance-id`"
    screen.result(data, lambda: render_table(HEADERS, rows(shown, *NAMES), screen.language) if found else none)
    return 0
