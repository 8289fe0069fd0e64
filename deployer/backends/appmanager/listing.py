"""Applications and groups the CLI knows, with the facts of each from the cloud."""

from collections.abc import Sequence
from dataclasses import replace

from deployer.backends.appmanager.answers import GOOD, CliGroup
from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.backends.appmanager.questions import find_group, list_application_names, list_group_names
from deployer.backends.base import GroupStatus, GroupSummary
from deployer.backends.sdk.listing import get_status, list_groups
from deployer.cloud.cloud import Cloud
from deployer.errors.cloud import GroupNotFound


def list_cli_groups(cli: AppmanagerCli, cloud: Cloud, application_name: str | None) -> Sequence[GroupSummary]:
    """Every group of the application (of all applications without one) that the CLI lists. Errors: GroupNotFound."""
    if application_name is None:
        known = set(list_application_names(cli))
        return tuple(one for one in list_groups(cloud, None) if one.application_name in known)
    names = list_group_names(cli, application_name)
    if names is None:
        raise GroupNotFound(application_name, None, list_application_names(cli))
    return tuple(one for one in list_groups(cloud, application_name) if one.application_group_name in names)


def get_cli_status(cli: AppmanagerCli, cloud: Cloud, application_name: str, group_name: str) -> GroupStatus:
    """What is known of the group, its status and the output of its scripts as the CLI has them. Errors: GroupNotFound."""
    seen = get_status(cloud, application_name, group_name)
    group = find_group(cli, application_name, group_name)
    if group is None:
        return seen
    pages = dict(seen.console_urls) | ({"application": group.console_url} if group.console_url else {})
    return replace(
        seen,
        summary=replace(seen.summary, status=_status(group, seen)),
        execution_id=group.execution_id or seen.execution_id,
        execution_log=group.command_output or seen.execution_log,
        console_urls=tuple(pages.items()),
    )


def _status(group: CliGroup, seen: GroupStatus) -> str:
    """What our record says of a group that is well: the CLI calls a first release `Deployed`, a later one `Released`."""
    is_recorded = seen.summary.release_id is not None and group.status in GOOD
    return seen.summary.status if is_recorded or not group.status else group.status
