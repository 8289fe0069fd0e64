"""How OSS lists names: prefixes, delimiters, markers, pages, and names encoded on request."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote

from deployer.emulator.actions import ApiError


class Named(Protocol):
    """Something listed by its object name."""

    object_name: str


Item = TypeVar("Item", bound=Named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """One page. `last` is the last name or common prefix on it, what the next page goes on behind."""

    items: tuple[Item, ...]
    common_prefixes: tuple[str, ...]
    is_truncated: bool
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is listed: names with `prefix`, behind `marker`, folded at `delimiter`, at most `limit` entries."""

    prefix: str
    delimiter: str
    marker: str
    limit: int


def list_page(items: Iterable[Item], question: Question) -> Page[Item]:
    """The page of `items`, which come in byte order of their names. A common prefix counts as one entry."""
    found: list[Item] = []
    prefixes: list[str] = []
    last = ""
    for item in items:
        entry, is_folded = _entry(item.object_name, question)
        if entry is None or (is_folded and prefixes[-1:] == [entry]):
            continue
        if len(found) + len(prefixes) == question.limit:
            return Page(items=tuple(found), common_prefixes=tuple(prefixes), is_truncated=True, last=last)
        if is_folded:
            prefixes.append(entry)
        else:
            found.append(item)
        last = entry
    return Page(items=tuple(found), common_prefixes=tuple(prefixes), is_truncated=False, last="")


def _entry(object_name: str, question: Question) -> tuple[str | None, bool]:
    """The name, or the common prefix it is folded into and True; None when it belongs to no page from here on."""
    prefix, marker = question.prefix, question.marker
    if not object_name.startswith(prefix) or object_name.encode() <= marker.encode():
        return None, False
    cut = object_name.find(question.delimiter, len(prefix)) if question.delimiter else -1
    if cut < 0:
        return object_name, False
    folded = object_name[: cut + len(question.delimiter)]
    return (None, False) if folded == marker else (folded, True)


def is_encoded(query: Mapping[str, str]) -> str | None:
    """`url` when names are to be encoded, else None.

    Errors: ApiError 400 InvalidArgument.
    """
    encoding = query.get("encoding-type") or None
    if encoding not in {None, "url"}:
        raise ApiError(400, "InvalidArgument", "encoding-type must be url.", extra={"ArgumentName": "encoding-type"})
    return encoding


def encoder(query: Mapping[str, str]) -> Callable[[str], str]:
    """What names are to be put through: nothing, or URL encoding when it was asked for."""
    if is_encoded(query):
        return lambda name: quote(name, safe="")
    return lambda name: name


def make_token(name: str) -> str:
    """An opaque continuation token."""
    return base64.b64encode(name.encode()).decode()


def read_token(token: str) -> str:
    """The name a continuation token was made of. Errors: ApiError 400 InvalidArgument."""
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:  # no base64, or no text
        raise ApiError(
            400, "InvalidArgument", "The continuation token is not valid.", extra={"ArgumentName": "continuation-token"}
        ) from None
