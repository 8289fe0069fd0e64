"""`requests`, and the copy of it inside aliyunsdkcore: sync V2 SDKs, OSS SDKs old and new, credential providers."""

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from deployer.emulator.faults import DroppedConnection
from deployer.emulator.http import HttpRequest
from deployer.testing.aliyun import Aliyun, MetadataRefused
from deployer.testing.carriers.exchange import (
    Routes,
    answer_body,
    answer_headers,
    header_text,
    make_request,
    reason_of,
)
from deployer.testing.network import NetworkBlocked, blocked_as

_PORTS = {"http": 80, "https": 443}


def patch_requests(module: ModuleType, routes: Routes) -> Mapping[tuple[Any, str], Any]:
    """`HTTPAdapter.send`, which is looked up on the class in each call: clients made long before are caught, too."""
    adapter: Any = vars(module)["HTTPAdapter"]
    original = adapter.send
    # Another mock of requests lies beneath this one: hosts that are not ours are its business.
    is_mocked_already = original.__module__ != module.__name__
    exchange = _Exchange(module)

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        host = urlsplit(request.url).hostname or ""
        try:
            cloud = routes.cloud_for(host)
        except NetworkBlocked as blocked:
            if not is_mocked_already:
                raise exchange.blocked(blocked, request) from None
            cloud = None
        if cloud is None:
            return original(self, request, *args, **kwargs)
        return exchange.run(self, request, cloud, kwargs.get("timeout"))

    return {(adapter, "send"): send}


class _Exchange:
    """Turns requests and answers of one copy of the library."""

    def __init__(self, module: ModuleType) -> None:
        names = vars(module)
        self._package = module.__name__.rpartition(".")[0]
        self._connection_error: Any = names["ConnectionError"]
        self._read_timeout: Any = names["ReadTimeout"]
        self._response: Any = importlib.import_module(f"{self._package}.packages.urllib3.response").HTTPResponse

    def run(self, adapter: Any, request: Any, cloud: Aliyun, timeout: Any) -> Any:
        """The Response the cloud gives. Errors: the library's own, as a network would cause them."""
        try:
            answer = cloud.handle(_request(request))
        except DroppedConnection as dropped:
            raise self._dropped(dropped, request, timeout) from dropped
        except MetadataRefused as refused:
            raise self._connection_error(refused, request=request) from refused
        raw = self._response(
            body=answer_body(answer, request.method),
            headers=answer_headers(answer),
            status=answer.status,
            reason=reason_of(answer.status),
            preload_content=False,
            decode_content=False,
            request_method=request.method,
        )
        return adapter.build_response(request, raw)

    def blocked(self, blocked: NetworkBlocked, request: Any) -> Exception:
        """A connection error of the library that is a NetworkBlocked as well."""
        error: Exception = blocked_as(self._connection_error, blocked.host)(str(blocked), request=request)
        return error

    def _dropped(self, dropped: DroppedConnection, request: Any, timeout: Any) -> Exception:
        """Silence longer than the client waits is a time-out for it; anything else is a lost connection."""
        patience = timeout[1] if isinstance(timeout, tuple) else getattr(timeout, "read_timeout", timeout)
        error = self._connection_error
        cause: Exception = ConnectionResetError(104, "Connection reset by peer")
        if not dropped.reset:
            cause = ConnectionError("Remote end closed connection without response")
            if isinstance(patience, int | float) and dropped.after_seconds > patience:
                error, cause = self._read_timeout, TimeoutError(f"Read timed out. (read timeout={patience})")
        failure: Exception = error("Connection aborted.", cause, request=request)
        return failure


def _request(request: Any) -> HttpRequest:
    url = urlsplit(request.url)
    headers = {
        (name if isinstance(name, str) else name.decode("latin-1")).lower(): header_text(value)
        for name, value in request.headers.items()
    }
    if "host" not in headers:
        is_default = url.port in {None, _PORTS.get(url.scheme)}
        headers["host"] = (url.hostname or "") if is_default else f"{url.hostname}:{url.port}"
    return make_request(
        method=request.method, target=request.path_url, headers=headers, body=request.body, scheme=url.scheme
    )
