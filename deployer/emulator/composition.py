"""Which services the emulated cloud has, and how they are put together."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Protocol, runtime_checkable

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import Handler, handlers_of
from deployer.emulator.context import Context
from deployer.emulator.ram.guard import Guard
from deployer.emulator.services.assistant.handlers import AssistantService
from deployer.emulator.services.bss.handlers import BssService
from deployer.emulator.services.ecs.handlers import EcsService
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.location.handlers import LocationService
from deployer.emulator.services.oos.bill_handlers import BillActions
from deployer.emulator.services.oos.handlers import OosService
from deployer.emulator.services.oos.identities import Identities
from deployer.emulator.services.oss.service import OssService
from deployer.emulator.services.ram.handlers import RamService
from deployer.emulator.services.sts.handlers import StsService
from deployer.emulator.services.vpc.handlers import VpcService
from deployer.emulator.services.vpc.state import VpcState


@runtime_checkable
class Closable(Protocol):
    """A service that holds something which must be given back."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every service of one emulator, by what it is called."""

    assistant: AssistantService
    bills: BillActions
    bss: BssService
    ecs: EcsService
    ecs_state: EcsState
    location: LocationService
    oos: OosService
    oss: OssService
    ram: RamService
    sts: StsService
    vpc: VpcService
    vpc_state: VpcState

    def handlers(self) -> dict[str, Mapping[str, Handler]]:
        """Product to operation to method. Cloud Assistant is part of the ECS API."""
        return {
            "bss": handlers_of(self.bss),
            "ecs": {**self.ecs.handlers(), **self.assistant.handlers()},
            "location": handlers_of(self.location),
            "oos": {**self.oos.handlers(), **handlers_of(self.bills)},
            "ram": self.ram.handlers(),
            "sts": handlers_of(self.sts),
            "vpc": self.vpc.handlers(),
        }

    def tags_of(self, resource: str) -> Mapping[str, str] | None:
        """The tags of what an ARN names, `acs:ecs:cn-hangzhou:123:instance/i-1`; None when it names no one thing."""
        _, product, region_id, _, place = resource.split(":", 4)
        kind, _, resource_id = place.partition("/")
        if product == "ecs" and kind in self.ecs_state.taggables:
            return self.ecs_state.taggables[kind].find(resource_id, region_id)
        return self.vpc_state.tags_of(kind, resource_id, region_id) if product == "vpc" else None

    def close(self) -> None:
        """Close every service that has something to give back."""
        for field in fields(self):
            service = getattr(self, field.name)
            if isinstance(service, Closable):
                service.close()


def compose(context: Context, accounts: Accounts, guard: Guard) -> Services:
    """The services, each given what it builds on."""
    vpc_state = VpcState(context)
    ecs_state = EcsState(context, vpc_state)
    bss = BssService(context)
    oos = OosService(context, Identities(accounts=accounts, guard=guard))
    return Services(
        assistant=AssistantService(context, ecs_state),
        bills=BillActions(oos.state, ecs_state, bss.prices),
        bss=bss,
        ecs=EcsService(context, ecs_state, bss.prices),
        ecs_state=ecs_state,
        location=LocationService(),
        oos=oos,
        oss=OssService(context, accounts, guard),
        ram=RamService(context, accounts),
        sts=StsService(accounts),
        vpc=VpcService(context, vpc_state),
        vpc_state=vpc_state,
    )
