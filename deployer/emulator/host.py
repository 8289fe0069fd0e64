"""An emulator and what keeps it going: the ticker that lets due things happen, open ports, and reset."""

import threading
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from deployer.emulator.control_endpoints import CONTROL_PREFIX, ControlEndpoints
from deployer.emulator.core import Emulator
from deployer.emulator.exposure import PortExposure
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.machines.publish import PublishedPort

_SHORTEST_TICK_SECONDS = 0.02


@runtime_checkable
class ReachesTheCloud(Protocol):
    """A driver whose machines call the cloud's hosts: it is told where those are answered."""

    cloud_address: tuple[str, int] | None


class EmulatorHost:
    """Carries requests to one emulator, which `reset` replaces by a new one.

    Control requests must carry `token`, so that no web page and no other user of the machine can send them; without
    a token (in-process use) everybody may.
    """

    def __init__(self, make: Callable[[], Emulator], *, token: str | None = None) -> None:
        self._make = make
        self._control = ControlEndpoints(self, token)
        self.emulator = make()
        self._exposure = PortExposure(self.emulator)
        self._work = threading.Event()
        self._stopping = False
        self._address: tuple[str, int] | None = None
        self._ticker = threading.Thread(target=self._tick_while_due, name="emulator-ticker", daemon=True)

    def start(self) -> None:
        """Start the ticker."""
        self._ticker.start()

    def announce(self, host: str, port: int) -> None:
        """Let the machines know where the cloud answers; a reset emulator's machines, too."""
        self._address = (host, port)
        driver = self.emulator.context.driver
        if isinstance(driver, ReachesTheCloud):
            driver.cloud_address = self._address

    def close(self) -> None:
        """Stop the ticker and close the emulator."""
        self._stopping = True
        self._work.set()
        if self._ticker.is_alive():
            self._ticker.join(timeout=5)
        self._exposure.close()
        self.emulator.close()

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to any request. Errors: DroppedConnection."""
        try:
            if request.path.startswith(CONTROL_PREFIX):
                return self._control.handle(request)
            return self.emulator.handle(request)
        finally:
            self._work.set()
            self._exposure.wake()

    def reset(self) -> None:
        """Begin again with a new emulator: nothing exists, no fault is armed, the clock is right."""
        self._exposure.close()
        self.emulator.close()
        self.emulator = self._make()
        self._exposure = PortExposure(self.emulator)
        if self._address is not None:
            self.announce(*self._address)

    def published(self) -> tuple[PublishedPort, ...]:
        """The ports of machines that are open on this computer now."""
        return self._exposure.published()

    def _tick_while_due(self) -> None:
        """Tick about every 20 ms while something is due soon, sleep until the next due moment, or until a request."""
        while not self._stopping:
            self._work.clear()
            due_in_seconds = self.emulator.tick()
            self._exposure.wake()
            if due_in_seconds is None:
                self._work.wait()
            elif due_in_seconds > _SHORTEST_TICK_SECONDS:
                self._work.wait(due_in_seconds)
            else:
                threading.Event().wait(_SHORTEST_TICK_SECONDS)
