"""`deployer demo`."""

from dataclasses import replace
from typing import Any

import click

from deployer.api import Deployer
from deployer.cli.deploy import report_data
from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen
from deployer.ui.report import render_report


@click.command(
    "demo", help="Deploy a sample Flask application to the local cloud, and say where it runs. No account needed."
)
@click.option("--down", is_flag=True, help="Take the sample and the local cloud down again.")
@common_options
def command(down: bool, **arguments: Any) -> int:
    """Run the whole story on this computer."""
    options = replace(take_common(arguments), local=True)
    screen = Screen(options, streams=not down)
    with screen.deployer() as deployer:
        if down:
            return _take_down(deployer, screen)
        report = deployer.demo()
        local = [one.local_url for one in deployer.local_cloud.addresses() if one.instance_id in report.instance_ids]
        answers = deployer.try_addresses(tuple(url for url in local if url))
    data = {**report_data(report), "local_urls": local, "answers": answers}
    screen.result(data, lambda: render_report(report, screen.language) + _local_text(answers))
    return 0


def _local_text(answers: dict[str, int]) -> str:
    lines = [f"\n\nopen it on this computer: {url}  (answers HTTP {status})" for url, status in answers.items()]
    return "".join(lines) + "\ntake it down again:       deployer demo --down"


def _take_down(deployer: Deployer, screen: Screen) -> int:
    stopped = deployer.local_cloud.down()
    screen.result(
        {"stopped": stopped}, lambda: "nothing of the demo is left" if stopped else "the demo was not running"
    )
    return 0
