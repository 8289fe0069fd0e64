"""Takes a group down by the CLI, then what the CLI knows nothing of: our records, and tags on instances that stay."""

from collections.abc import Sequence
from dataclasses import replace

from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.backends.appmanager.questions import KINDS, delete_application, delete_group, find_group
from deployer.backends.base import DeleteScope, Removal
from deployer.backends.sdk.deleting import BUSY_TIMEOUT_SECONDS, Remover, plan_removals
from deployer.backends.sdk.listing import find_history
from deployer.backends.sdk.tags import group_tags, is_made_for, member_tags
from deployer.cloud.cloud import Cloud
from deployer.cloud.polling import Wait, wait_until
from deployer.errors.base import UsageError
from deployer.errors.cloud import WaitedTooLong
from deployer.events import Emit, ResourceChanged

DOUBT_SECONDS = 60  # how long an instance that nobody marked may take to go before it counts as one that stays
BY_CLI = ("instance", "application group", "application")


def plan_cli_removals(cloud: Cloud, scope: DeleteScope, account_id: str) -> Sequence[Removal]:
    """What would go and what would stay; changes nothing. Errors: UsageError; GroupNotFound; InstanceShared."""
    if scope.keep_instance:
        raise UsageError(
            "the CLI cannot delete a group and keep the instance it made",
            hint="use the default backend: `deployer delete --keep-instance`",
        )
    removals = plan_removals(cloud, scope, account_id)
    history = find_history(cloud, scope.application_name, scope.application_group_name)
    if history is None or not history.list_ids():
        removals = tuple(_doubted(one) for one in removals)
    bucket = Removal(
        kind="bucket",
        id=f"{scope.application_name}-{scope.deploy_region_id}",
        detail="the CLI keeps the archives it uploaded there",
        kept=True,
    )
    return (*removals, bucket)


def _doubted(removal: Removal) -> Removal:
    """A release that was not made by us left no mark on its instance: it may be one that the CLI made."""
    if removal.kind != "instance" or not removal.kept:
        return removal
    return replace(removal, kept=False, detail="removed if the CLI made it; left if it was there before")


class CliRemover:
    """Carries removals out: the CLI's own by the CLI, the rest as the default backend does."""

    def __init__(self, cli: AppmanagerCli, cloud: Cloud, scope: DeleteScope, emit: Emit) -> None:
        self._cli = cli
        self._cloud = cloud
        self._scope = scope
        self._emit = emit
        self._others = Remover(cloud, scope, emit)

    def remove_group(self, removals: Sequence[Removal]) -> None:
        """Remove group, instances and application, and wait until they are gone."""
        name, group_name = self._scope.application_name, self._scope.application_group_name
        group = find_group(self._cli, name, group_name)
        kinds = (group.kind,) if group is not None else KINDS
        for kind in kinds:
            delete_group(self._cli, kind, name, group_name)
            if any(one.kind == "application" and not one.kept for one in removals):
                delete_application(self._cli, kind, name)
        for removal in removals:
            if removal.kind == "instance" and removal.kept:
                self._untag(removal.id)
            elif not removal.kept and (removal.kind != "instance" or self._is_gone(removal.id)):
                self._emit(ResourceChanged(kind=removal.kind, id=removal.id, change="removed"))

    def remove_rest(self, removal: Removal) -> None:
        """Remove what the CLI knows nothing of."""
        self._others.remove(removal, lambda _instance: None)

    def _is_gone(self, instance_id: str) -> bool:
        """Wait until it is. False for one without our marks that stays: it was there before, and loses its tags.

        Errors: WaitedTooLong for one that the CLI made for this group.
        """
        found = self._cloud.ecs.list_instances(instance_ids=(instance_id,))
        name, group_name = self._scope.application_name, self._scope.application_group_name
        made_here = any(is_made_for(dict(one.tags), name, group_name) for one in found)
        try:
            self._wait_until_gone(instance_id, BUSY_TIMEOUT_SECONDS if made_here else DOUBT_SECONDS)
        except WaitedTooLong:
            if made_here:
                raise
            self._untag(instance_id)
            return False
        return True

    def _wait_until_gone(self, instance_id: str, timeout_seconds: float) -> None:
        wait_until(
            lambda: self._cloud.ecs.list_instances(instance_ids=(instance_id,), tags=self._tags()),
            lambda found: not found,
            Wait(what=f"the release of instance {instance_id}", timeout_seconds=timeout_seconds),
            status=lambda found: found[0].status if found else "released",
            clock=self._cloud.session.clock,
        )

    def _tags(self) -> dict[str, str]:
        return member_tags(self._scope.application_name, self._scope.application_group_name)

    def _untag(self, instance_id: str) -> None:
        keys = (*self._tags(), *group_tags(self._scope.application_name, self._scope.application_group_name))
        self._cloud.ecs.untag_instances((instance_id,), keys)
        self._emit(ResourceChanged(kind="instance", id=instance_id, change="changed", detail="tags removed"))
