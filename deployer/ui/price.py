"""What a deployment costs, as a person reads it: items, totals, what is charged by use, and what has no price."""

from decimal import Decimal

from deployer.models.plan import Quote
from deployer.ui.printable import printable
from deployer.ui.tables import render_fields, render_table
from deployer.ui.texts import Language, text

_RULE = "=" * 50
_HOURLY_DIGITS = 5
_MONTHLY_DIGITS = 2


def render_quote(quote: Quote, *, region_id: str, target: str, language: Language = "en") -> str:
    """The price block. Amounts are never rounded to nothing: five digits by the hour, two by the month."""
    lines = [_RULE, text("price", language), _RULE]
    lines.append(render_fields([(text("region", language), region_id), (text("target", language), target)]))
    lines.append("")
    lines += _items(quote, language)
    lines += ["", _RULE, *_totals(quote, language), _RULE, ""]
    lines += [f"⚠️ {text('estimate', language)}"]
    lines += [f"- {printable(note)}" for note in quote.notes]
    if quote.request_ids:
        lines.append(f"{text('requests', language)}: {', '.join(printable(one) for one in quote.request_ids)}")
    return "\n".join(lines)


def price_sentence(quote: Quote, language: Language = "en") -> str:
    """One question that tells both the price and what comes on top."""
    return text(
        "summary.price",
        language,
        currency=quote.currency,
        hourly=_digits(quote.hourly_total, _HOURLY_DIGITS),
        monthly=_digits(quote.monthly_total, _MONTHLY_DIGITS),
    )


def money(amount: Decimal | None, digits: int, language: Language = "en") -> str:
    """An amount with that many decimals, "by use" for None."""
    return text("by.use", language) if amount is None else _digits(amount, digits)


def _digits(amount: Decimal, digits: int) -> str:
    return f"{amount:.{digits}f}"


def _items(quote: Quote, language: Language) -> list[str]:
    priced = [item for item in quote.items if item.hourly is not None or item.monthly is not None]
    noted = [item for item in quote.items if item.note or item not in priced]
    lines = [] if quote.new_compute else [text("no.compute", language)]
    if priced:
        headers = [text(key, language) for key in ("item", "specification", "hourly", "monthly")]
        rows = [
            (
                item.name,
                item.specification,
                money(item.hourly, _HOURLY_DIGITS, language),
                money(item.monthly, _MONTHLY_DIGITS, language),
            )
            for item in priced
        ]
        lines.append(render_table(headers, [*rows, _subtotal(quote, language)], language))
        sources = dict.fromkeys(printable(item.source) for item in priced)
        lines += ["", f"{text('source', language)}: {', '.join(sources)}"]
    if noted:
        lines += ["", f"{text('associated', language)}:"]
        lines += [
            f"- {printable(item.name)} ({printable(item.specification)}): {printable(item.note or text('by.use', language))}"
            for item in noted
        ]
    by_use = {item.name for item in noted if item.note}
    unpriced = [printable(name) for name in quote.unpriced if name not in by_use]
    if unpriced:
        lines += ["", f"⚠️ {text('unpriced', language)}: {', '.join(unpriced)}"]
    return lines


def _subtotal(quote: Quote, language: Language) -> tuple[str, str, str, str]:
    hourly = _digits(quote.hourly_total, _HOURLY_DIGITS)
    monthly = _digits(quote.monthly_total, _MONTHLY_DIGITS)
    return text("subtotal", language), "", hourly, monthly


def _totals(quote: Quote, language: Language) -> list[str]:
    currency = quote.currency
    hourly = _digits(quote.hourly_total, _HOURLY_DIGITS)
    monthly = _digits(quote.monthly_total, _MONTHLY_DIGITS)
    lines = [
        f"{text('total', language)}: {currency} {hourly}/{text('hour', language)}",
        f"   {currency} {monthly}/{text('month', language)} ({text('month.rule', language)})",
    ]
    other = quote.cross_check_hourly
    if other is not None and other != quote.hourly_total:
        lines.append(
            f"   {text('cross.check', language)}: {currency} {_digits(other, _HOURLY_DIGITS)}/{text('hour', language)}"
        )
    return lines
