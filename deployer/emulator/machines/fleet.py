"""The machines a driver has booted: each with its way out, taken down and removed in the right order."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deployer.emulator.machines.leftovers import machine_directory, remove_tree
from deployer.emulator.machines.proxy import OutboundProxy
from deployer.emulator.machines.remote import RemoteMachine

_REMOVED_AT_ONCE = 4


class Fleet:
    """Safe to use from several threads."""

    def __init__(self, data_dir: Path, proxy: OutboundProxy) -> None:
        self._data_dir = data_dir
        self._proxy = proxy
        self._machines: dict[str, RemoteMachine] = {}
        self._lock = threading.Lock()
        self._closed = False

    def admit(self, instance_id: str, machine: RemoteMachine, way_out: int) -> None:
        """Keep a booted machine; `way_out` is the listening socket its proxy connections come in by."""
        self._proxy.add(instance_id, way_out)
        with self._lock:
            self._machines[instance_id] = machine

    def retire(self, instance_id: str) -> None:
        """End the machine of that id if there is one; its disk stays."""
        with self._lock:
            machine = self._machines.pop(instance_id, None)
        if machine is not None:
            self._proxy.remove(instance_id)
            machine.power_off()

    def destroy(self, instance_id: str) -> None:
        """End it and remove its disk."""
        self.retire(instance_id)
        remove_tree(machine_directory(self._data_dir, instance_id))

    def close(self) -> None:
        """Destroy every machine; safe to repeat."""
        if self._closed:
            return
        self._closed = True
        for machine in self._machines.values():
            machine.begin_to_end()
        with ThreadPoolExecutor(_REMOVED_AT_ONCE) as removers:  # some end while what others left is removed
            list(removers.map(self.destroy, list(self._machines)))
        self._proxy.close()
