"""Our own mistakes."""

from deployer.errors.base import DeployerError


class Defect(DeployerError):
    """Something went wrong that nobody foresaw."""

    code = "internal"

    def __init__(self, kind: str, traceback_path: str) -> None:
        super().__init__(
            f"deployer has a defect ({kind}); the traceback is in `{traceback_path}`",
            hint="please report it with that file",
            kind=kind,
            traceback_path=traceback_path,
        )
