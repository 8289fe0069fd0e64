"""From what the schema refuses to what a person can mend: one `Problem` for each, with its place and a suggestion."""

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from deployer.config.document import Document, KeyPath
from deployer.config.exposure import is_secret_path, mask_secrets
from deployer.config.schema import RULE_ERROR, SCHEMA_VERSION, ConfigFile, known_paths
from deployer.errors.config import Problem

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "is_instance_of": "a number",
    "decimal_type": "a number",
    "finite_number": "a number",
    "dict_type": "a section of `KEY: value` lines",
    "model_type": "a section",
    "model_attributes_type": "a section",
    "list_type": "a list",
    "literal_error": "`app` or `agent`",
}
_ABOUT_KEYS = ("unknown", "misplaced")
_SHOWN = 200
_NUMBERS = ("int_type", "is_instance_of", "decimal_type", "finite_number")


def validate_tree(
    tree: Mapping[str, Any], document: Document | None, origins: Mapping[KeyPath, str]
) -> tuple[ConfigFile, tuple[Problem, ...]]:
    """The checked file and what is wrong with it; an empty file stands in when anything is.

    `origins` names where values came from that are not the file's own, by key path.
    """
    try:
        return ConfigFile.model_validate(tree), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    problems = [_problem(detail, tree, document, origins) for detail in details]
    newer = _written_by_newer(tree, document)
    return ConfigFile(), (newer,) if newer else tuple(problems)


def newer_problem(file: ConfigFile, document: Document | None) -> Problem | None:
    """The problem of a file that says it needs a newer deployer, None when it does not."""
    return _written_by_newer({"deployer": {"schemaVersion": file.deployer.schemaVersion}}, document)


def _written_by_newer(tree: Mapping[str, Any], document: Document | None) -> Problem | None:
    extras = tree.get("deployer")
    version = extras.get("schemaVersion") if isinstance(extras, Mapping) else None
    if not isinstance(version, int) or version <= SCHEMA_VERSION:
        return None
    path = ("deployer", "schemaVersion")
    return Problem(
        code="newer",
        path=".".join(path),
        message=f"the file was made by a newer deployer (schema {version}, this one knows {SCHEMA_VERSION})",
        line=document.line_of(path) if document else None,
        found=str(version),
        hint="upgrade the deployer",
    )


def placed_problem(document: Document | None, path: KeyPath, problem: Problem) -> Problem:
    """The problem with the line, column and source of its key in the file, where the file has it."""
    if document is None or problem.origin is not None:
        return problem
    mark = document.marks.get(path)
    line, column = document.line_of(path), None
    if mark and problem.code in _ABOUT_KEYS:
        line, column = mark.key_line, mark.key_column
    elif mark:
        line, column = mark.line, mark.column
    source = None
    if line and not is_secret_path(path):
        source = mask_secrets(document.source_line(line))[:_SHOWN]
    return replace(problem, line=line, column=column, source=source)


def _problem(
    detail: ErrorDetails, tree: Mapping[str, Any], document: Document | None, origins: Mapping[KeyPath, str]
) -> Problem:
    path = tuple(str(part) for part in detail["loc"] if part != "[key]")
    origin = origins.get(path)
    found = _found(path, tree, document if origin is None else None)
    if detail["type"] == "extra_forbidden":
        problem = _unknown_key(path)
    elif detail["type"] == RULE_ERROR:
        problem = _broken_rule(detail, path, found, origin)
    else:
        problem = _wrong_type(detail["type"], path, found, origin, value=_at(tree, path))
    return placed_problem(document, tuple(problem.path.split(".")), problem)


def _broken_rule(detail: ErrorDetails, path: KeyPath, found: str | None, origin: str | None) -> Problem:
    context = detail.get("ctx", {})
    subject = f"`{found}`" if found is not None else f"`{path[-1]}`"
    key = context.get("key") or ""
    return Problem(
        code="value",
        path=".".join((*path, key) if key and "." not in key else path),
        message=f"{f'{origin}: ' if origin else ''}{subject} {context.get('text', detail['msg'])}",
        found=found,
        allowed=context.get("allowed"),
        hint=context.get("hint"),
        nearest=context.get("nearest"),
        origin=origin,
    )


def _wrong_type(kind: str, path: KeyPath, found: str | None, origin: str | None, *, value: Any) -> Problem:
    expected = _EXPECTED.get(kind, "another kind of value")
    read_as = _read_as(value)
    shown = f"`{found}` is {read_as}" if found is not None else f"it is {read_as}"
    nearest = None
    if kind == "literal_error" and isinstance(value, str):
        close = difflib.get_close_matches(value.lower(), ("app", "agent"), n=1, cutoff=0.4)
        nearest = close[0] if close else None
        shown = f"`{found}` is not one of them"
    return Problem(
        code="type" if kind != "literal_error" else "value",
        path=".".join(path),
        message=f"{origin or '`' + path[-1] + '`'} takes {expected}, and {shown}",
        found=found,
        allowed=expected,
        hint=f"write `{nearest}`" if nearest else _type_hint(kind, path, value, found),
        nearest=nearest,
        origin=origin,
    )


def _type_hint(kind: str, path: KeyPath, value: Any, found: str | None) -> str:
    """One thing to do about a value of the wrong type."""
    if kind == "string_type" and path[-2:-1] == ("scripts",):
        return f"write the script as text below `{path[-1]}: |`, indented"
    if kind == "string_type" and not isinstance(value, dict | list):
        return f'put it in quotes: `"{found}"`' if found is not None else "put it in quotes"
    if kind in _NUMBERS:
        return _number_hint(value)
    if kind == "list_type":
        return "write one `- item` line for each"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "write its keys in the lines below, indented"
    return f"write {_EXPECTED[kind]}" if kind == "literal_error" else "write one value, no list and no section"


def _number_hint(value: Any) -> str:
    digits = str(value).strip() if isinstance(value, str) else ""
    if digits.isdigit():
        return f"write it as a plain number: `{digits.lstrip('0') or '0'}`"
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return f"write `{int(value)}`"
    first = re.match(r"\d+", digits)
    return f"write the number alone: `{first[0]}`" if first else "write one number"


def _read_as(value: Any) -> str:
    """What YAML made of the value, in words."""
    for kind, words in (
        (bool, "read as yes or no"),
        (int, "a number"),
        (Decimal, "a number with a fraction"),
        (dt.date, "read as a date"),
        (str, "text"),
        (dict, "a section"),
        (list, "a list"),
    ):
        if isinstance(value, kind):
            return words
    return "empty"


def _found(path: KeyPath, tree: Mapping[str, Any], document: Document | None) -> str | None:
    """The value as it is written, None for secrets and for whole sections."""
    if is_secret_path(path):
        return None
    if document and path in document.marks and document.marks[path].raw:
        return mask_secrets(document.marks[path].raw)[:_SHOWN]
    value = _at(tree, path)
    if value is None or isinstance(value, dict | list):
        return None
    shown = mask_secrets(str(value))[:_SHOWN]
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode() for one in shown
    )


def _at(tree: Any, path: KeyPath) -> Any:
    for part in path:
        if isinstance(tree, Mapping):
            tree = tree.get(part)
        elif isinstance(tree, list) and part.isdigit() and int(part) < len(tree):
            tree = tree[int(part)]
        else:
            return None
    return tree


def _unknown_key(path: KeyPath) -> Problem:
    key, dotted = path[-1], ".".join(path)
    if path == ("scripts",):
        return Problem(
            code="misplaced",
            path=dotted,
            message="`scripts` at the top level is not read",
            hint="move it under `common.scripts`",
            nearest="common.scripts",
        )
    siblings = [known[-1] for known in known_paths() if known[:-1] == path[:-1]]
    nearest = _nearest_key(key, siblings)
    if nearest:
        return _unknown(dotted, key, f"did you mean `{nearest}`?", ".".join((*path[:-1], nearest)))
    elsewhere = [known for known in known_paths() if _folded(known[-1]) == _folded(key)]
    if elsewhere:
        place = ".".join(elsewhere[0])
        return _unknown(dotted, key, f"it belongs under `{'.'.join(elsewhere[0][:-1]) or 'the top level'}`", place)
    return _unknown(dotted, key, "delete it, or see `deployer init --print-template`", None, allowed=siblings)


def _unknown(dotted: str, key: str, hint: str, nearest: str | None, *, allowed: list[str] | None = None) -> Problem:
    names = ", ".join(f"`{name}`" for name in allowed) if allowed else None
    return Problem(
        code="unknown", path=dotted, message=f"there is no key `{key}` here", hint=hint, nearest=nearest, allowed=names
    )


def _folded(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


def _nearest_key(key: str, siblings: list[str]) -> str | None:
    for sibling in siblings:
        if _folded(sibling) == _folded(key):
            return sibling
    folded = {_folded(sibling): sibling for sibling in siblings}
    close = difflib.get_close_matches(_folded(key), folded, n=1, cutoff=0.75)
    return folded[close[0]] if close else None
