"""`deployer policy`."""

import json
from typing import Any

import click

from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen


@click.command("policy", help="Print a RAM policy that is enough for everything deployer does, and no more.")
@common_options
def command(**arguments: Any) -> int:
    """Print it as RAM takes it."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        policy = deployer.policy()
    screen.result(policy, lambda: json.dumps(policy, indent=2))
    return 0
