"""The standard library's `http.client`, on which urllib stands, and urllib3 used without requests."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from deployer.testing.carriers.exchange import Routes
from deployer.testing.carriers.memory_socket import MemorySocket


def patch_http_client(module: ModuleType, routes: Routes) -> Mapping[tuple[Any, str], Any]:
    """`connect` of both connection classes."""
    return {
        (vars(module)[name], "connect"): _connect(vars(module)[name], routes, scheme)
        for name, scheme in (("HTTPConnection", "http"), ("HTTPSConnection", "https"))
        if name in vars(module)
    }


def patch_urllib3(module: ModuleType, routes: Routes) -> Mapping[tuple[Any, str], Any]:
    """`connect` of both connection classes; `HTTPSConnection` may be a stand-in where there is no TLS."""
    classes = (("HTTPConnection", "http"), ("HTTPSConnection", "https"))
    return {
        (vars(module)[name], "connect"): _connect(vars(module)[name], routes, scheme)
        for name, scheme in classes
        if "connect" in vars(vars(module).get(name, object))
    }


def _connect(connection: Any, routes: Routes, scheme: str) -> Any:
    original = connection.connect

    def connect(self: Any) -> None:
        host = getattr(self, "_tunnel_host", None) or self.host
        cloud = routes.cloud_for(host.strip("[]"))
        if cloud is None:
            original(self)
            return
        self.sock = MemorySocket(cloud, scheme)
        self.is_verified = True  # urllib3 warns of what it did not verify

    return connect
