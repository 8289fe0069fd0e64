"""Our own cloud clients against an emulator behind a real socket, with a clock of the session's that tests move."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from account_key import ACCESS_KEY_ID, ACCESS_KEY_SECRET

from deployer.clock import VirtualClock
from deployer.cloud.cloud import Cloud
from deployer.cloud.credentials import StaticKey
from deployer.cloud.session import Endpoints, Session
from deployer.emulator.core import Emulator
from deployer.models.secret import Secret

REGION = "cn-hangzhou"
SESSION_ID = "0123456789abcdef0123456789abcdef"


class WatchedClock(VirtualClock):
    """Virtual time that also calls `on_sleep(seconds)`, so that the cloud's time can go along."""

    def __init__(self, start, on_sleep: Callable[[float], None]) -> None:
        super().__init__(start)
        self.pauses: list[float] = []
        self._on_sleep = on_sleep

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        super().sleep(seconds)
        self._on_sleep(seconds)


@dataclass(kw_only=True)
class CloudLab:
    """Our clients, the emulator they talk to, and the clock both live by."""

    emulator: Emulator
    cloud: Cloud
    clock: WatchedClock
    endpoint: str

    @property
    def pauses(self) -> list[float]:
        """How long the session waited before each further try."""
        return self.clock.pauses

    @property
    def actions(self) -> list[str]:
        return self.emulator.recorder.actions()


def make_lab(emulator: Emulator, endpoint: str, *, region_id: str = REGION) -> CloudLab:
    clock = WatchedClock(emulator.context.clock.now(), emulator.advance)
    key = StaticKey(access_key_id=ACCESS_KEY_ID, access_key_secret=Secret(ACCESS_KEY_SECRET))
    session = Session(endpoints=Endpoints(address=endpoint), static_key=key, session_id=SESSION_ID, clock=clock)
    return CloudLab(emulator=emulator, cloud=Cloud(session, region_id), clock=clock, endpoint=endpoint)


@pytest.fixture
def lab(virtual_server) -> CloudLab:
    """A lab in virtual time: a wait of a minute takes none."""
    return make_lab(virtual_server.emulator, virtual_server.endpoint)
