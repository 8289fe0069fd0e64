"""What was asked and how it was answered, without secrets: for tests, and for the curious."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_KEPT_CALLS = 100_000
_SECRET_NAMES = frozenset({"Password", "AccessKeySecret", "SecurityToken", "KeyPairBody", "PrivateKeyBody"})
_SECRET_VALUES = frozenset({"CreateSecretParameter", "UpdateSecretParameter"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One call. `code` is empty when it succeeded; `status` is 0 when no answer was given."""

    product: str
    action: str
    params: Mapping[str, str]  # as on the wire, secrets masked
    region_id: str
    account_id: str
    access_key_id: str
    request_id: str
    status: int
    code: str = ""
    user_agent: str = ""
    at: datetime
    is_internal: bool = False  # asked by a service of the cloud, not by a client

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for the control endpoint."""
        names = (name for name in self.__slots__ if name not in {"params", "at"})
        return {**{name: getattr(self, name) for name in names}, "params": dict(self.params), "at": self.at.isoformat()}


@dataclass(slots=True)
class Recorder:
    """The calls so far, oldest first; the oldest are forgotten when there are very many."""

    _calls: deque[RecordedCall] = field(default_factory=lambda: deque(maxlen=_KEPT_CALLS))

    @property
    def calls(self) -> tuple[RecordedCall, ...]:
        return tuple(self._calls)

    @property
    def last(self) -> RecordedCall | None:
        """The newest call; None before the first."""
        return self._calls[-1] if self._calls else None

    def actions(self) -> list[str]:
        """`["CreateVpc", …]`: what clients asked for, in order."""
        return [call.action for call in self._calls if not call.is_internal]

    def add(self, call: RecordedCall) -> None:
        self._calls.append(call)

    def clear(self) -> None:
        self._calls.clear()


def masked(action: str, params: Mapping[str, str]) -> dict[str, str]:
    """The parameters with secrets as `***`, at whatever depth they stand."""
    secret_names = _SECRET_NAMES | {"Value"} if action in _SECRET_VALUES else _SECRET_NAMES
    return {name: "***" if name.rpartition(".")[2] in secret_names else value for name, value in params.items()}
