"""The agent's loop: one control socket, the commands it starts, and the time they may take.

It ends when the control socket is closed, which is also what a killed emulator leaves behind; the kernel then ends
everything else in the machine.
"""

import base64
import encodings.ascii
import encodings.idna
import encodings.latin_1
import encodings.utf_8  # noqa: F401  (codecs are looked up by name later, when the files are out of sight)
import os
import selectors
import signal
import socket
import sys
import time
import traceback  # noqa: F401  (as the codecs)
from pathlib import Path
from typing import Any

from deployer.emulator.machines.inside.commands import Command, Commands, Order, Refused
from deployer.emulator.machines.inside.full_disk import FullDisk
from deployer.emulator.machines.inside.isolation import (
    become_root,
    build_root,
    leave_the_host,
    limit_capabilities,
    map_own_identity,
    open_sources,
    raise_network,
)
from deployer.emulator.machines.inside.linux import Kernel
from deployer.emulator.machines.inside.listening import list_listeners
from deployer.emulator.machines.inside.processes import descendants_of, kill_all, marked_processes
from deployer.emulator.machines.wire import POWERED_OFF, REBOOTED, Message, receive_message, send_message

_PROXY_ADDRESS = ("127.0.0.1", 3128)
_CONNECT_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 3600.0
_UMASK = 0o022  # of an init process, whatever the emulator's user has
_MOST_KILLING_ROUNDS = 500  # what still lives then belongs to somebody else


def main(descriptor: int) -> None:
    """Serve one machine on that socket until it is closed."""
    link = socket.socket(fileno=descriptor)
    link.set_inheritable(False)
    configuration, _ = receive_message(link)
    try:
        if configuration["isolated"]:
            ready = _isolate(link, configuration)
        else:
            _stay_on_the_host()
            ready = None
    except OSError as error:
        send_message(link, {"error": str(error)})
        sys.exit(1)
    if ready is not None:
        send_message(link, {"ready": True}, [ready.fileno()])
        ready.close()
    else:
        send_message(link, {"ready": True})
    Agent(link, configuration).serve()


def _isolate(link: socket.socket, configuration: Message) -> socket.socket:
    """Continue as the first process of a machine. The listening socket of its way out. Errors: OSError."""
    kernel, uid, gid = Kernel(), os.getuid(), os.getgid()
    leave_the_host(kernel)
    if configuration["mapped_by_parent"]:
        send_message(link, {"unshared": True})
        receive_message(link)
    else:
        map_own_identity(uid, gid)
    sources = open_sources(configuration)
    become_root(may_set_groups=configuration["mapped_by_parent"])
    first = os.fork()
    if first:
        _wait_for(link, first)
    os.setsid()
    os.umask(_UMASK)
    kernel.set_host_name(configuration["hostname"])
    build_root(kernel, configuration, sources)
    raise_network(configuration["private_ip"])
    limit_capabilities(kernel)
    way_out = socket.create_server(_PROXY_ADDRESS, backlog=128)
    os.environ.clear()
    return way_out


def _wait_for(link: socket.socket, first: int) -> None:
    """In the process that stays outside: report the machine's first process and end with it. Never returns."""
    send_message(link, {"init_pid": first})
    link.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, status = os.waitpid(first, 0)
    ended_by = os.waitstatus_to_exitcode(status)
    # reboot(2) inside a PID namespace ends its first process with SIGHUP, halting it with SIGINT
    os._exit({-signal.SIGHUP: REBOOTED, -signal.SIGINT: POWERED_OFF}.get(ended_by, max(ended_by, 0)))


def _stay_on_the_host() -> None:
    os.setsid()
    if sys.platform == "linux":
        Kernel().become_subreaper()


class Agent:
    """Answers one request after the other and looks after the commands meanwhile."""

    def __init__(self, link: socket.socket, configuration: Message) -> None:
        self._link = link
        self._isolated = bool(configuration["isolated"])
        self._private_ip = str(configuration["private_ip"])
        self._marker = str(configuration["marker"])
        self._commands = Commands(Path(configuration["scripts"]), isolated=self._isolated)
        self._disk = FullDisk(Kernel()) if self._isolated else None
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Until the other side hangs up, or the machine is told to power off."""
        self._selector.register(self._link, selectors.EVENT_READ, None)
        waker = self._watch_signals()
        self._selector.register(waker, selectors.EVENT_READ, waker)
        try:
            while True:
                wait = self._commands.expire()
                for key, _ in self._selector.select(_LONGEST_WAIT_SECONDS if wait is None else max(0.0, wait)):
                    self._handle(key)
                self._commands.reap()
        except (EOFError, ConnectionError):
            self._end(0)

    def _watch_signals(self) -> socket.socket:
        reading, writing = socket.socketpair()
        reading.setblocking(False)
        writing.setblocking(False)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        self._writing = writing
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        if self._isolated:  # the conventions of an init process
            power_off, reboot = signal.SIGRTMIN + 4, signal.SIGRTMIN + 5
            signal.signal(power_off, lambda _number, _frame: self._end(POWERED_OFF))
            signal.signal(reboot, lambda _number, _frame: self._end(REBOOTED))
        return reading

    def _handle(self, key: selectors.SelectorKey) -> None:
        if key.fileobj is self._link:
            request, _ = receive_message(self._link)
            self._answer(request)
        elif isinstance(key.data, Command):
            if not key.data.at_end and not self._commands.drain(key.data):
                self._selector.unregister(key.fileobj)
        else:
            key.data.recv(4096)

    def _answer(self, request: Message) -> None:
        descriptors: list[socket.socket] = []
        try:
            answer = self._do(request, descriptors)
        except Refused as refusal:
            answer = {"refused": refusal.code, "message": refusal.message}
        except OSError as error:
            answer = {"errno": error.errno or 0, "message": str(error)}
        send_message(self._link, answer, [connection.fileno() for connection in descriptors])
        for connection in descriptors:
            connection.close()

    def _do(self, request: Message, descriptors: list[socket.socket]) -> Message:
        asked = request["do"]
        if asked == "run":
            command = self._commands.start(_order(request))
            self._selector.register(command.pipe, selectors.EVENT_READ, command)
            return {}
        if asked == "state":
            return self._state(request["id"])
        if asked == "stop":
            self._commands.stop(request["id"], process_tree=bool(request["process_tree"]))
            return {}
        if asked in {"fill_disk", "free_disk"}:
            self._set_disk_full(full=asked == "fill_disk")
            return {}
        if asked == "listeners":
            owners = None if self._isolated else self._own_processes()
            return {"listeners": [list(found) for found in list_listeners(owners) if found != _PROXY_ADDRESS]}
        descriptors.append(self._connect(int(request["port"])))
        return {}

    def _set_disk_full(self, *, full: bool) -> None:
        """Errors: Refused on a machine that shares the host's disk, OSError where the system cannot."""
        if self._disk is None:
            raise Refused("DiskFull", "this machine has no disk of its own")
        if full:
            self._disk.fill()
        else:
            self._disk.free()

    def _state(self, command_id: str) -> dict[str, Any]:
        command = self._commands.get(command_id)
        self._commands.reap()
        if not command.at_end and not self._commands.drain(command):
            self._selector.unregister(command.pipe)
        running = command.running(time.monotonic())
        if not running:
            self._commands.forget(command_id)
        return {
            "running": running,
            "exit_code": command.exit_code,
            "timed_out": command.timed_out,
            "output": base64.b64encode(command.output.value()).decode("ascii"),
            "dropped": command.output.dropped,
        }

    def _connect(self, port: int) -> socket.socket:
        """As from another machine when something listens for that, else by the loopback address. Errors: OSError."""
        addresses = [self._private_ip] if self._isolated else []
        for address in (*addresses, "127.0.0.1"):
            try:
                return socket.create_connection((address, port), timeout=_CONNECT_SECONDS)
            except ConnectionRefusedError:
                continue
        return socket.create_connection(("::1", port), timeout=_CONNECT_SECONDS)

    def _own_processes(self) -> set[int]:
        """On Linux a subreaper's descendants are all; elsewhere those that left are known by their environment."""
        found = descendants_of(os.getpid())
        return found if sys.platform == "linux" else found | marked_processes(self._marker)

    def _end(self, status: int) -> None:
        if not self._isolated:
            for _ in range(_MOST_KILLING_ROUNDS):
                found = self._own_processes()
                if not found:
                    break
                kill_all(found)
                self._commands.reap()
                time.sleep(0.002)
        os._exit(status)


def _order(request: Message) -> Order:
    return Order(
        command_id=request["id"],
        script=base64.b64decode(request["script"]),
        working_dir=request["working_dir"],
        username=request["username"],
        timeout_seconds=float(request["timeout_seconds"]),
        kill_process_tree=bool(request["process_tree"]),
        environment=request["environment"],
    )
