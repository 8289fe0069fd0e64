"""`deployer deploy`."""

from typing import Any

import click

from deployer.cli.options import common_options, given, instance_options, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.models.release import Verdict
from deployer.models.report import Report
from deployer.ui.json_values import to_json_value
from deployer.ui.report import render_report


@click.command(
    "deploy",
    help="Deploy the project in PATH: package, upload, create or reuse an instance, release, verify.\n\n"
    "Consent: item by item at a terminal, or `--approve PLAN_ID --confirm price,existing-ecs,overwrite`, "
    "or `--yes` for a new group on a new instance. Without it: exit 3 with what is missing.",
)
@click.argument("path", default=".")
@click.option("--approve", metavar="PLAN_ID", help="The plan that was agreed to.")
@click.option("--confirm", metavar="ITEMS", help="What was agreed to: price,existing-ecs,overwrite.")
@click.option("--yes", is_flag=True, help="Agree to a new throw-away group; refused where a risk is present.")
@click.option(
    "--overwrite", is_flag=True, help="Answer to the overwrite question; still needs --approve or a terminal."
)
@click.option("--revision_id", "--revision-id", "revision_id", help="Release this earlier release again.")
@click.option("--dry-run", is_flag=True, help="Plan only; make no changing call.")
@click.option("--force", is_flag=True, help="Release again although nothing changed.")
@click.option("--force-new-group", is_flag=True, help="Leave the group as it is and make a new one.")
@setting_options
@instance_options
@common_options
def command(path: str, confirm: str | None, overwrite: bool, **arguments: Any) -> int:
    """Run the deploy and show its report."""
    options = take_common(arguments)
    own = {
        name: arguments.pop(name) for name in ("approve", "yes", "revision_id", "dry_run", "force", "force_new_group")
    }
    words = tuple(word.strip() for word in (confirm or "").split(",") if word.strip())
    screen = Screen(options, streams=True)
    settings = screen.complete(path, given(arguments))
    with screen.deployer() as deployer:
        report = deployer.deploy(
            path,
            config=options.config,
            confirm=(*words, "overwrite") if overwrite else words,
            ask=screen.consent if screen.may_ask else None,
            **own,
            **settings,
        )
    screen.result(report_data(report), lambda: render_report(report, screen.language))
    return 0


def report_data(report: Report) -> dict[str, Any]:
    """The report as JSON values, with the original tool's names beside ours."""
    return {
        **to_json_value(report),
        "revision_id": report.release_id,
        "verified": report.verdict is Verdict.RUNNING,
        "next": [command for _, command in report.next_commands],
    }
