"""What reaches a terminal or a pipe: safe, encodable, one JSON object a line, and quiet when nobody reads."""

import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.clock import VirtualClock
from deployer.errors.config import ConfigInvalid, Problem
from deployer.events import ExecutionProgressed, RunFinished, StepStarted
from deployer.models.analysis import ApplicationType
from deployer.models.secret import Secret
from deployer.ui.json_values import to_json_value
from deployer.ui.ndjson import NdjsonWriter
from deployer.ui.printable import display_width, padded, printable
from deployer.ui.stream import encodable, show
from deployer.ui.tables import render_checks, render_fields, render_table
from deployer.ui.texts import language_of, text


@given(st.text())
def test_nothing_printable_lets_through_controls_a_terminal(raw):
    shown = printable(raw)
    assert not any(ord(character) < 32 and character not in "\n\t" for character in shown)
    assert not any(0x7F <= ord(character) < 0xA0 for character in shown)
    assert not any(character in shown for character in "\u202a\u202e\u2066\u2069\u200e\u200f\u061c\ufeff\u2028")
    shown.encode("utf-8")


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_ordinary_text_in_any_script_is_shown_as_it_is(raw):
    assert printable(raw) == raw


@given(st.text())
def test_printable_text_stays_as_it_is_the_second_time(raw):
    assert printable(printable(raw)) == printable(raw)
    assert "\n" not in printable(raw, one_line=True)


def test_escapes_and_marks_are_spelled_out_and_long_text_is_cut():
    assert printable("\x1b[31mred\x07") == "\\x1b[31mred\\x07"
    assert printable("a\u202eb") == "a\\u202eb"
    assert printable("a\r\nb\rc") == "a\nb\\rc"
    assert printable("a\nb", one_line=True) == "a\\nb"
    assert printable("x" * 30, limit=10) == "x" * 10 + "… (20 more characters)"


def test_columns_are_counted_as_a_terminal_does():
    assert display_width("abc你好") == 7
    assert padded("你", 4) == "你  "
    assert render_table(["name", "b"], [("你好", 1), ("x", None)]) == "name  b\n你好  1\nx     -"
    assert render_table(["a"], [], "zh") == "无"
    assert render_fields([("a", 1), ("long", "\x1b"), ("none", None)]) == "a    : 1\nlong : \\x1b"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8", "nonsense"])
def test_any_text_can_be_written_in_any_encoding(encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii" if encoding == "nonsense" else encoding)
    assert show(stream, "✅ 部署 ok — ☃\u202f")
    assert encodable("✅ é", "ascii") == "[ok] \\xe9"
    assert encodable("é", encoding).encode("utf-8")
    assert b"ok" in raw.getvalue()


class Gone(io.StringIO):
    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_reader_that_has_gone_is_no_error():
    assert not show(Gone(), "x")
    writer = NdjsonWriter(Gone(), VirtualClock())
    writer.result({})
    writer.result({})
    assert writer.closed


@dataclass(frozen=True)
class Sample:
    amount: Decimal
    key: Secret
    kind: ApplicationType
    at: datetime
    path: Path
    values: tuple[float, ...]
    names: frozenset[str]


def test_every_value_of_ours_has_one_form_in_json():
    sample = Sample(
        amount=Decimal("0.10"),
        key=Secret("canary"),
        kind=ApplicationType.AGENT,
        at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=8))),
        path=Path("a/b"),
        values=(1.5, float("nan"), float("inf")),
        names=frozenset({"b", "a"}),
    )
    assert to_json_value({"one": sample, 2: b"\xff", "s": "\ud800"}) == {
        "one": {
            "amount": "0.10",
            "key": "***",
            "kind": "agent",
            "at": "2026-01-01T19:04:05Z",
            "path": "a/b",
            "values": [1.5, None, None],
            "names": ["a", "b"],
        },
        "2": "\ufffd",
        "s": "?",
    }


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals() | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON_LIKE)
def test_any_result_is_one_valid_ascii_line(data):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="")
    NdjsonWriter(stream, VirtualClock()).result(data)
    lines = raw.getvalue().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["status"] == "success"


def test_lines_are_numbered_and_stamped_and_steps_look_as_in_the_original():
    stream = io.StringIO()
    clock = VirtualClock()
    writer = NdjsonWriter(stream, clock)
    writer(StepStarted(step=2, total=9, id="upload", message="上传"))
    clock.advance(1.5)
    writer(ExecutionProgressed(execution_id="exec-1", status="Running"))
    writer(RunFinished(command="deploy", exit_code=0, elapsed_seconds=2.0))
    writer.result({"revision_id": "r1"})
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert list(lines[0].items())[:5] == [
        ("type", "step"),
        ("step", 2),
        ("total", 9),
        ("id", "upload"),
        ("message", "上传"),
    ]
    assert (lines[1]["type"], lines[1]["event"], lines[1]["status"]) == ("event", "execution.progressed", "Running")
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]
    assert lines[1]["at"] == "2026-01-01T00:00:01.500000Z"
    assert lines[3]["data"] == {"revision_id": "r1"}
    assert lines[3]["schema_version"] == 1


def test_an_error_line_has_code_hint_next_and_facts():
    stream = io.StringIO()
    problem = Problem(code="value", path="metadata.name", message="m", line=2)
    NdjsonWriter(stream, VirtualClock()).error(ConfigInvalid((problem,), config_path="c.yaml"), {"partial": 1})
    line = json.loads(stream.getvalue())
    assert (line["type"], line["code"], line["retryable"], line["exit_code"]) == ("error", "config.invalid", False, 65)
    assert line["facts"]["problems"] == [
        {"code": "value", "path": "metadata.name", "message": "m", "line": 2, "severity": "error"}
    ]
    assert line["next"] == ["deployer config validate --config c.yaml"]
    assert line["data"] == {"partial": 1}


def test_checks_show_tick_cross_fix_and_question():
    checks = [
        {"id": "python", "ok": True, "detail": "3.11.7"},
        {"id": "credentials", "ok": False, "detail": "none", "fix": "aliyun configure", "ask": "which account?"},
        {"id": "appmanager", "ok": None, "detail": "not installed"},
    ]
    assert render_checks(checks, again="deployer check --local").splitlines() == [
        "=== Environment check ===",
        "✅ python: 3.11.7",
        "❌ credentials: none",
        "   fix: aliyun configure",
        "   ask the user: which account?",
        "⚠️ appmanager: not installed",
        "",
        "1 to mend; then run `deployer check --local` again.",
    ]
    assert render_checks(checks[:1], "zh", again="").endswith("全部检查通过，可以部署。")


def test_the_language_follows_the_setting_then_the_locale():
    assert [language_of("auto", locale) for locale in ("zh_CN.UTF-8", "en_US", "C", "")] == ["zh", "en", "en", "en"]
    assert language_of("zh", "en_US") == "zh"
    with pytest.raises(KeyError):
        text("no such text")
