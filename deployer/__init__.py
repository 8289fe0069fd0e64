"""Put a project directory on Alibaba Cloud ECS: packaged, released, verified.

`Deployer` does from Python what the `deployer` command does from a shell. Importing this package loads no SDK.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["Deployer", "Report", "__version__"]

if TYPE_CHECKING:
    from deployer.api import Deployer
    from deployer.models.report import Report


def __getattr__(name: str) -> object:
    """Load the public names on first use, so that `import deployer` stays fast."""
    if name == "Deployer":
        from deployer.api import Deployer

        return Deployer
    if name == "Report":
        from deployer.models.report import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
