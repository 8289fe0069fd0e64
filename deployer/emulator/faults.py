"""Make the next call fail, on purpose: refusals, throttling, silence, lost answers, broken proxies, delay."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from deployer.clock import Clock
from deployer.emulator.actions import ApiError
from deployer.emulator.http import HttpResponse

FaultKind = Literal[
    "error",  # refused with status, code and message; nothing was done
    "throttle",  # refused until the next full minute of the clock
    "timeout_before",  # nothing was done, no answer comes
    "timeout_after",  # the work was done, no answer comes
    "reset",  # the connection is reset before anything was done
    "http_502_html",  # a proxy answers with a page; nothing was done
    "empty_200",  # the work was done, the answer has no body
    "html_200",  # something on the way answers with a page and HTTP 200; nothing was done
    "cut_json",  # the work was done, the answer breaks off in the middle
    "lag",  # the work is done after `seconds`
]

_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_LOGIN_PAGE = b"<html><head><title>Welcome</title></head><body>Sign in to use this network.</body></html>"
_CUT_JSON = b'{"RequestId":"4C467B38-3910-447D-87BC-AC049166F216","Ins'


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is to go wrong. It starts with the `nth` matching call from now and hits `times` calls, None for ever."""

    action: str  # "RunInstances", an OSS operation such as "PutObject", or "*"
    kind: FaultKind = "error"
    nth: int = 1
    times: int | None = 1
    product: str | None = None  # None: whichever product has an action of that name
    status: int = 500
    code: str = "InternalError"
    message: str = "The request processing has failed due to some unknown error."
    retry_after_ms: int | None = None  # sent as x-acs-retry-after
    seconds: float = 0.0  # how long a lag lasts, or how long a silent connection stays open

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"no such kind of fault: {self.kind!r}, known are {', '.join(get_args(FaultKind))}")
        if self.nth < 1 or (self.times is not None and self.times < 1):
            raise ValueError("nth and times count from 1")

    @property
    def comes_after(self) -> bool:
        """True when the work is done first."""
        return self.kind in {"timeout_after", "empty_200", "cut_json"}


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
            self._armed.append(_Armed(fault))
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
        """The armed faults as plain data."""
        with self._lock:
            return [asdict(armed.fault) for armed in self._armed]

    def take(self, product: str, action: str) -> Fault | None:
        """Count this call, and give what is to go wrong with it."""
        with self._lock:
            closed = self._closed_until.get((product, action))
            if closed and self._clock.now().timestamp() < closed[0]:
                return closed[1]
            for armed in self._armed:
                if armed.fault.action in {action, "*"} and armed.fault.product in {None, product}:
                    fault = self._count(armed)
                    if fault is not None:
                        self._close_if_throttled(fault, product, action)
                        return fault
            return None

    def _count(self, armed: _Armed) -> Fault | None:
        fault = armed.fault
        armed.calls += 1
        struck = armed.calls - fault.nth + 1
        if fault.times is not None and struck >= fault.times:
            self._armed.remove(armed)
        return fault if struck >= 1 else None

    def _close_if_throttled(self, fault: Fault, product: str, action: str) -> None:
        """Source: https://www.alibabacloud.com/help/doc-detail/437902.htm (closed until the next clock minute)."""
        if fault.kind == "throttle":
            now = self._clock.now().timestamp()
            self._closed_until[product, action] = ((now // 60 + 1) * 60, fault)


def strike_before(fault: Fault | None, clock: Clock) -> None:
    """What happens instead of the work, or ahead of it.

    Errors: ApiError, DroppedConnection, ForeignAnswer, as the fault says.
    """
    if fault is None or fault.comes_after:
        return
    if fault.kind == "lag":
        clock.sleep(fault.seconds)
    elif fault.kind == "error":
        raise ApiError(fault.status, fault.code, fault.message, headers=_retry_after(fault))
    elif fault.kind == "throttle":
        message = "Request was denied due to user flow control."
        raise ApiError(400, "Throttling.User", message, headers=_retry_after(fault))
    elif fault.kind == "http_502_html":
        raise ForeignAnswer(HttpResponse(status=502, headers={"content-type": "text/html"}, body=_BAD_GATEWAY))
    elif fault.kind == "html_200":
        raise ForeignAnswer(HttpResponse(status=200, headers={"content-type": "text/html"}, body=_LOGIN_PAGE))
    else:
        raise DroppedConnection(after_seconds=fault.seconds, reset=fault.kind == "reset")


def strike_after(fault: Fault | None) -> None:
    """What happens to the answer once the work is done. Errors: DroppedConnection, ForeignAnswer."""
    if fault is None or not fault.comes_after:
        return
    if fault.kind == "empty_200":
        raise ForeignAnswer(HttpResponse(status=200))
    if fault.kind == "cut_json":
        raise ForeignAnswer(HttpResponse(status=200, headers={"content-type": "application/json"}, body=_CUT_JSON))
    raise DroppedConnection(after_seconds=fault.seconds, reset=False)


def _retry_after(fault: Fault) -> dict[str, str]:
    return {} if fault.retry_after_ms is None else {"x-acs-retry-after": str(fault.retry_after_ms)}
