"""The archive itself: the same tree gives the same bytes, whatever the times, the order and the machine's user."""

import codecs
import errno
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from deployer.errors.project import FileChanged, FilesUnreadable, PackageDiskFull, PackageNotWritten, PackageTooLarge
from deployer.models.package import LARGEST_SHOWN, LeftOut, Package, PackedFile
from deployer.project.carrying.wanted import FOLDER
from deployer.project.carrying.wheelhouse import WheelHouse
from deployer.project.packing.digest import DigestingWriter
from deployer.project.packing.oddities import SeenContent, find_oddities, names_packages
from deployer.project.packing.opening import open_beneath
from deployer.project.packing.repository import find_commit
from deployer.project.packing.select import SelectedFile, Selection, select_files, select_flat
from deployer.project.project_dir import ProjectDir, decode_text

LIMIT_BYTES = 5 * 1024**3  # Source: https://help.aliyun.com/zh/oss/user-guide/limits (one PutObject)
_CHUNK_BYTES = 1024 * 1024
_LEVEL = 4  # about twice as fast as zlib's default 6, for 2 to 3 % more bytes
_SAMPLE_BYTES = 64 * 1024
_WORTH_IT = 0.92  # a sample that keeps more than this of its size is stored as it is
_EPOCH = (1980, 1, 1, 0, 0, 0)
_COMPRESSED = frozenset(["7z", "apk", "avi", "avif", "bz2", "docx", "gif", "gz", "heic", "jar", "jpeg", "jpg", "lz4", "m4a", "m4v", "mkv", "mov", "mp3", "mp4", "ogg", "pdf", "png", "pptx", "rar", "tgz", "war", "webm", "webp", "whl", "woff", "woff2", "xlsx", "xz", "zip", "zst"])  # fmt: skip
_SHELL_NAMES = re.compile(r"(.+\.(sh|bash)|gradlew|mvnw|Procfile)")
_SHELL_LIMIT_BYTES = 1024 * 1024


class _ChangedError(Exception):
    """A file is not what it was when it was selected."""


def build_package(
    project_dir: ProjectDir,
    *,
    ignore: tuple[str, ...] = (),
    include_secrets: tuple[str, ...] = (),
    out_dir: Path,
    apart: tuple[Path, ...] = (),
    carried: WheelHouse | None = None,
) -> Package:
    """The project as `<sha256>.zip` in `out_dir` (made when missing, never packed itself). Memory stays constant.

    A file that changes while it is read costs one more try of the whole. Shell scripts get plain newlines in the
    archive; the project is never written to. What is at the paths `apart` is no part of it, what is `carried` is.

    Errors: FilesUnreadable, FileNameInvalid, NothingToPack, FileChanged, PackageTooLarge, PackageDiskFull,
    PackageNotWritten.
    """
    _make_directory(out_dir)
    last, kept_out = "", (out_dir, *apart, *_replaced(project_dir, carried))
    for _attempt in range(2):
        selection = select_files(project_dir, ignore=ignore, include_secrets=include_secrets, apart=kept_out)
        whole = _with_carried(selection, carried)
        try:
            path, digests, seen = _write(whole, out_dir)
        except _ChangedError as error:
            last = str(error)
        else:
            return Package(
                path=path,
                sha256=digests.sha256,
                crc64=digests.crc64,
                size_bytes=digests.size_bytes,
                files=_packed(whole),
                left_out=whole.left_out,
                ignored_count=selection.ignored_count,
                source_commit=find_commit(project_dir.path),
                carried=carried.packages if carried else None,
                warnings=find_oddities(selection, seen),
            )
    raise FileChanged(last)


def _replaced(project_dir: ProjectDir, carried: WheelHouse | None) -> Iterator[Path]:
    """What of the project the carried packages stand in for."""
    for one in (FOLDER, *carried.with_passwords) if carried else ():
        yield project_dir.path / one


def _with_carried(selection: Selection, carried: WheelHouse | None) -> Selection:
    if carried is None:
        return selection
    files = (*selection.files, *select_flat(carried.folder, FOLDER))
    reason = "secret: a password, which the carried packages make needless"
    left_out = (*selection.left_out, *(LeftOut(path=one, reason=reason) for one in carried.with_passwords))
    return replace(selection, files=tuple(sorted(files, key=lambda one: one.path)), left_out=left_out)


def _packed(selection: Selection) -> tuple[PackedFile, ...]:
    return tuple(
        PackedFile(path=one.path, size_bytes=one.size_bytes, executable=one.executable)
        for one in selection.files
        if not one.is_directory
    )


def _make_directory(out_dir: Path) -> None:
    try:
        out_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PackageNotWritten(str(out_dir), (error.strerror or str(error)).lower()) from error


def _write(selection: Selection, out_dir: Path) -> tuple[Path, DigestingWriter, SeenContent]:
    """The finished archive under its name; a half-written one never stays."""
    with _mapped_failures(out_dir, selection):
        descriptor, name = tempfile.mkstemp(prefix=".package-", suffix=".zip", dir=out_dir)
    temporary, seen = Path(name), SeenContent()
    try:
        with _mapped_failures(out_dir, selection), os.fdopen(descriptor, "wb", buffering=_CHUNK_BYTES) as file:
            digests = DigestingWriter(file, LIMIT_BYTES)
            with zipfile.ZipFile(cast("IO[bytes]", digests), "w", strict_timestamps=False) as archive:
                for one in selection.files:
                    _add(archive, one, seen)
            file.flush()
        path = out_dir / f"{digests.sha256}.zip"
        with _mapped_failures(out_dir, selection):
            temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return path, digests, seen


@contextmanager
def _mapped_failures(out_dir: Path, selection: Selection) -> Iterator[None]:
    try:
        yield
    except OverflowError:
        raise PackageTooLarge(LIMIT_BYTES, _largest(selection)) from None
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise PackageDiskFull(str(out_dir), selection.total_bytes) from error
        raise PackageNotWritten(str(out_dir), (error.strerror or str(error)).lower()) from error


def _add(archive: zipfile.ZipFile, one: SelectedFile, seen: SeenContent) -> None:
    """Write one entry, and note what is odd about it."""
    info = zipfile.ZipInfo(one.path + ("/" if one.is_directory else ""), _EPOCH)
    info.create_system = 3
    if one.is_directory:
        info.external_attr = (stat.S_IFDIR | 0o755) << 16 | 0x10
        archive.writestr(info, b"")
        return
    info.external_attr = (stat.S_IFREG | (0o755 if one.executable else 0o644)) << 16
    with _opened(one) as source:
        head = source.read(_SAMPLE_BYTES)
        info.compress_type = _compression(one, head)
        seen.look(one.path, head)
        if _is_shell(one, head) or _is_foreign_text(one, head):
            whole = head + source.read(_SHELL_LIMIT_BYTES)
            _check_unchanged(one, source, read_bytes=len(whole))
            plain = decode_text(whole).encode() if names_packages(one.path) else whole.replace(b"\r\n", b"\n")
            archive.writestr(info, plain, compresslevel=_LEVEL)
            (seen.recoded if names_packages(one.path) else seen.converted).append(one.path)
            return
        info.file_size = one.size_bytes
        info._compresslevel = _LEVEL  # type: ignore[attr-defined]  # noqa: SLF001  (public only since Python 3.13)
        with archive.open(info, "w") as entry:
            entry.write(head)
            shutil.copyfileobj(source, entry, _CHUNK_BYTES)
        _check_unchanged(one, source, read_bytes=info.file_size)


@contextmanager
def _opened(one: SelectedFile) -> Iterator[IO[bytes]]:
    """The file that was selected and no other: not through a link put in its place, not another inode."""
    try:
        descriptor = open_beneath(one.root, one.source)
    except PermissionError:
        raise FilesUnreadable((one.path,)) from None
    except OSError:
        raise _ChangedError(one.path) from None
    with os.fdopen(descriptor, "rb", buffering=0) as raw:
        _check_unchanged(one, raw, read_bytes=one.size_bytes)
        yield cast("IO[bytes]", raw)


def _check_unchanged(one: SelectedFile, file: IO[bytes], *, read_bytes: int) -> None:
    seen = os.fstat(file.fileno())
    now = (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)
    was = (one.device, one.inode, one.size_bytes, one.mtime_ns)
    if not stat.S_ISREG(seen.st_mode) or now != was or read_bytes != one.size_bytes:
        raise _ChangedError(one.path)


def _compression(one: SelectedFile, head: bytes) -> int:
    """Stored when the name or a sample of the content says that compressing gains nothing."""
    if one.size_bytes == 0 or one.path.rpartition(".")[2].lower() in _COMPRESSED:
        return zipfile.ZIP_STORED
    if one.size_bytes > _SAMPLE_BYTES // 4 and len(zlib.compress(head, 1)) > len(head) * _WORTH_IT:
        return zipfile.ZIP_STORED
    return zipfile.ZIP_DEFLATED


def _is_shell(one: SelectedFile, head: bytes) -> bool:
    """Whether a shell would stumble over the carriage returns of the file."""
    if one.size_bytes > _SHELL_LIMIT_BYTES or b"\r\n" not in head or b"\0" in head:
        return False
    name = one.path.rpartition("/")[2]
    first = head.partition(b"\n")[0]
    return _SHELL_NAMES.fullmatch(name) is not None or re.match(rb"#!.*\b(ba|da|z|k)?sh\b", first) is not None


def _is_foreign_text(one: SelectedFile, head: bytes) -> bool:
    """Whether it lists packages in an encoding that installers do not read everywhere."""
    if one.size_bytes > _SHELL_LIMIT_BYTES or not names_packages(one.path):
        return False
    try:
        return "\0" in codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return True


def _largest(selection: Selection) -> tuple[str, ...]:
    ordered = sorted(selection.files, key=lambda one: (-one.size_bytes, one.path))
    return tuple(one.path for one in ordered[:LARGEST_SHOWN])
