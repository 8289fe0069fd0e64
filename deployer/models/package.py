"""The project as one archive."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file that is not in the archive, and why ("secret", "ignored", "links outside the project", …)."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A zip archive on disk, made by `build_package`. The same tree gives the same bytes and so the same `sha256`."""

    path: Path
    sha256: str
    crc64: int
    size_bytes: int
    file_count: int
    largest: tuple[tuple[str, int], ...]  # up to ten (path, bytes), largest first
    left_out: tuple[LeftOut, ...]  # secrets, links and special files; plain ignores are only counted
    ignored_count: int
    source_commit: str | None  # git HEAD of the project, when it is a repository
    converted: tuple[str, ...] = ()  # shell scripts whose CRLF line ends became plain newlines in the archive
