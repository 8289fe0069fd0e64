"""The wildcards of policies: `*` for any text, `?` for one character; everything else is literal."""

import re


def wildcard(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """What the pattern matches in full."""
    parts = {"*": ".*", "?": "."}
    text = "".join(parts.get(letter, re.escape(letter)) for letter in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
