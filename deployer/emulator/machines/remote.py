"""A machine as the emulator handles it: every request goes to the agent inside."""

import base64
import contextlib
import itertools
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

from deployer.emulator.machines.base import CommandSpec, CommandState, Listener, MachineError
from deployer.emulator.machines.link import AgentLink
from deployer.emulator.machines.wire import POWERED_OFF, REBOOTED


class RemoteCommand:
    """A command that an agent runs."""

    def __init__(self, link: AgentLink, key: str, translate: Callable[[bytes], bytes]) -> None:
        self._link = link
        self._key = key
        self._translate = translate
        self._last = CommandState(running=True, exit_code=None, timed_out=False, output=b"")

    def state(self) -> CommandState:
        """Where it is; after the machine went away, where it was, ended without an exit code."""
        if not self._last.running:
            return self._last
        try:
            answer, _ = self._link.ask({"do": "state", "id": self._key})
        except (MachineError, OSError):
            self._last = CommandState(
                running=False,
                exit_code=None,
                timed_out=False,
                output=self._last.output,
                dropped_bytes=self._last.dropped_bytes,
            )
            return self._last
        self._last = self._state_of(answer)
        return self._last

    def _state_of(self, answer: Mapping[str, Any]) -> CommandState:
        return CommandState(
            running=bool(answer["running"]),
            exit_code=answer["exit_code"],
            timed_out=bool(answer["timed_out"]),
            output=self._translate(base64.b64decode(answer["output"])),
            dropped_bytes=int(answer["dropped"]),
        )

    def stop(self, *, process_tree: bool) -> None:
        if self._last.running:
            with contextlib.suppress(MachineError):  # the machine is down, and the command with it
                self._link.ask({"do": "stop", "id": self._key, "process_tree": process_tree})


class RemoteMachine:
    """A booted instance behind a control socket."""

    def __init__(
        self,
        link: AgentLink,
        environment: Mapping[str, str],
        *,
        outward: Callable[[bytes], bytes] = bytes,
        inward: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """`inward` is applied to scripts and paths on their way in, `outward` to output on its way out."""
        self._link = link
        self._environment = dict(environment)
        self._outward = outward
        self._inward = inward
        self._numbers = itertools.count()

    @property
    def alive(self) -> bool:
        return self._link.alive

    @property
    def idle_seconds(self) -> float:
        return time.monotonic() - self._link.used_at

    @property
    def rebooting(self) -> bool:
        """Somebody inside asked for a reboot, and the machine has gone down for it."""
        return self._link.exit_status == REBOOTED

    @property
    def powered_itself_off(self) -> bool:
        """Somebody inside shut the machine down."""
        return self._link.exit_status == POWERED_OFF

    def start_command(self, spec: CommandSpec) -> RemoteCommand:
        key = f"{spec.command_id}-{next(self._numbers)}"
        self._link.ask(
            {
                "do": "run",
                "id": key,
                "script": base64.b64encode(self._inward(spec.content)).decode("ascii"),
                "working_dir": self._inward(spec.working_dir.encode()).decode(),
                "username": spec.username,
                "timeout_seconds": spec.timeout_seconds,
                "process_tree": spec.kill_process_tree,
                "environment": self._environment,
            }
        )
        return RemoteCommand(self._link, key, self._outward)

    def fill_disk(self) -> bool:
        """Nothing can be written inside from now on; False where the machine has no disk of its own."""
        try:
            self._link.ask({"do": "fill_disk"})
        except (MachineError, OSError):
            return False
        return True

    def free_disk(self) -> None:
        """The disk is as it was before it was filled."""
        with contextlib.suppress(MachineError, OSError):
            self._link.ask({"do": "free_disk"})

    def listeners(self) -> tuple[Listener, ...]:
        answer, _ = self._link.ask({"do": "listeners"})
        return tuple(Listener(address=address, port=port) for address, port in answer["listeners"])

    def connect(self, port: int) -> socket.socket:
        try:
            _, descriptors = self._link.ask({"do": "connect", "port": port})
        except MachineError as error:
            raise ConnectionRefusedError(str(error)) from error
        connection = socket.socket(fileno=descriptors[0])
        connection.setblocking(True)
        return connection

    def power_off(self) -> None:
        self._link.close()

    def begin_to_end(self) -> None:
        """Every process in it is about to end; `power_off` waits until it has."""
        self._link.hang_up()
