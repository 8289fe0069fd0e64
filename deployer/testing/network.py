"""Which hosts belong to the cloud, and what happens to requests for all others."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

METADATA_HOST = "100.100.100.200"

_CLOUD_SUFFIX = ".aliyuncs.com"


class NetworkBlocked(Exception):
    """A request left for a host outside the mocked cloud. It is a connection error of the client that sent it, too."""

    host: str

    def __str__(self) -> str:
        return (
            f"`{self.host}` is no host of the mocked cloud, and the network is closed: "
            f"`mock_aliyun(allow_network=True)` or `mock_aliyun(allow_network=({self.host!r},))` opens it"
        )


class Way(Enum):
    """Where a request goes."""

    CLOUD = "cloud"
    NETWORK = "network"
    NOWHERE = "nowhere"


def way_to(host: str, allow_network: bool | Iterable[str]) -> Way:  # noqa: FBT001  (a setting, not a switch)
    """Where a request to that host goes; letter case does not matter."""
    host = host.lower().rstrip(".")
    if host == METADATA_HOST or host.endswith(_CLOUD_SUFFIX):
        return Way.CLOUD
    if isinstance(allow_network, bool):
        return Way.NETWORK if allow_network else Way.NOWHERE
    return Way.NETWORK if host in {name.lower() for name in allow_network} else Way.NOWHERE


def blocked_as(base: type[BaseException], host: str) -> Any:
    """The class of error to raise for that host: a NetworkBlocked, and the connection error a client expects."""
    return type("Blocked", (NetworkBlocked, base), {"host": host})
