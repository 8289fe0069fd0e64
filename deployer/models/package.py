"""The project as one archive."""

from dataclasses import dataclass
from pathlib import Path

LARGEST_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A file that is not in the archive, and why ("secret", "ignored", "links outside the project", …)."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """A file of the archive, with its size before it was compressed."""

    path: str
    size_bytes: int
    executable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPackages:
    """The application's packages as wheels of the archive; `target` is what they run on ("Python 3.11 on x86_64")."""

    count: int
    size_bytes: int
    target: str

    def __str__(self) -> str:
        return f"{self.count} packages for {self.target}, {self.size_bytes / 1024**2:.1f} MiB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A zip archive on disk, made by `build_package`. The same tree gives the same bytes and so the same `sha256`.

    The archive lies in the run's own folder and is gone when the run ends.
    """

    path: Path
    sha256: str
    crc64: int
    size_bytes: int
    files: tuple[PackedFile, ...]  # sorted by path
    left_out: tuple[LeftOut, ...]  # secrets, links and special files; plain ignores are only counted
    ignored_count: int
    source_commit: str | None  # git HEAD of the project, when it is a repository
    carried: CarriedPackages | None = None
    warnings: tuple[str, ...] = ()  # what may not be as its author thinks, such as a key in plain text

    @property
    def file_count(self) -> int:
        return len(self.files)

    @property
    def unpacked_bytes(self) -> int:
        return sum(one.size_bytes for one in self.files)

    @property
    def largest(self) -> tuple[PackedFile, ...]:
        """Up to ten files, largest first."""
        ordered = sorted(self.files, key=lambda one: (-one.size_bytes, one.path))
        return tuple(one for one in ordered[:LARGEST_SHOWN] if one.size_bytes)
