"""Template text to plain data: YAML or JSON, read safely, duplicate keys refused, dates left as text."""

import json
from collections.abc import Hashable
from typing import Any, cast

import yaml

from deployer.oos.failures import Problem, TemplateError

# Source: SDK docstrings of CreateTemplate and UpdateTemplate. Assumed to hold for TemplateContent as well.
MAXIMUM_TEMPLATE_BYTES = 64 * 1024
# YAML aliases can make a small text a huge tree; no public template comes near this number of nodes.
MAXIMUM_NODES = 100_000
MAXIMUM_DEPTH = 100


class _DuplicateKeyError(ValueError):
    def __init__(self, key: object, line: int | None = None) -> None:
        where = f" in line {line}" if line is not None else ""
        super().__init__(f"duplicate key `{key}`{where}")


class _TemplateLoader(yaml.SafeLoader):
    """SafeLoader whose maps have unique keys and whose dates stay text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  (PyYAML's signature)
        seen: set[Hashable] = set()
        for key_node, _value in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise _DuplicateKeyError(key, key_node.start_mark.line + 1)
            if isinstance(key, Hashable):
                seen.add(key)
        return super().construct_mapping(node, deep=deep)


_TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def template_format(text: str) -> str:
    """`JSON` when the text starts as a JSON object, else `YAML`; the service finds out the same way."""
    return "JSON" if text.lstrip().startswith("{") else "YAML"


def read_document(text: str) -> dict[str, Any]:
    """The template's data as maps, lists and scalars; keys are text.

    Errors: TemplateError.
    """
    if len(text.encode("utf-8", "replace")) > MAXIMUM_TEMPLATE_BYTES:
        raise TemplateError([Problem(path="", message=f"the template is larger than {MAXIMUM_TEMPLATE_BYTES} bytes")])
    try:
        data = _parse(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        message = " ".join(str(error).split()) or "nested too deeply"
        raise TemplateError([Problem(path="", message=f"not readable as {template_format(text)}: {message}")]) from None
    if not isinstance(data, dict):
        raise TemplateError([Problem(path="", message="a template is a map")])
    problems = _shape_problems(data)
    if problems:
        raise TemplateError(problems)
    return cast("dict[str, Any]", data)


def _parse(text: str) -> Any:
    if template_format(text) == "JSON":
        try:
            return json.loads(text, object_pairs_hook=_unique_pairs)
        except json.JSONDecodeError:
            pass  # a YAML flow map also starts with a brace
    return yaml.load(text, Loader=_TemplateLoader)  # noqa: S506  (a SafeLoader)


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKeyError(key)
        result[key] = value
    return result


def _shape_problems(data: dict[Any, Any]) -> list[Problem]:
    """Keys that are no text, values no JSON can hold, loops and alias bombs."""
    problems: list[Problem] = []
    nodes = 0
    waiting: list[tuple[str, Any, tuple[int, ...]]] = [("", data, ())]
    while waiting:
        path, value, ancestors = waiting.pop()
        nodes += 1
        if nodes > MAXIMUM_NODES:
            return [Problem(path="", message="the template unfolds to too many values")]
        if len(ancestors) > MAXIMUM_DEPTH and id(value) not in ancestors:
            return [Problem(path="", message="the template is nested too deeply")]
        if id(value) in ancestors:
            return [Problem(path=path, message="a value contains itself")]
        if isinstance(value, dict):
            for key, inner in value.items():
                if not isinstance(key, str):
                    problems.append(Problem(path=path, message=f"key `{key}` is no text; put it in quotes"))
                waiting.append((f"{path}.{key}" if path else str(key), inner, (*ancestors, id(value))))
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", inner, (*ancestors, id(value))) for index, inner in enumerate(value))
        elif not isinstance(value, (str, int, float, bool, type(None))):
            problems.append(Problem(path=path, message=f"a {type(value).__name__} is no template value"))
    return problems
