"""What is in an archive, or missing in it, although its author may think otherwise: told as warnings."""

import re
from collections.abc import Sequence

from deployer.project.carrying.addresses import holds_password
from deployer.project.packing.select import Selection

LARGE_BYTES = 200 * 1024**2
_SHOWN = 5
_ACCESS_KEY_ID = re.compile(rb"LTAI[0-9A-Za-z]{12,30}(?![0-9A-Za-z])")
_NAMES_INDEXES = re.compile(
    r"(?:^|/)(?:(?:requirements|constraints)[^/]*\.(?:txt|in)|requirements/[^/]+\.txt|pyproject\.toml|Pipfile)$"
)
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")


class SeenContent:
    """What is seen while files are read, as paths."""

    def __init__(self) -> None:
        self.converted: list[str] = []  # shell scripts whose line ends become plain newlines
        self.recoded: list[str] = []  # lists of packages in another encoding than UTF-8
        self.keys: list[str] = []  # files with keys in plain text
        self.passwords: list[str] = []  # files of package managers with one in the address of an index

    def look(self, path: str, head: bytes) -> None:
        """Note what the beginning of a file shows."""
        if holds_key(head):
            self.keys.append(path)
        if names_packages(path) and holds_password(head.decode("utf-8", "replace")):
            self.passwords.append(path)


def names_packages(path: str) -> bool:
    """Whether a file by this name lists Python packages, and may name the index they are from."""
    return _NAMES_INDEXES.search(path) is not None


def holds_key(text: bytes) -> bool:
    """Whether an AccessKey id of Alibaba Cloud or a private key stands in it."""
    return _PRIVATE_KEY.search(text) is not None or _ACCESS_KEY_ID.search(text) is not None


def find_oddities(selection: Selection, seen: SeenContent) -> tuple[str, ...]:
    """A sentence for each kind of oddity, with the paths."""
    sentences = (
        ("an AccessKey or a private key stands in plain text in", seen.keys),
        ("the password of a package index stands in plain text in", seen.passwords),
        ("named with --include-secret, but not there or in an ignored directory:", selection.not_found),
        (
            f"more than {LARGE_BYTES >> 20} MiB are uploaded: name in `.deployignore` what is not needed of",
            _large(selection),
        ),
        ("names that differ in case only are one file on some systems:", _alike(selection)),
        ("Windows line ends became plain newlines, in the archive alone:", seen.converted),
        ("the encoding became UTF-8, in the archive alone:", seen.recoded),
    )
    return tuple(f"{sentence} {_some(paths)}" for sentence, paths in sentences if paths)


def _large(selection: Selection) -> list[str]:
    """The largest files, when the whole is large."""
    if selection.total_bytes <= LARGE_BYTES:
        return []
    return [one.path for one in sorted(selection.files, key=lambda one: -one.size_bytes)[:_SHOWN]]


def _alike(selection: Selection) -> list[str]:
    by_folded: dict[str, list[str]] = {}
    for one in selection.files:
        by_folded.setdefault(one.path.casefold(), []).append(one.path)
    return [path for paths in by_folded.values() if len(paths) > 1 for path in paths]


def _some(paths: Sequence[str]) -> str:
    shown = ", ".join(f"`{path}`" for path in paths[:_SHOWN])
    return shown if len(paths) <= _SHOWN else f"{shown} and {len(paths) - _SHOWN} more"
