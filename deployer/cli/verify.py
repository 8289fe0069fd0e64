"""`deployer verify`."""

from typing import Any

import click

from deployer.cli.options import common_options, given, setting_options, take_common
from deployer.cli.screen import Screen
from deployer.errors.release import VerificationFailed, VerificationInconclusive
from deployer.models.release import Verdict, Verification
from deployer.ui.json_values import to_json_value
from deployer.ui.verification import render_verification


@click.command("verify", help="Say whether the application runs, on evidence. Exit 0 running, 1 failed, 2 cannot tell.")
@click.argument("path", default=".")
@click.option("--instance-id", help="Look at this instance only.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=3.0,
    show_default=True,
    help="Look again until it runs, at most so many seconds.",
)
@click.option("--outside", is_flag=True, help="Ask the public address from this computer too.")
@setting_options
@common_options
def command(path: str, wait: float, outside: bool, **arguments: Any) -> int:
    """Show checks, log and verdict."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        verification = deployer.verify(
            path, config=options.config, wait_seconds=wait, outside=outside, **given(arguments)
        )
        logs = deployer.command("logs", path, options.config, given(arguments))
    data = {"verdict": verification.verdict.value, **to_json_value(verification)}
    if verification.verdict is Verdict.RUNNING:
        screen.result(data, lambda: render_verification(verification, screen.language))
        return 0
    reasons = reasons_against(verification)
    error = (
        VerificationFailed(reasons, (logs,))
        if verification.verdict is Verdict.FAILED
        else VerificationInconclusive(reasons, (logs,))
    )
    return screen.failure(error, data, lambda: render_verification(verification, screen.language))


def reasons_against(verification: Verification) -> list[str]:
    """Why the verdict is not "running"."""
    bad = Verdict.FAILED is verification.verdict
    return [
        f"{one.instance_id}: {check.detail}"
        for one in verification.instances
        for check in one.checks
        if check.ok is (False if bad else None)
    ]
