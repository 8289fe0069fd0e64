"""A form as browsers post it (multipart/form-data), its file read as a stream.

Source: https://www.rfc-editor.org/rfc/rfc7578
"""

import io
import re
from dataclasses import dataclass
from typing import BinaryIO

from deployer.emulator.actions import ApiError

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_NAME = re.compile(r'[;\s]name="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(r'[;\s]filename="([^"]*)"', re.IGNORECASE)
_LARGEST_HEAD = 64 * 1024
_LARGEST_FIELD = 1024 * 1024
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields before the file, names in lower case, and the file, to be read once."""

    fields: dict[str, str]
    file_name: str
    file_type: str
    file: BinaryIO


def read_form(body: BinaryIO, content_type: str) -> Form:
    """The form. Errors: ApiError 400 MalformedPOSTRequest; IncorrectNumberOfFilesInPOSTRequest without a file."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise _malformed("the Content-Type names no boundary")
    parts = _Parts(body, (boundary[1] or boundary[2]).encode())
    fields: dict[str, str] = {}
    while (head := parts.next_head()) is not None:
        part = io.BufferedReader(parts.current, _PIECE_BYTES)
        disposition = head.get("content-disposition", "")
        name = _NAME.search(disposition)
        if name is None:
            raise _malformed("a part has no name")
        if name[1].lower() == "file":
            file_name = _FILE_NAME.search(disposition)
            return Form(
                fields=fields,
                file_name=file_name[1] if file_name else "",
                file_type=head.get("content-type", ""),
                file=part,
            )
        value = part.read(_LARGEST_FIELD + 1)
        if len(value) > _LARGEST_FIELD:
            raise _malformed("a field is too large")
        fields[name[1].lower()] = value.decode("utf-8", "replace")
    raise ApiError(400, "IncorrectNumberOfFilesInPOSTRequest", "POST requires exactly one file upload per request.")


class _Parts:
    """The parts of the body, one after the other; `current` is the body of the one whose head was read last."""

    def __init__(self, body: BinaryIO, boundary: bytes) -> None:
        self._body = body
        self._delimiter = b"\r\n--" + boundary
        self._held = b"\r\n"  # so that the first delimiter looks like the others
        self.current = _PartBody(self)

    def next_head(self) -> dict[str, str] | None:
        """The headers of the next part; None behind the last one."""
        self.current.readall()
        line = self._take_through(b"\r\n")
        if line.strip() == b"--":
            return None
        head = self._take_through(b"\r\n\r\n").decode("utf-8", "replace")
        self.current = _PartBody(self)
        pairs = (line.partition(":") for line in head.split("\r\n") if line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def read_part(self, size: int) -> bytes:
        """Some bytes of the current part; empty at its end, with the delimiter behind us."""
        keep = len(self._delimiter) - 1
        while True:
            end = self._held.find(self._delimiter)
            if end == 0:
                return b""
            ready = end if end > 0 else len(self._held) - keep
            if ready > 0:
                piece, self._held = self._held[: min(ready, size)], self._held[min(ready, size) :]
                return piece
            self._fill()

    def skip_delimiter(self) -> None:
        self._held = self._held.removeprefix(self._delimiter)

    def _take_through(self, mark: bytes) -> bytes:
        while mark not in self._held:
            if len(self._held) > _LARGEST_HEAD:
                raise _malformed("a part's head is too long")
            self._fill()
        taken, _, self._held = self._held.partition(mark)
        return taken

    def _fill(self) -> None:
        piece = self._body.read(_PIECE_BYTES)
        if not piece:
            raise _malformed("the form is not complete")
        self._held += piece


class _PartBody(io.RawIOBase):
    """One part, read like a file."""

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self._finished = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed's Buffer is 3.12
        piece = b"" if self._finished else self._parts.read_part(len(buffer))
        if not piece and not self._finished:
            self._finished = True
            self._parts.skip_delimiter()
        buffer[: len(piece)] = piece
        return len(piece)


def _malformed(why: str) -> ApiError:
    return ApiError(
        400, "MalformedPOSTRequest", f"The body of your POST request is not well-formed multipart/form-data: {why}."
    )
