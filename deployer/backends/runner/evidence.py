"""Reads what the runner and the probe print: one JSON line, last, that may have been cut by what carried it."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_FIELD = re.compile(
    r'"(action|application_name|release_id|ok|stage|code|message|exit_code|pid|http_status|alive_seconds|restarts|'
    r'elapsed_seconds|restored_release_id|adopted)":\s*("(?:[^"\\]|\\.)*"|-?[0-9.]+|true|false|null)'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningSocket:
    """A TCP socket that listens on the instance."""

    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerEvidence:
    """What one run of the runner reported. `found` is False when the output holds no evidence at all.

    `complete` is False when the line was cut; fields that went with the rest have their defaults. `stage` is where it
    failed (`lock`, `space`, `fetch`, `hash`, `unpack`, `stop`, `port`, `start`, `gate`, `input`, `uninstall`, `internal`)
    or `done`; `code` says why in one stable word such as `gate.loopback_only`. `http_status` is 0 when the port was open
    and gave no HTTP answer. `log_bytes` counts all of the release's log, `log_tail` is the end of it.
    """

    found: bool
    complete: bool
    ok: bool = False
    action: str = ""
    application_name: str = ""
    release_id: str = ""
    stage: str = ""
    code: str | None = None
    message: str = ""
    pid: int | None = None
    listening: tuple[ListeningSocket, ...] = ()
    http_status: int | None = None
    alive_seconds: float = 0.0
    restarts: int = 0
    log_tail: str = ""
    log_bytes: int = 0
    restored_release_id: str | None = None
    warnings: tuple[str, ...] = ()
    adopted: bool = False
    elapsed_seconds: float = 0.0
    timings: Mapping[str, float] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)  # the line itself, without the log


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """What one look at an application found. `found` is False when the output holds no whole report.

    The log shown is `log_shown_bytes` long and begins `log_start` bytes into the `log_bytes` asked about, so
    `log_bytes - log_shown_bytes` were not shown. `marker_found` is False when the log was cut or replaced since the
    release began: then all of it is taken. `installed` is False where the deployer never released the application.
    """

    found: bool
    installed: bool = False
    application_name: str = ""
    release_id: str | None = None
    current_release_id: str | None = None
    kept_release_ids: tuple[str, ...] = ()
    stopped: bool = False
    alive: bool = False
    pid: int | None = None
    running_seconds: float = 0.0
    listening: tuple[ListeningSocket, ...] = ()
    http_status: int | None = None
    log_found: bool = False
    marker_found: bool = False
    log: str = ""
    log_bytes: int = 0
    log_start: int = 0
    log_shown_bytes: int = 0


def parse_output(output: bytes) -> RunnerEvidence:
    """The evidence in what a command printed; noise before it, a missing line and a cut one are all told apart."""
    line, complete = _last_line(output, b'{"deployer_runner":')
    if complete:
        return _evidence(line, complete=True)
    fragment = output[-4096:].decode("utf-8", "replace").rstrip()
    fields = {name: json.loads(value) for name, value in _FIELD.findall(fragment) if _is_json(value)}
    if "ok" in fields and "stage" in fields and "exit_code" in fields:
        return _evidence(fields, complete=False)
    return RunnerEvidence(found=False, complete=False)


def parse_probe_output(output: bytes) -> ProbeReport:
    """The report in what a probe printed."""
    line, complete = _last_line(output, b'{"deployer_probe":')
    if not complete:
        return ProbeReport(found=False)
    return ProbeReport(
        found=True,
        installed=line.get("installed") is True,
        application_name=_text(line.get("application_name")),
        release_id=_text(line.get("release_id")) or None,
        current_release_id=_text(line.get("current_release_id")) or None,
        kept_release_ids=tuple(_text(one) for one in _list(line.get("releases"))),
        stopped=line.get("stopped") is True,
        alive=line.get("alive") is True,
        pid=_whole(line.get("pid")),
        running_seconds=_number(line.get("running_seconds")),
        listening=_listening(line.get("listening")),
        http_status=_whole(line.get("http_status")),
        log_found=line.get("log_found") is True,
        marker_found=line.get("marker_found") is True,
        log=decode_log(_bytes(line.get("log_base64"))),
        log_bytes=_whole(line.get("log_bytes")) or 0,
        log_start=_whole(line.get("log_start")) or 0,
        log_shown_bytes=_whole(line.get("log_shown_bytes")) or 0,
    )


def decode_log(content: bytes) -> str:
    """The text of a piece of a log: UTF-8, else GB 18030 (which holds GBK), else with replacement characters.

    A piece may begin and end inside a character, so up to three bytes at either end do not decide.
    """
    for encoding, most in (("utf-8", 4), ("gb18030", 2)):
        for begin in range(min(most, len(content) + 1)):
            for end in range(min(most, len(content) - begin + 1)):
                text = _decoded(content[begin : len(content) - end], encoding)
                if text is not None:
                    return text
    return content.decode("utf-8", "replace")


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _last_line(output: bytes, beginning: bytes) -> tuple[dict[str, Any], bool]:
    """The last line that begins so and is whole JSON, and whether there is one."""
    for line in reversed(output.splitlines()):
        start = line.find(beginning)
        if start < 0:
            continue
        try:
            value = json.loads(line[start:].decode("utf-8", "replace"))
        except ValueError:
            continue
        if isinstance(value, dict):
            return value, True
    return {}, False


def _evidence(line: Mapping[str, Any], *, complete: bool) -> RunnerEvidence:
    timings = line.get("timings")
    return RunnerEvidence(
        found=True,
        complete=complete,
        ok=line.get("ok") is True,
        action=_text(line.get("action")),
        application_name=_text(line.get("application_name")),
        release_id=_text(line.get("release_id")),
        stage=_text(line.get("stage")),
        code=_text(line.get("code")) or None,
        message=_text(line.get("message")),
        pid=_whole(line.get("pid")),
        listening=_listening(line.get("listening")),
        http_status=_whole(line.get("http_status")),
        alive_seconds=_number(line.get("alive_seconds")),
        restarts=_whole(line.get("restarts")) or 0,
        log_tail=decode_log(_bytes(line.get("log_tail_base64"))),
        log_bytes=_whole(line.get("log_bytes")) or 0,
        restored_release_id=_text(line.get("restored_release_id")) or None,
        warnings=tuple(_text(one) for one in _list(line.get("warnings"))),
        adopted=line.get("adopted") is True,
        elapsed_seconds=_number(line.get("elapsed_seconds")),
        timings={name: _number(value) for name, value in timings.items()} if isinstance(timings, dict) else {},
        raw={name: value for name, value in line.items() if name != "log_tail_base64"},
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _listening(value: object) -> tuple[ListeningSocket, ...]:
    return tuple(
        ListeningSocket(address=_text(one.get("address")), port=_whole(one.get("port")) or 0)
        for one in _list(value)
        if isinstance(one, dict)
    )


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value))
    except (binascii.Error, ValueError):
        return b""
