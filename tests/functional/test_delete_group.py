"""Removal: everything that was made goes, nothing else, and only when that was said."""

import pytest
from cloud_lab import CloudLab, Project

from deployer.errors.cloud import GroupNotFound, InstanceShared
from deployer.errors.decision import ConsentRefused, DeleteNotConfirmed

pytestmark = pytest.mark.sandbox


def deploy_agreed(lab: CloudLab, project: Project):
    plan = lab.deployer().plan(project.path)
    words = tuple(risk.kind.value for risk in plan.risks)
    return lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=words)


def test_nothing_is_left_of_a_group_that_was_deleted(empty_lab: CloudLab, make_project) -> None:
    """M146, M148, P18: the cloud is as it was before the first deploy."""
    lab = empty_lab
    project = make_project("brief", "first")
    before = lab.existing()
    assert before["vpcs"] == []
    lab.deployer().deploy(project.path, yes=True)
    project.write("second")
    deploy_agreed(lab, project)

    shown = lab.call_cli("delete", project.path, "--dry-run", "--output", "json").data
    result = lab.call_cli("delete", project.path, "--yes", "--output", "json")

    kinds = {one["kind"] for one in shown["removed"]}
    assert kinds >= {
        "instance",
        "security group",
        "application group",
        "application",
        "objects",
        "bucket",
        "vswitch",
        "vpc",
    }
    assert {(one["kind"], one["id"]) for one in result.data["removed"]} == {
        (one["kind"], one["id"]) for one in shown["removed"]
    }
    assert result.data["kept"] == []
    assert lab.existing() == before
    again = lab.call_cli("delete", project.path, "--yes", "--output", "json")
    assert (again.exit_code, again.last["code"]) == (69, "cloud.group_not_found")


def test_json_alone_does_not_confirm_a_removal(lab: CloudLab, running) -> None:
    """D20: exit 3 with the list of what would go."""
    with lab.recording() as recording:
        result = lab.call_cli("delete", running.project.path, "--output", "json")
        with pytest.raises(DeleteNotConfirmed):
            lab.deployer().delete(running.project.path)
        with pytest.raises(ConsentRefused):
            lab.deployer().delete(running.project.path, ask=lambda _removals: False)

    assert (result.exit_code, result.last["code"]) == (3, "decision.delete_not_confirmed")
    assert f"instance {running.instance_id}" in result.last["facts"]["would_remove"]
    assert recording.changing == []


def test_an_instance_can_be_kept_with_the_application_on_it(lab: CloudLab, make_project) -> None:
    project = make_project("survivor", "still here")
    report = lab.deployer().deploy(project.path, yes=True)

    removals = lab.deployer().delete(project.path, yes=True, keep_instance=True)

    assert {one.id for one in removals if one.kept} >= set(report.instance_ids)
    assert lab.ask(report.instance_ids[0]) == "still here"
    assert "survivor" not in lab.existing()["applications"]


def test_artifacts_can_be_kept(lab: CloudLab, make_project) -> None:
    """M148."""
    project = make_project("archived")
    lab.deployer().deploy(project.path, yes=True)

    removals = lab.deployer().delete(project.path, yes=True, keep_artifacts=True)

    assert [one.kept for one in removals if one.kind == "objects"] == [True]
    kept = [name for name in lab.existing()["objects"] if name.startswith("archived/")]
    assert [name for name in kept if "/artifacts/" in name]
    assert [name for name in kept if "/releases/" in name]
    assert not [name for name in kept if name.endswith("lock.json")]


def test_an_instance_on_which_another_application_lives_is_not_deleted(lab: CloudLab, make_project) -> None:
    """P18: neither by the one it was made for, nor by the one that moved in later."""
    host = make_project("landlord", "landlord", port=8085)
    (instance_id,) = lab.deployer().deploy(host.path, yes=True).instance_ids
    guest = make_project("subtenant", "subtenant", port=8086, deployment={"instanceId": instance_id})
    deploy_agreed(lab, guest)

    with lab.recording() as recording, pytest.raises(InstanceShared) as shared:
        lab.deployer().delete(host.path, yes=True)
    assert recording.changing == []
    assert "deployer delete --name subtenant" in shared.value.next_commands[0]

    lab.deployer().delete(guest.path, yes=True)
    assert lab.ask(instance_id, 8085) == "landlord"
    assert lab.deployer().verify(host.path).verdict == "running"
    lab.deployer().delete(host.path, yes=True)
    assert instance_id not in lab.existing()["instances"]


def test_one_group_of_two_goes_and_the_application_stays(lab: CloudLab, make_project) -> None:
    project = make_project("paired", "one")
    lab.deployer().deploy(project.path, yes=True)
    second = lab.deployer().deploy(project.path, yes=True, group="other")

    removals = lab.deployer().delete(project.path, yes=True)

    assert [(one.kind, one.kept) for one in removals if one.kind == "application"] == [("application", True)]
    assert [group for name, group in lab.existing()["groups"] if name == "paired"] == ["other"]
    assert lab.ask(second.instance_ids[0]) == "one"


def test_a_group_that_never_was_is_an_error_that_lists_what_is(lab: CloudLab, running) -> None:
    with lab.recording() as recording, pytest.raises(GroupNotFound) as unknown:
        lab.deployer().delete(name="never-was", region="cn-hangzhou", yes=True)

    assert "keeper" in unknown.value.facts["existing"]
    assert recording.changing == []
