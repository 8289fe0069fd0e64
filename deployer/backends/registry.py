"""Which backends there are: ours and those of third parties come through one door, opened on first use."""

from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import cast

from deployer.backends.base import Backend, Settings
from deployer.errors.base import UsageError

ENTRY_POINT_GROUP = "deployer.backends"
OURS = MappingProxyType(
    {
        "sdk": "deployer.backends.sdk:SdkBackend",
        "appmanager": "deployer.backends.appmanager:AppmanagerBackend",
    }
)


def backend_names() -> tuple[str, ...]:
    """The names `--backend` takes."""
    return tuple(sorted(_doors()))


def open_backend(name: str, settings: Settings) -> Backend:
    """A backend for one region. Errors: UsageError naming the ones there are."""
    door = _doors().get(name)
    if door is None:
        raise UsageError(f"there is no backend `{name}`", hint=f"choose one of: {', '.join(backend_names())}")
    return cast("Backend", door.load()(settings))


def _doors() -> dict[str, EntryPoint]:
    """Every backend by name. Ours stand here, too, for a source tree that is not installed; nobody takes their names."""
    ours = (EntryPoint(name=name, value=value, group=ENTRY_POINT_GROUP) for name, value in OURS.items())
    return {one.name: one for one in (*entry_points(group=ENTRY_POINT_GROUP), *ours)}
