"""Where a project comes from: a directory on this machine, or a git address, of which a checkout is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deployer.clock import Clock
from deployer.errors.project import ProjectMissing
from deployer.project.git.address import find_git_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The project's directory; `address` and `commit` are None for one that was there already."""

    path: Path
    address: str | None = None  # as it may be shown
    commit: str | None = None


def open_source(
    source: str | Path, make_folder: Callable[[], Path], environ: Mapping[str, str], clock: Clock
) -> Source:
    """The source's directory; the checkout of a git address is made in the folder that is then asked for.

    An empty text is no directory, though Python reads it as the present one: a variable was not set.
    Errors: ProjectMissing for an empty text; GitAddressInvalid and those of `check_out`.
    """
    if source == "":
        raise ProjectMissing("")
    address = None if isinstance(source, Path) else find_git_address(source)
    if address is None:
        return Source(path=Path(source))
    from deployer.project.git.checkout import check_out  # late: `detect` on a directory is to be quick

    checkout = check_out(address, make_folder(), environ, clock)
    return Source(path=checkout.path, address=str(address), commit=checkout.commit)


def shown_source(source: str | Path) -> str:
    """The path or address as it may be shown: without user and password. Errors: GitAddressInvalid."""
    address = None if isinstance(source, Path) else find_git_address(source)
    return str(address or source)
