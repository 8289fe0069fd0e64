"""The configuration file as text: read carefully, with the line and column of every key and value.

Nothing here knows the schema. What makes the text unusable raises at once; what can be told together with other
mistakes (duplicate keys, keys that are no text) is kept in `Document.problems`.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from deployer.config.exposure import mask_secrets
from deployer.config.yaml_nodes import YamlMark, YamlTrouble, compose_tree
from deployer.errors.config import ConfigInvalid, ConfigNotFound, ConfigUnreadable, Problem

MAX_BYTES = 1024 * 1024
_SHOWN = 200  # characters of a line that an error quotes
KeyPath: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed configuration. `data` has text keys only; floats are Decimals, dates stay what YAML made of them."""

    path: str
    text: str = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)
    marks: Mapping[KeyPath, YamlMark] = field(repr=False)
    problems: tuple[Problem, ...] = ()

    def line_of(self, path: KeyPath) -> int | None:
        """The 1-based line of a key, or of the nearest section above it; None when the file has neither."""
        while path:
            if path in self.marks:
                return self.marks[path].key_line
            path = path[:-1]
        return None

    def source_line(self, line: int) -> str:
        """The text of a 1-based line, without its line ending."""
        lines = self.text.splitlines()
        return lines[line - 1] if 0 < line <= len(lines) else ""


def read_document(path: Path) -> Document:
    """The parsed file.

    Errors: ConfigNotFound, ConfigUnreadable (not a regular file, too large, not UTF-8, …), ConfigInvalid (not YAML).
    """
    return parse_document(_read_text(path), path=str(path))


def parse_document(text: str, *, path: str) -> Document:
    """The parsed text; `path` is what messages call it.

    Errors: ConfigInvalid when the text is empty, no YAML, too deep or no mapping.
    """
    try:
        tree = compose_tree(text)
    except YamlTrouble as trouble:
        raise ConfigInvalid((_problem(trouble, text),), config_path=path) from None
    if tree.value is None:
        raise ConfigInvalid((_empty(),), config_path=path)
    if not isinstance(tree.value, dict):
        raise ConfigInvalid((_not_a_mapping(tree.value),), config_path=path)
    problems = tuple(_problem(trouble, text) for trouble in tree.troubles)
    return Document(path=path, text=text, data=tree.value, marks=tree.marks, problems=problems)


def _problem(trouble: YamlTrouble, text: str) -> Problem:
    lines = text.splitlines()
    source = mask_secrets(lines[trouble.line - 1])[:_SHOWN] if trouble.line and trouble.line <= len(lines) else None
    return Problem(
        code=trouble.code,
        path=trouble.path,
        message=trouble.message,
        line=trouble.line,
        column=trouble.column,
        hint=trouble.hint,
        source=source,
    )


def _empty() -> Problem:
    return Problem(code="empty", path="", message="the file holds no configuration", hint="run `deployer init`")


def _not_a_mapping(value: Any) -> Problem:
    found = "a list" if isinstance(value, list) else "a single value"
    return Problem(
        code="type",
        path="",
        message=f"the file holds {found} where sections are expected",
        line=1,
        allowed="the sections `metadata`, `common`, `agent` and `deployer`",
        hint="see `deployer init --print-template`",
    )


def _read_text(path: Path) -> str:
    _refuse_foreign_link(path)
    try:
        # Without O_NONBLOCK the open itself would wait for a writer where the path is a FIFO.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise ConfigNotFound(str(path)) from None
    except PermissionError:
        raise ConfigUnreadable(str(path), "permission denied", f"run `chmod u+r {path}`") from None
    except OSError as error:
        kind = _kind_at(path)
        raise ConfigUnreadable(str(path), kind or str(error.strerror), "name a YAML file with `--config`") from None
    status = os.fstat(descriptor)
    try:
        _refuse_unsafe(path, status)
    except ConfigUnreadable:
        os.close(descriptor)
        raise
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        size = max(status.st_size, len(data))
        raise ConfigUnreadable(
            str(path), f"it has {size} bytes, more than {MAX_BYTES}", "large scripts belong into files of the project"
        )
    return _decode(path, data)


def _kind_at(path: Path) -> str | None:
    try:
        return _kind(path.stat().st_mode)
    except OSError:
        return None


def _kind(mode: int) -> str | None:
    """What stands there in words, None for a regular file."""
    kinds = (
        (stat.S_ISDIR, "it is a directory"),
        (stat.S_ISFIFO, "it is a named pipe"),
        (stat.S_ISSOCK, "it is a socket"),
        (stat.S_ISCHR, "it is a device"),
        (stat.S_ISBLK, "it is a device"),
    )
    return next((words for test, words in kinds if test(mode)), None)


def _refuse_unsafe(path: Path, status: os.stat_result) -> None:
    kind = _kind(status.st_mode)
    if kind:
        raise ConfigUnreadable(str(path), kind, "name a YAML file with `--config`")
    foreign = hasattr(os, "getuid") and status.st_uid not in (os.getuid(), 0)
    if foreign and status.st_mode & stat.S_IWOTH:
        raise ConfigUnreadable(
            str(path),
            "it belongs to another user and anybody may write to it",
            f"its scripts run as root on the instance: run `chmod o-w {path}` as its owner",
        )


def project_root_of(path: Path) -> Path:
    """The folder a configuration file may reach into: the one above `.appmanager`, else the file's own."""
    folder = path.absolute().parent
    return folder.parent if folder.name == ".appmanager" else folder


def _refuse_foreign_link(path: Path) -> None:
    if not path.is_symlink():
        return
    target = Path(os.path.realpath(path))
    root = Path(os.path.realpath(project_root_of(path)))
    if root not in target.parents:
        raise ConfigUnreadable(
            str(path), f"it is a link to `{target}`, outside the project", f"name that file itself: `--config {target}`"
        )


def _decode(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigUnreadable(
            str(path), f"it is not UTF-8 (line {line}); it looks like {_guess_encoding(data)}", "save it as UTF-8"
        ) from None


def _guess_encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data.count(0) > len(data) // 4:
        return "UTF-16"
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return "Latin-1"
    chinese = sum(1 for character in text if "\u4e00" <= character <= "\u9fff")
    return "GBK" if chinese * 2 >= sum(1 for character in text if ord(character) > 127) else "Latin-1"
