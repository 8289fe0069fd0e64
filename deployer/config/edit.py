"""Single values of the configuration file changed in place: every other byte, comments included, stays as it is."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deployer.config.document import KeyPath, read_document
from deployer.config.scalars import Scalar, format_block, format_scalar
from deployer.config.writing import write_atomically
from deployer.config.yaml_nodes import YamlTrouble, compose_root, compose_tree
from deployer.errors.config import ConfigNotWritten

_STEP = 2  # spaces a new level is indented by


class CannotEdit(Exception):
    """The text has a form in which this value cannot be set without touching others."""


def edit_config(path: Path, changes: Mapping[str, Scalar]) -> bool:
    """Set dotted keys ("metadata.groupName") in the file; True when it was changed.

    Errors: ConfigNotFound, ConfigUnreadable, ConfigInvalid, ConfigNotWritten (the file is then as it was).
    """
    before = read_document(path).text
    text = before
    try:
        for dotted, value in changes.items():
            text = set_value(text, tuple(dotted.split(".")), value)
    except CannotEdit as reason:
        raise ConfigNotWritten(str(path), str(reason), "make this change by hand") from None
    if text == before:
        return False
    write_atomically(path, text.encode())
    return True


def set_value(text: str, path: KeyPath, value: Scalar) -> str:
    """The text with one value set; the key, and sections above it, are added where they are missing.

    Errors: CannotEdit, YamlTrouble.
    """
    root = compose_root(text)
    changed = _set(text, root, path, value)
    expected = copy.deepcopy(compose_tree(text).value) or {}
    _put(expected, path, value)
    try:
        now = compose_tree(changed).value
    except YamlTrouble as trouble:
        raise CannotEdit(f"`{'.'.join(path)}` cannot be set in this form of YAML ({trouble.message})") from None
    if now != expected:
        raise CannotEdit(f"`{'.'.join(path)}` cannot be set without changing other values")
    return changed


def _put(tree: dict[str, Any], path: KeyPath, value: Scalar) -> None:
    for part in path[:-1]:
        if tree.get(part) is None:
            tree[part] = {}
        tree = tree[part]
    tree[path[-1]] = value


def _set(text: str, root: yaml.Node | None, path: KeyPath, value: Scalar) -> str:
    if root is None:
        return _with_final_newline(text) + _block_lines(path, value, indent=0, newline=_newline(text))
    node, in_flow = root, False
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            raise CannotEdit(f"`{'.'.join(path[:depth])}` is no section")
        in_flow = in_flow or bool(node.flow_style)
        entry = next(((k, v) for k, v in node.value if k.value == key), None)
        if entry is None:
            return _insert(text, node, path[depth:], value, in_flow=in_flow)
        key_node, value_node = entry
        rest = path[depth + 1 :]
        if not rest:
            return _replace(text, key_node, value_node, value, in_flow=in_flow)
        if _is_null(value_node):
            return _fill_section(text, key_node, value_node, rest, value)
        node = value_node
    raise CannotEdit("no key was named")


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _with_final_newline(text: str) -> str:
    return text if not text.strip("\ufeff") or text.endswith("\n") else text + _newline(text)


def _line_end(text: str, index: int) -> int:
    """The index of the line break after `index`, or the text's end; a CR before it counts as the break."""
    end = text.find("\n", index)
    if end < 0:
        return len(text)
    return end - 1 if end > index and text[end - 1] == "\r" else end


def _after_line(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end + 1


def _replace(text: str, key: yaml.Node, node: yaml.Node, value: Scalar, *, in_flow: bool) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise CannotEdit(f"`{key.value}` holds more than one value")
    start, end = node.start_mark.index, node.end_mark.index
    if start < key.end_mark.index:
        raise CannotEdit(f"`{key.value}` is an alias of a value elsewhere")
    if start == end:  # nothing stands behind the colon
        start = end = text.index(":", key.end_mark.index) + 1
        text, start, end = text[:start] + " " + text[end:], start + 1, start + 1
    block = None if in_flow or not isinstance(value, str) else format_block(value, indent=key.start_mark.column + _STEP)
    newline = _newline(text)
    if node.style in ("|", ">"):
        old = text[start:end]
        blank = old[len(old.rstrip("\r\n")) :].removeprefix(newline)
        new = f"{block[0]}\n{block[1]}" if block else format_scalar(value) + "\n"
        return text[:start] + new.replace("\n", newline) + blank + text[end:]
    if block:
        stop = _line_end(text, end)
        body = block[1].replace("\n", newline)
        return text[:start] + block[0] + text[end:stop] + newline + body + text[_after_line(text, stop) :]
    style = node.style if node.style in ("'", '"') and isinstance(value, str) else "plain"
    return text[:start] + format_scalar(value, in_flow=in_flow, style=style) + text[end:]


def _fill_section(text: str, key: yaml.Node, node: yaml.Node, path: KeyPath, value: Scalar) -> str:
    """Give a section that has no value yet its first key."""
    start, end = node.start_mark.index, node.end_mark.index
    if start < key.end_mark.index:
        raise CannotEdit(f"`{key.value}` is an alias of a value elsewhere")
    if start != end:  # written out as `null` or `~`
        return text[:start] + _flow(path, value) + text[end:]
    lines = _block_lines(path, value, indent=key.start_mark.column + _STEP, newline=_newline(text))
    return _insert_lines(text, _after_line(text, key.end_mark.index), lines)


def _insert(text: str, node: yaml.MappingNode, path: KeyPath, value: Scalar, *, in_flow: bool) -> str:
    if in_flow:
        brace = node.end_mark.index - 1
        before = text[:brace].rstrip()
        comma = "" if before.endswith(("{", ",")) else ","
        entry = f"{path[0]}: {_flow(path[1:], value) if path[1:] else format_scalar(value, in_flow=True)}"
        return before + (f"{comma} " if not before.endswith("{") else "") + entry + text[len(before) :]
    indent = node.start_mark.column
    lines = _block_lines(path, value, indent=indent, newline=_newline(text))
    return _insert_lines(text, _end_of_block(text, node), lines)


def _insert_lines(text: str, index: int, lines: str) -> str:
    before = text[:index]
    return _with_final_newline(before) + lines + text[index:]


def _end_of_block(text: str, node: yaml.MappingNode) -> int:
    """The index of the line after the mapping's last value; comments that follow it stay below."""
    last = node.start_mark.index
    current: yaml.Node = node
    while isinstance(current, yaml.MappingNode | yaml.SequenceNode) and current.value and not current.flow_style:
        if isinstance(current, yaml.MappingNode):
            key, current = current.value[-1]
            last = max(last, key.end_mark.index)
        else:
            current = current.value[-1]
        if current.start_mark.index < last and not isinstance(current, yaml.SequenceNode):
            return _after_line(text, last)  # an alias: its value stands elsewhere
    if isinstance(current, yaml.ScalarNode) and current.style in ("|", ">"):
        return _end_of_literal(text, current)
    return _after_line(text, max(last, current.end_mark.index))


def _end_of_literal(text: str, node: yaml.ScalarNode) -> int:
    """The line after a block scalar's content; blank lines below it are left there, unless `+` makes them count."""
    start, end = node.start_mark.index, node.end_mark.index
    if "+" in text[start : _line_end(text, start)]:
        return end
    return _after_line(text, start + len(text[start:end].rstrip()) - 1)


def _block_lines(path: KeyPath, value: Scalar, *, indent: int, newline: str) -> str:
    margin = " " * indent
    if len(path) > 1:
        below = _block_lines(path[1:], value, indent=indent + _STEP, newline=newline)
        return f"{margin}{path[0]}:{newline}{below}"
    block = format_block(value, indent=indent + _STEP) if isinstance(value, str) else None
    if block:
        return f"{margin}{path[0]}: {block[0]}\n{block[1]}".replace("\n", newline)
    return f"{margin}{path[0]}: {format_scalar(value)}{newline}"


def _flow(path: KeyPath, value: Scalar) -> str:
    inner = _flow(path[1:], value) if len(path) > 1 else format_scalar(value, in_flow=True)
    return f"{{{path[0]}: {inner}}}"
