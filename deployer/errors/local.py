"""Errors of the local cloud itself."""

from deployer.errors.base import DeployerError, UsageError


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


class PortUnavailable(DeployerError):
    """The port asked for cannot be served on: another program does, or the system keeps it for itself."""

    code = "local.port_unavailable"
    exit_code = 69

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(
            f"port {port} of this computer cannot be served on: {reason}",
            hint="name another one with `--port`, or none to take a free one",
            port=port,
            reason=reason,
        )


class FaultUnreadable(UsageError):
    """A fault for the local cloud that cannot be understood."""

    code = "local.fault_unreadable"

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(
            reason,
            hint="`docs/testing.md` lists the faults; one of them is `--fault throttle:3`",
            fault=text,
        )
