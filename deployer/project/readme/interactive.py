"""Whether a script asks a person something while it runs: such a one is never started unattended (M37)."""

import re

_ASKS = re.compile(
    r"^\s*(?:if\s+|!\s*|then\s+|\w+=\S*\s+)*(?:read(?:\s+-[a-zA-Z]+|\s+[\"'A-Za-z_]|\s*$)|select\s+\w+\s+in\b|dialog\s+-|whiptail\s+-|zenity\s+-"
    r"|passwd\b|visudo\b|vim?\s|nano\s|fdisk\s)"
)
_FED = re.compile(r"<<<?|<\s*\S|\|\s*(?:while\s+)?(?:IFS=\S*\s+)?read\b|/dev/null")
_HERE_DOCUMENT = re.compile(r"<<-?\s?['\"]?(\w{1,40})")


def find_question(text: str) -> int | None:
    """The line at which a shell script waits for a person: `read`, `select`, a dialogue, an editor; None without one.

    A `read` that is fed by a pipe, a file or a loop over one asks nobody.
    """
    document = ""
    fed_loops = _fed_loops(text.split("\n"))
    for number, line in enumerate(text.split("\n"), start=1):
        cut = line[:2_000].partition(" #")[0]
        if document:
            document = "" if cut.strip() == document else document
            continue
        if _ASKS.match(cut) and not _FED.search(cut) and number not in fed_loops:
            return number
        opened = None if "<<<" in cut else _HERE_DOCUMENT.search(cut)
        document = opened[1] if opened else ""
    return None


def _fed_loops(lines: list[str]) -> frozenset[int]:
    """The lines inside `while ... done < file` and `... | while`."""
    fed: set[int] = set()
    open_loops: list[tuple[int, bool]] = []
    for number, line in enumerate(lines, start=1):
        if re.search(r"\b(?:while|until|for)\b", line[:500]):
            open_loops.append((number, "|" in line))
        if re.match(r"\s*done\b", line) and open_loops:
            start, piped = open_loops.pop()
            if piped or "<" in line:
                fed.update(range(start, number + 1))
    return frozenset(fed)
