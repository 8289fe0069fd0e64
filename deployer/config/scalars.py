"""Single values as YAML text: plain where that reads back as the same value, quoted or as a block where not."""

import json
from decimal import Decimal
from typing import TypeAlias

from deployer.config.yaml_nodes import YamlTrouble, compose_tree

Scalar: TypeAlias = str | int | Decimal | bool


def format_scalar(value: Scalar, *, in_flow: bool = False, style: str = "plain") -> str:
    """The value on one line; a quoted `style` is kept where it can be."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _reads_back(value, value, in_flow=in_flow):
        return value
    return _double_quoted(value)


def format_block(value: str, *, indent: int) -> tuple[str, str] | None:
    """(header, indented lines) of a literal block; None for text that only a quoted scalar can hold."""
    if "\n" not in value or not all(character == "\n" or character.isprintable() for character in value):
        return None
    body = value.rstrip("\n")
    trailing = len(value) - len(body)
    if not body.strip():
        return None
    chomping = {0: "-", 1: ""}.get(trailing, "+")
    indicator = "2" if body.startswith((" ", "\n")) else ""
    margin = " " * indent
    lines = [f"{margin}{line}" if line else "" for line in body.split("\n")]
    lines += [""] * max(0, trailing - 1)
    return f"|{indicator}{chomping}", "".join(f"{line}\n" for line in lines)


def _reads_back(text: str, value: str, *, in_flow: bool) -> bool:
    if not text.isprintable() or not text:
        return False
    line = f"{{k: {text}, z: 0}}\n" if in_flow else f"k: {text}\nz: 0\n"
    try:
        tree = compose_tree(line)
    except YamlTrouble:
        return False
    return not tree.troubles and bool(tree.value == {"k": value, "z": 0})


def _double_quoted(value: str) -> str:
    """JSON's form is YAML's, once every character YAML will not read raw is escaped."""
    quoted = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else _escaped(character) for character in quoted)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
