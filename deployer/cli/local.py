"""`deployer local up|down|status|reset|faults|env|serve`."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click

from deployer.api import Address
from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen
from deployer.ui.json_values import to_json_value
from deployer.ui.tables import render_fields, render_table

Command = TypeVar("Command", bound=Callable[..., Any])


def _fault_option(function: Command) -> Command:
    """`--fault`, as often as wanted."""
    return click.option(
        "--fault",
        "faults",
        multiple=True,
        metavar="KIND[@ACTION][:TIMES][,NAME=VALUE…]",
        help="What is to go wrong, such as throttle:3 or stock_out@RunInstances; may be given several times.",
    )(function)


def _sandbox_option(function: Command) -> Command:
    """`--sandbox`, for both ways to start."""
    return click.option(
        "--sandbox",
        type=click.Choice(["auto", "namespaces", "process"]),
        default="auto",
        show_default=True,
        help="What an emulated instance is: Linux namespaces, or plain processes of this user.",
    )(function)


@click.group(
    "local", help="The local cloud: Alibaba Cloud on this computer, without an account.", no_args_is_help=False
)
def command() -> None:
    """The group of local cloud commands."""


@command.command("up", help="Start the local cloud, unless it runs.")
@_sandbox_option
@_fault_option
@common_options
def up(sandbox: str, faults: tuple[str, ...], **arguments: Any) -> int:
    """Start and show it."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        info = deployer.local_cloud.up(sandbox=sandbox, faults=faults)
    screen.result(_data(info), lambda: _text(info, ()))
    return 0


@command.command("down", help="Stop the local cloud; no process and no file of it stays.")
@common_options
def down(**arguments: Any) -> int:
    """Stop it."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        stopped = deployer.local_cloud.down()
    screen.result(
        {"stopped": stopped},
        lambda: "the local cloud is down: nothing of it is left" if stopped else "the local cloud was not running",
    )
    return 0


@command.command("status", help="Show the local cloud, what exists in it and where its applications are reachable.")
@common_options
def status(**arguments: Any) -> int:
    """Show it."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        info = deployer.local_cloud.find()
        addresses = deployer.local_cloud.addresses()
        state = deployer.local_cloud.state()
    if info is None:
        screen.result({"running": False}, lambda: "the local cloud is not running: `deployer local up` starts it")
        return 0
    data = {**_data(info), "addresses": to_json_value(addresses), "state": state}
    screen.result(data, lambda: _text(info, addresses))
    return 0


@command.command("reset", help="Forget everything that was created in the local cloud.")
@common_options
def reset(**arguments: Any) -> int:
    """Empty it."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        deployer.local_cloud.reset()
    screen.result({"reset": True}, lambda: "the local cloud is empty")
    return 0


@command.command("faults", help="Show what is to go wrong in the local cloud, or let nothing go wrong any more.")
@click.option("--clear", is_flag=True, help="Disarm all of it.")
@common_options
def faults(*, clear: bool, **arguments: Any) -> int:
    """Show the armed faults; `local up --fault` arms one."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        if clear:
            deployer.local_cloud.clear_faults()
        armed = deployer.local_cloud.faults()
    rows = [
        (one["kind"], one["action"] or "-", one["nth"], one["times"] or "always", one["instance"] or "-")
        for one in armed
    ]
    table = render_table(("KIND", "ACTION", "FROM CALL", "TIMES", "INSTANCE"), rows)
    screen.result({"faults": armed}, lambda: table if armed else "nothing is armed")
    return 0


@command.command("env", help='Print what lets other programs use the local cloud: eval "$(deployer local env)".')
@common_options
def env(**arguments: Any) -> int:
    """Print the local cloud's endpoint and its own throw-away key, which opens nothing else."""
    screen = Screen(take_common(arguments))
    with screen.deployer() as deployer:
        info = deployer.local_cloud.up()
    variables = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": info.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": info.access_key_secret,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        "DEPLOYER_ENDPOINT": info.endpoint,
    }
    screen.result(variables, lambda: "\n".join(f"export {name}={value}" for name, value in variables.items()))
    return 0


@command.command("serve", help="Be a local cloud until interrupted, for tests of programs in any language.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="The port on 127.0.0.1; 0 takes a free one.",
)
@_sandbox_option
@click.option("--instance-role", help="Let this computer be an instance with that RAM role.")
@_fault_option
@common_options
def serve(
    port: int,
    sandbox: Literal["auto", "namespaces", "process"],
    instance_role: str | None,
    faults: tuple[str, ...],
    **arguments: Any,
) -> int:
    """Serve in the foreground; what a client needs to know is printed once it is answered."""
    screen = Screen(take_common(arguments))

    def tell(info: Any) -> None:
        data = {**_data(info), "access_key_secret": info.access_key_secret, "token": info.token}
        del data["log"]  # this one logs to stderr, if at all
        screen.result(data, lambda: _serving(info))

    with screen.deployer() as deployer:
        deployer.local_cloud.serve(
            port=port, sandbox=sandbox, faults=faults, instance_role=instance_role, on_ready=tell
        )
    return 0


def _serving(info: Any) -> str:
    fields = (
        ("local cloud", info.url),
        ("access key id", info.access_key_id),
        ("access key secret", info.access_key_secret),
        ("token", info.token),
        ("machines", info.driver_name),
        ("notice", info.notice),
    )
    return render_fields(fields) + "\n\nserving until interrupted"


def _data(info: Any) -> dict[str, Any]:
    return {
        "running": True,
        "endpoint": info.endpoint,
        "url": info.url,
        "pid": info.pid,
        "access_key_id": info.access_key_id,
        "started_at": to_json_value(info.started_at),
        "driver": info.driver_name,
        "notice": info.notice,
        "log": str(info.log_path),
    }


def _text(info: Any, addresses: tuple[Address, ...]) -> str:
    fields = (
        ("local cloud", info.url),
        ("process", info.pid),
        ("since", f"{info.started_at:%Y-%m-%d %H:%M:%S %Z}"),
        ("machines", info.driver_name),
        ("notice", info.notice),
        ("log", info.log_path),
    )
    table = render_table(
        ("INSTANCE", "ADDRESS", "ON THIS COMPUTER"), [(one.instance_id, one.url, one.local_url) for one in addresses]
    )
    return render_fields(fields) + (f"\n\n{table}" if addresses else "")
