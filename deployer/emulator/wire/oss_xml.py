"""XML as OSS writes and reads it: plain elements, no attributes, no namespaces."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from deployer.emulator.actions import ApiError

Tree = Mapping[str, Any]
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def render(root: str, tree: Tree | str) -> bytes:
    """The document: a dict is an element with children, a list repeats its element, None leaves it out."""
    return (_HEAD + _element(root, tree)).encode()


def iso_time(moment: datetime) -> str:
    """`2026-01-01T00:00:00.000Z`, as OSS writes times in XML."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _element(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "".join(_element(name, item) for item in value)
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_element(child, item) for child, item in value.items())}</{name}>"
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    # What XML cannot hold is dropped: such keys travel only with encoding-type=url.
    return f"<{name}>{escape(_UNWRITABLE.sub('', str(value)))}</{name}>"


def parse(body: bytes, schema: Tree) -> dict[str, Any]:
    """The document as nested dicts; `schema` is the contract's `{root: tree}`, lists there mean it may repeat.

    An element the contract does not know, or text where children belong, is refused. Values stay text.
    Errors: ApiError 400 MalformedXML.
    """
    if b"<!" in body:
        raise _malformed("declarations are not accepted")
    try:
        element = ET.fromstring(body)  # noqa: S314  (no DTD gets here, so no entities do)
    except ET.ParseError as error:
        raise _malformed(str(error)) from None
    root, tree = next(iter(schema.items()))
    if _local(element.tag) != root:
        raise _malformed(f"the root element is {_local(element.tag)}, not {root}")
    parsed = _read(element, tree)
    return parsed if isinstance(parsed, dict) else {}


def _read(element: ET.Element, tree: Tree | str) -> dict[str, Any] | str:
    if isinstance(tree, str):
        if len(element):
            raise _malformed(f"{_local(element.tag)} has no children")
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name = _local(child.tag)
        if name not in tree:
            raise _malformed(f"unknown element {name} in {_local(element.tag)}")
        expected = tree[name]
        if isinstance(expected, list):
            found.setdefault(name, []).append(_read(child, expected[0]))
        elif name in found:
            raise _malformed(f"{name} stands twice in {_local(element.tag)}")
        else:
            found[name] = _read(child, expected)
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _malformed(why: str) -> ApiError:
    return ApiError(
        400,
        "MalformedXML",
        f"The XML you provided was not well-formed or did not validate against our published schema: {why}.",
    )
