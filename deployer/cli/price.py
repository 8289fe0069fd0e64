"""`deployer price`."""

from typing import Any

import click

from deployer.cli.options import common_options, given, instance_options, setting_options, take_common
from deployer.cli.plan import plan_data
from deployer.cli.screen import Screen
from deployer.errors.base import CloudError, TransientError
from deployer.errors.price import PriceUnavailable
from deployer.ui.plan import render_confirm, target_of
from deployer.ui.price import render_quote


@click.command("price", help="Say what a deploy of PATH would cost, by the hour and by the month. Exit 0 or 1.")
@click.argument("path", default=".")
@click.option("--target", help="Accepted for the original tool's command lines; the plan says what is priced.")
@setting_options
@instance_options
@common_options
def command(path: str, target: str | None, **arguments: Any) -> int:  # noqa: ARG001  (accepted, without effect)
    """Print the price and what needs consent."""
    options = take_common(arguments)
    screen = Screen(options, streams=True)
    settings = screen.complete(path, given(arguments))
    with screen.deployer() as deployer:
        try:
            plan = deployer.plan(path, config=options.config, **settings)
        except (CloudError, TransientError) as error:
            raise PriceUnavailable(error, deployer.command("price", path, options.config, settings)) from error
        again = deployer.command("deploy", path, options.config, settings)
    region_id = plan.config.deploy_region_id
    screen.result(
        plan_data(plan, again),
        lambda: "\n\n".join(
            (
                render_quote(
                    plan.quote, region_id=region_id, target=target_of(plan, screen.language), language=screen.language
                ),
                render_confirm(plan, screen.language, deploy_command=again),
            )
        ),
    )
    return 0
