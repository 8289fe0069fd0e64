"""`deployer config validate|template|reference`."""

from typing import Any

import click

from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen
from deployer.errors.config import ConfigInvalid
from deployer.ui.errors import render_problems
from deployer.ui.printable import printable
from deployer.ui.texts import text


@click.group("config", help="Validate the configuration, print its template and reference.", no_args_is_help=False)
def command() -> None:
    """The group of configuration commands."""


@command.command("validate", help="Say everything that is wrong with the configuration, at once. Exit 0 or 65.")
@click.option("--use-mirrors", is_flag=True, help="First rewrite its scripts to mirrors of mainland China.")
@common_options
def validate(use_mirrors: bool, **arguments: Any) -> int:
    """Show every problem with its line and fix; what was rewritten before that."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        rewritten = deployer.use_mirrors(options.config) if use_mirrors else ()
        problems = tuple(deployer.validate_config(options.config))
    path = options.config or ".appmanager/config.yaml"
    errors = tuple(problem for problem in problems if problem.severity == "error")
    data = {"path": path, "valid": not errors, "problems": [problem.as_dict() for problem in problems]}
    data["rewritten"] = [{"before": before, "after": after} for before, after in rewritten]
    if errors:
        warnings = tuple(problem for problem in problems if problem not in errors)
        shown = render_problems(warnings, screen.language)
        return screen.failure(ConfigInvalid(errors, config_path=path), data, lambda: shown)
    valid = text("config.valid", screen.language, path=path)
    changes = "\n".join(f"- {printable(before)}\n+ {printable(after)}" for before, after in rewritten)
    shown = "\n\n".join(part for part in (changes, render_problems(problems, screen.language), valid) if part)
    screen.result(data, lambda: shown)
    return 0


@command.command("template", help="Print the configuration the original tool knows, with comments.")
@common_options
def template(**arguments: Any) -> int:
    """Print it."""
    return _print(take_common_screen(arguments), whole=False)


@command.command("reference", help="Print every key of the configuration with its comment.")
@common_options
def reference(**arguments: Any) -> int:
    """Print it."""
    return _print(take_common_screen(arguments), whole=True)


def take_common_screen(arguments: dict[str, Any]) -> Screen:
    """The screen for a command that takes nothing but the common options."""
    return Screen(take_common(arguments))


def _print(screen: Screen, *, whole: bool) -> int:
    with screen.deployer() as deployer:
        shown = deployer.config_template(whole=whole)
    screen.result({"text": shown}, lambda: shown.rstrip("\n"))
    return 0
