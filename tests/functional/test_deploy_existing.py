"""Instances the user has already: nothing is created, neighbours live on, and the risk is asked about."""

import pytest
from cloud_lab import CloudLab, Project

from deployer.errors.base import DeployerError
from deployer.errors.decision import ApprovalNeeded, ConsentRefused
from deployer.events import Event, WarningRaised

pytestmark = pytest.mark.sandbox

CREATING = {"RunInstances", "CreateVpc", "CreateVSwitch", "CreateSecurityGroup", "AuthorizeSecurityGroup"}


def deploy_agreed(lab: CloudLab, project: Project):
    plan = lab.deployer().plan(project.path)
    words = tuple(risk.kind.value for risk in plan.risks)
    return lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=words)


def test_two_applications_share_an_instance_the_user_brought(lab: CloudLab, make_project) -> None:
    """M97, M102, M111, F23: nothing is created, the risk names the neighbour, deleting one leaves the other."""
    instance_id = lab.make_instance("brought", open_port=8081)
    first = make_project("lodger", "the lodger", port=8081, deployment={"instanceId": instance_id})
    second = make_project("roommate", "the roommate", port=8082, deployment={"instanceId": instance_id})
    untouched = {**lab.existing(), "applications": None, "groups": None, "objects": None}

    plan = lab.deployer().plan(first.path)
    assert [risk.kind for risk in plan.risks] == ["existing-ecs"]
    assert instance_id in plan.risks[0].text
    assert not plan.quote.new_compute
    assert plan.quote.hourly_total == 0
    with lab.recording() as recording:
        report = deploy_agreed(lab, first)
    assert not recording.actions & CREATING
    assert report.instance_ids == (instance_id,)
    assert lab.ask(instance_id, 8081) == "the lodger"

    with pytest.raises(ApprovalNeeded):
        lab.deployer().deploy(second.path)
    assert "lodger/default-cn-hangzhou" in lab.deployer().plan(second.path).risks[0].text
    deploy_agreed(lab, second)
    assert lab.ask(instance_id, 8081) == "the lodger"
    tags = lab.instance_tags(instance_id)
    assert tags["app-lodger"] == tags["app-roommate"] == "default-cn-hangzhou"
    assert tags["owner"] == "somebody"
    assert lab.deployer().verify(first.path).verdict == "running"
    assert lab.deployer().verify(second.path).verdict == "running"
    assert {one.application_name: one.instance_ids for one in lab.deployer().list()}["lodger"] == (instance_id,)

    removals = lab.deployer().delete(second.path, yes=True)
    assert [(one.kind, one.kept) for one in removals if one.kind == "instance"] == [("instance", True)]
    assert lab.ask(instance_id, 8081) == "the lodger"
    assert lab.deployer().verify(first.path).verdict == "running"
    lab.deployer().delete(first.path, yes=True)
    with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
        lab.ask(instance_id, 8081)
    assert lab.instance_tags(instance_id) == {"owner": "somebody"}
    assert {**lab.existing(), "applications": None, "groups": None, "objects": None} == untouched
    assert not [name for name in lab.existing()["objects"] if name.startswith(("lodger/", "roommate/"))]


def test_a_closed_port_is_said_and_left_closed(lab: CloudLab, make_project) -> None:
    """D14, S24: the security groups of an instance somebody brought are never changed."""
    instance_id = lab.make_instance("walled")
    project = make_project("inside", port=8090, deployment={"instanceId": instance_id})
    plan = lab.deployer().plan(project.path)
    events: list[Event] = []

    lab.deployer(on_event=events.append).deploy(project.path, approve=plan.plan_id, confirm=("existing-ecs",))

    assert [event.code for event in events if isinstance(event, WarningRaised)].count("network.port_closed") == 1
    assert lab.open_ports(instance_id) == set()


def test_an_unused_yes_does_not_answer_for_an_existing_instance(lab: CloudLab, make_project) -> None:
    """M100: `--yes` is for new throw-away groups; a refusal changes nothing."""
    instance_id = lab.make_instance("precious")
    project = make_project("guest", deployment={"instanceId": instance_id})

    with lab.recording() as recording:
        with pytest.raises(ApprovalNeeded) as needed:
            lab.deployer().deploy(project.path, yes=True)
        with pytest.raises(ConsentRefused) as refused:
            lab.deployer().deploy(project.path, ask=lambda _plan, _risk: False)

    assert [word for word, _question in needed.value.items] == ["existing-ecs"]
    assert "--ecs new" in (refused.value.hint or "")
    assert recording.changing == []


def test_an_instance_that_is_not_there_ends_before_any_change(lab: CloudLab, make_project) -> None:
    project = make_project("lost", deployment={"instanceId": "i-doesnotexist00000001"})

    with lab.recording() as recording:
        result = lab.call_cli("deploy", project.path, "--output", "json")

    assert (result.exit_code, result.last["code"]) == (69, "target.instance_not_found")
    assert recording.changing == []


def test_a_region_that_is_not_there_ends_before_any_change(lab: CloudLab, make_project) -> None:
    project = make_project("nowhere")

    with lab.recording() as recording:
        result = lab.call_cli("deploy", project.path, "--yes", "--region", "cn-nowhere-1", "--output", "json")

    assert (result.exit_code, result.last["code"]) == (69, "cloud.region_unknown")
    assert recording.changing == []


def test_a_stopped_instance_is_refused_with_what_to_do(lab: CloudLab, make_project) -> None:
    instance_id = lab.make_instance("asleep")
    lab.call("ecs", "StopInstance", InstanceId=instance_id, ForceStop=True)
    project = make_project("insomnia", deployment={"instanceId": instance_id})

    with pytest.raises(DeployerError) as refused:
        lab.deployer().deploy(project.path)

    assert refused.value.code == "target.instance_unfit"
    assert refused.value.exit_code == 69
    assert "start it" in (refused.value.hint or "")
