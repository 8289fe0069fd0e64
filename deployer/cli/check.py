"""`deployer check`."""

from typing import Any

import click

from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen
from deployer.errors.access import SIGN_IN_METHODS, CredentialsMissing
from deployer.ui.json_values import to_json_value
from deployer.ui.sign_in import render_sign_in
from deployer.ui.tables import render_checks


@click.command("check", help="Look at this machine, credentials, identity, region, clock and balance. Exit 0 or 1.")
@click.option("--region", help="Region to look at; cn-hangzhou by default.")
@click.option("--type", "kind", type=click.Choice(["app", "agent"]), help="With agent: whether its model's key is set.")
@common_options
def command(region: str | None, kind: str | None, **arguments: Any) -> int:
    """Show every finding with its fix."""
    options = take_common(arguments)
    screen = Screen(options)
    with screen.deployer() as deployer:
        findings = deployer.check(region=region, kind=kind)
        again = deployer.command("check", ".", None, {"region": region, "type": kind})
    failed = [finding for finding in findings if finding.ok is False]
    checks = [
        {**to_json_value(finding), "status": {True: "ok", False: "failed", None: "warning"}[finding.ok]}
        for finding in findings
    ]
    data = {"ok": not failed, "checks": checks, "next": [again] if failed else []}
    signed_out = any(finding.code == CredentialsMissing.code for finding in failed)
    if signed_out:
        data["methods"] = to_json_value(SIGN_IN_METHODS)
    help_text = "\n\n" + render_sign_in(screen.language) if signed_out else ""
    screen.result(data, lambda: render_checks(checks, screen.language, again=again) + help_text)
    return 1 if failed else 0
