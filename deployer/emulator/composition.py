"""Which services the emulated cloud has, and how they are put together."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import Handler, handlers_of
from deployer.emulator.context import Context
from deployer.emulator.services.bss.handlers import BssService
from deployer.emulator.services.sts.handlers import StsService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Every service of one emulator, by what it is called."""

    bss: BssService
    sts: StsService

    def handlers(self) -> dict[str, Mapping[str, Handler]]:
        """Product to operation to method."""
        return {"bss": handlers_of(self.bss), "sts": handlers_of(self.sts)}

    def close(self) -> None:
        """Close what has something to close."""


def compose(context: Context, accounts: Accounts) -> Services:
    """The services, each given what it builds on."""
    return Services(bss=BssService(context), sts=StsService(accounts))
