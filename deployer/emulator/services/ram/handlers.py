"""The RAM service: all its operations under one roof."""

from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import Handler, handlers_of, sources_of
from deployer.emulator.context import Context
from deployer.emulator.services.ram.attachment_handlers import AttachmentActions
from deployer.emulator.services.ram.policy_handlers import PolicyActions
from deployer.emulator.services.ram.role_handlers import RoleActions
from deployer.emulator.services.ram.user_handlers import UserActions


class RamService:
    """Users, roles and policies over the API; what they decide is the guard's."""

    def __init__(self, context: Context, accounts: Accounts) -> None:
        self._parts: tuple[object, ...] = (
            UserActions(context, accounts),
            RoleActions(context, accounts),
            PolicyActions(context, accounts),
            AttachmentActions(accounts),
        )

    def handlers(self) -> dict[str, Handler]:
        """Every operation the service answers, by API name."""
        return {name: handler for part in self._parts for name, handler in handlers_of(part).items()}

    def sources(self) -> dict[str, str]:
        """Where each operation's behaviour was read, by API name."""
        return {name: source for part in self._parts for name, source in sources_of(part).items()}
