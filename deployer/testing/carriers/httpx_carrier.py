"""httpx, sync and async: nobody's SDK, but what tests fetch signed URLs with."""

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from deployer.emulator.faults import DroppedConnection
from deployer.emulator.http import HttpRequest
from deployer.testing.aliyun import Aliyun, MetadataRefused
from deployer.testing.carriers.exchange import Routes, answer_body, answer_headers, header_text, make_request
from deployer.testing.network import NetworkBlocked, blocked_as


def patch_httpx(module: ModuleType, routes: Routes) -> Mapping[tuple[Any, str], Any]:
    """The two methods that carry a request over the network."""
    sync, concurrent = vars(module)["HTTPTransport"], vars(module)["AsyncHTTPTransport"]
    original, original_async = sync.handle_request, concurrent.handle_async_request

    def handle_request(self: Any, request: Any) -> Any:
        cloud = _cloud_for(request, routes)
        return original(self, request) if cloud is None else _answer(request, cloud, request.read())

    async def handle_async_request(self: Any, request: Any) -> Any:
        cloud = _cloud_for(request, routes)
        if cloud is None:
            return await original_async(self, request)
        return _answer(request, cloud, await request.aread())

    return {(sync, "handle_request"): handle_request, (concurrent, "handle_async_request"): handle_async_request}


def _cloud_for(request: Any, routes: Routes) -> Aliyun | None:
    try:
        return routes.cloud_for(request.url.host)
    except NetworkBlocked as blocked:
        error = blocked_as(sys.modules["httpx"].ConnectError, blocked.host)
        raise error(str(blocked), request=request) from None


def _answer(request: Any, cloud: Aliyun, body: bytes) -> Any:
    httpx: Any = sys.modules["httpx"]
    try:
        answer = cloud.handle(_request(request, body))
    except DroppedConnection as dropped:
        error = httpx.ReadError if dropped.reset else httpx.RemoteProtocolError
        raise error(str(dropped), request=request) from dropped
    except MetadataRefused as refused:
        raise httpx.ConnectError(str(refused), request=request) from refused
    headers = answer_headers(answer)
    with answer_body(answer, request.method) as arriving:
        try:
            content = arriving.read()
        except ConnectionResetError as reset:
            raise httpx.ReadError(str(reset), request=request) from reset
    if request.method != "HEAD" and len(content) < int(headers.get("Content-Length", 0)):
        message = "peer closed connection without sending complete message body"
        raise httpx.RemoteProtocolError(message, request=request)
    return httpx.Response(answer.status, headers=headers, content=content)


def _request(request: Any, body: bytes) -> HttpRequest:
    headers = {name.decode("latin-1").lower(): header_text(value) for name, value in request.headers.raw}
    return make_request(
        method=request.method,
        target=request.url.raw_path.decode("ascii"),
        headers=headers,
        body=body,
        scheme=request.url.scheme,
    )
