"""What is there before anything changes: as the default backend sees it, with the group as the CLI sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deployer.backends.appmanager.answers import CliGroup
from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.backends.appmanager.questions import check_config, find_group
from deployer.backends.appmanager.staging import write_cli_config
from deployer.backends.base import Content
from deployer.backends.sdk.observing import observe
from deployer.cloud.cloud import Cloud
from deployer.errors.appmanager import AppmanagerFailed, AppmanagerUnclear
from deployer.models.config import DeployConfig, ExistingInstance
from deployer.models.plan import GroupState, InstanceFacts, Observed


@contextmanager
def config_file(config: DeployConfig) -> Iterator[Path]:
    """The configuration as the CLI is given it, while the block runs."""
    with TemporaryDirectory(prefix="deployer-appmanager-") as folder:
        path = Path(folder) / "config.yaml"
        write_cli_config(path, config)
        yield path


def observe_by_cli(cli: AppmanagerCli, cloud: Cloud, config: DeployConfig, content: Content) -> Observed:
    """Account, bucket, group, instances and the last good release. The network and the image are the CLI's business.

    Errors: ConfigRefused; those of the default backend; whatever the CLI says that has an API code.
    """
    with config_file(config) as path:
        check_config(cli, path)
    seen = observe(cloud, config, content)
    try:
        group = find_group(cli, config.application_name, config.application_group_name, (config.type.value,))
    except (AppmanagerFailed, AppmanagerUnclear) as error:
        unknown = replace(seen, group_state=GroupState.UNKNOWN, state_unknown_because=error.message)
        return replace(unknown, network=None, image_id=None)
    instances = _instances(cloud, config, group, seen.instances)
    network = replace(seen.network, security_group_id=None) if seen.network is not None and instances else None
    return replace(
        seen,
        group_state=_state_of(group),
        group_exists=seen.group_exists or group is not None,
        application_exists=seen.application_exists or group is not None,
        instances=instances,
        network=network,  # of instances that are there: only to say that a port is closed
        image_id=None,
        artifact_exists=False,
    )


def _state_of(group: CliGroup | None) -> GroupState:
    if group is None:
        return GroupState.NOT_EXISTS
    return GroupState.HAS_ECS if group.instance_ids else GroupState.NO_ECS


def _instances(
    cloud: Cloud, config: DeployConfig, group: CliGroup | None, seen: tuple[InstanceFacts, ...]
) -> tuple[InstanceFacts, ...]:
    """The instance the configuration names, else every one the CLI names: it may know some by other marks than ours."""
    named = group.instance_ids if group is not None else ()
    if isinstance(config.instance, ExistingInstance) or set(named) <= {one.instance_id for one in seen}:
        return seen
    return cloud.ecs.list_instances(instance_ids=named)
