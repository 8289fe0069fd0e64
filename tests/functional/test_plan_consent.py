"""What has to be agreed to, how it is said, and that an approval holds for exactly one plan."""

import shlex

import pytest
from cloud_lab import CloudLab, Project, Recording, Result

from deployer.errors.decision import ApprovalNeeded, ConsentRefused, PlanDrifted
from deployer.models.plan import Plan, Risk

pytestmark = pytest.mark.sandbox


def run_suggested(lab: CloudLab, command: str) -> Result:
    words = shlex.split(command)
    assert words[0] == "deployer"
    return lab.call_cli(*words[1:], "--output", "json")


def test_a_plan_prints_its_id_and_a_command_that_runs(lab: CloudLab, make_project) -> None:
    """M96, U1: the suggested command is complete, and deploys exactly what was shown."""
    project = make_project("planned")

    with lab.recording() as recording:
        text = lab.call_cli("plan", project.path, "--bandwidth", "3")
        data = lab.call_cli("plan", project.path, "--bandwidth", "3", "--output", "json").data
    assert recording.changing == []
    assert "=== AGENT_CONFIRM_REQUIRED ===" in text.stdout
    assert data["plan_id"] in text.stdout
    assert [item["kind"] for item in data["confirm_required"]] == ["price"]
    (command,) = data["next"]
    assert command in text.stdout

    deployed = run_suggested(lab, command)
    assert deployed.data["plan_id"] == data["plan_id"]
    assert deployed.data["status"] == "deployed"


def test_what_a_refused_deploy_suggests_can_be_run_as_it_stands(lab: CloudLab, make_project) -> None:
    """Exit 3 names all that is missing; each flag of the first try is in the suggestion."""
    project = make_project("suggested")

    with lab.recording() as recording:
        asked = lab.call_cli(
            "deploy", project.path, "--runner", "cloud-assistant", "--max-hourly", "5", "--output", "json"
        )
    assert asked.exit_code == 3
    assert recording.changing == []
    events = [line for line in asked.lines if line.get("event") == "confirm.required"]
    assert [item["kind"] for item in events[0]["items"]] == ["price"]
    (command,) = asked.last["next"]
    deployed = run_suggested(lab, command)
    assert deployed.data["execution_id"] is None
    assert lab.deployer().status(project.path).releases[0]["runner"] == "cloud-assistant"

    again = lab.call_cli("deploy", project.path, "--force", "--output", "json")
    assert again.exit_code == 3
    assert run_suggested(lab, again.last["next"][0]).data["status"] == "deployed"

    back = lab.call_cli("deploy", project.path, "--revision_id", deployed.data["revision_id"], "--output", "json")
    if back.exit_code == 3:
        assert run_suggested(lab, back.last["next"][0]).data["uploaded_bytes"] == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda project: project.write("other words"), "archive"),
        (
            lambda project: setattr(project, "start", project.start + "sleep 0\n") or project.write_config(),
            "start script",
        ),
        (lambda project: setattr(project, "port", 8099) or project.write_config(), "settings"),
        (
            lambda project: (
                setattr(project, "deployment", {"ecsInstanceType": "ecs.c7.large"}) or project.write_config()
            ),
            "prices",
        ),
    ],
    ids=["archive", "script", "port", "type"],
)
def test_an_approval_does_not_hold_for_another_plan(lab: CloudLab, make_project, change, field: str) -> None:
    """U1, S15: any drift is refused and names what moved."""
    project = make_project("drifting")
    plan = lab.deployer().plan(project.path)
    change(project)

    with lab.recording() as recording, pytest.raises(PlanDrifted) as drifted:
        lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=("price",))

    assert drifted.value.exit_code == 3
    assert field in {one["field"] for one in drifted.value.facts["changes"]}
    assert field in drifted.value.message
    assert recording.changing == []


def test_an_approval_without_its_points_is_not_enough(lab: CloudLab, make_project) -> None:
    project = make_project("pointless")
    plan = lab.deployer().plan(project.path)

    with lab.recording() as recording:
        with pytest.raises(ApprovalNeeded) as needed:
            lab.deployer().deploy(project.path, approve=plan.plan_id)
        with pytest.raises(ApprovalNeeded):
            lab.deployer().deploy(project.path, confirm=("price", "overwrite", "existing-ecs"))
        with pytest.raises(PlanDrifted):
            lab.deployer().deploy(project.path, approve=plan.plan_id[:6], confirm=("price",))
        with pytest.raises(PlanDrifted):
            lab.deployer().deploy(project.path, approve="0" * 64, confirm=("price",))

    assert [word for word, _ in needed.value.items] == ["price"]
    assert recording.changing == []


def test_each_point_is_asked_one_by_one_and_the_first_no_ends_it(lab: CloudLab, running, tmp_path) -> None:
    """M100."""
    changed = Project(path=tmp_path / "changed", name="keeper").write("unwanted")
    asked: list[str] = []

    def ask(_plan: Plan, risk: Risk) -> bool:
        asked.append(risk.kind.value)
        return False

    with lab.recording() as recording, pytest.raises(ConsentRefused) as refused:
        lab.deployer().deploy(changed.path, ask=ask)

    assert asked == ["overwrite"]
    assert refused.value.exit_code == 3
    assert recording.changing == []
    assert lab.ask(running.instance_id) == "kept"


def test_yes_is_refused_where_something_runs(lab: CloudLab, running, tmp_path) -> None:
    """DESIGN 7: `--yes` never answers for a running application."""
    changed = Project(path=tmp_path / "changed", name="keeper").write("unwanted")

    with lab.recording() as recording:
        result = lab.call_cli("deploy", changed.path, "--yes", "--output", "json")

    assert (result.exit_code, result.last["code"]) == (3, "decision.approval_needed")
    assert recording.changing == []


def test_a_budget_stops_a_deploy_before_its_first_change(lab: CloudLab, make_project) -> None:
    project = make_project("frugal", deployer={"budget": {"maxHourly": 0.01}})

    with lab.recording() as recording:
        result = lab.call_cli("deploy", project.path, "--yes", "--output", "json")

    assert (result.exit_code, result.last["code"]) == (69, "cloud.budget_exceeded")
    assert recording.changing == []


def test_missing_answers_come_all_at_once_each_with_its_flag(lab: CloudLab, tmp_path) -> None:
    """M43, M44: never defaulted."""
    (tmp_path / "app.py").write_text("import http.server\nhttp.server.test()\n")

    result = lab.call_cli("deploy", tmp_path, "--output", "json")

    assert (result.exit_code, result.last["code"]) == (3, "decision.answers_needed")
    questions = {question["id"]: question["flag"] for question in result.last["facts"]["questions"]}
    assert set(questions) == {"region", "ecs"}
    assert questions["region"].startswith("--region")


def changes_of(recording: Recording) -> list[str]:
    return [call for call in recording.changing if call != "ecs RunCommand"]


@pytest.mark.parametrize(
    "command",
    [
        ("detect",),
        ("plan",),
        ("price",),
        ("check",),
        ("list",),
        ("status",),
        ("verify",),
        ("logs",),
        ("logs", "--all"),
        ("releases",),
        ("deploy", "--dry-run"),
        ("deploy", "--dry-run", "--force", "--force-new-group"),
        ("delete", "--dry-run"),
        ("config", "validate"),
    ],
    ids=" ".join,
)
def test_commands_that_only_look_change_nothing(lab: CloudLab, running, command, monkeypatch) -> None:
    """P16, M123: no changing call but the probe, nothing written to the project."""
    monkeypatch.chdir(running.project.path)
    files, cloud = running.project.snapshot(), lab.existing()

    with lab.recording() as recording:
        result = lab.call_cli(*command, "--output", "json")

    assert result.exit_code == 0, result.stdout
    assert changes_of(recording) == []
    if "detect" in command or "config" in command:
        assert recording.calls == []
    assert running.project.snapshot() == files
    assert lab.existing() == cloud


def test_a_dry_run_of_a_first_deploy_creates_nothing(lab: CloudLab, make_project) -> None:
    """M123: also where the group would get another name."""
    project = make_project("dry")
    lab.call("oos", "CreateApplication", Name="dry")
    lab.call(
        "oos", "CreateApplicationGroup", ApplicationName="dry", Name="default-cn-hangzhou", DeployRegionId="cn-hangzhou"
    )
    files, cloud = project.snapshot(), lab.existing()

    with lab.recording() as recording:
        report = lab.deployer().deploy(project.path, dry_run=True)
        plan = lab.deployer().plan(project.path)

    assert report.status == "dry-run"
    assert report.application_group_name == plan.config.application_group_name == "default-cn-hangzhou-2"
    assert report.plan_id == plan.plan_id
    assert recording.changing == []
    assert project.snapshot() == files
    assert lab.existing() == cloud
