"""`deployer schema`."""

import json
from typing import Any

import click

from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen


@click.command("schema", help="Print the JSON Schema of the configuration file, or of the lines of --output json.")
@click.argument("kind", type=click.Choice(["config", "output"]))
@common_options
def command(kind: str, **arguments: Any) -> int:
    """Print it."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        schema = deployer.schema(kind)
    screen.result(schema, lambda: json.dumps(schema, indent=2, ensure_ascii=False))
    return 0
