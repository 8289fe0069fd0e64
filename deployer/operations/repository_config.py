"""A configuration that lies in a git repository: told by its place there, as the checkout it was read from does not stay."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from deployer.errors.config import ConfigInvalid
from deployer.models.config import DeployConfig


def as_in_repository(config: DeployConfig, checkout: Path) -> DeployConfig:
    """The same without the checkout's path, and without a file that could be written to."""
    prefix = f"{checkout}/"
    return replace(
        config,
        config_path=None,
        origins={key: origin.replace(prefix, "") for key, origin in config.origins.items()},
        notices=tuple(notice.replace(prefix, "") for notice in config.notices),
    )


@contextmanager
def problems_as_in_repository(address: str) -> Iterator[None]:
    """Errors: ConfigInvalid that names the repository's address; its problems name keys and lines."""
    try:
        yield
    except ConfigInvalid as invalid:
        raise ConfigInvalid(invalid.problems, repository=address) from None
