"""Addresses as they may be shown: user, password and token are no part of it."""

import re

_USER = re.compile(r"://[^/\s@]+@")
_PASSWORD = re.compile(r"://[^/\s:@$]*:[^/\s@$]+@")  # no reference to a variable


def holds_password(text: str) -> bool:
    """Whether an address in the text has a password in plain text."""
    return _PASSWORD.search(text) is not None


def masked(text: str) -> str:
    """The text with `…` in the place of who asks, in every address."""
    return _USER.sub("://…@", text)
