"""Make calls fail, on purpose: what is armed, which calls it strikes, and what then comes in place of the answer."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal

from deployer.clock import Clock
from deployer.emulator.actions import ApiError
from deployer.emulator.fault_kinds import AFTER_THE_WORK, KINDS, LASTING, OF_MACHINES, REFUSALS, FaultKind
from deployer.emulator.http import HttpResponse

_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_LOGIN_PAGE = b"<html><head><title>Welcome</title></head><body>Sign in to use this network.</body></html>"
_CUT_JSON = b'{"RequestId":"4C467B38-3910-447D-87BC-AC049166F216","Ins'
_UNCOUNTED = frozenset({"agent_offline", "disk_full"})
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is to go wrong. It starts with the `nth` matching call from now and hits `times` calls, None for ever."""

    action: str = ""  # "RunInstances", an OSS operation such as "PutObject", "*", or empty: what the kind is about
    kind: FaultKind = "error"
    nth: int = 1
    times: int | Literal["usual"] | None = "usual"  # usual: once, or for ever for the kinds that last
    product: str | None = None  # None: whichever product has an action of that name
    instance: str | None = None  # only calls that name this instance; None: any
    status: int = 500
    code: str = "InternalError"
    message: str = "The request processing has failed due to some unknown error."
    retry_after_ms: int | None = None  # sent as x-acs-retry-after
    seconds: float = 0.0  # how long a lag lasts, a silent connection stays open, a condition of machines holds (0: on)
    body: str = "{}"  # of a foreign answer
    bytes_per_second: float = 1024.0  # of a slow network

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such kind of fault: {self.kind!r}, known are {', '.join(sorted(KINDS))}")
        if self.nth < 1 or (isinstance(self.times, int) and self.times < 1):
            raise ValueError("nth and times count from 1")
        if not self.action and self.kind not in REFUSALS.keys() | OF_MACHINES | {"slow"}:
            raise ValueError(f"a fault of the kind {self.kind} needs an action; `*` is every action")
        if self.kind in _UNCOUNTED and (self.nth != 1 or isinstance(self.times, int)):
            raise ValueError(f"{self.kind} holds for `seconds`, or until it is cleared; it counts no calls")
        if self.seconds < 0 or self.bytes_per_second <= 0:
            raise ValueError("`seconds` cannot be negative, `bytes_per_second` must be more than 0")

    @property
    def most(self) -> int | None:
        """How many calls it hits; None for ever."""
        if self.times == "usual":
            return None if self.kind in LASTING else 1
        return self.times

    @property
    def comes_after(self) -> bool:
        """True when the work is done first."""
        return self.kind in AFTER_THE_WORK

    def strikes(self, product: str, action: str, params: Mapping[str, str]) -> bool:
        """True for a call it is about; `run_instances` is RunInstances."""
        if self.kind in OF_MACHINES or self.product not in {None, product}:
            return False
        if self.instance is not None and not any(self.instance in value for value in params.values()):
            return False
        if not self.action:
            return self.kind == "slow" or action in REFUSALS[self.kind]
        return self.action == "*" or _plain(self.action) == _plain(action)


class DroppedConnection(Exception):
    """No answer comes: whoever carries the request closes the connection, after a while and with a reset if so asked."""

    def __init__(self, *, after_seconds: float, reset: bool) -> None:
        super().__init__("the connection was reset" if reset else "the connection was dropped without an answer")
        self.after_seconds = after_seconds
        self.reset = reset


class ForeignAnswer(Exception):
    """The answer that comes is not the product's."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(f"HTTP {response.status}")
        self.response = response


@dataclass(slots=True)
class _Armed:
    fault: Fault
    since: float  # seconds since the epoch, on the clock of the cloud
    calls: int = 0


class Faults:
    """The faults that are armed, each counting the calls that match it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._closed_until: dict[tuple[str, str], tuple[float, Fault]] = {}

    def add(self, fault: Fault) -> Fault:
        """Arm a fault; of several that match the same call, the one armed first strikes."""
        with self._lock:
            self._armed.append(_Armed(fault, self._clock.now().timestamp()))
        return fault

    def add_described(self, description: Mapping[str, Any]) -> Fault:
        """Arm a fault from plain data. Errors: ValueError, TypeError when a field is unknown or wrong."""
        return self.add(Fault(**description))

    def clear(self) -> None:
        """Disarm all, and open what was throttled."""
        with self._lock:
            self._armed.clear()
            self._closed_until.clear()

    def described(self) -> list[dict[str, Any]]:
        """The armed faults as plain data, with how many calls they hit in all."""
        with self._lock:
            return [{**asdict(armed.fault), "times": armed.fault.most} for armed in self._armed]

    def take(self, product: str, action: str, params: Mapping[str, str] = _NOTHING) -> Fault | None:
        """Count this call, and give what is to go wrong with it."""
        with self._lock:
            if not self._armed and not self._closed_until:
                return None
            closed = self._closed_until.get((product, action))
            if closed and self._clock.now().timestamp() < closed[0]:
                return closed[1]
            for armed in self._armed:
                if armed.fault.strikes(product, action, params):
                    fault = self._count(armed)
                    if fault is not None:
                        self._close_if_throttled(fault, product, action)
                        return fault
            return None

    def take_command(self, instance_id: str) -> bool:
        """Count a command that reaches the instance; True when it is to fail without having run."""
        with self._lock:
            for armed in self._armed:
                fault = armed.fault
                if fault.kind == "command_failed" and fault.instance in {None, instance_id} and self._count(armed):
                    return True
            return False

    def holds(self, kind: FaultKind, instance_id: str | None = None) -> bool:
        """True while a condition holds, of that instance where one is given; nothing is counted."""
        with self._lock:
            now = self._clock.now().timestamp()
            return any(
                armed.fault.kind == kind
                and (instance_id is None or armed.fault.instance in {None, instance_id})
                and (armed.fault.seconds == 0 or now < armed.since + armed.fault.seconds)
                for armed in self._armed
            )

    def _count(self, armed: _Armed) -> Fault | None:
        fault = armed.fault
        armed.calls += 1
        struck = armed.calls - fault.nth + 1
        if fault.most is not None and struck >= fault.most:
            self._armed.remove(armed)
        return fault if struck >= 1 else None

    def _close_if_throttled(self, fault: Fault, product: str, action: str) -> None:
        """Source: https://www.alibabacloud.com/help/doc-detail/437902.htm (closed until the next clock minute)."""
        if fault.kind == "throttle":
            now = self._clock.now().timestamp()
            self._closed_until[product, action] = ((now // 60 + 1) * 60, fault)


def strike_before(fault: Fault | None, action: str, clock: Clock) -> None:
    """What happens instead of the work, or ahead of it.

    Errors: ApiError, DroppedConnection, ForeignAnswer, as the fault says.
    """
    if fault is None or fault.comes_after or fault.kind == "slow":
        return
    if fault.kind == "lag":
        clock.sleep(fault.seconds)
    elif fault.kind == "throttle":
        message = "Request was denied due to user flow control."
        raise ApiError(400, "Throttling.User", message, headers=_retry_after(fault))
    elif fault.kind == "error" or fault.kind in REFUSALS:
        raise _refusal(fault, action)
    elif fault.kind == "foreign_answer":
        headers = {"content-type": "application/json;charset=utf-8"}
        raise ForeignAnswer(HttpResponse(status=fault.status, headers=headers, body=fault.body.encode()))
    elif fault.kind == "http_502_html":
        raise ForeignAnswer(HttpResponse(status=502, headers={"content-type": "text/html"}, body=_BAD_GATEWAY))
    elif fault.kind == "html_200":
        raise ForeignAnswer(HttpResponse(status=200, headers={"content-type": "text/html"}, body=_LOGIN_PAGE))
    else:
        raise DroppedConnection(after_seconds=fault.seconds, reset=fault.kind == "reset")


def strike_after(fault: Fault | None) -> None:
    """What comes in place of the answer once the work is done. Errors: DroppedConnection, ForeignAnswer."""
    if fault is None:
        return
    if fault.kind == "empty_200":
        raise ForeignAnswer(HttpResponse(status=200))
    if fault.kind == "cut_json":
        raise ForeignAnswer(HttpResponse(status=200, headers={"content-type": "application/json"}, body=_CUT_JSON))
    if fault.kind == "timeout_after":
        raise DroppedConnection(after_seconds=fault.seconds, reset=False)


def _refusal(fault: Fault, action: str) -> ApiError:
    """The refusal the kind stands for; one of another operation where this one has none of its own."""
    named = REFUSALS.get(fault.kind)
    if named is None:
        return ApiError(fault.status, fault.code, fault.message, headers=_retry_after(fault))
    refusal = named.get(action) or next(iter(named.values()))
    return ApiError(refusal.status, refusal.code, refusal.message, headers=_retry_after(fault))


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after_ms is None else {"x-acs-retry-after": str(fault.retry_after_ms)}


def _plain(action: str) -> str:
    return action.replace("_", "").lower()
