"""Opens on this computer what the emulated instances serve and their security groups let in."""

import logging
import threading

from deployer.emulator.core import Emulator
from deployer.emulator.machines.publish import PublicMachine, PublishedPort, Publisher

_LOOK_EVERY_SECONDS = 0.2

_log = logging.getLogger(__name__)


class PortExposure:
    """Looks for listening ports while any machine runs, in a thread of its own; idle, it only waits to be woken."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._publisher = Publisher(
            self._public_machines, self._is_allowed, host_network=emulator.context.driver.info.host_network
        )
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look, name="emulator-ports", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something may have changed: machines may run now."""
        self._work.set()

    def published(self) -> tuple[PublishedPort, ...]:
        """What can be reached now."""
        return self._publisher.published()

    def close(self) -> None:
        """Close every port and end the thread."""
        self._stopping.set()
        self._work.set()
        self._thread.join(timeout=10)
        self._publisher.close()

    def _look(self) -> None:
        while not self._stopping.is_set():
            self._work.clear()
            try:
                self._publisher.sync()
            except OSError:
                _log.warning("ports of the machines could not be opened", exc_info=True)
            if self._public_machines():
                self._stopping.wait(_LOOK_EVERY_SECONDS)
            else:
                self._work.wait()

    def _public_machines(self) -> list[PublicMachine]:
        with self._emulator.lock:
            return [
                PublicMachine(
                    instance_id=instance.instance_id, public_ip=instance.internet_ip, machine=instance.machine
                )
                for instance in self._emulator.services.ecs_state.instances(None)
                if instance.machine is not None
            ]

    def _is_allowed(self, instance_id: str, port: int) -> bool:
        with self._emulator.lock:
            ecs_state = self._emulator.services.ecs_state
            instance = ecs_state.find_instance(instance_id, None)
            return instance is not None and ecs_state.inbound_allowed(instance, port)
