"""The group of commands, and what becomes of errors and signals."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType, MappingProxyType

import click

from deployer import __version__
from deployer.cli.options import wants_json
from deployer.cli.outlet import Outlet

# name -> (module, one-line help): enough for `--help` without loading any command.
COMMANDS = MappingProxyType(
    {
        "check": ("check", "Is everything there that a deploy needs?"),
        "init": ("init", "Write a configuration for a project."),
        "detect": ("detect", "Say how a project is run, with evidence."),
        "package": ("package", "Show what would be uploaded, and what stays behind."),
        "price": ("price", "Say what a deploy would cost."),
        "plan": ("plan", "Show what a deploy would do; change nothing."),
        "deploy": ("deploy", "Deploy a project and verify that it runs."),
        "verify": ("verify", "Does it run? Exit 0 running, 1 failed, 2 cannot tell."),
        "status": ("status", "Show what is known of one application group."),
        "list": ("list", "List applications and their groups."),
        "instances": ("instances", "List a region's ECS instances, newest first."),
        "logs": ("logs", "Show an application's log."),
        "releases": ("releases", "List the releases of a group."),
        "delete": ("delete", "Remove a group and everything made for it."),
        "config": ("config", "Validate the configuration, print its template and reference."),
        "lessons": ("lessons", "Known failures: list them, find them in a log, note a new one."),
        "policy": ("policy", "Print a RAM policy that is enough."),
        "schema": ("schema", "Print the JSON Schemas of configuration and output."),
        "local": ("local", "Start, look at and stop the local cloud."),
        "demo": ("demo", "Deploy a sample application to the local cloud."),
        "completion": ("completion", "Print the shell completion script."),
    }
)
# What users of other tools try; the values would stand in the process list and in the shell's history.
KEY_FLAGS = frozenset(
    {
        *("--access-key-id", "--access-key-secret", "--access-key", "--secret-key", "--secret-access-key"),
        *("--ak", "--sk", "--sts-token", "--security-token", "--session-token"),
    }
)
EXIT_USAGE = 64
EXIT_DEFECT = 70
EXIT_INTERRUPTED = 130


class LazyCommands(click.Group):
    """Loads a command's module only when it is called."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"deployer.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table above, so that no module is loaded for it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Errors: UsageError with the nearest command for a misspelt one."""
        name = args[0] if args else ""
        if args and not name.startswith("-") and name not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise click.UsageError(f"there is no command `{name}`{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyCommands,
    help="Put a project directory on Alibaba Cloud ECS, verified, with the official Python SDKs alone.",
    epilog="Try it without an account: deployer demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="deployer")
def cli() -> None:
    """The root of the command line."""


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command line. Nothing but the result goes to stdout; errors go to stderr, or as JSON there."""
    for stream in ("stdin", "stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by the caller
            mode = "r" if stream == "stdin" else "w"
            setattr(sys, stream, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    outlet = Outlet(as_json=wants_json(arguments))
    try:
        refuse_keys(arguments)
        result = cli.main(args=list(arguments) or ["--help"], prog_name="deployer", standalone_mode=False, obj=outlet)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _usage_error(error, outlet)
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(outlet)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  (the last net: everything below raises its own errors)
        return _failed(error, outlet)
    return result if isinstance(result, int) else 0


def refuse_keys(arguments: Sequence[str]) -> None:
    """Refuse access keys given as flags. Errors: KeyOnCommandLine, which does not repeat the value."""
    for argument in arguments:
        flag = argument.partition("=")[0].replace("_", "-").lower()
        if flag in KEY_FLAGS:
            from deployer.errors.access import KeyOnCommandLine

            raise KeyOnCommandLine(flag)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupted(outlet: Outlet) -> int:
    """The exit code of a command that was ended before it changed anything."""
    if outlet.as_json:
        from deployer.cli.screen import show_error
        from deployer.errors.release import Interrupted

        show_error(Interrupted((), (), cost_reminder=""), outlet)
    else:
        sys.stderr.write("\ninterrupted\n")
    return EXIT_INTERRUPTED


def _usage_error(error: click.ClickException, outlet: Outlet) -> int:
    from deployer.cli.screen import show_error
    from deployer.errors.base import UsageError

    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "deployer"
    words = error.format_message().rstrip(".")
    show_error(UsageError(words[:1].lower() + words[1:], hint=f"see `{command} --help`"), outlet)
    return EXIT_USAGE


def _failed(error: Exception, outlet: Outlet) -> int:
    """The exit code of an error; what is no error of ours is a defect, whose traceback goes to a file."""
    from deployer.cli.screen import show_error
    from deployer.errors.base import DeployerError
    from deployer.errors.defect import Defect

    if isinstance(error, DeployerError):
        show_error(error, outlet)
        return error.exit_code
    import tempfile  # with traceback: only defects need them, and every start would pay
    import traceback

    descriptor, path = tempfile.mkstemp(prefix="deployer-defect-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    show_error(Defect(type(error).__name__, path), outlet)
    return EXIT_DEFECT
