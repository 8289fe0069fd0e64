"""The VPC service: all its operations under one roof."""

from deployer.emulator.actions import Handler, handlers_of, sources_of
from deployer.emulator.context import Context
from deployer.emulator.services.vpc.eip_handlers import EipActions
from deployer.emulator.services.vpc.region_handlers import VpcRegionActions
from deployer.emulator.services.vpc.route_handlers import RouteActions
from deployer.emulator.services.vpc.state import VpcState
from deployer.emulator.services.vpc.tag_handlers import VpcTagActions
from deployer.emulator.services.vpc.vpc_handlers import VpcActions
from deployer.emulator.services.vpc.vswitch_handlers import VSwitchActions


class VpcService:
    """VPCs, vSwitches and elastic IP addresses over the API."""

    def __init__(self, context: Context, vpc_state: VpcState) -> None:
        self._context = context
        self._parts: tuple[object, ...] = (
            VpcActions(vpc_state),
            VSwitchActions(vpc_state),
            EipActions(vpc_state),
            RouteActions(vpc_state),
            VpcRegionActions(),
            VpcTagActions(vpc_state),
        )

    def handlers(self) -> dict[str, Handler]:
        """Every operation the service answers, by API name."""
        return {name: handler for part in self._parts for name, handler in handlers_of(part).items()}

    def sources(self) -> dict[str, str]:
        """Where each operation's behaviour was read, by API name."""
        return {name: source for part in self._parts for name, source in sources_of(part).items()}
