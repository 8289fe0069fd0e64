"""Which group a deploy goes to, and releasing an earlier revision again."""

import pytest
import yaml
from cloud_lab import REGION, CloudLab

from deployer.errors.cloud import NoFreeGroup, ReleaseNotFound
from deployer.events import Event, WarningRaised

pytestmark = pytest.mark.sandbox


def leave_group(lab: CloudLab, application: str, *groups: str) -> None:
    """Groups without an instance, as a failed deploy of another tool leaves them."""
    lab.call("oos", "CreateApplication", Name=application)
    for group in groups:
        lab.call("oos", "CreateApplicationGroup", ApplicationName=application, Name=group, DeployRegionId=REGION)


def test_a_leftover_group_is_left_and_the_next_free_name_taken(lab: CloudLab, make_project) -> None:
    """M99, M103, M105: announced, written into the file whose other lines stay, nothing of the old group touched."""
    project = make_project("leftover")
    leave_group(lab, "leftover", "default-cn-hangzhou", "default-cn-hangzhou-2")
    config = project.path / ".appmanager" / "config.yaml"
    before = config.read_text()
    events: list[Event] = []

    report = lab.deployer(on_event=events.append).deploy(project.path, yes=True)

    assert report.application_group_name == "default-cn-hangzhou-3"
    (notice,) = [event for event in events if isinstance(event, WarningRaised) and event.code == "group.renamed"]
    assert "deployer delete --name leftover --group default-cn-hangzhou " in notice.message
    assert yaml.safe_load(config.read_text())["metadata"]["groupName"] == "default-cn-hangzhou-3"
    assert config.read_text() == before.replace('"default-cn-hangzhou"', '"default-cn-hangzhou-3"')
    groups = {group for application, group in lab.existing()["groups"] if application == "leftover"}
    assert groups == {"default-cn-hangzhou", "default-cn-hangzhou-2", "default-cn-hangzhou-3"}
    again = lab.deployer().deploy(project.path)
    assert (again.status, again.application_group_name) == ("unchanged", "default-cn-hangzhou-3")


def test_no_free_name_is_an_error_that_names_the_way_out(lab: CloudLab, make_project) -> None:
    """M105: nine names taken as well."""
    project = make_project("crowded")
    name = "default-cn-hangzhou"
    leave_group(lab, "crowded", name, *(f"{name}-{number}" for number in range(2, 11)))

    with lab.recording() as recording, pytest.raises(NoFreeGroup) as full:
        lab.deployer().deploy(project.path, yes=True)

    assert recording.changing == []
    assert any("deployer list --name crowded" in command for command in full.value.next_commands)


def test_a_new_group_is_made_beside_a_healthy_one_when_forced(lab: CloudLab, make_project) -> None:
    """M106: the old one is untouched."""
    project = make_project("twin", "one")
    first = lab.deployer().deploy(project.path, yes=True)
    project.write("two")

    second = lab.deployer().deploy(project.path, yes=True, force_new_group=True)

    assert second.application_group_name == "default-cn-hangzhou-2"
    assert set(second.instance_ids).isdisjoint(first.instance_ids)
    assert lab.ask(first.instance_ids[0]) == "one"
    assert lab.ask(second.instance_ids[0]) == "two"


def test_an_earlier_revision_is_released_again_without_packing_or_uploading(lab: CloudLab, make_project) -> None:
    """M122: also when the project's program is gone."""
    project = make_project("historic", "first")
    first = lab.deployer().deploy(project.path, yes=True)
    project.write("second")
    plan = lab.deployer().plan(project.path)
    lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=("overwrite",))
    assert lab.ask(first.instance_ids[0]) == "second"

    arguments = ("deploy", project.path, "--revision_id", first.release_id, "--output", "json")
    asked = lab.call_cli(*arguments)
    assert (asked.exit_code, asked.last["code"]) == (3, "decision.approval_needed")
    with lab.recording() as recording:
        back = lab.call_cli(*arguments, "--approve", asked.last["facts"]["plan_id"], "--confirm", "overwrite")

    assert back.data["uploaded_bytes"] == 0
    assert lab.ask(first.instance_ids[0]) == "first"
    sent = [name for name in recording.changing if name.startswith("oss PutObject")]
    assert not [name for name in sent if "/artifacts/" in name or "/scripts/" in name]
    assert [line["outcome"] for line in back.lines if line.get("event") == "step.finished"][2] == "skipped"
    releases = lab.deployer().status(project.path).releases
    assert len({one["release_id"] for one in releases}) == 3
    assert releases[0]["artifact_sha256"] == releases[2]["artifact_sha256"]


def test_an_unknown_revision_lists_those_there_are(lab: CloudLab, running) -> None:
    with lab.recording() as recording, pytest.raises(ReleaseNotFound) as unknown:
        lab.deployer().deploy(running.project.path, revision_id="20200101-000000-000000")

    assert running.report.release_id in unknown.value.facts["existing"]
    assert recording.changing == []
