"""Reading evidence out of whatever reached us of a command's output."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.backends.runner.evidence import ListeningSocket, decode_log, parse_output, parse_probe_output

LINE = {
    "deployer_runner": 1,
    "log_tail_base64": base64.b64encode("Traceback …\nboom\n".encode()).decode(),
    "log_bytes": 900,
    "listening": [{"address": "127.0.0.1", "port": 5000}],
    "warnings": ["the stop script of r1 ended with 1"],
    "timings": {"fetch": 0.4, "gate": 6.0},
    "pid": 4711,
    "http_status": 500,
    "alive_seconds": 6.1,
    "restarts": 0,
    "elapsed_seconds": 12.5,
    "restored_release_id": "r1",
    "action": "release",
    "application_name": "shop",
    "release_id": "r2",
    "ok": False,
    "stage": "gate",
    "code": "gate.http_status",
    "message": '/ still answered 500, "so" it \\ is',
    "exit_code": 18,
}
OUTPUT = b"deployer: gate\n" + json.dumps(LINE).encode() + b"\n"


def test_everything_in_the_line_is_read() -> None:
    evidence = parse_output(OUTPUT)
    assert (evidence.found, evidence.complete, evidence.ok, evidence.stage, evidence.code) == (
        True,
        True,
        False,
        "gate",
        "gate.http_status",
    )
    assert evidence.message == '/ still answered 500, "so" it \\ is'
    assert evidence.listening == (ListeningSocket(address="127.0.0.1", port=5000),)
    assert (evidence.pid, evidence.http_status, evidence.alive_seconds, evidence.restored_release_id) == (
        4711,
        500,
        6.1,
        "r1",
    )
    assert evidence.log_tail == "Traceback …\nboom\n"
    assert evidence.timings == {"fetch": 0.4, "gate": 6.0}
    assert evidence.warnings == ("the stop script of r1 ended with 1",)
    assert evidence.raw["exit_code"] == 18
    assert "log_tail_base64" not in evidence.raw


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\xff\xfe\x00 noise\n",
        b'{"deployer_runner":1,"ok":true,"stage":"done"\n',
        b"x" * 100_000 + b"\n",
        b"no newline",
    ],
)
def test_noise_before_the_line_does_not_matter(noise: bytes) -> None:
    assert parse_output(noise + OUTPUT).message == parse_output(OUTPUT).message


@pytest.mark.parametrize(
    "output", [b"", b"\n", b"bash: line 1: syntax error\n", b"\xff\xff", b'{"deployer_runner":', b"null\n[]\n{}\n"]
)
def test_an_output_without_evidence_is_told_apart(output: bytes) -> None:
    evidence = parse_output(output)
    assert (evidence.found, evidence.complete, evidence.ok) == (False, False, False)


def test_a_line_whose_beginning_was_cut_still_tells_what_matters() -> None:
    evidence = parse_output(OUTPUT[-330:])
    assert (evidence.found, evidence.complete) == (True, False)
    assert (evidence.ok, evidence.stage, evidence.code, evidence.release_id) == (
        False,
        "gate",
        "gate.http_status",
        "r2",
    )
    assert evidence.message == '/ still answered 500, "so" it \\ is'
    assert evidence.restored_release_id == "r1"
    assert evidence.log_tail == ""


def test_a_line_whose_middle_was_dropped_still_tells_what_matters() -> None:
    cut = OUTPUT[:60] + OUTPUT[-330:]
    assert (parse_output(cut).complete, parse_output(cut).stage) == (False, "gate")


def test_a_line_whose_end_was_cut_is_not_taken_for_a_success() -> None:
    assert not parse_output(OUTPUT[:-60]).found


def test_the_last_of_several_lines_counts() -> None:
    again = json.dumps({**LINE, "ok": True, "stage": "done", "adopted": True}).encode()
    evidence = parse_output(OUTPUT + again)
    assert (evidence.ok, evidence.stage, evidence.adopted) == (True, "done", True)


@pytest.mark.parametrize(
    "changes",
    [{"listening": None}, {"listening": [1, {}]}, {"timings": []}, {"warnings": "x"}, {"pid": "4711"}, {"message": None}, {"log_tail_base64": "%%%"},
     {"alive_seconds": None}, {"http_status": True}, {"restarts": []}],
)  # fmt: skip
def test_values_of_wrong_types_hurt_nobody(changes: dict[str, object]) -> None:
    evidence = parse_output(json.dumps({**LINE, **changes}).encode())
    assert (evidence.complete, evidence.stage) == (True, "gate")


@given(st.binary(max_size=400))
def test_any_bytes_can_be_given(output: bytes) -> None:
    assert parse_output(output).ok is False
    assert parse_output(output + b"\n" + OUTPUT).complete


@given(st.integers(min_value=0, max_value=len(OUTPUT)))
def test_a_cut_at_any_place_never_turns_a_failure_into_a_success(place: int) -> None:
    assert not parse_output(OUTPUT[place:]).ok
    assert not parse_output(OUTPUT[:place]).ok


def test_a_probe_is_read_and_a_cut_one_is_not() -> None:
    line = {"deployer_probe": 1, "log_base64": base64.b64encode(b"hi").decode(), "log_bytes": 2, "log_shown_bytes": 2, "alive": True, "pid": 7,
            "installed": True, "current_release_id": "r1", "release_id": "r1", "releases": ["r1"], "log_found": True}  # fmt: skip
    output = json.dumps(line).encode()
    report = parse_probe_output(b"noise\n" + output + b"\n")
    assert (report.found, report.log, report.pid, report.kept_release_ids) == (True, "hi", 7, ("r1",))
    assert not parse_probe_output(output[5:]).found


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"", ""), ("你好".encode(), "你好"), ("你好".encode()[1:], "好"), ("你好".encode()[:-1], "你"), ("你好，世界".encode("gbk"), "你好，世界"),
     (b"ok \xff\xff\xff\xff\xff\xff\xff end", "ok \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd end")],
)  # fmt: skip
def test_logs_are_decoded_as_what_they_are(content: bytes, text: str) -> None:
    assert decode_log(content) == text
