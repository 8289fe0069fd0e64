"""Faults as people write them: `throttle:3`, `stock_out@RunInstances`, `error@PutObject,status=503,nth=2`."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

from deployer.emulator.fault_kinds import KINDS, OF_MACHINES, REFUSALS, FaultKind
from deployer.emulator.faults import Fault

_FORM = re.compile(r"(?P<kind>\w+)(?:@(?P<action>\w+|\*))?(?::(?P<times>\w+))?(?:,(?P<settings>.*))?")
_OTHER_NAMES = MappingProxyType({"not_enough_balance": "balance", "release_cancelled": "command_failed"})
_FOR_EVER = "always"


def _times(text: str) -> int | None:
    return None if text == _FOR_EVER else int(text)


_SETTINGS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "nth": int,
        "times": _times,
        "product": str,
        "instance": str,
        "status": int,
        "code": str,
        "message": str,
        "retry_after_ms": int,
        "seconds": float,
        "body": str,
        "bytes_per_second": float,
    }
)


def read_fault(text: str) -> Fault:
    """The fault of `KIND[@ACTION][:TIMES][,NAME=VALUE…]`; without an action every call, or those the kind is about.

    `TIMES` is a number, or `always`. Errors: ValueError that says what can be written.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{text}` is no fault: write KIND[@ACTION][:TIMES][,NAME=VALUE…], such as `throttle:3`")
    kind = _OTHER_NAMES.get(found["kind"], found["kind"])
    if kind not in KINDS:
        raise ValueError(f"`{found['kind']}` is no kind of fault: known are {', '.join(sorted(KINDS))}")
    settings = _read_settings(found["settings"])
    if found["times"] is not None:
        settings["times"] = _read("times", found["times"])
    has_its_own = kind in REFUSALS or kind in OF_MACHINES
    settings["action"] = found["action"] or ("" if has_its_own else "*")
    return Fault(kind=cast("FaultKind", kind), **settings)


def _read_settings(text: str | None) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for pair in (text or "").split(","):
        name, equals, value = pair.partition("=")
        if pair and (not equals or name not in _SETTINGS):
            raise ValueError(f"`{pair}` is no setting of a fault: known are {', '.join(_SETTINGS)}, each as NAME=VALUE")
        if pair:
            settings[name] = _read(name, value)
    return settings


def _read(name: str, value: str) -> Any:
    try:
        return _SETTINGS[name](value)
    except ValueError:
        raise ValueError(f"`{value}` is no value of `{name}`") from None
