"""The folder the CLI works in: what our archive holds and a configuration it knows, for its owner alone, then gone.

The project's own folder is never touched, and files that were left out of the archive as secrets stay where they are.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deployer.backends.runner.unpack import unpack
from deployer.config.load import DEFAULT_CONFIG_PATH
from deployer.config.new_file import render_config
from deployer.models.config import DeployConfig, HealthCheck, NewInstance
from deployer.models.package import Package

LARGEST_PROJECT_BYTES = 64 * 1024**3
_DEFAULT_START_SECONDS, _DEFAULT_KEPT = 900, 3


@contextmanager
def staged_project(config: DeployConfig, package: Package | None) -> Iterator[Path]:
    """A folder with the project (none to deploy an earlier revision) and `.appmanager/config.yaml`, while the block runs."""
    with tempfile.TemporaryDirectory(prefix="deployer-appmanager-") as name:
        folder = Path(name) / "project"
        folder.mkdir(mode=0o700)
        if package is not None:
            unpack(str(package.path), str(folder), LARGEST_PROJECT_BYTES)
        write_cli_config(folder / DEFAULT_CONFIG_PATH, config)
        yield folder


def write_cli_config(path: Path, config: DeployConfig) -> None:
    """The configuration for the CLI, readable by its owner alone: it holds the model's key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # the project's own, which may hold keys of ours
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(render_config(cli_values(config)))


def cli_values(config: DeployConfig) -> dict[str, Any]:
    """The dotted keys that the CLI knows, with the values of this deploy."""
    values: dict[str, Any] = {
        "metadata.name": config.application_name,
        "metadata.type": config.type.value,
        "metadata.groupName": config.application_group_name,
        "metadata.regionId": config.deploy_region_id,
        "common.scripts.start": config.start_script,
        "common.scripts.stop": config.stop_script,
    }
    if isinstance(config.instance, NewInstance):
        values["common.deployment.ecsInstanceType"] = config.instance.instance_type
        values["common.deployment.systemDiskSize"] = config.instance.system_disk_gib
        values["common.deployment.internetMaxBandwidthOut"] = config.instance.bandwidth_mbps
    else:
        values["common.deployment.instanceId"] = config.instance.instance_id
    if config.port is not None:
        values["common.deployment.port"] = config.port
    if config.model is not None:
        values["agent.model.name"] = config.model.name
        if config.model.api_key:
            values["agent.model.apiKey"] = config.model.api_key.reveal()
    return values


def left_out_keys(config: DeployConfig) -> tuple[str, ...]:
    """The keys of ours that this configuration sets and that have no effect through the CLI."""
    is_set = {
        "deployer.env": bool(config.environment),
        "deployer.health": config.health != HealthCheck(),
        "deployer.startTimeoutSeconds": config.start_timeout_seconds != _DEFAULT_START_SECONDS,
        "deployer.keepReleases": config.keep_releases != _DEFAULT_KEPT,
        "deployer.image": isinstance(config.instance, NewInstance) and config.instance.image_id is not None,
    }
    return tuple(key for key, said in is_set.items() if said)
