"""`deployer status`."""

from typing import Any

import click

from deployer.api import GroupStatus
from deployer.cli.options import common_options, given, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.ui.json_values import to_json_value
from deployer.ui.tables import render_fields, render_table


@click.command("status", help="Show the group's state, instances and newest releases. Changes nothing.")
@click.argument("path", default=".")
@setting_options
@common_options
def command(path: str, **arguments: Any) -> int:
    """Print what is known."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        status = deployer.status(path, config=options.config, **given(arguments))
    screen.result(status_data(status), lambda: _text(status))
    return 0


def status_data(status: GroupStatus) -> dict[str, Any]:
    """The status as JSON values, with the original tool's names beside ours."""
    ips = [one.public_ip for one in status.instances if one.public_ip]
    return {
        **to_json_value(status),
        "ecs_instance_ids": list(status.summary.instance_ids),
        "public_ips": ips,
        "instance_ip": ips[0] if ips else None,
    }


def _text(status: GroupStatus) -> str:
    summary = status.summary
    fields = (
        ("application", summary.application_name),
        ("group", summary.application_group_name),
        ("region", summary.deploy_region_id),
        ("status", summary.status),
        ("release", summary.release_id),
        ("updated", summary.updated_at),
        ("execution", status.execution_id),
        *((f"console ({label})", url) for label, url in status.console_urls),
    )
    instances = [
        (one.instance_id, one.status, one.instance_type, one.public_ip, one.private_ip, one.created_at)
        for one in status.instances
    ]
    releases = [
        (one["release_id"], one["status"], one["started_at"], one["artifact_sha256"][:12], one["runner"])
        for one in status.releases
    ]
    parts = (
        render_fields(fields),
        render_table(("INSTANCE", "STATUS", "TYPE", "PUBLIC IP", "PRIVATE IP", "CREATED"), instances),
        render_table(("RELEASE", "STATUS", "STARTED", "ARCHIVE", "RUNNER"), releases),
        status.execution_log,
    )
    return "\n\n".join(part for part in parts if part)
