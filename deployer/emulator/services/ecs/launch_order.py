"""From the parameters of RunInstances to instances: one order for a whole batch, then one instance after the other."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.services.ecs import launch_rules as rules
from deployer.emulator.services.ecs.disk_rules import DiskOrder, DiskPlace, order_data_disks, order_system_disk
from deployer.emulator.services.ecs.firewall import SecurityGroup
from deployer.emulator.services.ecs.images import Image
from deployer.emulator.services.ecs.instance_types import InstanceType
from deployer.emulator.services.ecs.instances import Disk, Instance, MetadataOptions
from deployer.emulator.services.ecs.sequences import INSTANCE_ID, name_in_batch
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.tagging import read_tags
from deployer.emulator.services.vpc.networks import VSwitch

_FIRST_DATA_DEVICE = ord("b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What the instances are called."""

    instance_name: str
    hostname: str
    description: str
    has_unique_suffix: bool
    tags: dict[str, str]
    resource_group_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the instances behave."""

    auto_release_at: datetime | None
    user_data: bytes | None
    metadata: MetadataOptions
    ram_role_name: str
    key_pair_name: str
    deletion_protection: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOrder:
    """Everything the instances of one call share. `amount` is what can be had of what was asked."""

    region_id: str
    amount: int
    instance_type: InstanceType
    image: Image
    vswitch: VSwitch
    groups: list[SecurityGroup]
    disks: tuple[DiskOrder, ...]
    bandwidth_out: int
    internet_charge_type: str
    private_ip: IPv4Address | None
    labels: Labels
    options: Options


def read_order(call: Call, state: EcsState, *, amount: int, min_amount: int) -> LaunchOrder:
    """The order the parameters make, everything checked; nothing is made yet.

    Errors: those of `launch_rules`, 403 OperationDenied.NoStock, QuotaExceed.ElasticQuota, 400
    QuotaExceeded.PrivateIpAddress.
    """
    get_region(call.region_id)
    rules.check_supported(call)
    rules.check_texts(call)
    rules.check_payment(call)
    instance_type = rules.read_instance_type(call)
    image = rules.read_image(call, state, instance_type)
    vswitch = rules.read_vswitch(call, state)
    groups = rules.read_groups(call, state, vswitch)
    rules.check_on_sale(call, state, vswitch.zone_id, instance_type)
    bandwidth_out, internet_charge_type = rules.read_bandwidth(call)
    return LaunchOrder(
        region_id=call.region_id,
        disks=_read_disks(call, image, vswitch.zone_id, instance_type),
        instance_type=instance_type,
        image=image,
        vswitch=vswitch,
        groups=groups,
        bandwidth_out=bandwidth_out,
        internet_charge_type=internet_charge_type,
        private_ip=rules.read_private_ip(call, vswitch, amount),
        labels=_read_labels(call),
        options=_read_options(call, state, image),
        amount=_obtainable(state, vswitch, instance_type, amount=amount, min_amount=min_amount),
    )


def _read_disks(call: Call, image: Image, zone_id: str, instance_type: InstanceType) -> tuple[DiskOrder, ...]:
    place = DiskPlace(region_id=call.region_id, zone_id=zone_id, instance_type=instance_type)
    system_disk = order_system_disk(call.params.get("SystemDisk", {}), image, place)
    return (system_disk, *order_data_disks(call.params.get("DataDisk", []), place))


def _read_labels(call: Call) -> Labels:
    params = call.params
    return Labels(
        instance_name=params.get("InstanceName", ""),
        hostname=params.get("HostName", ""),
        description=params.get("Description", ""),
        has_unique_suffix=params.get("UniqueSuffix", False),
        tags=read_tags(params.get("Tag", [])),
        resource_group_id=params.get("ResourceGroupId", ""),
    )


def _read_options(call: Call, state: EcsState, image: Image) -> Options:
    return Options(
        auto_release_at=rules.read_auto_release(call, state.context.clock.now()),
        user_data=rules.read_user_data(call),
        metadata=rules.read_metadata_options(call),
        ram_role_name=rules.check_ram_role(call, state),
        key_pair_name=rules.read_key_pair(call, state, image),
        deletion_protection=call.params.get("DeletionProtection", False),
    )


def _obtainable(state: EcsState, vswitch: VSwitch, instance_type: InstanceType, *, amount: int, min_amount: int) -> int:
    """How many of `amount` instances quota, stock and addresses allow; fewer than `min_amount` is a refusal."""
    in_use = state.vcpus_in_use(vswitch.region_id)
    quota_left = (state.context.assumptions.postpaid_vcpu_quota - in_use) // instance_type.cores
    if quota_left < min_amount:
        raise ApiError(
            403, "QuotaExceed.ElasticQuota", "The number of vCPUs has exceeded the quota of pay-as-you-go instances."
        )
    stock_left = state.stock.left(vswitch.region_id, vswitch.zone_id, instance_type.instance_type_id)
    if stock_left is not None and stock_left < min_amount:
        raise ApiError(403, "OperationDenied.NoStock", "The resource is out of stock in the specified zone.")
    if vswitch.available_addresses < min_amount:
        raise ApiError(
            400, "QuotaExceeded.PrivateIpAddress", "Maximum number of private IP addresses of the VSwitch exceeded."
        )
    limits = [amount, quota_left, vswitch.available_addresses]
    return min(limits if stock_left is None else [*limits, stock_left])


def launch(order: LaunchOrder, state: EcsState, *, start: bool) -> list[Instance]:
    """The instances of the order, on their way; `EcsState.lifecycle.release` removes each again.

    RunInstances answers before they can be found, CreateInstance does not: clients look for its instance at once.
    """
    state.stock.take(order.region_id, order.vswitch.zone_id, order.instance_type.instance_type_id, order.amount)
    instances = [_make_instance(order, state, position) for position in range(order.amount)]
    for instance in instances:
        if start:
            instance.visible_from += state.context.assumptions.describe_lag_seconds
        if start and instance.internet_max_bandwidth_out > 0:
            state.assign_public_ip(instance)
        state.add_instance(instance, start=start)
    return instances


def _make_instance(order: LaunchOrder, state: EcsState, position: int) -> Instance:
    context, labels, options = state.context, order.labels, order.options
    instance_id = context.ids.resource_id("i")
    interface_id = context.ids.resource_id("eni")
    has_suffix = labels.has_unique_suffix and order.amount > 1
    hostname = name_in_batch(labels.hostname, position, has_unique_suffix=has_suffix)
    instance = Instance(
        instance_id=instance_id,
        region_id=order.region_id,
        zone_id=order.vswitch.zone_id,
        instance_type=order.instance_type,
        image=order.image,
        instance_name=name_in_batch(labels.instance_name, position, has_unique_suffix=has_suffix) or instance_id,
        hostname=hostname.replace(INSTANCE_ID, instance_id) or f"iZ{instance_id.removeprefix('i-')}Z",
        description=labels.description,
        vswitch=order.vswitch,
        private_ip=str(order.vswitch.take_address(interface_id, order.private_ip)),
        network_interface_id=interface_id,
        mac_address=mac_address(context.ids.hexadecimal(6)),
        serial_number=context.ids.request_id().lower(),
        security_group_ids=[group.security_group_id for group in order.groups],
        created_at=context.clock.now(),
        visible_from=context.clock.monotonic(),
        clock=context.clock,
        agent_ready_seconds=context.assumptions.agent_ready_seconds,
        internet_max_bandwidth_out=order.bandwidth_out,
        internet_charge_type=order.internet_charge_type,
        tags=dict(labels.tags),
        interface_tags=dict(labels.tags),
        deletion_protection=options.deletion_protection,
        auto_release_at=options.auto_release_at,
        ram_role_name=options.ram_role_name,
        key_pair_name=options.key_pair_name,
        resource_group_id=labels.resource_group_id,
        metadata=options.metadata,
        user_data=options.user_data,
    )
    instance.disks = [_make_disk(disk, instance, state, index) for index, disk in enumerate(order.disks)]
    return instance


def _make_disk(order: DiskOrder, instance: Instance, state: EcsState, index: int) -> Disk:
    now = state.context.clock.now()
    is_system = order.disk_type == "system"
    return Disk(
        disk_id=state.context.ids.resource_id("d"),
        region_id=instance.region_id,
        zone_id=instance.zone_id,
        disk_type=order.disk_type,
        category=order.category,
        performance_level=order.performance_level,
        size_gib=order.size_gib,
        device="/dev/xvda" if is_system else f"/dev/xvd{chr(_FIRST_DATA_DEVICE + index - 1)}",
        created_at=now,
        disk_name=order.disk_name,
        description=order.description,
        delete_with_instance=order.delete_with_instance,
        encrypted=order.encrypted,
        image_id=instance.image.image_id if is_system else "",
        instance_id=instance.instance_id,
        attached_at=now,
        resource_group_id=instance.resource_group_id,
        tags=dict(instance.tags),
    )


def mac_address(digits: str) -> str:
    """`00:16:3e:…`: the prefix all instances share."""
    return ":".join(("00", "16", "3e", digits[:2], digits[2:4], digits[4:6]))
