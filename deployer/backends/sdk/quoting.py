"""What a deploy costs: BSS first, ECS's own price beside it, OSS from a dated table. Decimal arithmetic throughout."""

import math
from decimal import ROUND_HALF_UP, Decimal

from deployer.cloud.cloud import Cloud
from deployer.cloud.ecs import PricedInstance, PriceRequest
from deployer.errors.base import DeployerError
from deployer.models.config import DeployConfig, NewInstance
from deployer.models.plan import Observed, PriceItem, Quote

HOURS_A_MONTH = 30 * 24
# OSS list prices of mainland China regions, CNY, as the price page showed them on this day.
OSS_TABLE_DATE = "2026-11-01"
OSS_STORAGE_PER_GIB_MONTH = Decimal("0.12")
OSS_EGRESS_PER_GIB = Decimal("0.50")
OSS_PER_TEN_THOUSAND_REQUESTS = Decimal("0.01")
TRAFFIC_PER_GIB = Decimal("0.80")
GIB = Decimal(1024**3)
CENT = Decimal("0.01")


def quote(cloud: Cloud, config: DeployConfig, observed: Observed, artifact_bytes: int) -> Quote:
    """The price of a new instance, or only of the storage when an existing one is used."""
    storage = storage_price(artifact_bytes)
    if not isinstance(config.instance, NewInstance) or observed.instances:
        return Quote(
            currency="CNY",
            items=(storage,),
            unpriced=(),
            hourly_total=Decimal(0),
            monthly_total=storage.monthly or Decimal(0),
            cross_check_hourly=None,
            notes=("no new compute: the instance is there already; only OSS storage is added", *price_notes()),
            request_ids=(),
            new_compute=False,
        )
    assert observed.network is not None
    wanted = PriceRequest(
        instance_type=config.instance.instance_type,
        image_id=observed.image_id,
        system_disk_category=observed.network.system_disk_category,
        system_disk_gib=config.instance.system_disk_gib,
        bandwidth_mbps=config.instance.bandwidth_mbps,
    )
    items, currency, request_ids, cross_check, notes = _compute(cloud, wanted)
    traffic = _traffic(config.instance.bandwidth_mbps)
    every = (*items, *traffic, storage)
    hourly = sum((item.hourly for item in every if item.hourly is not None), Decimal(0))
    monthly = sum((item.monthly for item in every if item.monthly is not None), Decimal(0))
    return Quote(
        currency=currency,
        items=every,
        unpriced=tuple(item.name for item in every if item.hourly is None and item.monthly is None),
        hourly_total=hourly,
        monthly_total=monthly.quantize(CENT, ROUND_HALF_UP),
        cross_check_hourly=cross_check,
        notes=(*notes, *price_notes()),
        request_ids=request_ids,
        new_compute=True,
    )


def _compute(
    cloud: Cloud, wanted: PriceRequest
) -> tuple[tuple[PriceItem, ...], str, tuple[str, ...], Decimal | None, tuple[str, ...]]:
    """Items, currency, request ids, the other API's total, and notes. ECS stands in where BSS gives no price."""
    checked, trouble = _ecs_price(cloud, wanted)
    try:
        price = cloud.bss.get_price(cloud.region_id, wanted)
    except DeployerError as error:
        if checked is None:
            raise (trouble or error) from error
        note = f"BSS gave no price ({error.code}): the figures are ECS's own"
        return checked.items, checked.currency, (checked.request_id,), None, (note,)
    names = {
        "InstanceType": _with_size(cloud, wanted.instance_type),
        "SystemDisk": f"{wanted.system_disk_category} {wanted.system_disk_gib} GiB",
    }
    items = tuple(
        PriceItem(
            name={"InstanceType": "instance", "SystemDisk": "system disk"}.get(module.module_code, module.module_code),
            specification=names.get(module.module_code, ""),
            hourly=module.hourly,
            monthly=module.hourly * HOURS_A_MONTH,
            source="bss:GetPayAsYouGoPrice",
        )
        for module in price.modules
    )
    notes = () if checked is not None else ("ECS gave no price of its own to compare with",)
    total = sum((item.hourly or Decimal(0) for item in items), Decimal(0))
    if checked is not None and checked.hourly_total != total:
        notes = (f"ECS prices the same at {checked.hourly_total} {checked.currency} an hour; the bill decides",)
    request_ids = (price.request_id,) if checked is None else (price.request_id, checked.request_id)
    return items, price.currency, request_ids, checked.hourly_total if checked else None, notes


def _with_size(cloud: Cloud, instance_type: str) -> str:
    """The type with what it has, such as `ecs.u1-c1m2.large (2 vCPU, 4 GiB)`."""
    facts = cloud.ecs.get_instance_type(instance_type)
    return f"{instance_type} ({facts.cpu_cores} vCPU, {facts.memory_gib:g} GiB)" if facts else instance_type


def _ecs_price(cloud: Cloud, wanted: PriceRequest) -> tuple[PricedInstance | None, DeployerError | None]:
    try:
        return cloud.ecs.get_price(wanted), None
    except DeployerError as error:
        return None, error


def _traffic(bandwidth_mbps: int) -> tuple[PriceItem, ...]:
    if bandwidth_mbps == 0:
        return ()
    return (
        PriceItem(
            name="public traffic",
            specification=f"up to {bandwidth_mbps} Mbit/s",
            hourly=None,
            monthly=None,
            source=f"price table {OSS_TABLE_DATE}",
            note=f"by use: CNY {TRAFFIC_PER_GIB}/GB outbound",
        ),
    )


def storage_price(artifact_bytes: int) -> PriceItem:
    """What keeping the archive in OSS costs, from the dated table."""
    monthly = (Decimal(artifact_bytes) / GIB * OSS_STORAGE_PER_GIB_MONTH).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return PriceItem(
        name="OSS storage",
        specification=f"{_size(artifact_bytes)} archive",
        hourly=None,
        monthly=monthly,
        source=f"price table {OSS_TABLE_DATE}",
        note=(
            f"CNY {OSS_STORAGE_PER_GIB_MONTH}/GB/month; download in the same region is free, "
            f"from another region CNY {OSS_EGRESS_PER_GIB}/GB; CNY {OSS_PER_TEN_THOUSAND_REQUESTS} per 10,000 requests"
        ),
    )


def price_notes() -> tuple[str, ...]:
    """What is said below every quote."""
    return (f"traffic and OSS figures are from the price table of {OSS_TABLE_DATE}",)


def _size(size_bytes: int) -> str:
    """In MiB, of less than one in KiB and never 0."""
    mebibytes = size_bytes / 1024**2
    return f"{mebibytes:.1f} MiB" if mebibytes >= 1 else f"{math.ceil(size_bytes / 1024)} KiB"
