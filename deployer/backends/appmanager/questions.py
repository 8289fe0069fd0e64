"""The short commands of the CLI: about groups, applications, prices and configurations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deployer.backends.appmanager.answers import CliGroup, read_group, read_names
from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.config.exposure import mask_secrets
from deployer.errors.appmanager import AppmanagerFailed, ConfigRefused
from deployer.errors.base import DeployerError
from deployer.errors.cloud import ApiRefused

KINDS = ("app", "agent")


def find_group(
    cli: AppmanagerCli, application_name: str, group_name: str, kinds: Sequence[str] = KINDS
) -> CliGroup | None:
    """The group; None when there is none of these kinds. Errors: whatever else the CLI says."""
    for kind in kinds:
        answer = _find(cli, kind, "status", "--name", application_name, "--group_name", group_name)
        if answer is not None:
            return read_group(kind, answer)
    return None


def list_application_names(cli: AppmanagerCli) -> tuple[str, ...]:
    """Every application the CLI knows, of both kinds."""
    return tuple(sorted({name for kind in KINDS for name in read_names(_find(cli, kind, "list"))}))


def list_group_names(cli: AppmanagerCli, application_name: str) -> tuple[str, ...] | None:
    """The groups of the application; None when the CLI knows no such application of either kind."""
    answers = [_find(cli, kind, "list", "--name", application_name) for kind in KINDS]
    if all(answer is None for answer in answers):
        return None
    return tuple(name for answer in answers for name in read_names(answer))


def ask_price(cli: AppmanagerCli, config_path: Path, region_id: str) -> Mapping[str, Any]:
    """The price of what the configuration asks for, as the CLI says it."""
    return cli.ask(("price", "--config", str(config_path), "--target", "ECS", "--region", region_id))


def check_config(cli: AppmanagerCli, config_path: Path) -> None:
    """Errors: ConfigRefused in the CLI's own words. Assumed: one that fails says so as an error, or by `valid` or `errors`."""
    try:
        answer = cli.ask(("config", "validate", "--config", str(config_path)))
    except (AppmanagerFailed, ApiRefused) as error:
        raise ConfigRefused(error.message) from error
    if answer.get("valid") is False or answer.get("errors"):
        raise ConfigRefused(mask_secrets(str(answer.get("errors") or "no reason given")))


def delete_group(cli: AppmanagerCli, kind: str, application_name: str, group_name: str) -> None:
    """Remove the group and all the CLI made for it; gone already is fine."""
    _find(cli, kind, "delete", "--name", application_name, "--group_name", group_name)


def delete_application(cli: AppmanagerCli, kind: str, application_name: str) -> None:
    """Remove the application, which has no group any more; gone already is fine."""
    _find(cli, kind, "delete", "--name", application_name)


def _find(cli: AppmanagerCli, *words: str) -> Mapping[str, Any] | None:
    """What the CLI says; None when it says that the entity does not exist."""
    try:
        return cli.ask(words)
    except DeployerError as error:
        if str(error.facts.get("api_code") or "").startswith("EntityNotExist"):
            return None
        raise
