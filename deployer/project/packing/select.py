"""Which files of a project go into the archive, and which stay behind for which reason."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deployer.errors.project import FileNameInvalid, FilesUnreadable, NothingToPack
from deployer.models.package import LeftOut
from deployer.project.ignore import MARKERS_OF_DISPOSABLE_DIRECTORIES, IgnoreRules
from deployer.project.packing.repository import list_tracked
from deployer.project.packing.secrets import holds_token, is_secret_directory, may_hold_token, why_secret
from deployer.project.project_dir import ProjectDir

LONGEST_PATH_BYTES = 4000
LONGEST_NAME_BYTES = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedFile:
    """One entry of the archive: `path` in it, `source` on disk, below `root`. What was seen has to be true when it is read.

    A directory is an entry only when it is empty; `source` differs from `path` under links, which become copies.
    """

    path: str
    root: Path
    source: Path
    size_bytes: int
    mtime_ns: int
    device: int
    inode: int
    executable: bool
    is_directory: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The entries sorted by path, what stays behind by name, and how many paths the ignore rules took."""

    root: Path
    files: tuple[SelectedFile, ...]
    left_out: tuple[LeftOut, ...]
    ignored_count: int
    not_found: tuple[str, ...]  # what was named as to be included and is not there, or in an ignored directory

    @property
    def total_bytes(self) -> int:
        return sum(one.size_bytes for one in self.files)


class _Selector:
    """Collects the entries while the directories are walked."""

    def __init__(self, project_dir: ProjectDir, include_secrets: frozenset[str], apart: frozenset[Path]) -> None:
        self.project_dir = project_dir
        self.include_secrets = include_secrets
        self.apart = apart
        self.files: list[SelectedFile] = []
        self.left_out: list[LeftOut] = []
        self.unreadable: list[str] = []
        self.ignored_count = 0

    def walk(
        self, directory: str, real: Path, outer: IgnoreRules, *, linked: bool
    ) -> Iterator[tuple[str, Path, IgnoreRules, bool]]:
        """Takes the files of one directory; gives the directories below that are to be walked too."""
        try:
            with os.scandir(real) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError:
            self._note_unreadable(directory or ".", real)
            return
        if directory and {entry.name for entry in entries} & set(MARKERS_OF_DISPOSABLE_DIRECTORIES):
            self.ignored_count += 1
            return
        if not entries and directory:
            self._take(directory, real, is_directory=True)
        texts = self.project_dir.read_ignore_files(directory) if not linked else {}
        rules = outer.inside(directory, texts)
        for entry in entries:
            path = f"{directory}/{entry.name}" if directory else entry.name
            yield from self._entry(path, entry, rules, linked=linked)

    def _entry(
        self, path: str, entry: os.DirEntry[str], rules: IgnoreRules, *, linked: bool
    ) -> Iterator[tuple[str, Path, IgnoreRules, bool]]:
        real = Path(entry.path)
        is_directory = entry.is_dir(follow_symlinks=False)
        if real in self.apart:
            return
        if is_directory and is_secret_directory(entry.name) and not self._is_included(path):
            self.left_out.append(LeftOut(path=f"{path}/", reason="secret"))
        elif rules.is_ignored(path, is_directory=is_directory) and not self._is_included(path):
            self._ignore(path, is_directory=is_directory)
        elif not self._has_usable_name(path, entry.name):
            return
        elif entry.is_symlink():
            yield from self._link(path, real, rules, linked=linked)
        elif is_directory:
            yield path, real, rules, linked
        elif entry.is_file(follow_symlinks=False):
            self._file(path, real, path)
        else:
            self.left_out.append(LeftOut(path=path, reason="no regular file: pipe, socket or device"))

    def _ignore(self, path: str, *, is_directory: bool) -> None:
        reason = None if is_directory else why_secret(path)
        if reason:
            self.left_out.append(LeftOut(path=path, reason=reason))
        else:
            self.ignored_count += 1

    def _link(
        self, path: str, link: Path, rules: IgnoreRules, *, linked: bool
    ) -> Iterator[tuple[str, Path, IgnoreRules, bool]]:
        """Links become copies of what they point at: links in archives are refused or lost when unpacked."""
        root = self.project_dir.path
        try:
            real = link.resolve(strict=True)
        except (OSError, RuntimeError):
            self.left_out.append(LeftOut(path=path, reason="link that leads nowhere"))
            return
        if not real.is_relative_to(root):
            self.left_out.append(LeftOut(path=path, reason="links outside the project"))
            return
        target = real.relative_to(root).as_posix()
        if real.is_dir():
            if linked or link.parent.resolve().is_relative_to(real):
                self.left_out.append(
                    LeftOut(path=path, reason="link to a directory that holds it, or below another link")
                )
            elif self._ignored_on_the_way(target, rules):
                self.ignored_count += 1
            else:
                yield path, real, rules, True
        elif self._ignored_on_the_way(target, rules) and not self._is_included(path):
            self.ignored_count += 1
        elif real.is_file():
            self._file(path, real, target)
        else:
            self.left_out.append(LeftOut(path=path, reason="no regular file: pipe, socket or device"))

    def _ignored_on_the_way(self, target: str, rules: IgnoreRules) -> bool:
        parts = target.split("/")
        above = any(rules.is_ignored("/".join(parts[:end]), is_directory=True) for end in range(1, len(parts)))
        secret = any(is_secret_directory(part) for part in parts)
        return above or secret or rules.is_ignored(target, is_directory=(self.project_dir.path / target).is_dir())

    def _file(self, path: str, real: Path, named: str) -> None:
        reason = why_secret(path) or why_secret(named)
        if reason is None and may_hold_token(named):
            reason = "secret" if holds_token(self.project_dir.find_text(named) or "") else None
        if reason and not self._is_included(path):
            self.left_out.append(LeftOut(path=path, reason=reason))
        elif not os.access(real, os.R_OK):
            self._note_unreadable(path, real)
        else:
            self._take(path, real, is_directory=False)

    def _take(self, path: str, real: Path, *, is_directory: bool) -> None:
        try:
            seen = real.lstat()
        except OSError:
            self._note_unreadable(path, real)
            return
        self.files.append(_selected(path, self.project_dir.path, real, seen, is_directory=is_directory))

    def _note_unreadable(self, path: str, real: Path) -> None:
        """What is gone since its directory was listed is no part of the project; anything else has to be told."""
        if os.path.lexists(real):
            self.unreadable.append(path)

    def _is_included(self, path: str) -> bool:
        return any(path == named or path.startswith(f"{named}/") for named in self.include_secrets)

    def _has_usable_name(self, path: str, name: str) -> bool:
        try:
            encoded = path.encode("utf-8")
        except UnicodeEncodeError:
            raise FileNameInvalid(ascii(os.fsencode(path)), "it is not UTF-8") from None
        if len(encoded) > LONGEST_PATH_BYTES or len(name.encode("utf-8")) > LONGEST_NAME_BYTES:
            raise FileNameInvalid(f"`{path[:80]}…`", f"more than {LONGEST_PATH_BYTES} bytes of path, or 255 of name")
        if _CONTROL.search(name):
            self.left_out.append(LeftOut(path=ascii(path), reason="control character in its name"))
            return False
        return True


def _selected(path: str, root: Path, real: Path, seen: os.stat_result, *, is_directory: bool = False) -> SelectedFile:
    return SelectedFile(
        path=path,
        root=root,
        source=real,
        size_bytes=0 if is_directory else seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        device=seen.st_dev,
        inode=seen.st_ino,
        executable=bool(seen.st_mode & stat.S_IXUSR) and not is_directory,
        is_directory=is_directory,
    )


def select_flat(folder: Path, under: str) -> tuple[SelectedFile, ...]:
    """The files of a folder of ours, which has none below it, as entries below the directory `under`."""
    files = sorted(one for one in folder.resolve().iterdir() if one.is_file())
    return tuple(_selected(f"{under}/{one.name}", folder.resolve(), one, one.lstat()) for one in files)


def select_files(
    project_dir: ProjectDir,
    *,
    ignore: tuple[str, ...] = (),
    include_secrets: tuple[str, ...] = (),
    apart: tuple[Path, ...] = (),
) -> Selection:
    """The entries of the archive. `ignore` are gitignore patterns above all others, `apart` paths that never belong.

    `include_secrets` are files, or directories with all that is in them, which are taken although they look secret.

    Files git tracks are taken although `.gitignore` names them, as git does. Links are never followed outside.

    Errors: FilesUnreadable, FileNameInvalid, NothingToPack.
    """
    included = frozenset(PurePosixPath(named).as_posix() for named in include_secrets)
    selector = _Selector(project_dir, included, frozenset(one.resolve() for one in apart))
    pending = [("", project_dir.path, IgnoreRules.of(ignore, list_tracked(project_dir.path)), False)]
    while pending:
        directory, real, rules, linked = pending.pop()
        pending.extend(selector.walk(directory, real, rules, linked=linked))
    if selector.unreadable:
        raise FilesUnreadable(tuple(sorted(selector.unreadable)))
    if not any(not one.is_directory for one in selector.files):
        raise NothingToPack(str(project_dir.path), selector.ignored_count)
    taken = {one.path for one in selector.files}
    return Selection(
        root=project_dir.path,
        files=tuple(sorted(selector.files, key=lambda one: one.path)),
        left_out=tuple(sorted(selector.left_out, key=lambda one: one.path)),
        ignored_count=selector.ignored_count,
        not_found=tuple(
            sorted(named for named in included if not any(f"{path}/".startswith(f"{named}/") for path in taken))
        ),
    )
