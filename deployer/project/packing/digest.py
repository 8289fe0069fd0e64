"""A file that is only written forwards, hashed on the way: SHA-256 for us, CRC-64 as OSS computes it."""

import hashlib
from typing import IO

from fastcrc import crc64


class DigestingWriter:
    """Passes bytes on to a file and knows their number and hashes; refuses to go back or beyond its limit.

    Source: https://help.aliyun.com/zh/oss/developer-reference/check-data-transmission-integrity-using-crc-64
    """

    def __init__(self, file: IO[bytes], limit_bytes: int) -> None:
        self._file = file
        self._limit_bytes = limit_bytes
        self._sha256 = hashlib.sha256()
        self._crc64: int | None = None
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        """Raises OverflowError beyond the limit."""
        self.size_bytes += len(data)
        if self.size_bytes > self._limit_bytes:
            raise OverflowError
        self._sha256.update(data)
        self._crc64 = crc64.xz(data) if self._crc64 is None else crc64.xz(data, self._crc64)
        return self._file.write(data)

    def flush(self) -> None:
        self._file.flush()

    def seekable(self) -> bool:
        return False

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def crc64(self) -> int:
        return self._crc64 or 0
