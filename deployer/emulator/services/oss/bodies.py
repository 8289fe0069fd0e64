"""Object bodies as files: written and read in pieces, never whole in memory."""

import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fastcrc import crc64

from deployer.emulator.actions import ApiError

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBody:
    """A file nobody writes to any more. `crc64` is CRC-64/XZ, which OSS calls CRC64-ECMA."""

    path: Path
    size_bytes: int
    md5: bytes
    crc64: int


class FileSlice:
    """Part of a file, a piece at a time; the file is closed after the last piece, or by `close`."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._left = length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self._file.read(min(_PIECE_BYTES, self._left)) if self._left else b""
        self._left -= len(piece)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self._left = 0
        self._file.close()

    def __del__(self) -> None:
        self._file.close()


class BodyStore:
    """Files in one directory, named by number. Removing one leaves whoever reads it undisturbed."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._numbers = itertools.count(1)

    def receive(self, stream: BinaryIO, expected_bytes: int | None) -> StoredBody:
        """What the stream holds, stored.

        Errors: ApiError 400 RequestTimeout when the stream ends before `expected_bytes`.
        """
        left = expected_bytes

        def pieces() -> Iterator[bytes]:
            nonlocal left
            while left is None or left > 0:
                piece = stream.read(_PIECE_BYTES if left is None else min(_PIECE_BYTES, left))
                if not piece:
                    break
                if left is not None:
                    left -= len(piece)
                yield piece

        def is_whole() -> None:
            if left:
                raise ApiError(
                    400,
                    "RequestTimeout",
                    "Your socket connection to the server was not read from or written to within the timeout period.",
                )

        return self._write(pieces(), is_whole)

    def join(self, bodies: Iterable[StoredBody]) -> StoredBody:
        """The bodies one after another, as a new one."""

        def pieces() -> Iterator[bytes]:
            for body in bodies:
                yield from self.open(body, 0, body.size_bytes)

        return self._write(pieces(), lambda: None)

    def copy_part(self, body: StoredBody, start: int, length: int) -> StoredBody:
        """Some of the bytes, as a body of its own."""
        return self._write(self.open(body, start, length), lambda: None)

    def copy(self, body: StoredBody) -> StoredBody:
        """The same bytes under another name; on one disk a second link to them."""
        path = self._new_path()
        try:
            os.link(body.path, path)
        except OSError:
            shutil.copyfile(body.path, path)
        return StoredBody(path=path, size_bytes=body.size_bytes, md5=body.md5, crc64=body.crc64)

    def open(self, body: StoredBody, start: int, length: int) -> FileSlice:
        """That part of the body, to be read after the state is unlocked."""
        file = body.path.open("rb")
        file.seek(start)
        return FileSlice(file, length)

    def remove(self, body: StoredBody | None) -> None:
        """Nothing is left of it on disk. A delete marker has no body."""
        if body is not None:
            body.path.unlink(missing_ok=True)

    def _new_path(self) -> Path:
        return self._directory / f"{next(self._numbers):08d}"

    def _write(self, pieces: Iterable[bytes], check: Callable[[], None]) -> StoredBody:
        path = self._new_path()
        digest = hashlib.md5(usedforsecurity=False)
        checksum, size_bytes = 0, 0
        try:
            with path.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
                    digest.update(piece)
                    checksum = crc64.xz(piece, checksum)
                    size_bytes += len(piece)
            check()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return StoredBody(path=path, size_bytes=size_bytes, md5=digest.digest(), crc64=checksum)
