"""Ports of the machines, opened on this computer when something inside listens and the security group lets it in.

`http://<public address>:<port>` then works as it does in the cloud; the same port on 127.0.0.1, or another one when
that is taken, is for systems and browsers that know no other loopback address.
"""

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from deployer.emulator.machines.base import Machine, MachineError
from deployer.emulator.machines.relay import Relay

_LOGGER = logging.getLogger(__name__)
_LOCALHOST = "127.0.0.1"
_QUIET_AFTER_SECONDS = 3.0
_LOOK_AT_QUIET_EVERY_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicMachine:
    """A running machine and the address it is reached at; without one nothing of it is published."""

    instance_id: str
    public_ip: str | None
    machine: Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    """A port of an instance that can be reached from this computer.

    `at_public_ip` is False where the system gives no such address or port: then 127.0.0.1 with `local_port` remains.
    """

    instance_id: str
    port: int
    public_ip: str
    local_port: int
    at_public_ip: bool = True


@dataclass(slots=True, kw_only=True)
class _Opening:
    published: PublishedPort
    machine: Machine
    sockets: list[socket.socket] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    machine: Machine
    ports: set[int]
    at: float


class Publisher:
    """Keeps what is open in step with what should be; `sync` is called every few tenths of a second."""

    def __init__(
        self,
        machines: Callable[[], Iterable[PublicMachine]],
        allowed: Callable[[str, int], bool],
        *,
        host_network: bool = False,
    ) -> None:
        """`allowed(instance id, port)` is the security group; `host_network` is the driver's own word."""
        self._machines = machines
        self._allowed = allowed
        self._host_network = host_network
        self._open: dict[tuple[str, str, int], _Opening] = {}
        self._looks: dict[str, _Look] = {}
        self._relay = Relay("published-ports-relay")
        self._selector = selectors.DefaultSelector()
        self._waker, self._wake = socket.socketpair()
        self._selector.register(self._waker, selectors.EVENT_READ, None)
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None

    def published(self) -> tuple[PublishedPort, ...]:
        """What is open now, by instance and port."""
        with self._lock:
            found = [opening.published for opening in self._open.values()]
        return tuple(sorted(found, key=lambda port: (port.instance_id, port.port)))

    def sync(self) -> None:
        """Open what newly listens, close what no longer does or may."""
        wanted: dict[tuple[str, str, int], Machine] = {}
        looks: dict[str, _Look] = {}
        for public in self._machines():
            if public.public_ip is not None and public.machine.alive:
                look = looks[public.instance_id] = self._look_at(public)
                for port in look.ports:
                    if self._allowed(public.instance_id, port):
                        wanted[public.instance_id, public.public_ip, port] = public.machine
        self._looks = looks
        with self._lock:
            if self._closed:
                return
            for key in [key for key, opening in self._open.items() if wanted.get(key) is not opening.machine]:
                self._shut(self._open.pop(key))
            for key in [key for key in wanted if key not in self._open]:
                opening = self._open_up(*key, wanted[key])
                if opening is not None:
                    self._open[key] = opening

    def close(self) -> None:
        """Close every port."""
        with self._lock:
            self._closed = True
            for opening in self._open.values():
                self._shut(opening)
            self._open.clear()
        self._wake.send(b"\0")
        if self._thread is not None:
            self._thread.join()
        self._relay.close()
        self._selector.close()
        self._waker.close()
        self._wake.close()

    def _look_at(self, public: PublicMachine) -> _Look:
        """Seldom where nobody works: a look costs half a millisecond, five times a second for each machine."""
        now, last = time.monotonic(), self._looks.get(public.instance_id)
        if (
            last is not None
            and last.machine is public.machine
            and public.machine.idle_seconds > _QUIET_AFTER_SECONDS
            and now - last.at < _LOOK_AT_QUIET_EVERY_SECONDS
        ):
            return last
        return _Look(machine=public.machine, ports=_outward_ports(public.machine), at=now)

    def _open_up(self, instance_id: str, public_ip: str, port: int, machine: Machine) -> _Opening | None:
        at_public_ip = _listen(public_ip, port)
        if at_public_ip is None and self._host_network:
            # The program itself holds that port on every address of this computer.
            published = PublishedPort(instance_id=instance_id, port=port, public_ip=public_ip, local_port=port)
            return _Opening(published=published, machine=machine)
        at_localhost = _listen(_LOCALHOST, port) or _listen(_LOCALHOST, 0)
        if at_localhost is None:
            return None
        opening = _Opening(
            published=PublishedPort(
                instance_id=instance_id,
                port=port,
                public_ip=public_ip,
                local_port=at_localhost.getsockname()[1],
                at_public_ip=at_public_ip is not None,
            ),
            machine=machine,
            sockets=[listener for listener in (at_public_ip, at_localhost) if listener is not None],
        )
        for listener in opening.sockets:
            self._selector.register(listener, selectors.EVENT_READ, opening)
        if self._thread is None:
            self._thread = threading.Thread(target=self._accept, name="published-ports", daemon=True)
            self._thread.start()
        self._wake.send(b"\0")
        return opening

    def _shut(self, opening: _Opening) -> None:
        for listener in opening.sockets:
            self._selector.unregister(listener)
            listener.close()
        self._relay.end(opening.published)

    def _accept(self) -> None:
        while not self._closed:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._waker.recv(4096)
                    continue
                with contextlib.suppress(OSError):
                    self._let_in(key)

    def _let_in(self, key: selectors.SelectorKey) -> None:
        assert isinstance(key.fileobj, socket.socket)
        outside, _ = key.fileobj.accept()
        try:
            inside = key.data.machine.connect(key.data.published.port)
        except (OSError, MachineError) as error:
            _LOGGER.debug("nothing answers on port %s: %s", key.data.published.port, error)
            outside.close()
            return
        self._relay.add(outside, inside, key.data.published)


def _outward_ports(machine: Machine) -> set[int]:
    """Ports on which something listens that could be reached from another machine."""
    try:
        found = machine.listeners()
    except (MachineError, OSError):
        return set()
    return {
        listener.port for listener in found if not listener.address.startswith("127.") and listener.address != "::1"
    }


def _listen(address: str, port: int) -> socket.socket | None:
    """A listening socket; None when the port is taken, needs privileges, or the address is not there."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(128)
    except OSError:
        listener.close()
        return None
    listener.setblocking(False)
    return listener
