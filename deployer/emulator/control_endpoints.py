"""What a server's owner may ask of the emulator over HTTP, below `/_emulator/`: JSON in, JSON out."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from deployer.clock import MovableClock
from deployer.emulator.fault_text import read_fault
from deployer.emulator.faults import Fault
from deployer.emulator.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from deployer.emulator.host import EmulatorHost

CONTROL_PREFIX = "/_emulator/"
TOKEN_HEADER = "x-emulator-token"  # noqa: S105  (a header's name)

_LARGEST_BODY = 1024 * 1024
_USUAL_LIMIT = 1000

Route = Callable[[HttpRequest], Any]


class _Refused(Exception):
    """A control request that cannot be served."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class ControlEndpoints:
    """The endpoints of one host. They want its token, except for the question whether anybody is there."""

    def __init__(self, host: "EmulatorHost", token: str | None) -> None:
        self._host = host
        self._token = token
        self._routes: Mapping[tuple[str, str], Route] = {
            ("GET", "health"): lambda _: {"status": "ok", "pid": os.getpid()},
            ("GET", "state"): lambda _: self._state(),
            ("GET", "requests"): self._requests,
            ("DELETE", "requests"): lambda _: self._forget_requests(),
            ("GET", "ports"): lambda _: [asdict(port) for port in self._host.published()],
            ("GET", "faults"): lambda _: self._host.emulator.faults.described(),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): lambda _: self._clear_faults(),
            ("POST", "reset"): self._reset,
            ("POST", "seed"): self._seed,
            ("GET", "clock"): lambda _: self._time(),
            ("POST", "clock"): self._advance_clock,
        }

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer, refusals included."""
        try:
            status, answer = 200, self._answer(request)
        except _Refused as refused:
            status, answer = refused.status, {"error": str(refused)}
        body = json.dumps(answer, ensure_ascii=False).encode()
        return HttpResponse(status=status, headers={"content-type": "application/json;charset=utf-8"}, body=body)

    def _answer(self, request: HttpRequest) -> Any:
        name = request.path.removeprefix(CONTROL_PREFIX)
        if (request.method, name) == ("GET", "health") and TOKEN_HEADER not in request.headers:
            return {"status": "ok"}
        if self._token is not None and request.headers.get(TOKEN_HEADER) != self._token:
            raise _Refused(403, f"the header {TOKEN_HEADER} with the server's token is missing or wrong")
        route = self._routes.get((request.method, name))
        if route is None:
            known = ", ".join(f"{method} {path}" for method, path in self._routes)
            raise _Refused(404, f"no such control endpoint; there are {known}")
        return route(request)

    def _state(self) -> dict[str, Any]:
        emulator, driver = self._host.emulator, self._host.emulator.context.driver.info
        return {
            "account_id": emulator.context.account_id,
            "driver": driver.name,
            "notice": driver.notice,
            **self._time(),
            "instances": self._instances(),
            "buckets": sorted(emulator.oss.state.buckets),
            "actions": emulator.implemented_actions(),
            "calls": len(emulator.recorder.calls),
            "faults": emulator.faults.described(),
        }

    def _instances(self) -> list[dict[str, Any]]:
        emulator = self._host.emulator
        with emulator.lock:
            return [
                {
                    "instance_id": instance.instance_id,
                    "name": instance.instance_name,
                    "region_id": instance.region_id,
                    "status": instance.status,
                    "public_ip": instance.internet_ip,
                }
                for instance in emulator.services.ecs_state.instances(None)
            ]

    def _requests(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The calls so far; `?action=RunInstances` picks, `?limit=20` keeps the newest."""
        query = dict(parse_qsl(request.query_string))
        wanted, limit = query.get("action"), query.get("limit", str(_USUAL_LIMIT))
        if not (limit.isascii() and limit.isdigit()):
            raise _Refused(400, f"limit is a number, not `{limit}`")
        calls = [call.to_dict() for call in self._host.emulator.recorder.calls if wanted in {None, call.action}]
        return calls[-int(limit) :] if int(limit) else calls

    def _forget_requests(self) -> list[Any]:
        self._host.emulator.recorder.clear()
        return []

    def _add_faults(self, request: HttpRequest) -> list[dict[str, Any]]:
        """One fault or several, each as text or as an object; all of them are armed, or none."""
        described = _read_json(request)
        try:
            faults = [
                read_fault(one) if isinstance(one, str) else Fault(**one)
                for one in (described if isinstance(described, list) else [described])
            ]
        except (TypeError, ValueError) as wrong:
            raise _Refused(400, str(wrong)) from None
        for fault in faults:
            self._host.emulator.faults.add(fault)
        return self._host.emulator.faults.described()

    def _clear_faults(self) -> list[Any]:
        self._host.emulator.faults.clear()
        return []

    def _reset(self, request: HttpRequest) -> dict[str, str]:
        """Everything is gone; `{"seed": 7}` is the seed of what comes."""
        seed = _read_seed(request, needed=False)
        self._host.reset()
        if seed is not None:
            self._host.emulator.reseed(seed)
        return {"status": "ok"}

    def _seed(self, request: HttpRequest) -> dict[str, str]:
        seed = _read_seed(request, needed=True)
        assert seed is not None
        self._host.emulator.reseed(seed)
        return {"status": "ok"}

    def _time(self) -> dict[str, str]:
        return {"now": self._host.emulator.context.clock.now().isoformat()}

    def _advance_clock(self, request: HttpRequest) -> dict[str, str]:
        if not isinstance(self._host.emulator.context.clock, MovableClock):
            raise _Refused(409, "the clock is the machine's own; it cannot be advanced")
        described = _read_json(request)
        seconds = described.get("seconds") if isinstance(described, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            raise _Refused(400, 'send {"seconds": 60}')
        self._host.emulator.advance(seconds)
        return self._time()


def _read_json(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body.read(_LARGEST_BODY) or b"null")
    except ValueError:
        raise _Refused(400, "the body is no JSON") from None


def _read_seed(request: HttpRequest, *, needed: bool) -> int | str | None:
    described = _read_json(request)
    seed = described.get("seed") if isinstance(described, dict) else described
    if isinstance(seed, bool) or not isinstance(seed, int | str | None) or (seed is None and needed):
        raise _Refused(400, 'send {"seed": 7}')
    return seed
