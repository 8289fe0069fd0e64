"""Which services the emulated cloud has, and how they are put together."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import Handler, handlers_of
from deployer.emulator.context import Context
from deployer.emulator.services.bss.handlers import BssService
from deployer.emulator.services.ecs.handlers import EcsService
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.oss.service import OssService
from deployer.emulator.services.sts.handlers import StsService
from deployer.emulator.services.vpc.handlers import VpcService
from deployer.emulator.services.vpc.state import VpcState


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every service of one emulator, by what it is called."""

    bss: BssService
    ecs: EcsService
    ecs_state: EcsState
    oss: OssService
    sts: StsService
    vpc: VpcService
    vpc_state: VpcState

    def handlers(self) -> dict[str, Mapping[str, Handler]]:
        """Product to operation to method."""
        return {
            "bss": handlers_of(self.bss),
            "ecs": self.ecs.handlers(),
            "sts": handlers_of(self.sts),
            "vpc": self.vpc.handlers(),
        }

    def close(self) -> None:
        """Close what has something to close."""


def compose(context: Context, accounts: Accounts) -> Services:
    """The services, each given what it builds on."""
    vpc_state = VpcState(context)
    ecs_state = EcsState(context, vpc_state)
    bss = BssService(context)
    return Services(
        bss=bss,
        ecs=EcsService(context, ecs_state, bss.prices),
        ecs_state=ecs_state,
        oss=OssService(context, accounts),
        sts=StsService(accounts),
        vpc=VpcService(context, vpc_state),
        vpc_state=vpc_state,
    )
