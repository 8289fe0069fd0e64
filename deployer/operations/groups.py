"""Which group a deploy goes to: the named one, or a fresh one where the named one is only a leftover."""

from dataclasses import replace
from pathlib import Path

from deployer.backends.base import Backend
from deployer.config.edit import edit_config
from deployer.errors.cloud import NoFreeGroup
from deployer.events import Emit, WarningRaised
from deployer.models.config import DeployConfig, NewInstance
from deployer.operations.prepare import Prepared

HIGHEST_SUFFIX = 10


def with_free_group(backend: Backend, prepared: Prepared, emit: Emit, *, force_new_group: bool) -> Prepared:
    """The same, with the group's name changed where that is needed. Changes nothing; `keep_group_name` does.

    A group that exists without an instance and was not made here is left alone: the first free name with a suffix from
    -2 to -10 is taken. `force_new_group` does so even for a healthy one.
    Errors: NoFreeGroup.
    """
    config = prepared.config
    name = config.application_group_name
    taken = backend.list_group_names(config.application_name)
    if name not in taken:
        return prepared
    leftover = isinstance(config.instance, NewInstance) and backend.is_leftover(config.application_name, name)
    if not (force_new_group or leftover):
        return prepared
    free = next((f"{name}-{n}" for n in range(2, HIGHEST_SUFFIX + 1) if f"{name}-{n}" not in taken), None)
    if free is None:
        raise NoFreeGroup(config.application_name, name)
    why = "exists without an instance" if leftover else "stays as it is"
    emit(
        WarningRaised(
            code="group.renamed",
            message=f"the group `{name}` {why}: this deploy goes to `{free}`"
            + (
                f"; remove the old one with `deployer delete --name {config.application_name} --group {name} "
                f"--region {config.deploy_region_id}`"
                if leftover
                else ""
            ),
        )
    )
    return replace(prepared, config=replace(config, application_group_name=free))


def keep_group_name(before: DeployConfig, now: DeployConfig) -> None:
    """Write a new group name into the configuration file, where the old one came from it or was nobody's choice."""
    if before.config_path is None or before.application_group_name == now.application_group_name:
        return
    if not any(
        before.origins.get(key, "").endswith((" flag", " environment"))
        for key in ("metadata.groupName", "metadata.regionId")
    ):
        edit_config(Path(before.config_path), {"metadata.groupName": now.application_group_name})
