"""Which backends there are: ours and those of third parties come through one door, opened on first use."""

from importlib.metadata import entry_points
from typing import cast

from deployer.backends.base import Backend, Settings
from deployer.errors.base import UsageError

ENTRY_POINT_GROUP = "deployer.backends"


def backend_names() -> tuple[str, ...]:
    """The names `--backend` takes."""
    return tuple(sorted({"sdk", *(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))}))


def open_backend(name: str, settings: Settings) -> Backend:
    """A backend for one region. Errors: UsageError naming the ones there are."""
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        if entry.name == name:
            return cast("Backend", entry.load()(settings))
    if name == "sdk":  # run from a source tree that is not installed
        from deployer.backends.sdk import SdkBackend

        return SdkBackend(settings)
    raise UsageError(f"there is no backend `{name}`", hint=f"choose one of: {', '.join(backend_names())}")
