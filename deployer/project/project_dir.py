"""The only door to the user's files: opened once, never leading outside, never hanging on a pipe."""

import os
import stat
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from deployer.errors.project import (
    FileOutsideProject,
    FileTooLarge,
    FileUnreadable,
    ProjectEmpty,
    ProjectIsHome,
    ProjectIsRoot,
    ProjectMissing,
    ProjectNotDirectory,
    ProjectUnreadable,
)
from deployer.project.ignore import IGNORE_FILES, MARKERS_OF_DISPOSABLE_DIRECTORIES, IgnoreRules

TEXT_LIMIT_BYTES = 4 * 1024 * 1024
LISTING_LIMIT = 50_000
IGNORE_FILE_LIMIT_BYTES = 256 * 1024  # hundreds of times what projects have; a larger one makes every look slow


class ProjectDir:
    """A directory that can be a project. Paths in and out are relative, with `/`, whatever the system."""

    __slots__ = ("_files", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files: tuple[str, ...] | None = None

    @classmethod
    def open(cls, path: str | Path, *, home: Path | None = None) -> "ProjectDir":
        """The directory at a path; `~` is expanded, links to the directory itself are followed.

        Errors: ProjectMissing, ProjectNotDirectory, ProjectIsRoot, ProjectIsHome, ProjectUnreadable, ProjectEmpty.
        """
        shown = str(path)
        try:
            real = Path(path).expanduser().resolve(strict=True)
            is_directory = real.is_dir()
        except (FileNotFoundError, NotADirectoryError):
            raise ProjectMissing(shown) from None
        except (OSError, RuntimeError, ValueError) as error:
            raise ProjectUnreadable(shown, _reason(error)) from error
        if not is_directory:
            raise ProjectNotDirectory(shown)
        if real == real.parent:
            raise ProjectIsRoot(shown)
        if real == (home or Path.home()).resolve():
            raise ProjectIsHome(shown)
        try:
            with os.scandir(real) as entries:
                names = {entry.name for entry in entries}
        except OSError as error:
            raise ProjectUnreadable(shown, _reason(error)) from error
        if not names - {".git", ".appmanager", ".DS_Store"}:
            raise ProjectEmpty(shown)
        return cls(real)

    @property
    def name(self) -> str:
        return self.path.name

    def exists(self, relative: str) -> bool:
        """Whether there is a regular file or a directory inside the project under this name."""
        try:
            inside = self._inside(relative)
            mode = inside.stat().st_mode
        except (OSError, ValueError, FileOutsideProject):
            return False
        return stat.S_ISREG(mode) or stat.S_ISDIR(mode)

    def is_file(self, relative: str) -> bool:
        return self.exists(relative) and not (self.path / relative).is_dir()

    def is_directory(self, relative: str) -> bool:
        return self.exists(relative) and (self.path / relative).is_dir()

    def read_text(self, relative: str, *, limit_bytes: int = TEXT_LIMIT_BYTES) -> str:
        """A text file, whatever its encoding: UTF-8 with or without mark, UTF-16, GBK. Every line ends in a plain newline.

        Errors: FileOutsideProject, FileUnreadable, FileTooLarge.
        """
        data, size_bytes = self._read_bytes(relative, limit_bytes + 1)
        if len(data) > limit_bytes:
            raise FileTooLarge(relative, max(size_bytes, len(data)), limit_bytes)
        return decode_text(data)

    def find_text(self, relative: str) -> str | None:
        """The text of a file, None when there is none that can be read."""
        try:
            return self.read_text(relative)
        except (FileOutsideProject, FileUnreadable, FileTooLarge):
            return None

    def find_head(self, relative: str, *, limit_bytes: int) -> str | None:
        """The first whole lines of a text file of any size that fit into the bytes; None when it cannot be read."""
        try:
            data, size_bytes = self._read_bytes(relative, limit_bytes)
        except (FileOutsideProject, FileUnreadable):
            return None
        end = data.rfind(b"\n") + 1
        return decode_text(data[:end] if end and size_bytes > limit_bytes else data)

    def names_in(self, directory: str) -> tuple[str, ...]:
        """The names of the files in one directory, links that stay inside among them, sorted; empty when there is none."""
        try:
            with os.scandir(self._inside(directory or ".")) as entries:
                names = sorted(entry.name for entry in entries)
        except (OSError, FileOutsideProject, FileUnreadable):
            return ()
        base = f"{directory}/" if directory else ""
        return tuple(name for name in names if self.is_file(base + name))

    def files(self) -> tuple[str, ...]:
        """Every regular file the ignore rules leave, sorted, links not followed; at most 50,000. Read once."""
        if self._files is None:
            found = []
            for relative in self._walk("", IgnoreRules.of()):
                found.append(relative)
                if len(found) >= LISTING_LIMIT:
                    break
            self._files = tuple(sorted(found))
        return self._files

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files whose whole path fits a shell pattern, in which `*` also stands for `/`."""
        return tuple(file for file in self.files() if fnmatchcase(file, pattern))

    def below(self, directory: str) -> "ProjectDir":
        """A directory inside, as a project of its own, whose files are those this one has there.

        Errors: FileOutsideProject, ProjectMissing, ProjectNotDirectory.
        """
        inside = self._inside(directory)
        if not inside.exists():
            raise ProjectMissing(directory)
        if not inside.is_dir():
            raise ProjectNotDirectory(directory)
        below = ProjectDir(inside.resolve())
        base = f"{directory}/"
        below._files = tuple(file.removeprefix(base) for file in self.files() if file.startswith(base))
        return below

    def read_ignore_files(self, directory: str) -> dict[str, str]:
        """The ignore files of one directory by name; links are not followed, as git does not.

        One that cannot be read is an error: what it names would be taken.
        Errors: FileUnreadable, FileTooLarge.
        """
        base = f"{directory}/" if directory else ""
        return {
            name: self.read_text(base + name, limit_bytes=IGNORE_FILE_LIMIT_BYTES)
            for name in IGNORE_FILES
            if (self.path / (base + name)).is_file() and not (self.path / (base + name)).is_symlink()
        }

    def _read_bytes(self, relative: str, limit_bytes: int) -> tuple[bytes, int]:
        """(the first bytes, the size of the whole file). Errors: FileOutsideProject, FileUnreadable."""
        path = self._inside(relative)
        try:
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except (OSError, ValueError) as error:
            raise FileUnreadable(relative, _reason(error)) from error
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise FileUnreadable(relative, "not a regular file")
            return file.read(limit_bytes), found.st_size

    def _inside(self, relative: str) -> Path:
        pure = PurePosixPath(relative)
        if pure.is_absolute() or ".." in pure.parts or "\0" in relative:
            raise FileOutsideProject(relative)
        path = self.path / pure
        try:
            real = path.resolve()
        except (OSError, RuntimeError) as error:
            raise FileUnreadable(relative, _reason(error)) from error
        if not real.is_relative_to(self.path):
            raise FileOutsideProject(relative)
        return path

    def _walk(self, top: str, top_rules: IgnoreRules) -> Iterator[str]:
        pending = [(top, top_rules)]
        while pending:
            directory, outer = pending.pop()
            try:
                with os.scandir(self.path / directory) as scanned:
                    entries = sorted(scanned, key=lambda entry: entry.name)
            except OSError:
                continue
            if directory and {entry.name for entry in entries} & set(MARKERS_OF_DISPOSABLE_DIRECTORIES):
                continue
            rules = outer.inside(directory, self.read_ignore_files(directory))
            for entry in entries:
                relative = f"{directory}/{entry.name}" if directory else entry.name
                is_directory = entry.is_dir(follow_symlinks=False)
                if rules.is_ignored(relative, is_directory=is_directory):
                    continue
                if is_directory:
                    pending.append((relative, rules))
                elif entry.is_file(follow_symlinks=False):
                    yield relative


def decode_text(data: bytes) -> str:
    """Text of bytes by mark, then UTF-8, then UTF-16 without mark, then GBK; what does not decode is replaced."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    elif data.startswith(b"\xef\xbb\xbf"):
        text = data.decode("utf-8-sig", "replace")
    else:
        text = _decode_unmarked(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_unmarked(data: bytes) -> str:
    head = data[:200]
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 3:
        return data.decode("utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
