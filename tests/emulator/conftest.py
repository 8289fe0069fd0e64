"""The emulator behind a real socket, for tests through the real SDK clients.

`emulator` lives in real time with a scripted driver; `virtual_emulator` in virtual time. `emulator_server` starts a
server for either; `endpoint` and `sdk_config` point an SDK client at the first.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pytest
from account_key import ACCESS_KEY_ID, ACCESS_KEY_SECRET

from deployer.clock import SystemClock, VirtualClock
from deployer.emulator.core import Emulator
from deployer.emulator.host import EmulatorHost
from deployer.emulator.http_server import HttpServer
from deployer.emulator.machines.scripted import ScriptedDriver

# The SDK honours proxy variables even for loopback, and looks for a metadata service; both are read late enough here.
for _name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(_name, None)
os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"


@dataclass(kw_only=True)
class RunningServer:
    """A server in this process, its emulator, and how an SDK client reaches it."""

    host: EmulatorHost
    http: HttpServer

    @property
    def emulator(self) -> Emulator:
        return self.host.emulator

    @property
    def endpoint(self) -> str:
        return self.http.endpoint

    def sdk_config(self, region_id: str = "cn-hangzhou", **overrides):
        """A `Config` for the SDK's RPC clients; `overrides` such as `access_key_id` or `security_token` win."""
        from alibabacloud_tea_openapi.utils_models import Config

        settings = {
            "access_key_id": ACCESS_KEY_ID,
            "access_key_secret": ACCESS_KEY_SECRET,
            "endpoint": self.endpoint,
            "protocol": "http",
            "region_id": region_id,
        }
        return Config(**{**settings, **overrides})


@pytest.fixture
def make_emulator(tmp_path: Path) -> Callable[..., Emulator]:
    """Builds an emulator whose account has the test key; keyword arguments are passed on."""

    def make(**settings) -> Emulator:
        settings.setdefault("driver", ScriptedDriver())
        emulator = Emulator(data_dir=tmp_path / "emulator", **settings)
        emulator.accounts.add_access_key(ACCESS_KEY_ID, ACCESS_KEY_SECRET)
        emulator.check_answers()
        return emulator

    return make


@pytest.fixture
def emulator_server(make_emulator) -> Iterator[Callable[..., RunningServer]]:
    """Starts a server around a new emulator; called with what `Emulator` takes, or with `emulator=` for one that exists."""
    running: list[RunningServer] = []

    def start(*, emulator: Emulator | None = None, token: str | None = None, **settings) -> RunningServer:
        first = [emulator] if emulator is not None else []
        host = EmulatorHost(lambda: first.pop() if first else make_emulator(**settings), token=token)
        http = HttpServer(host.handle)
        host.announce("127.0.0.1", http.port)
        host.start()
        http.start()
        running.append(RunningServer(host=host, http=http))
        return running[-1]

    yield start
    for server in running:
        server.http.close()
        server.host.close()


@pytest.fixture
def driver() -> ScriptedDriver:
    """The driver of `emulator`: set `driver.answer` to decide how commands end."""
    return ScriptedDriver()


@pytest.fixture
def emulator(make_emulator, driver) -> Iterator[Emulator]:
    """An emulator in real time with a scripted driver. Closed in the end."""
    emulator = make_emulator(driver=driver, clock=SystemClock())
    yield emulator
    emulator.close()


@pytest.fixture
def virtual_emulator(make_emulator, driver) -> Iterator[Emulator]:
    """An emulator in virtual time that starts now; `emulator.advance(seconds)` lets time pass."""
    emulator = make_emulator(driver=driver, clock=VirtualClock(datetime.now(timezone.utc)))
    yield emulator
    emulator.close()


@pytest.fixture
def account(virtual_emulator):
    """An account in virtual time that has a network, asked for operations from inside."""
    from ecs_account import make_account

    return make_account(virtual_emulator)


@pytest.fixture
def server(emulator, emulator_server) -> RunningServer:
    """A server around `emulator`."""
    return emulator_server(emulator=emulator)


@pytest.fixture
def virtual_server(virtual_emulator, emulator_server) -> RunningServer:
    """A server around `virtual_emulator`."""
    return emulator_server(emulator=virtual_emulator)


@pytest.fixture
def endpoint(server) -> str:
    """`127.0.0.1:PORT` of the server around `emulator`."""
    return server.endpoint


@pytest.fixture
def sdk_config(server) -> Callable[..., object]:
    """`sdk_config()` gives the `Config` of an SDK client for the server around `emulator`; `region_id=` and keys may be given."""
    return server.sdk_config


def pytest_collection_modifyitems(items):
    """Each test here says where its claim about the cloud comes from: documented, recorded or assumed; exactly one."""
    here = Path(__file__).parent
    sources = {"documented", "recorded", "assumed"}
    for item in items:
        if here in item.path.parents:
            found = [mark for mark in item.iter_markers() if mark.name in sources]
            reasons = [mark.args[0] for mark in found if mark.args and str(mark.args[0]).strip()]
            if len(found) != 1 or len(reasons) != 1:
                names = ", ".join(mark.name for mark in found) or "none"
                raise pytest.UsageError(f"{item.nodeid}: one source with its page, day or reason, not {names}")
