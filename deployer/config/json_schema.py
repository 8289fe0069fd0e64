"""The JSON Schema of the configuration file, for editors and programs: each key with the words of the reference page."""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from deployer.config.document import KeyPath, parse_document
from deployer.config.schema import ConfigFile, known_paths

_FLAGS = re.compile(r"\s{2,}(--|[A-Z]+_).*$")  # the reference names flags and variables in a column of their own


def config_json_schema() -> dict[str, Any]:
    """The schema: what keys exist, what each is for, and what it may hold."""
    schema = ConfigFile.model_json_schema()
    words = describe_keys(files("deployer.config").joinpath("reference.yml").read_text(encoding="utf-8"))
    for path in known_paths():
        node = _node_at(schema, path)
        node.pop("default", None)
        node.pop("title", None)
        if words.get(path):
            node["description"] = words[path]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": ".appmanager/config.yaml"}


def describe_keys(text: str) -> Mapping[KeyPath, str]:
    """The comment above each key of a YAML text, as one line."""
    lines = text.splitlines()
    described: dict[KeyPath, str] = {}
    for path, mark in parse_document(text, path="reference.yml").marks.items():
        above = mark.key_line - 1
        while above and lines[above - 1].strip().startswith("#"):
            above -= 1
        comment = (_FLAGS.sub("", line.strip().removeprefix("#").strip()) for line in lines[above : mark.key_line - 1])
        described[path] = " ".join(part for part in comment if part)
    return described


def _node_at(schema: dict[str, Any], path: KeyPath) -> dict[str, Any]:
    """The schema of one key, in the section it stands in."""
    node = schema
    for key in path:
        section = node
        if "$ref" in node:
            section = schema["$defs"][node["$ref"].rpartition("/")[2]]
        node = section["properties"][key]
    return node
