"""The one set of patches in this process, in place while any mock runs, and the clouds that answer, innermost last.

It stands in `sys.meta_path`: that is how a mock finds the one already there, and how clients imported later are seen.
"""

import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.machinery import ModuleSpec
from types import MappingProxyType, ModuleType
from typing import Any

from deployer.testing.aliyun import Aliyun
from deployer.testing.carriers.aiohttp_carrier import patch_aiohttp
from deployer.testing.carriers.http_client_carrier import patch_http_client, patch_urllib3
from deployer.testing.carriers.httpx_carrier import patch_httpx
from deployer.testing.carriers.requests_carrier import patch_requests
from deployer.testing.environment import FakeEnvironment, values_while_mocked
from deployer.testing.network import Way, blocked_as, way_to

Patch = Callable[[ModuleType, "Interception"], Mapping[tuple[Any, str], Any]]

# Where clients send from. A patch gives the new values of attributes, by owner and name.
SEAMS: Mapping[str, Patch] = MappingProxyType(
    {
        "requests.adapters": patch_requests,
        "aliyunsdkcore.vendored.requests.adapters": patch_requests,
        "aiohttp.connector": patch_aiohttp,
        "http.client": patch_http_client,
        "urllib3.connection": patch_urllib3,
        "httpx._transports.default": patch_httpx,
    }
)
_READS_ENVIRONMENT = "alibabacloud_credentials.utils.auth_util"


class Interception:
    """Every request of the process comes by here. `clouds` are those whose mocks run."""

    def __init__(self) -> None:
        self.clouds: list[Aliyun] = []
        self._searching: set[str] = set()
        self._undo = ExitStack()

    @classmethod
    def current(cls) -> "Interception | None":
        """The one in place; None when no mock runs."""
        return next((finder for finder in sys.meta_path if isinstance(finder, cls)), None)

    @classmethod
    def add(cls, cloud: Aliyun) -> None:
        """From now on this cloud answers, until it is removed."""
        found = cls.current()
        if found is None:
            found = cls()
            found.clouds.append(cloud)
            found.install()
        else:
            found.clouds.append(cloud)

    @classmethod
    def remove(cls, cloud: Aliyun) -> None:
        """This cloud answers no more; with the last one the patches go."""
        found = cls.current()
        if found is None or cloud not in found.clouds:
            return
        found.clouds.remove(cloud)
        if not found.clouds:
            found.uninstall()

    def cloud_for(self, host: str) -> Aliyun | None:
        """The cloud that answers for that host; None when the request may leave. Errors: NetworkBlocked."""
        if not self.clouds:
            return None
        cloud = self.clouds[-1]
        way = way_to(host, cloud.settings.allow_network)
        if way is Way.NOWHERE:
            raise blocked_as(ConnectionRefusedError, host)(host)
        return cloud if way is Way.CLOUD else None

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What others find for a module of interest, made to be patched once it was run; None for all others."""
        if name in self._searching or (name not in SEAMS and name != _READS_ENVIRONMENT):
            return None
        self._searching.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._searching.discard(name)
        if spec is not None and spec.loader is not None:
            self._follow(spec.loader)
        return spec

    def uninstall(self) -> None:
        """Put back what was there."""
        self._undo.close()

    def install(self) -> None:
        """Put the patches in place, for clients that are imported already and those to come."""
        self._environment = FakeEnvironment()
        self._undo.callback(self._environment.restore)
        sys.meta_path.insert(0, self)
        self._undo.callback(sys.meta_path.remove, self)
        for name in (*SEAMS, _READS_ENVIRONMENT):
            module = sys.modules.get(name)
            if module is not None:
                self._patch(module, freshly=False)

    def _follow(self, loader: Any) -> None:
        run = loader.exec_module

        def run_and_patch(module: ModuleType) -> None:
            run(module)
            if self.clouds:
                self._patch(module, freshly=True)

        loader.exec_module = run_and_patch

    def _patch(self, module: ModuleType, *, freshly: bool) -> None:
        if module.__name__ == _READS_ENVIRONMENT:
            saved = self._environment.read_at_import(module, freshly=freshly)
            for name, value in saved.items():
                self._undo.callback(setattr, module, name, value)
                setattr(module, name, values_while_mocked()[name])
            return
        for (owner, name), value in SEAMS[module.__name__](module, self).items():
            self._undo.callback(setattr, owner, name, vars(owner)[name])
            setattr(owner, name, value)
