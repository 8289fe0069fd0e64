"""The commands that concern one application group, ready to be run."""

from dataclasses import dataclass

from deployer.backends.base import LogRequest
from deployer.models.config import DeployConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWords:
    """One group's name, group and region as flags."""

    application_name: str
    application_group_name: str
    deploy_region_id: str
    backend_flags: str = ""

    @classmethod
    def of(cls, config: DeployConfig) -> "GroupWords":
        return cls(
            application_name=config.application_name,
            application_group_name=config.application_group_name,
            deploy_region_id=config.deploy_region_id,
        )

    def command(self, verb: str) -> str:
        """`deployer VERB` for this group."""
        return (
            f"deployer {verb} --name {self.application_name} --group {self.application_group_name} "
            f"--region {self.deploy_region_id}{self.backend_flags}"
        )

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
