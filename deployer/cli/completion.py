"""`deployer completion`."""

from typing import Any

import click
from click.shell_completion import get_completion_class

from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen


@click.command("completion", help='Print the completion script: eval "$(deployer completion bash)".')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
def command(shell: str, **arguments: Any) -> int:
    """Print the script for the shell."""
    from deployer.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    source = kind(cli, {}, "deployer", "_DEPLOYER_COMPLETE").source()
    Screen(take_common(arguments)).result({"script": source}, lambda: source)
    return 0
