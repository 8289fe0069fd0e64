"""Selectors: jq programs over an answer, the leading dot optional.

Plain paths, which most are, are walked here; everything else goes to jq. Both give the same results.
Source: https://help.aliyun.com/zh/oos/user-guide/jq
"""

import itertools
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jq

from deployer.oos.failures import ExpressionError

# A program can go on for ever; nothing sensible selects more values than this.
MAXIMUM_RESULTS = 100_000

_PLAIN_PATH = re.compile(r"\.[A-Za-z_]\w*(?:\[\d*\])*(?:\.[A-Za-z_]\w*(?:\[\d*\])*)*")
_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d*)\]")
# A program that starts with a word which is no jq function or keyword is a path without its dot.
_LEADING_WORD = re.compile(r"\s*([A-Za-z_]\w*)(?![\w(:])")
_JQ_WORDS = frozenset(
    [
        "if",
        "def",
        "try",
        "reduce",
        "foreach",
        "label",
        "import",
        "include",
        "not",
        "true",
        "false",
        "null",
        "empty",
        "error",
        "add",
        "any",
        "all",
        "keys",
        "values",
        "length",
        "tostring",
        "tonumber",
        "type",
        "reverse",
        "sort",
        "unique",
        "min",
        "max",
        "flatten",
        "floor",
        "sqrt",
        "tojson",
        "fromjson",
        "first",
        "last",
        "recurse",
        "env",
        "to_entries",
        "from_entries",
        "transpose",
        "input",
        "debug",
        "ascii_downcase",
        "ascii_upcase",
        "explode",
        "implode",
        "now",
        "todate",
        "fromdate",
        "arrays",
        "objects",
        "iterables",
        "booleans",
        "numbers",
        "strings",
        "nulls",
        "scalars",
        "paths",
        "leaf_paths",
        "ceil",
        "round",
        "abs",
        "infinite",
        "nan",
        "keys_unsorted",
        "utf8bytelength",
        "ascii",
        "range",
        "until",
        "while",
        "repeat",
        "inside",
        "combinations",
        "walk",
        "splits",
        "tojson",
        "halt",
    ]
)


def normalize(selector: str) -> str:
    """The jq program a selector stands for: `Instances.Instance[].InstanceId` means `.Instances.Instance[].InstanceId`."""
    word = _LEADING_WORD.match(selector)
    if word and word.group(1) not in _JQ_WORDS:
        return "." + selector.lstrip()
    return selector.strip() or "."


def select_all(selector: str, document: Any) -> list[Any]:
    """Every result of the selector, in order.

    Errors: ExpressionError, when the program cannot be compiled or fails on this document.
    """
    program = normalize(selector)
    if _PLAIN_PATH.fullmatch(program.strip()):
        return list(_walk(_STEP.findall(program), document))
    compiled = compile_selector(program)
    try:
        results: list[Any] = list(itertools.islice(iter(compiled.input_value(document)), MAXIMUM_RESULTS + 1))
    except ValueError as error:
        raise ExpressionError(f"selector `{selector}` fails: {error}") from None
    if len(results) > MAXIMUM_RESULTS:
        raise ExpressionError(f"selector `{selector}` gives more than {MAXIMUM_RESULTS} results")
    return results


def select(selector: str, document: Any, output_type: str) -> Any:
    """One output: a list of all results for type `List`, else the first result, null when there is none.

    A program whose only result is a list gives, with type `List`, a list holding that list.
    Assumed: the first of several results for other types, which public templates avoid.
    Source: https://help.aliyun.com/zh/oos/user-guide/task ("Type" of an output)
    """
    results = select_all(selector, document)
    if output_type.casefold() in {"list", "array"}:
        return results
    return results[0] if results else None


@lru_cache(maxsize=512)
def compile_selector(program: str) -> Any:
    """The compiled program (the same text is compiled once).

    Errors: ExpressionError.
    """
    try:
        return jq.compile(normalize(program))
    except ValueError as error:
        reason = str(error).splitlines()[0] if str(error) else "no reason given"
        raise ExpressionError(f"selector `{program}` is no jq program: {reason}") from None


def _walk(steps: list[tuple[str, str]], value: Any) -> Iterator[Any]:
    """Walk a plain path as jq does: null gives null, but iterating over it, or a key of a list, is an error."""
    if not steps:
        yield value
        return
    (key, index), rest = steps[0], steps[1:]
    if key:
        if value is not None and not isinstance(value, dict):
            raise ExpressionError(f"cannot take key `{key}` of a {type(value).__name__}")
        yield from _walk(rest, None if value is None else value.get(key))
    elif index:
        if value is not None and not isinstance(value, list):
            raise ExpressionError(f"cannot take element {index} of a {type(value).__name__}")
        yield from _walk(rest, value[int(index)] if value is not None and int(index) < len(value) else None)
    else:
        if not isinstance(value, (list, dict)):
            raise ExpressionError(f"cannot iterate over a {type(value).__name__}")
        for element in value.values() if isinstance(value, dict) else value:
            yield from _walk(rest, element)
