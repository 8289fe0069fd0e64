"""An emulator and what keeps it going: the ticker that lets due things happen, reset, and the control endpoints."""

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from deployer.clock import VirtualClock
from deployer.emulator.core import Emulator
from deployer.emulator.exposure import PortExposure
from deployer.emulator.faults import Fault
from deployer.emulator.http import HttpRequest, HttpResponse

CONTROL_PREFIX = "/_emulator/"
TOKEN_HEADER = "x-emulator-token"  # noqa: S105  (a header's name)

_SHORTEST_TICK_SECONDS = 0.02
_LARGEST_BODY = 1024 * 1024


@runtime_checkable
class ReachesTheCloud(Protocol):
    """A driver whose machines call the cloud's hosts: it is told where those are answered."""

    cloud_address: tuple[str, int] | None


class _Refused(Exception):
    """A control request that cannot be served."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class EmulatorHost:
    """Carries requests to one emulator, which `reset` replaces by a new one.

    Control requests must carry `token`, so that no web page and no other user of the machine can send them; without
    a token (in-process use) everybody may.
    """

    def __init__(self, make: Callable[[], Emulator], *, token: str | None = None) -> None:
        self._make = make
        self._token = token
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
                return self._control(request)
            return self.emulator.handle(request)
        finally:
            self._work.set()
            self._exposure.wake()

    def reset(self) -> None:
        """Forget everything that exists; keys, roles and the clock stay."""
        self._exposure.close()
        self.emulator.close()
        self.emulator = self._make()
        self._exposure = PortExposure(self.emulator)
        if self._address is not None:
            self.announce(*self._address)

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

    def _control(self, request: HttpRequest) -> HttpResponse:
        try:
            status, answer = 200, self._answer_control(request)
        except _Refused as refused:
            status, answer = refused.status, {"error": str(refused)}
        body = json.dumps(answer, ensure_ascii=False).encode()
        return HttpResponse(status=status, headers={"content-type": "application/json;charset=utf-8"}, body=body)

    def _answer_control(self, request: HttpRequest) -> Any:
        name = request.path.removeprefix(CONTROL_PREFIX)
        if (request.method, name) == ("GET", "health") and TOKEN_HEADER not in request.headers:
            return {"status": "ok"}
        if self._token is not None and request.headers.get(TOKEN_HEADER) != self._token:
            raise _Refused(403, f"the header {TOKEN_HEADER} with the server's token is missing or wrong")
        routes: Mapping[tuple[str, str], Callable[[HttpRequest], Any]] = {
            ("GET", "health"): lambda _: {"status": "ok", "pid": os.getpid()},
            ("GET", "state"): lambda _: self._state(),
            ("GET", "requests"): self._requests,
            ("GET", "ports"): lambda _: [asdict(port) for port in self._exposure.published()],
            ("GET", "faults"): lambda _: self.emulator.faults.described(),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): lambda _: self._clear_faults(),
            ("POST", "reset"): lambda _: self._reset(),
            ("POST", "clock"): self._advance_clock,
        }
        route = routes.get((request.method, name))
        if route is None:
            known = ", ".join(f"{method} {path}" for method, path in routes)
            raise _Refused(404, f"no such control endpoint; there are {known}")
        return route(request)

    def _state(self) -> dict[str, Any]:
        emulator, driver = self.emulator, self.emulator.context.driver.info
        return {
            "account_id": emulator.context.account_id,
            "driver": driver.name,
            "notice": driver.notice,
            "now": emulator.context.clock.now().isoformat(),
            "instances": self._instances(),
            "buckets": sorted(emulator.oss.state.buckets),
            "actions": emulator.implemented_actions(),
            "calls": len(emulator.recorder.calls),
            "faults": emulator.faults.described(),
        }

    def _instances(self) -> list[dict[str, Any]]:
        with self.emulator.lock:
            return [
                {
                    "instance_id": instance.instance_id,
                    "name": instance.instance_name,
                    "region_id": instance.region_id,
                    "status": instance.status,
                    "public_ip": instance.internet_ip,
                }
                for instance in self.emulator.services.ecs_state.instances(None)
            ]

    def _requests(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The calls so far; `?action=RunInstances` picks, `?limit=20` keeps the newest."""
        query = dict(parse_qsl(request.query_string))
        wanted, limit = query.get("action"), query.get("limit", "1000")
        calls = [call.to_dict() for call in self.emulator.recorder.calls if wanted in {None, call.action}]
        return calls[-int(limit) :] if limit.isdigit() and int(limit) else calls

    def _add_faults(self, request: HttpRequest) -> list[dict[str, Any]]:
        described = _read_json(request)
        try:
            faults = [Fault(**one) for one in (described if isinstance(described, list) else [described])]
        except (TypeError, ValueError) as wrong:
            raise _Refused(400, str(wrong)) from None
        for fault in faults:
            self.emulator.faults.add(fault)
        return self.emulator.faults.described()

    def _clear_faults(self) -> list[dict[str, Any]]:
        self.emulator.faults.clear()
        return []

    def _reset(self) -> dict[str, str]:
        self.reset()
        return {"status": "ok"}

    def _advance_clock(self, request: HttpRequest) -> dict[str, str]:
        if not isinstance(self.emulator.context.clock, VirtualClock):
            raise _Refused(409, "the clock is the machine's own; only a virtual clock can be advanced")
        described = _read_json(request)
        seconds = described.get("seconds") if isinstance(described, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise _Refused(400, 'send {"seconds": 60}')
        self.emulator.advance(seconds)
        return {"now": self.emulator.context.clock.now().isoformat()}


def _read_json(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body.read(_LARGEST_BODY) or b"null")
    except ValueError:
        raise _Refused(400, "the body is no JSON") from None
