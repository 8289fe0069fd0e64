"""What every emulated service is given: time, ids, the account, and the way to call another service's API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deployer.clock import Clock
from deployer.emulator.actions import Body, Principal
from deployer.emulator.assumptions import Assumptions
from deployer.emulator.faults import Faults
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.ids import Ids
from deployer.emulator.machines.base import MachineDriver
from deployer.emulator.public_network import UNHELD
from deployer.emulator.scheduler import Scheduler


class ApiCaller(Protocol):
    """Calls an operation as if it had come over the wire: checked against the contract, recorded, faults included.

    `params` has the wire's names with structured values (lists, dicts, JSON texts not yet encoded).
    Errors: ApiError.
    """

    def __call__(
        self, product: str, action: str, params: Mapping[str, Any], *, region_id: str, principal: Principal
    ) -> Body: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One per `Emulator`, shared by its services."""

    clock: Clock
    scheduler: Scheduler
    ids: Ids
    assumptions: Assumptions
    account_id: str  # the account that owns what exists from the start, 16 digits
    data_dir: Path  # object bodies and machine disks; removed when the emulator closes
    driver: MachineDriver
    call_api: ApiCaller
    send: Callable[[HttpRequest], HttpResponse]  # a request as a client would send it: OSS is asked so
    faults: Faults  # what is to go wrong with machines and money; calls are struck on their way in
    public_network: str = UNHELD  # where public addresses come from
