"""Application names: what is valid, and a valid one out of any text."""

import hashlib
import re
import unicodedata

_VALID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_LONGEST = 64


def is_valid_name(name: str) -> bool:
    """Whether the text can be an application name as it stands."""
    return _VALID.fullmatch(name) is not None


def suggest_name(text: str) -> str:
    """A valid name close to the text: lower case, hyphens for what is not allowed, never empty.

    Text without Latin letters or digits gives `app-` and four digits of its hash: stable for the same text.
    """
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9_]+", "-", ascii_text.lower()).strip("-_")
    if not re.search(r"[a-z0-9]", words):
        return "app-" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:4]
    if not words[0].isalpha():
        words = "app-" + words
    return words[:_LONGEST].rstrip("-_")
