"""A new configuration file by the CLI's own `init`, in a folder of its own: the project's is never at risk."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.config.load import DEFAULT_CONFIG_PATH
from deployer.errors.appmanager import AppmanagerFailed

# The flags of `init` for the dotted values it takes. Source: "Non-interactive Init Examples" of the skill's reference.
_FLAGS = (
    ("--name", "metadata.name"),
    ("--type", "metadata.type"),
    ("--region", "metadata.regionId"),
    ("--port", "common.deployment.port"),
    ("--instance-id", "common.deployment.instanceId"),
    ("--model", "agent.model.name"),
    ("--api-key", "agent.model.apiKey"),
)


def draft_config(cli: AppmanagerCli, values: Mapping[str, Any]) -> str:
    """The file that `init` writes. Errors: whatever the CLI says; AppmanagerFailed when it writes none."""
    with tempfile.TemporaryDirectory(prefix="deployer-appmanager-") as folder:
        cli.ask_in(Path(folder), ("init", "--non-interactive", *_flags(values)))
        path = Path(folder) / DEFAULT_CONFIG_PATH
        if not path.is_file():
            raise AppmanagerFailed("aliyun appmanager init", f"it wrote no `{DEFAULT_CONFIG_PATH}`", 0, "")
        return path.read_text(encoding="utf-8")


def _flags(values: Mapping[str, Any]) -> Iterator[str]:
    """What there is of the values. A model's key goes as the `${NAME}` that stands for it: a command line can be read.

    An agent takes no port, and `--ecs existing` goes with an instance id alone.
    """
    is_agent = values.get("metadata.type") == "agent"
    if "common.deployment.instanceId" in values:
        yield from ("--ecs", "existing")
    for flag, dotted in _FLAGS:
        value = values.get(dotted)
        is_key = flag == "--api-key"
        if value is None or (is_agent and flag == "--port") or (is_key and not str(value).startswith("$")):
            continue
        yield from (flag, str(value))
