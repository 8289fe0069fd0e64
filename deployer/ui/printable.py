"""Text from the cloud, an instance or a project made safe for a terminal: nothing in it moves the cursor or lies."""

import unicodedata

_KEPT = "\n\t"
# Category Cf holds the marks that reorder or hide text; the joiners inside emoji and Indic scripts stay.
_JOINERS = "\u200c\u200d"
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
MAX_CHARACTERS = 200_000


def printable(text: object, *, one_line: bool = False, limit: int = MAX_CHARACTERS) -> str:
    r"""The text with control, bidirectional and unassigned characters written as `\\x1b` or `\\u202e`.

    Line breaks and tabs stay, unless `one_line`; CR before LF is dropped. Longer texts are cut, and say so.
    """
    whole = str(text).replace("\r\n", "\n")
    shown = whole[:limit]
    safe = "".join(character if _is_safe(character, one_line=one_line) else _escaped(character) for character in shown)
    left = len(whole) - len(shown)
    return f"{safe}… ({left} more characters)" if left else safe


def _is_safe(character: str, *, one_line: bool) -> bool:
    if character in _KEPT:
        return not one_line
    return character in _JOINERS or unicodedata.category(character) not in _HIDDEN


def _escaped(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def display_width(text: str) -> int:
    """Columns the text takes on a terminal: CJK and full-width characters take two, combining marks none."""
    width = 0
    for character in text:
        if unicodedata.combining(character) or character in _JOINERS:
            continue
        width += 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
    return width


def padded(text: str, width: int) -> str:
    """The text with spaces up to a width in columns."""
    return text + " " * max(0, width - display_width(text))
