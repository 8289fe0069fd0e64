"""`--output json`: what a program reads, line by line."""

import json
from datetime import datetime

import pytest
from cloud_lab import CloudLab, Result

pytestmark = pytest.mark.sandbox

SESSION = "0123456789abcdef0123"
STEPS = ["analyze", "configure", "package", "check", "plan", "upload", "provision", "release", "verify"]


def check_stream(result: Result) -> None:
    """One object a line; one last result or error; numbers, times and the schema's version on each line."""
    lines = result.lines
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["schema_version"] for line in lines} == {1}
    assert [datetime.fromisoformat(line["at"].replace("Z", "+00:00")).tzinfo is not None for line in lines]
    ends = [line["type"] for line in lines if line["type"] in {"result", "error"}]
    assert len(ends) == 1
    assert lines[-1]["type"] == ends[0]
    assert (lines[-1]["type"] == "result") is (result.exit_code == 0)
    if lines[-1]["type"] == "error":
        assert {"code", "message", "hint", "retryable", "next", "facts", "exit_code"} <= set(lines[-1])
        assert lines[-1]["exit_code"] == result.exit_code


def test_a_deploy_streams_nine_steps_and_ends_with_its_result(lab: CloudLab, make_project) -> None:
    """M112, M113, M114, M139, M141."""
    project = make_project("streamed")

    with lab.recording() as recording:
        result = lab.run_cli("deploy", project.path, "--yes", "--output", "json", env={"DEPLOYER_SESSION_ID": SESSION})

    assert result.exit_code == 0, result.stdout
    assert result.stderr == ""
    check_stream(result)
    steps = [line for line in result.lines if line["type"] == "step"]
    assert [(line["step"], line["total"], line["id"]) for line in steps] == [
        (number, 9, step) for number, step in enumerate(STEPS, 1)
    ]
    assert all(line["message"] for line in steps)
    first = result.lines[0]
    assert first["event"] == "run.started"
    assert [step for step, _ in first["steps"]] == STEPS  # M3: announced before anything is done
    assert first["session_id"] == SESSION
    described = json.loads(lab.call_cli("schema", "output").stdout)["events"]
    for line in result.lines:
        if line["type"] == "event":
            assert set(described[line["event"]]["properties"]) <= set(line)
    data = result.data
    assert data["revision_id"] == data["release_id"]
    assert data["verified"] is True
    assert data["next"]
    assert "deployer delete" in data["cost_reminder"]
    wanted = f"AlibabaCloud-Agent-Skills/alibabacloud-ecs-code-deploy/{SESSION}"
    assert {call.user_agent.count(wanted) for call in recording.calls} == {1}  # M30, M31, M32


def test_a_failed_deploy_ends_its_stream_with_the_error(lab: CloudLab, make_project) -> None:
    project = make_project("doomed")
    (project.path / "app.py").write_text("print('no luck', flush=True)\nraise SystemExit(3)\n")

    result = lab.run_cli("deploy", project.path, "--yes", "--output", "json")

    assert result.exit_code == 1
    check_stream(result)
    assert result.last["code"] == "release.runner_failed"
    assert "no luck" in result.last["facts"]["log_tail"]
    assert result.last["facts"]["left"]
    assert any("deployer delete" in command for command in result.last["next"])  # M141: also after a failure


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("detect", "PATH"),
        ("plan", "PATH"),
        ("price", "PATH"),
        ("status", "PATH"),
        ("verify", "PATH"),
        ("logs", "PATH"),
        ("releases", "PATH"),
        ("list",),
        ("delete", "PATH"),
        ("delete", "PATH", "--dry-run"),
        ("config", "validate"),
        ("config", "template"),
        ("policy",),
        ("schema", "output"),
        ("completion", "bash"),
        ("local", "status"),
        ("deploy", "/nowhere"),
        ("deploy", "PATH", "--no-such-flag"),
        ("dploy",),
    ],
    ids=" ".join,
)
def test_every_command_writes_only_json_lines_and_one_end(
    lab: CloudLab, running, arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [str(running.project.path) if word == "PATH" else word for word in arguments]

    monkeypatch.chdir(running.project.path)

    result = lab.call_cli(*words, "--output", "json")

    check_stream(result)


def test_text_and_json_say_the_same_of_a_group(lab: CloudLab, running) -> None:
    text = lab.call_cli("status", running.project.path)
    data = lab.call_cli("status", running.project.path, "--output", "json").data

    for value in (data["summary"]["release_id"], data["instance_ip"], *data["ecs_instance_ids"]):
        assert value in text.stdout


def test_json_holds_ascii_only_whatever_the_locale(lab: CloudLab, running) -> None:
    result = lab.run_cli("price", running.project.path, "--output", "json", "--lang", "zh", env={"LC_ALL": "C"})

    assert result.stdout.isascii()
    json.loads(result.stdout.splitlines()[-1])
