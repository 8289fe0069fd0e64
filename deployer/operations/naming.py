"""The commands that concern one application group, ready to be run."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deployer.backends.base import LogRequest
from deployer.models.config import DeployConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWords:
    """One group's name, group and region as flags."""

    application_name: str
    application_group_name: str
    deploy_region_id: str
    command_flags: str = ""

    @classmethod
    def of(cls, config: DeployConfig) -> "GroupWords":
        return cls(
            application_name=config.application_name,
            application_group_name=config.application_group_name,
            deploy_region_id=config.deploy_region_id,
            command_flags=config.command_flags,
        )

    @property
    def place(self) -> str:
        """Which group of which application it is, and where, for a person."""
        return f"{self.application_name}/{self.application_group_name} in {self.deploy_region_id}"

    def command(self, verb: str) -> str:
        """`deployer VERB` for this group."""
        words = (
            f"deployer {verb} --name {self.application_name} --group {self.application_group_name}",
            f"--region {self.deploy_region_id}",
            self.command_flags,
        )
        return " ".join(word for word in words if word)

    @property
    def next_commands(self) -> tuple[str, ...]:
        """What helps after a failure: the log, the state, and the way to remove everything."""
        return (self.command("logs"), self.command("status"), self.command("delete"))

    def log_request(self, config: DeployConfig) -> LogRequest:
        """A look at the group's instances with the configuration's port and health path."""
        return LogRequest(
            application_name=self.application_name,
            application_group_name=self.application_group_name,
            deploy_region_id=self.deploy_region_id,
            port=config.port,
            health_path=config.health.path,
        )


def project_command(verb: str, path: str, flags: Mapping[str, Any], command_flags: str) -> str:
    """`deployer VERB PATH --flag value …` as it would be typed again. Values of variables, and keys, are left out."""
    words = [f"deployer {verb}"]
    if path != ".":
        words.append(shlex.quote(path))
    for name, value in flags.items():
        option = f"--{name.replace('_', '-')}"
        if value in (None, (), False):
            continue
        if value is True:
            words.append(option)
        elif name == "env":
            words += [f"{option} {shlex.quote(text.partition('=')[0])}=…" for text in value]
        elif name == "api_key" and not str(value).startswith("$"):
            words.append(f"{option} …")
        elif isinstance(value, tuple):
            words += [f"{option} {shlex.quote(str(one))}" for one in value]
        else:
            words.append(f"{option} {shlex.quote(str(value))}")
    return " ".join([*words, command_flags]).strip()
