"""A project's first deploy to a new instance, the second one, and the one after a change."""

import pytest
from cloud_lab import CloudLab

from deployer.errors.decision import ApprovalNeeded
from deployer.errors.release import RunnerFailed
from deployer.events import PackageBuilt, StepFinished, StepStarted

pytestmark = pytest.mark.sandbox

STEPS = ["analyze", "configure", "package", "check", "plan", "upload", "provision", "release", "verify"]


def test_a_new_group_gets_network_instance_and_a_running_application(lab: CloudLab, make_project) -> None:
    """M108, M110, M113, M115, M154 without a package index."""
    project = make_project("novel", "hello from novel")
    events, left_by_others = [], set(lab.folder.rglob("cache/runs/*"))

    with lab.recording() as recording:
        report = lab.deployer(on_event=events.append).deploy(project.path, yes=True)

    assert report.status == "deployed"
    assert report.verdict == "running"
    assert [event.id for event in events if isinstance(event, StepStarted)] == STEPS
    assert {event.outcome for event in events if isinstance(event, StepFinished)} == {"done"}
    (instance_id,) = report.instance_ids
    assert lab.ask(instance_id) == "hello from novel"
    assert lab.open_ports(instance_id) == {"8080/8080"}  # D14, S24: the application's port and no other
    tags = lab.instance_tags(instance_id)
    assert tags["deployer:application"] == "novel"
    assert tags["deployer:group"] == "default-cn-hangzhou"
    assert tags["app-novel"] == "default-cn-hangzhou"
    (launch,) = [call for call in recording.calls if call.action == "RunInstances"]
    assert launch.params["ClientToken"]
    assert launch.params["HttpTokens"] == "required"
    assert not {name for name in launch.params if "Password" in name or "KeyPair" in name}
    assert {
        call.params.get("ClientToken", "") != "" for call in recording.calls if call.action == "StartExecution"
    } == {True}
    assert report.urls == (f"http://{report.public_ips[0]}:8080",)
    assert [item.done for item in report.self_check] == [True] * len(report.self_check)
    assert len([event for event in events if isinstance(event, PackageBuilt)]) == 1
    assert set(lab.folder.rglob("cache/runs/*")) <= left_by_others  # it is in OSS, and needed here no more


def test_an_unchanged_project_is_looked_at_and_left_alone(lab: CloudLab, running) -> None:
    """P5: nothing is uploaded, and nothing changing is called but the probe that only reads."""
    before = lab.existing()

    with lab.recording() as recording:
        result = lab.call_cli("deploy", running.project.path, "--output", "json")

    assert result.data["status"] == "unchanged"
    assert result.data["verified"] is True
    assert result.data["uploaded_bytes"] == 0
    assert result.data["revision_id"] == running.report.release_id
    assert set(recording.changing) <= {"ecs RunCommand"}
    assert lab.existing() == before


def test_an_unchanged_project_is_released_again_when_forced(lab: CloudLab, make_project) -> None:
    project = make_project("forced")
    first = lab.deployer().deploy(project.path, yes=True)

    with lab.recording() as recording, pytest.raises(ApprovalNeeded) as needed:
        lab.deployer().deploy(project.path, force=True)
    assert recording.changing == []
    again = lab.deployer().deploy(project.path, force=True, approve=needed.value.plan_id, confirm=("overwrite",))

    assert again.status == "deployed"
    assert again.instance_ids == first.instance_ids
    assert again.release_id != first.release_id
    assert again.uploaded_bytes == 0


def test_a_changed_project_replaces_what_runs_once_that_is_agreed_to(lab: CloudLab, make_project) -> None:
    """M98, M104: overwriting is never the default; nothing but the release happens then."""
    project = make_project("changed", "first")
    first = lab.deployer().deploy(project.path, yes=True)
    project.write("second")

    with lab.recording() as recording:
        asked = lab.call_cli("deploy", project.path, "--output", "json", "--non-interactive")
    assert asked.exit_code == 3
    assert asked.last["code"] == "decision.approval_needed"
    assert [item["confirm"] for item in asked.last["facts"]["items"]] == ["overwrite"]
    assert recording.changing == []
    assert lab.ask(first.instance_ids[0]) == "first"

    with lab.recording() as recording:
        plan_id = asked.last["facts"]["plan_id"]
        agreed = lab.call_cli(
            "deploy", project.path, "--output", "json", "--approve", plan_id, "--confirm", "overwrite"
        )
    assert agreed.data["status"] == "deployed"
    assert agreed.data["instance_ids"] == list(first.instance_ids)
    assert agreed.data["uploaded_bytes"] > 0
    assert not {"RunInstances", "CreateVpc", "CreateSecurityGroup", "CreateApplicationGroup"} & recording.actions
    assert lab.ask(first.instance_ids[0]) == "second"


def test_a_broken_change_fails_and_the_good_release_runs_on(lab: CloudLab, make_project) -> None:
    """M116, M117, P3: exit 1 with the log's last lines; then the next good deploy works."""
    project = make_project("fragile", "good")
    first = lab.deployer().deploy(project.path, yes=True)
    (project.path / "app.py").write_text("raise SystemExit('the database is missing')\n")

    plan = lab.deployer().plan(project.path)
    with pytest.raises(RunnerFailed) as failed:
        lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=("overwrite",))

    error = failed.value
    assert error.exit_code == 1
    assert error.facts["stage"] == "gate"
    assert "the database is missing" in error.facts["log_tail"]
    assert error.facts["restored_release_id"] == first.release_id
    assert {"kind": "instance", "id": first.instance_ids[0]} in error.facts["left"]
    assert lab.ask(first.instance_ids[0]) == "good"
    status = lab.deployer().status(project.path)
    assert status.summary.status == "ReleaseFailed"
    assert [one["status"] for one in status.releases] == ["failed", "good"]
    assert status.execution_log.startswith(f"{first.instance_ids[0]}: ")  # M145: what the runner said

    project.write("mended")
    plan = lab.deployer().plan(project.path)
    mended = lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=("overwrite",))
    assert mended.verdict == "running"
    assert lab.ask(first.instance_ids[0]) == "mended"
