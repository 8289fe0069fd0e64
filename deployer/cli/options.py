"""Flags that many commands share, and what they mean together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

# Flags that set a value of the configuration; what is given goes to the API under its name.
SETTING_FLAGS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--name",), {"help": "Application name."}),
    (("--group", "--group_name", "group"), {"help": "Application group; default-<region> by default."}),
    (("--type", "type"), {"type": click.Choice(["app", "agent"]), "help": "Kind of application."}),
    (("--region",), {"help": "Region id, such as cn-hangzhou."}),
)
SUBDIRECTORY_FLAG: tuple[tuple[str, ...], dict[str, Any]] = (
    ("--path", "--subdirectory", "subdirectory"),
    {"metavar": "DIR", "help": "Where the application stands in PATH, in a project with several."},
)
INSTANCE_FLAGS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--ecs",), {"type": click.Choice(["new", "existing"]), "help": "A new instance, or one you have."}),
    (("--instance-id",), {"help": "The existing instance."}),
    (("--instance-type",), {"help": "Type of a new instance."}),
    (("--disk-size",), {"type": int, "help": "System disk of a new instance, GiB."}),
    (("--bandwidth",), {"type": int, "help": "Public bandwidth of a new instance, Mbit/s; 0 for none."}),
    (("--port",), {"type": int, "help": "The application's TCP port."}),
    SUBDIRECTORY_FLAG,
    (("--start",), {"metavar": "COMMAND", "help": "Command that starts it, where none or a wrong one is found."}),
    (("--model",), {"help": "Model of an agent."}),
    (("--api-key",), {"help": "Reference to the model's key, as ${NAME}.", "envvar": None}),
    (("--env",), {"multiple": True, "metavar": "KEY=VALUE", "help": "Variable for the application; may repeat."}),
    (("--health-path",), {"help": "Path that has to answer below 500."}),
    (("--max-hourly",), {"help": "Refuse plans that cost more an hour."}),
    (("--max-monthly",), {"help": "Refuse plans that cost more a month."}),
    (("--start-timeout",), {"type": int, "help": "Seconds the start script may take."}),
    (
        ("--carry",),
        {"is_flag": True, "default": None, "help": "Bring the application's Python packages in the archive."},
    ),
    (
        ("--include-secret",),
        {"multiple": True, "metavar": "PATH", "help": "Pack this file although it looks like a secret."},
    ),
)
COMMON_FLAGS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--config",), {"type": click.Path(), "help": "Configuration file; .appmanager/config.yaml by default."}),
    (("--profile",), {"help": "Profile of the aliyun CLI to take credentials from."}),
    (("--local",), {"is_flag": True, "default": False, "help": "Use the local cloud on this computer."}),
    (("--backend",), {"default": "sdk", "show_default": True, "help": "Way to reach the cloud."}),
    (
        ("--runner",),
        {
            "type": click.Choice(["oos", "cloud-assistant"]),
            "default": "oos",
            "show_default": True,
            "help": "What starts a release.",
        },
    ),
    (
        ("--output",),
        {"type": click.Choice(["text", "json"]), "default": "text", "show_default": True, "help": "Form of stdout."},
    ),
    (("--non-interactive",), {"is_flag": True, "default": False, "help": "Never ask; exit 3 with what is missing."}),
    (
        ("--timeout",),
        {"type": click.FloatRange(min=1), "default": 900.0, "show_default": True, "help": "Seconds for the whole run."},
    ),
    (
        ("--lang",),
        {
            "type": click.Choice(["auto", "en", "zh"]),
            "default": "auto",
            "show_default": True,
            "help": "Language of texts.",
        },
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonOptions:
    """What every command may be told."""

    config: str | None
    profile: str | None
    local: bool
    backend: str
    runner: str
    output: str
    non_interactive: bool
    timeout: float
    lang: str

    @property
    def as_json(self) -> bool:
        return self.output == "json"


def common_options(function: Function) -> Function:
    """Add the flags every command takes; they reach it as keyword arguments for `take_common`."""
    return _with(function, COMMON_FLAGS)


def setting_options(function: Function) -> Function:
    """Add the flags that say which application group is meant."""
    return _with(function, SETTING_FLAGS)


def instance_options(function: Function) -> Function:
    """Add the flags that say where and how it runs."""
    return _with(function, INSTANCE_FLAGS)


def _with(function: Function, flags: tuple[tuple[tuple[str, ...], dict[str, Any]], ...]) -> Function:
    for names, settings in reversed(flags):
        function = click.option(*names, **settings)(function)
    return function


def take_common(arguments: dict[str, Any]) -> CommonOptions:
    """The common options out of a command's keyword arguments; what is left there are its own."""
    return CommonOptions(**{name: arguments.pop(name) for name in CommonOptions.__slots__})


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given on the command line."""
    return {name: value for name, value in arguments.items() if value is not None and value != ()}


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for JSON, also one that cannot be parsed."""
    return "--output=json" in arguments or any(
        first == "--output" and second == "json" for first, second in pairwise(arguments)
    )
