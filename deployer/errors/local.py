"""Errors of the local cloud itself."""

from deployer.errors.base import DeployerError


class LocalCloudFailed(DeployerError):
    """The local cloud did not start, or does not answer."""

    code = "local.failed"
    exit_code = 69

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason,
            hint="run `deployer local down` and try again",
            next_commands=("deployer local down",),
        )
