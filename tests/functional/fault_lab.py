"""Clouds for trying faults: one in virtual time whose machines only pretend, so that waits of minutes take none."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloud_lab import KEY_ID, KEY_SECRET, QUICK, CloudLab

from deployer.api import Deployer
from deployer.clock import SystemClock, VirtualClock
from deployer.emulator.core import Emulator
from deployer.emulator.faults import DroppedConnection
from deployer.emulator.host import EmulatorHost
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.machines.base import CommandSpec, MachineSpec
from deployer.emulator.machines.scripted import ScriptedAnswer, ScriptedDriver
from deployer.events import Event
from deployer.models.report import Report

Answer = Callable[[MachineSpec, CommandSpec], ScriptedAnswer]


class PretendedMachine:
    """Answers the runner and the probe as a machine would on which every release comes up."""

    def __init__(self) -> None:
        self.release_id = ""
        self.released: list[str] = []

    def __call__(self, _machine: MachineSpec, command: CommandSpec) -> ScriptedAnswer:
        text = command.content.decode()
        found = re.search(r"^release_id=\W?(\d{8}-\d{6}-[0-9a-f]{6})", text, re.MULTILINE)
        if found is None or "action=" not in text:
            return ScriptedAnswer(output=_line(self._probed()))
        self.release_id = found[1]
        self.released.append(self.release_id)
        return ScriptedAnswer(output=_line(self._came_up()))

    def _came_up(self) -> dict[str, Any]:
        listening = [{"address": "0.0.0.0", "port": 8080}]
        return {
            "deployer_runner": 1,
            "action": "release",
            "release_id": self.release_id,
            "ok": True,
            "stage": "done",
            "message": "released",
            "exit_code": 0,
            "pid": 42,
            "http_status": 200,
            "listening": listening,
        }

    def _probed(self) -> dict[str, Any]:
        return {
            "deployer_probe": 1,
            "installed": bool(self.release_id),
            "release_id": self.release_id,
            "current_release_id": self.release_id,
            "alive": True,
            "pid": 42,
            "running_seconds": 5.0,
            "listening": [{"address": "0.0.0.0", "port": 8080}],
            "http_status": 200,
            "log_found": True,
            "marker_found": True,
            "log_base64": "",
            "log_bytes": 0,
        }


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


class Wire:
    """What lies between clients and the cloud. Once it is cut, the cloud hears and says nothing more."""

    def __init__(self, host: EmulatorHost) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._calls = 0
        self._last_heard: int | None = None
        self._last_answered: int | None = None

    def cut_at(self, number: int, *, takes_effect: bool) -> None:
        """Cut it while the call of that number is under way, before or after it takes effect."""
        self._calls = 0
        self._last_heard = number if takes_effect else number - 1
        self._last_answered = number - 1

    def mend(self) -> None:
        self._last_heard = self._last_answered = None

    def carry(self, request: HttpRequest) -> HttpResponse:
        with self._lock:
            self._calls += 1
            number = self._calls
        if self._last_heard is not None and number > self._last_heard:
            raise DroppedConnection(after_seconds=0, reset=False)
        answer = self._host.handle(request)
        if self._last_answered is not None and number > self._last_answered:
            raise DroppedConnection(after_seconds=0, reset=False)
        return answer


class VirtualLab(CloudLab):
    """An account in virtual time: the deployer of the test and the cloud share one clock."""

    def __init__(self, folder: Path, *, real_time: bool = False) -> None:
        self.clock: Any = SystemClock() if real_time else VirtualClock(SystemClock().now())
        self.machine = PretendedMachine()
        self.assumptions = QUICK  # changed ones hold from the next `host.reset()` on
        super().__init__(folder)

    def _carrier(self) -> Callable[[HttpRequest], HttpResponse]:
        self.wire = Wire(self.host)
        return self.wire.carry

    def _make(self) -> Emulator:
        emulator = Emulator(
            driver=ScriptedDriver(self.machine),
            data_dir=self.folder / "data",
            clock=self.clock,
            assumptions=self.assumptions,
        )
        emulator.accounts.add_access_key(KEY_ID, KEY_SECRET)
        return emulator

    def deploy(self, path: Path, *, on_event: Callable[[Event], None] | None = None, **flags: Any) -> Report:
        """Deploy as a new throw-away group."""
        deployer = Deployer(clock=self.clock, timeout_seconds=3600, on_event=on_event)
        return deployer.deploy(path, **{"yes": True, **flags})

    def fail(self, action: str, kind: str = "error", **settings: Any) -> None:
        """Arm a fault for the next call of that name."""
        self.emulator.faults.add_described({"action": action, "kind": kind, **settings})

    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        kinds = self.existing().items()
        return {kind: things if isinstance(things, int) else len(things) for kind, things in kinds}


@contextmanager
def virtual_lab(folder: Path, *, real_time: bool = False) -> Iterator[VirtualLab]:
    """The lab while the block runs; in real time for a deployer in a process of its own."""
    lab = VirtualLab(folder, real_time=real_time)
    try:
        yield lab
    finally:
        lab.close()
