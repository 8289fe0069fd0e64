"""The error tree and its exit codes.

    DeployerError
    ├── ReleaseError       1    changes were made and the release failed, or the application runs unhealthy
    │   └── VerificationError
    ├── InconclusiveError  2    `verify` could not tell
    ├── DecisionNeeded     3    an answer or an approval is missing
    ├── UsageError        64    wrong flags
    ├── ProjectError      65    the project has to be mended
    ├── ConfigError       65    the configuration has to be mended
    ├── CloudError        69    the cloud said no before anything changed
    │   └── TargetError
    ├── TransientError    75    throttled, locked or unreachable: the same command may work later
    └── AccessError       77    credentials or permissions

The numbers are those of sysexits.h where it has one; any other exception is a defect of ours and exits with 70.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar


class DeployerError(Exception):
    """What a user can meet: a stable `code`, a sentence, one thing to do, and the facts behind it.

    Subclasses are the codes; their constructors take facts and write the sentence. `facts` hold only JSON values and no
    secrets. `next_commands` are commands that bring the user further, ready to be run.
    """

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 70
    retryable: ClassVar[bool] = False
    docs_url: str | None = None

    def __init__(
        self, message: str, *, hint: str | None = None, next_commands: tuple[str, ...] = (), **facts: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.next_commands = next_commands
        self.facts: Mapping[str, Any] = MappingProxyType(facts)

    def as_dict(self) -> dict[str, Any]:
        """The error as the JSON contract shows it (schema `error`)."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "retryable": self.retryable,
            "next": list(self.next_commands),
            "facts": dict(self.facts),
            "docs_url": self.docs_url,
            "exit_code": self.exit_code,
        }


class ReleaseError(DeployerError):
    """Changes were made and the release failed."""

    code = "release.failed"
    exit_code = 1


class VerificationError(ReleaseError):
    """The application runs unhealthy or not at all."""

    code = "verification.failed"


class InconclusiveError(DeployerError):
    """Whether the application runs could not be told."""

    code = "verification.inconclusive"
    exit_code = 2


class DecisionNeeded(DeployerError):
    """An answer or an approval is missing."""

    code = "decision.needed"
    exit_code = 3


class UsageError(DeployerError):
    """The command line cannot be understood."""

    code = "usage"
    exit_code = 64


class ProjectError(DeployerError):
    """The project has to be mended."""

    code = "project"
    exit_code = 65


class ConfigError(DeployerError):
    """The configuration has to be mended."""

    code = "config"
    exit_code = 65


class CloudError(DeployerError):
    """The cloud said no before anything changed."""

    code = "cloud"
    exit_code = 69


class TargetError(CloudError):
    """The chosen instance cannot be used."""

    code = "target"


class TransientError(DeployerError):
    """The same command may work later."""

    code = "transient"
    exit_code = 75
    retryable = True


class AccessError(DeployerError):
    """Credentials or permissions are missing."""

    code = "access"
    exit_code = 77
