"""The CLI's `price` as a quote. Decimal arithmetic, and nothing that has no hourly price is counted as if it had none."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from deployer.backends.sdk.quoting import CENT, HOURS_A_MONTH, price_notes, storage_price
from deployer.errors.appmanager import AppmanagerFailed
from deployer.models.plan import PriceItem, Quote

SOURCE = "appmanager price"
_NAMES = {"InstanceType": "instance", "SystemDisk": "system disk"}
_HOURS = {"/hour": Decimal(1), "/day": Decimal(24), "/month": Decimal(HOURS_A_MONTH)}


def read_quote(answer: Mapping[str, Any], artifact_bytes: int) -> Quote:
    """The quote for a new instance. Errors: AppmanagerFailed when the answer names no price.

    Source: the fields that the skill's price report prints: `resources[].items[].trade_amount`, `association[]`, …
    """
    resources = [one for one in _list(answer.get("resources")) if isinstance(one, Mapping)]
    priced = [item for resource in resources for item in _priced(resource, answer)]
    if not any(item.hourly is not None for item in priced):
        raise AppmanagerFailed("aliyun appmanager price", "its answer names no price", 0, "")
    by_use = [_by_use(one) for resource in resources for one in _list(resource.get("association"))]
    items = (*priced, *by_use, storage_price(artifact_bytes))
    hourly = sum((one.hourly for one in items if one.hourly is not None), Decimal(0))
    monthly = sum((one.monthly for one in items if one.monthly is not None), Decimal(0))
    return Quote(
        currency=_currency(resources),
        items=items,
        unpriced=tuple(one.name for one in items if one.hourly is None and one.monthly is None),
        hourly_total=hourly,
        monthly_total=monthly.quantize(CENT, ROUND_HALF_UP),
        cross_check_hourly=None,
        notes=("estimated by the CLI", *_service(answer), *price_notes()),
        request_ids=tuple(str(one) for one in (answer.get("request_id"),) if one),
        new_compute=True,
    )


def _priced(resource: Mapping[str, Any], answer: Mapping[str, Any]) -> Sequence[PriceItem]:
    """Its items, or the resource as one where it lists none."""
    hours = _HOURS.get(str(resource.get("price_unit") or "/Hour").lower())
    items = [one for one in _list(resource.get("items")) if isinstance(one, Mapping)]
    if not items:
        items = [{"resource": resource.get("name"), "trade_amount": resource.get("total_trade")}]
    return [_item(one, hours, answer) for one in items]


def _item(item: Mapping[str, Any], hours: Decimal | None, answer: Mapping[str, Any]) -> PriceItem:
    amount = _amount(item.get("trade_amount"))
    name = str(item.get("resource") or "resource")
    hourly = amount / hours if amount is not None and hours is not None else None
    return PriceItem(
        name=_NAMES.get(name, name),
        specification=_specification(name, str(item.get("attributes") or ""), answer),
        hourly=hourly,
        monthly=hourly * HOURS_A_MONTH if hourly is not None else None,
        source=SOURCE,
        note=None if hours is not None else "not charged by time",
    )


def _specification(name: str, attributes: str, answer: Mapping[str, Any]) -> str:
    size = answer.get("instance_type_spec")
    if _NAMES.get(name) != "instance" or not isinstance(size, Mapping) or not size.get("cpu_core_count"):
        return attributes
    memory_gib = float(_amount(size.get("memory_size")) or 0)
    return f"{answer.get('instance_type')} ({size['cpu_core_count']} vCPU, {memory_gib:g} GiB)"


def _by_use(association: Any) -> PriceItem:
    one: Mapping[str, Any] = association if isinstance(association, Mapping) else {}
    price = f"{one.get('currency', '')} {one.get('trade_amount', '')}{one.get('price_unit', '')}".strip()
    kind = str(one.get("charge_type") or "use")
    return PriceItem(
        name="public traffic" if "traffic" in kind.lower() else kind,
        specification=kind,
        hourly=None,
        monthly=None,
        source=SOURCE,
        note=f"by use: {price}",
    )


def _currency(resources: Sequence[Mapping[str, Any]]) -> str:
    """The currency that anything in the answer names; the skill prints yuan for those that name none."""
    places = [place for one in resources for place in (one, *_list(one.get("items")), *_list(one.get("association")))]
    named = [str(one["currency"]) for one in places if isinstance(one, Mapping) and one.get("currency")]
    return named[0] if named else "CNY"


def _service(answer: Mapping[str, Any]) -> tuple[str, ...]:
    parts = [str(answer[name]) for name in ("service_id", "template_name") if answer.get(name)]
    return (f"priced by Compute Nest: {', '.join(parts)}",) if parts else ()


def _amount(value: object) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
