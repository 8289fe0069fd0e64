"""The ECS service without Cloud Assistant: all its operations under one roof."""

from deployer.emulator.actions import Handler, handlers_of, sources_of
from deployer.emulator.context import Context
from deployer.emulator.services.bss.prices import PriceBook
from deployer.emulator.services.ecs.account_handlers import AccountActions
from deployer.emulator.services.ecs.attribute_handlers import AttributeActions
from deployer.emulator.services.ecs.catalog_handlers import CatalogActions
from deployer.emulator.services.ecs.describe_handlers import DescribeActions
from deployer.emulator.services.ecs.disk_handlers import DiskActions
from deployer.emulator.services.ecs.image_handlers import ImageActions
from deployer.emulator.services.ecs.instance_spec_handlers import InstanceSpecActions
from deployer.emulator.services.ecs.interface_handlers import InterfaceActions
from deployer.emulator.services.ecs.key_pair_handlers import KeyPairActions
from deployer.emulator.services.ecs.launch_handlers import LaunchActions
from deployer.emulator.services.ecs.launch_template_handlers import LaunchTemplateActions
from deployer.emulator.services.ecs.market_handlers import MarketActions
from deployer.emulator.services.ecs.old_tag_handlers import OldTagActions
from deployer.emulator.services.ecs.power_handlers import PowerActions
from deployer.emulator.services.ecs.price_handlers import PriceActions
from deployer.emulator.services.ecs.region_handlers import RegionActions
from deployer.emulator.services.ecs.rule_handlers import RuleActions
from deployer.emulator.services.ecs.security_group_handlers import SecurityGroupActions
from deployer.emulator.services.ecs.snapshot_handlers import SnapshotActions
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.ecs.stock_handlers import StockActions
from deployer.emulator.services.ecs.system_disk_handlers import SystemDiskActions
from deployer.emulator.services.ecs.tag_handlers import TagActions
from deployer.emulator.services.ecs.taggables import add_taggables


class EcsService:
    """Offers, instances, security groups, tags and prices over the API."""

    def __init__(self, context: Context, ecs_state: EcsState, prices: PriceBook | None = None) -> None:
        self._context = context
        price_book = prices or PriceBook()
        add_taggables(ecs_state)
        self._parts: tuple[object, ...] = (
            RegionActions(ecs_state),
            StockActions(ecs_state),
            CatalogActions(ecs_state),
            LaunchActions(ecs_state, price_book),
            LaunchTemplateActions(ecs_state),
            DescribeActions(ecs_state),
            PowerActions(ecs_state),
            AttributeActions(ecs_state),
            InstanceSpecActions(ecs_state),
            InterfaceActions(ecs_state),
            OldTagActions(ecs_state),
            MarketActions(ecs_state, price_book),
            SecurityGroupActions(ecs_state),
            RuleActions(ecs_state),
            TagActions(ecs_state),
            KeyPairActions(ecs_state),
            DiskActions(ecs_state),
            SystemDiskActions(ecs_state),
            SnapshotActions(ecs_state),
            ImageActions(ecs_state),
            PriceActions(ecs_state, price_book),
            AccountActions(ecs_state),
        )

    def handlers(self) -> dict[str, Handler]:
        """Every operation the service answers, by API name."""
        return {name: handler for part in self._parts for name, handler in handlers_of(part).items()}

    def sources(self) -> dict[str, str]:
        """Where each operation's behaviour was read, by API name."""
        return {name: source for part in self._parts for name, source in sources_of(part).items()}
