"""`deployer completion`."""

import click
from click.shell_completion import get_completion_class


@click.command("completion", help='Print the completion script: eval "$(deployer completion bash)".')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script for the shell."""
    from deployer.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "deployer", "_DEPLOYER_COMPLETE").source())
    return 0
