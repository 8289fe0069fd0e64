"""By OOS or by plain Cloud Assistant, from Python as from the command line: the same result."""

import json

import pytest
from cloud_lab import CloudLab, apply_environment

from deployer import Deployer
from deployer.events import Event, RunFinished, RunStarted, WarningRaised
from deployer.models.report import Report

pytestmark = pytest.mark.sandbox


def test_plain_cloud_assistant_gives_the_same_result(lab: CloudLab, running, make_project) -> None:
    project = make_project("direct", "by command")

    with lab.recording() as recording:
        result = lab.call_cli("deploy", project.path, "--yes", "--runner", "cloud-assistant", "--output", "json")

    assert result.data["verified"] is True
    assert result.data["execution_id"] is None
    assert not {"StartExecution", "ListExecutions", "ListTaskExecutions"} & recording.actions
    assert lab.ask(result.data["instance_ids"][0]) == "by command"
    status = lab.deployer().status(project.path)
    assert status.releases[0]["runner"] == "cloud-assistant"
    by_oos = lab.deployer().status(running.project.path).releases[0]["evidence"]
    by_command = status.releases[0]["evidence"]
    assert set(next(iter(by_command.values()))) == set(next(iter(by_oos.values())))


def test_where_oos_is_not_permitted_cloud_assistant_takes_over_with_a_notice(
    lab: CloudLab, make_project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project("fallback", "all the same")
    apply_environment(monkeypatch, lab.key_environment("NoExecutions", deny=("oos:StartExecution",)))
    events: list[Event] = []

    report = lab.deployer(on_event=events.append).deploy(project.path, yes=True)

    (notice,) = [event for event in events if isinstance(event, WarningRaised) and event.code == "runner.fallback"]
    assert "oos:StartExecution" in notice.message
    assert report.verdict == "running"
    assert lab.ask(report.instance_ids[0]) == "all the same"
    assert lab.deployer().status(project.path).releases[0]["runner"] == "cloud-assistant"


def test_the_python_api_gives_a_report_and_tells_events(lab: CloudLab, make_project) -> None:
    project = make_project("typed")
    events: list[Event] = []

    report = Deployer(on_event=events.append).deploy(project.path, yes=True)

    assert isinstance(report, Report)
    assert report.application_name == "typed"
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].exit_code == 0


def test_a_listener_that_fails_never_fails_a_deploy(lab: CloudLab, running) -> None:
    def fail(_event: Event) -> None:
        raise RuntimeError("the listener is broken")

    assert Deployer(on_event=fail).deploy(running.project.path).status == "unchanged"


def test_variables_reach_the_application_and_no_command(lab: CloudLab, make_project) -> None:
    """S3: what `--env` sets is in the process; commands, executions and records never hold it."""
    project = make_project("seasoned", deployer={"env": {"GREETING": "canary-7ac1"}})
    (project.path / "app.py").write_text(
        (project.path / "app.py").read_text().replace("'hello'.encode()", "os.environ['GREETING'].encode()")
    )

    with lab.recording() as recording:
        report = lab.deployer().deploy(project.path, yes=True)

    assert lab.ask(report.instance_ids[0]) == "canary-7ac1"
    internal = lab.emulator.recorder.calls[-200:]
    assert "canary-7ac1" not in json.dumps([dict(call.params) for call in (*recording.calls, *internal)])
    assert not [name for name in lab.existing()["objects"] if name.startswith("seasoned/") and "environment" in name]
