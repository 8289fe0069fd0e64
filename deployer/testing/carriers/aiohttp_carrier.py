"""aiohttp: async V2 SDKs and the async OSS SDK. Its own request and response classes do the work.

Only the connection is replaced, by one in memory; so nothing here imitates what aiohttp changes between releases.
"""

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from deployer.testing.aliyun import Aliyun
from deployer.testing.carriers.exchange import Routes
from deployer.testing.carriers.memory_socket import ask, is_whole_request, wants_continue
from deployer.testing.network import NetworkBlocked, blocked_as

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def patch_aiohttp(module: ModuleType, routes: Routes) -> Mapping[tuple[Any, str], Any]:
    """`TCPConnector._create_connection`, which is asked for every new connection, proxied or not."""
    connector = vars(module)["TCPConnector"]
    connector_error = vars(module)["ClientConnectorError"]
    original = connector._create_connection  # noqa: SLF001  (the one place where connections are made)

    async def create_connection(self: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            cloud = routes.cloud_for(req.url.host or "")
        except NetworkBlocked as blocked:
            error = blocked_as(connector_error, blocked.host)
            raise error(req.connection_key, ConnectionRefusedError(111, str(blocked))) from None
        if cloud is None:
            return await original(self, req, *args, **kwargs)
        protocol = self._factory()
        protocol.connection_made(_MemoryTransport(protocol, self._loop, cloud, req.url.scheme))
        return protocol

    return {(connector, "_create_connection"): create_connection}


class _MemoryTransport:
    """What aiohttp needs of a transport: one request goes to the cloud once all of it was written.

    The answer comes back in the loop's next round.
    """

    def __init__(self, protocol: Any, loop: Any, cloud: Aliyun, scheme: str) -> None:
        self._protocol = protocol
        self._cloud = cloud
        self._scheme = scheme
        self._loop = loop
        self._sent = bytearray()
        self._told_to_continue = False
        self._closing = False

    def write(self, data: Any) -> None:
        if self._closing:
            return
        self._sent += data
        if not self._told_to_continue and wants_continue(self._sent):
            self._told_to_continue = True
            self._loop.call_soon(self._protocol.data_received, _CONTINUE)
        if is_whole_request(self._sent):
            request, self._sent = bytes(self._sent), bytearray()
            self._loop.call_soon(self._answer, request)

    def writelines(self, pieces: Iterable[Any]) -> None:
        self.write(b"".join(pieces))

    def get_extra_info(self, _name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._lose(None)

    def abort(self) -> None:
        self._lose(None)

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever held back."""

    def is_reading(self) -> bool:
        return not self._closing

    def pause_reading(self) -> None:
        """The answer is in memory already."""

    def resume_reading(self) -> None:
        """The answer is in memory already."""

    def can_write_eof(self) -> bool:
        return False

    def _answer(self, request: bytes) -> None:
        if self._closing:
            return
        try:
            answer = ask(self._cloud, request, self._scheme)
        except Exception as failure:  # noqa: BLE001  (whatever went wrong reaches whoever awaits the answer)
            self._lose(failure)
            return
        if answer.data:
            self._protocol.data_received(answer.data)
        self._lose(answer.failure)

    def _lose(self, failure: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        self._loop.call_soon(self._protocol.connection_lost, failure)
