"""Plain tables, field lists and check lists, aligned also where texts are Chinese; safe for any terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deployer.ui.printable import display_width, padded, printable
from deployer.ui.texts import Language, text

_MAX_CELL = 200
TICKS: Mapping[bool | None, str] = {True: "✅", False: "❌", None: "❔"}


def render_table(headers: Sequence[str], rows: Iterable[Sequence[object]], language: Language = "en") -> str:
    """Columns under their headers; "none" when there is no row. None shows as `-`."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return text("empty", language)
    lines = [list(headers), *cells]
    widths = [max(display_width(line[column]) for line in lines) for column in range(len(headers))]
    return "\n".join(
        "  ".join(padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def render_fields(fields: Iterable[tuple[str, object]]) -> str:
    """`name : value` lines; fields whose value is None or empty are left out."""
    known = [(name, _cell(value)) for name, value in fields if value not in (None, "", ())]
    width = max((display_width(name) for name, _ in known), default=0)
    return "\n".join(f"{padded(name, width)} : {value}" for name, value in known)


def render_checks(checks: Sequence[Mapping[str, Any]], language: Language = "en", *, again: str) -> str:
    """What was checked: `id`, `ok` (None: a warning), `detail`, and what to do (`fix`, else one of `guidance`) or to ask.

    `again` is the command that checks once more.
    """
    lines = [f"=== {text('checks', language)} ==="]
    for check in checks:
        mark = "⚠️" if check.get("ok") is None else TICKS[bool(check["ok"])]
        lines.append(f"{mark} {printable(check['id'], one_line=True)}: {printable(check.get('detail', ''))}")
        lines += [f"   {text(key, language)}: {printable(check[key])}" for key in ("fix", "ask") if check.get(key)]
        lines += [
            f"   {text('or', language)}: {printable(way['command'])} ({printable(way['note'], one_line=True)})"
            for way in check.get("guidance", ())[1:]
        ]
    bad = sum(1 for check in checks if check.get("ok") is False)
    lines += ["", text("checks.bad", language, count=bad, again=again) if bad else text("checks.good", language)]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        value = ", ".join(str(item) for item in value) or "-"
    return printable(value, one_line=True, limit=_MAX_CELL)
