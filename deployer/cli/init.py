"""`deployer init`."""

import sys
from typing import Any

import click

from deployer.cli.options import common_options, given, instance_options, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.ui.tables import render_fields


@click.command("init", help="Write .appmanager/config.yaml for the project in PATH; an older file is backed up.")
@click.argument("path", default=".")
@click.option("--from-json", help="Take the configuration from this JSON object, - for standard input.")
@click.option("--print-template", is_flag=True, help="Print the template and write nothing.")
@setting_options
@instance_options
@common_options
def command(path: str, from_json: str | None, print_template: bool, **arguments: Any) -> int:
    """Ask for what is missing where a person can answer, then write."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        if print_template:
            template = deployer.config_template()
            screen.result({"template": template}, lambda: template.rstrip("\n"))
            return 0
        text = sys.stdin.read() if from_json == "-" else from_json
        settings = screen.complete(path, given(arguments)) if text is None else given(arguments)
        written = deployer.init(path, config=options.config, from_json=text, **settings)
    # A file that is not the project's own, as for a git address, has to be named again.
    named = options.config or (None if written.path.is_absolute() else written.path)
    following = [deployer.command(verb, path, named, {}) for verb in ("plan", "deploy")]
    data = {
        "config": str(written.path),
        "backup": str(written.backup_path) if written.backup_path else None,
        "next": following,
    }
    screen.result(
        data,
        lambda: (
            render_fields((("written", written.path), ("backup", written.backup_path)))
            + f"\n\nnext: {', then '.join(following)}"
        ),
    )
    return 0
