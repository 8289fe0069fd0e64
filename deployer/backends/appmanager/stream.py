"""What `aliyun appmanager … --output json` prints, line by line: steps, then a result or an error, and anything else.

Source: the output format of `deploy` in the deploy-to-ECS skill's reference; `status` prints one JSON object instead.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

LONGEST_SENTENCE = 2_000
_GOOD = {"success", "ok", "succeeded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CliStep:
    """`{"type":"step","step":2,"total":9,"message":"Uploading to OSS..."}`."""

    number: int
    total: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CliResult:
    """`{"type":"result","status":"success","data":{…}}`; `price` has its fields beside `type` instead of in `data`."""

    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CliFailure:
    """`{"type":"error","error":"…"}`, or a result whose status is no success."""

    sentence: str
    data: Mapping[str, Any] = field(default_factory=dict)


CliLine: TypeAlias = CliStep | CliResult | CliFailure


def read_line(line: str) -> CliLine | None:
    """What one line says; None for what is not the CLI's own, such as a progress bar or a Python warning."""
    value = _object(line)
    return _read(value) if value is not None else None


def read_answer(text: str) -> CliResult | CliFailure | None:
    """The end of a short command: the last result or error line, or the one JSON object it printed.

    A result that an error follows, or stands beside, counts as an error. None when there is neither.
    """
    ends = [one for one in map(read_line, text.splitlines()) if isinstance(one, CliResult | CliFailure)]
    failures = [one for one in ends if isinstance(one, CliFailure)]
    if ends:
        return failures[-1] if failures else ends[-1]
    whole = _object(text) or _object(text[text.find("{") :])
    found = _read(whole) if whole is not None else None
    return None if isinstance(found, CliStep) else found


def _read(value: Mapping[str, Any]) -> CliLine | None:
    kind = value.get("type")
    if kind == "step":
        return CliStep(
            number=_whole(value.get("step")), total=_whole(value.get("total")), message=str(value.get("message") or "")
        )
    if kind in {"result", None}:
        return _read_end(value, named=kind is not None)
    return CliFailure(sentence=_sentence(value), data=value) if kind == "error" else None


def _read_end(value: Mapping[str, Any], *, named: bool) -> CliResult | CliFailure:
    """A result line, or the bare object of `status`. Only a line that says `result` has a status of its own."""
    status = str(value.get("status") or "success").lower()
    failed = (named and status not in _GOOD) or value.get("success") is False or bool(value.get("error"))
    if failed:
        return CliFailure(sentence=_sentence(value), data=value)
    data = value.get("data")
    return CliResult(data=data if isinstance(data, Mapping) else value)


def _sentence(value: Mapping[str, Any]) -> str:
    """The error in words, with its code in front where it stands in a field of its own."""
    error = value.get("error") or value.get("message") or value.get("status") or "no reason given"
    if isinstance(error, Mapping):
        value, error = error, error.get("message") or error.get("error") or json.dumps(error, ensure_ascii=False)
    code = value.get("code") or value.get("error_code")
    sentence = str(error) if not code or str(code) in str(error) else f"{code}: {error}"
    return sentence[:LONGEST_SENTENCE]


def _object(text: str) -> Mapping[str, Any] | None:
    text = text.strip()
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(value: object) -> int:
    return int(value) if isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal()) else 0
