"""Secrets that stand in plain text where they should not: found for a warning, masked in everything that is shown."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

SECRET_KEYS = (("agent", "model", "apiKey"),)
SECRET_SECTIONS = (("deployer", "env"), ("common", "environment"))

# (what it is, pattern of the value). LTAI: Alibaba Cloud AccessKey ids; sk-: Model Studio and compatible model keys.
_PATTERNS = (
    ("an AccessKey id", re.compile(r"\bLTAI[0-9A-Za-z]{12,30}\b")),
    ("a model API key", re.compile(r"\bsk-[0-9A-Za-z][0-9A-Za-z._-]{15,}")),
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("a password in a URL", re.compile(r"(?<=://)[^\s:/@'\"]+:[^\s/@'\"]+(?=@)")),
)
_NAMED = re.compile(
    r"(?i)((?<!include)(?:api_?key|secret|token|password|passwd|access_?key)[A-Za-z_]*\s*[:=]\s*)(['\"]?)([^\s'\"$][^\s'\"]*)"
)


def is_secret_path(path: tuple[str, ...]) -> bool:
    """True when the value under this key must not be shown."""
    return path in SECRET_KEYS or any(path[: len(section)] == section for section in SECRET_SECTIONS)


def mask_secrets(text: str) -> str:
    """The text with every secret in it replaced by `***`."""
    for _, pattern in _PATTERNS:
        text = pattern.sub("***", text)
    return _NAMED.sub(r"\1\2***", text)


def find_exposed(text: str) -> Iterator[tuple[int, str]]:
    """(1-based line, what it is) for each line of the text that holds a secret."""
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, pattern in _PATTERNS:
            if pattern.search(line):
                yield number, kind
                break


def others_may_read(path: Path) -> bool:
    """Whether other users of this machine may read the file; never where the system has no such modes."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o044)
    except OSError:
        return False
