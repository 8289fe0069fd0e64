"""`deployer plan`."""

from dataclasses import asdict
from typing import Any

import click

from deployer.cli.options import common_options, given, instance_options, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.models.plan import Plan
from deployer.ui.json_values import to_json_value
from deployer.ui.plan import render_confirm, render_plan


@click.command("plan", help="Show what a deploy of PATH would do and cost, and the id to approve. Changes nothing.")
@click.argument("path", default=".")
@click.option("--force", is_flag=True, help="Plan a release although nothing changed.")
@setting_options
@instance_options
@common_options
def command(path: str, force: bool, **arguments: Any) -> int:
    """Print the plan."""
    options = take_common(arguments)
    screen = Screen(options, streams=True)
    settings = screen.complete(path, given(arguments))
    with screen.deployer() as deployer:
        plan = deployer.plan(path, config=options.config, force=force, **settings)
        again = deployer.command("deploy", path, options.config, {**settings, "force": force})
    screen.result(plan_data(plan, again), lambda: _text(plan, screen, again))
    return 0


def _text(plan: Plan, screen: Screen, again: str) -> str:
    return "\n\n".join(
        part
        for part in (
            render_plan(plan, screen.language),
            render_confirm(plan, screen.language, deploy_command=again),
        )
        if part
    )


def plan_data(plan: Plan, deploy_command: str) -> dict[str, Any]:
    """The plan as JSON values; scripts as hashes, environment by name only."""
    confirm = ",".join(risk.kind.value for risk in plan.risks)
    approve = f"{deploy_command} --approve {plan.plan_id}" + (f" --confirm {confirm}" if confirm else "")
    return {
        "plan_id": plan.plan_id,
        "application_name": plan.config.application_name,
        "application_group_name": plan.config.application_group_name,
        "deploy_region_id": plan.config.deploy_region_id,
        "account_id": plan.observed.account_id,
        "steps": [{"step": type(step).__name__, **to_json_value(asdict(step))} for step in plan.steps],
        "confirm_required": to_json_value(plan.risks),
        "quote": to_json_value(plan.quote),
        "package": {
            "sha256": plan.artifact_sha256,
            "size_bytes": plan.package.size_bytes if plan.package else None,
            "file_count": plan.package.file_count if plan.package else None,
            "largest": to_json_value(plan.package.largest) if plan.package else [],
            "carried": to_json_value(plan.package.carried) if plan.package else None,
            "left_out": to_json_value(plan.package.left_out) if plan.package else [],
        },
        "settings": {
            "port": plan.config.port,
            "environment": sorted(plan.config.environment),
            "origins": dict(plan.config.origins),
        },
        "warnings": list(plan.config.notices),
        "changes": bool(plan.steps),
        "next": [approve] if plan.steps else [],
    }
