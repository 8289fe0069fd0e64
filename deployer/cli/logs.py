"""`deployer logs`."""

from typing import Any

import click

from deployer.cli.options import common_options, given, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.models.release import InstanceVerification
from deployer.ui.printable import printable


@click.command("logs", help="Show the application's log since its newest release. Changes nothing.")
@click.argument("path", default=".")
@click.option(
    "--lines", type=click.IntRange(1, 100_000), default=200, show_default=True, help="At most so many, the newest."
)
@click.option("--all", "whole", is_flag=True, help="Also what earlier releases wrote.")
@click.option("--instance-id", help="Of this instance only.")
@setting_options
@common_options
def command(path: str, lines: int, whole: bool, **arguments: Any) -> int:
    """Print the log of each instance."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        found = deployer.logs(path, config=options.config, lines=lines, whole=whole, **given(arguments))
    data = {
        "instances": [
            {
                "instance_id": one.instance_id,
                "release_id": one.release_id,
                "log": one.log,
                "log_source": one.log_source,
                "dropped_bytes": one.log_dropped_bytes,
            }
            for one in found.instances
        ]
    }
    screen.result(data, lambda: "\n\n".join(_text(one, alone=len(found.instances) == 1) for one in found.instances))
    return 0


def _text(one: InstanceVerification, *, alone: bool) -> str:
    lines = [] if alone else [f"=== {one.instance_id} ==="]
    if one.log_dropped_bytes:
        lines.append(f"({one.log_dropped_bytes} bytes before this are not shown)")
    if not one.log:
        lines += [f"no log: {check.detail}" for check in one.checks if not check.ok] or ["the log is empty"]
    return "\n".join([*lines, printable(one.log.rstrip("\n"))])
