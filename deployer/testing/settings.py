"""What a mock can be told, and the key its environment holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from typing_extensions import TypedDict

ACCESS_KEY_ID = "LTAI5tMockAliyun"
ACCESS_KEY_SECRET = "mock-aliyun-secret-that-opens-nothing"  # noqa: S105  (it opens nothing)

ClockKind = Literal["virtual", "manual", "real"]
MachineKind = Literal["scripted", "real"]
KeyPolicy = Literal["accept", "refuse"]


class Options(TypedDict, total=False):
    """The keyword arguments of `mock_aliyun`; `Settings` says what they mean."""

    seed: int | str
    allow_network: bool | Iterable[str]
    clock: ClockKind
    machines: MachineKind
    unknown_keys: KeyPolicy
    instance_role: str | None
    account_id: str
    policy: str | Mapping[str, Any] | None
    assumptions: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one mocked cloud behaves.

    `allow_network` lets requests to other hosts pass: all of them, or those named. `clock`: "virtual" time stands still
    but for `clock.advance()` and a client that asks the same thing again and again; "manual" time moves by `advance()`
    alone; "real" is the machine's. `unknown_keys` says whether an AccessKey the cloud never issued is taken on trust.
    `instance_role` makes the metadata address 100.100.100.200 answer, with credentials of that RAM role. `policy` is what
    the key of the environment, and every key taken on trust, may do: they are a RAM user's then, not the account's own.
    `assumptions` sets fields of `deployer.emulator.assumptions.Assumptions`: quotas, delays, and what nobody published.
    """

    seed: int | str = 0
    allow_network: bool | Iterable[str] = False
    clock: ClockKind | None = None  # None: "virtual", and "real" with real machines
    machines: MachineKind = "scripted"
    unknown_keys: KeyPolicy = "accept"
    instance_role: str | None = None
    account_id: str = "1234567890123456"
    policy: str | Mapping[str, Any] | None = None
    assumptions: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, kinds in (("clock", ClockKind), ("machines", MachineKind), ("unknown_keys", KeyPolicy)):
            value = getattr(self, name)
            if value not in get_args(kinds) and not (name == "clock" and value is None):
                raise ValueError(f"{name} is one of {', '.join(get_args(kinds))}, not {value!r}")
        if isinstance(self.allow_network, str):
            raise TypeError("allow_network is True, False, or several host names: `('localhost',)`")
        if self.machines == "real" and self.clock in {"virtual", "manual"}:
            raise ValueError("real machines live in real time: leave `clock` out")

    @property
    def clock_kind(self) -> ClockKind:
        """The clock this cloud lives by."""
        return self.clock or ("real" if self.machines == "real" else "virtual")
