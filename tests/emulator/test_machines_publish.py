"""Ports of machines on this computer: open when something listens and the security group lets it in."""

import contextlib
import os
import random
import socket
from pathlib import Path

import pytest
from machine_trial import Trial, wait_until

from deployer.emulator.machines.base import Listener, MachineSpec
from deployer.emulator.machines.inside import listening
from deployer.emulator.machines.namespaces import NamespaceDriver, probe
from deployer.emulator.machines.publish import PublicMachine, Publisher

SERVER = """
import socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    connection, _ = listener.accept()
    data = connection.recv(100)
    connection.sendall(b"echo " + data + b"." * int(sys.argv[3]))
    connection.close()
"""
PUBLIC_IP = "127.10.77.5"

pytestmark = [pytest.mark.sandbox, pytest.mark.assumed("public addresses of emulated instances are loopback addresses")]


@pytest.fixture
def trial(tmp_path: Path):
    if reason := probe(tmp_path / "probe", os.environ):
        pytest.skip(f"no namespaces here: {reason}")
    driver = NamespaceDriver(tmp_path / "machines", os.environ)
    machine = driver.boot(MachineSpec(instance_id="i-trial", hostname="web-1", private_ip="172.16.0.10"))
    yield Trial(machine=machine, driver=driver)
    driver.close()


@pytest.fixture
def port() -> int:
    """A free one, from below those that the system gives to clients meanwhile."""
    while True:
        number = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("0.0.0.0", number)):
            return number


@pytest.fixture
def open_ports() -> set[int]:
    """The rules of the security group."""
    return set()


@pytest.fixture
def publisher(trial, open_ports):
    public = PublicMachine(instance_id="i-trial", public_ip=PUBLIC_IP, machine=trial.machine)
    publisher = Publisher(lambda: [public], lambda _, port: port in open_ports)
    yield publisher
    publisher.close()


def serve(trial: Trial, address: str, port: int, filler: int = 0) -> None:
    trial.text(
        f"cat >/root/server.py <<'E'\n{SERVER}\nE\nnohup python3 /root/server.py {address} {port} {filler} >/dev/null 2>&1 & echo $! >/root/pid"
    )
    wait_until(lambda: any(found.port == port for found in trial.machine.listeners()))


def ask(address: str, port: int) -> bytes:
    with socket.create_connection((address, port), timeout=10) as connection:
        connection.sendall(b"hello")
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def test_an_app_is_reached_at_its_public_address_and_on_localhost(trial, publisher, open_ports, port):
    open_ports.add(port)
    serve(trial, "0.0.0.0", port)
    publisher.sync()
    [published] = publisher.published()
    assert (published.instance_id, published.port, published.public_ip) == ("i-trial", port, PUBLIC_IP)
    assert ask(PUBLIC_IP, port) == b"echo hello"
    assert ask("127.0.0.1", published.local_port) == b"echo hello"


def test_a_large_answer_arrives_whole(trial, publisher, open_ports, port):
    open_ports.add(port)
    serve(trial, "0.0.0.0", port, filler=5_000_000)
    publisher.sync()
    assert len(ask(PUBLIC_IP, port)) == len(b"echo hello") + 5_000_000


def test_an_app_on_the_private_address_is_reached_too(trial, publisher, open_ports, port):
    open_ports.add(port)
    serve(trial, "172.16.0.10", port)
    publisher.sync()
    assert ask(PUBLIC_IP, port) == b"echo hello"


def test_an_app_that_listens_on_loopback_alone_is_not_published(trial, publisher, open_ports, port):
    open_ports.add(port)
    serve(trial, "127.0.0.1", port)
    publisher.sync()
    assert publisher.published() == ()
    with pytest.raises(ConnectionRefusedError):
        ask(PUBLIC_IP, port)


def test_without_a_rule_nothing_is_published_and_without_it_any_more_it_is_closed(trial, publisher, open_ports, port):
    serve(trial, "0.0.0.0", port)
    publisher.sync()
    assert publisher.published() == ()
    open_ports.add(port)
    publisher.sync()
    assert ask(PUBLIC_IP, port) == b"echo hello"
    open_ports.clear()
    publisher.sync()
    with pytest.raises(ConnectionRefusedError):
        ask(PUBLIC_IP, port)


def test_a_port_is_closed_when_its_program_ends_and_when_the_machine_stops(trial, publisher, open_ports, port):
    open_ports.add(port)
    serve(trial, "0.0.0.0", port)
    publisher.sync()
    trial.text("kill -9 $(cat /root/pid)")
    wait_until(lambda: not trial.machine.listeners())
    publisher.sync()
    assert publisher.published() == ()
    serve(trial, "0.0.0.0", port)
    publisher.sync()
    assert publisher.published() != ()
    trial.machine.power_off()
    publisher.sync()
    assert publisher.published() == ()


def test_a_port_taken_on_localhost_is_published_there_by_another_number(trial, publisher, open_ports, port):
    open_ports.add(port)
    serve(trial, "0.0.0.0", port)
    with socket.create_server(("127.0.0.1", port)):
        publisher.sync()
        [published] = publisher.published()
        assert published.local_port != port
        assert ask("127.0.0.1", published.local_port) == b"echo hello"
        assert ask(PUBLIC_IP, port) == b"echo hello"


def test_many_connections_at_once_are_all_answered(trial, publisher, open_ports, port):
    open_ports.add(port)
    serve(trial, "0.0.0.0", port)
    publisher.sync()
    connections = [socket.create_connection((PUBLIC_IP, port), timeout=10) for _ in range(40)]
    for connection in connections:
        connection.sendall(b"hello")
    assert [connection.recv(100) for connection in connections] == [b"echo hello"] * 40
    for connection in connections:
        connection.close()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux has both")
def test_the_kernel_and_its_table_name_the_same_listening_sockets():
    with (
        socket.create_server((PUBLIC_IP, 0)) as one,
        socket.create_server(("::1", 0), family=socket.AF_INET6) as other,
    ):
        own = {one.getsockname()[:2], other.getsockname()[:2]}
        asked = {found for family in (socket.AF_INET, socket.AF_INET6) for found, _ in listening._ask_kernel(family)}
        read = {found for name in ("tcp", "tcp6") for found, _ in listening._read_table(name)}
        assert own <= asked
        assert own <= read
        assert own <= set(listening.list_listeners([os.getpid()]))
        assert own.isdisjoint(listening.list_listeners([]))


class Watched:
    """A machine that counts how often it is looked at."""

    alive = True
    idle_seconds = 60.0
    looks = 0

    def listeners(self) -> tuple[Listener, ...]:
        self.looks += 1
        return ()


def test_a_machine_on_which_nobody_works_is_looked_at_seldom():
    machine = Watched()
    public = PublicMachine(instance_id="i-still", public_ip=PUBLIC_IP, machine=machine)
    with contextlib.closing(Publisher(lambda: [public], lambda _, _port: True)) as publisher:
        for _ in range(10):
            publisher.sync()
        assert machine.looks == 1

        machine.idle_seconds = 0.1
        publisher.sync()
        assert machine.looks == 2
