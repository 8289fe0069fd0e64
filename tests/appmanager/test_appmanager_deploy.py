"""Deploys by the CLI that go wrong in every way known of it, and what it is given when they go well."""

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from appmanager_lab import AppmanagerLab
from cloud_lab import REGION, Project, apply_environment
from fake_aliyun import Call, call_words, error_line, is_killed_at, says, with_exit_code

from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.backends.appmanager.inspecting import inspect
from deployer.backends.base import LogRequest
from deployer.cloud.cloud import Cloud
from deployer.errors.appmanager import ConfigRefused, GroupStateUnknown
from deployer.errors.base import DeployerError, UsageError
from deployer.errors.release import ChangeFailed, Interrupted, RunnerFailed, VerificationInconclusive
from deployer.events import Event, WaitProgressed, WarningRaised
from deployer.models.release import Verdict

MakeProject = Callable[..., Project]
STEP_ONE = json.dumps({"type": "step", "step": 1, "total": 9, "message": "Validating config..."})


def deploy(lab: AppmanagerLab, project: Project, events: list[Event] | None = None, **flags: object):
    return lab.deploy_by("appmanager", project, events, **flags)


def deploys(lab: AppmanagerLab) -> list[Call]:
    return [call for call in lab.calls if call.verbs[-1] == "deploy"]


def warnings(events: list[Event]) -> dict[str, str]:
    return {event.code: event.message for event in events if isinstance(event, WarningRaised)}


def test_the_tool_gets_the_archive_s_files_and_a_configuration_it_knows(
    lab: AppmanagerLab, make_project: MakeProject
) -> None:
    """D4, S6, M30-M32: name, group and region are passed; secrets stay; keys of ours are left out, and those with effect
    named; one user agent, once, for our calls and the tool's."""
    project = make_project("given", deployer={"env": {"GREETING": "hi"}, "keepReleases": 3})
    (project.path / ".env").write_text("PASSWORD=canary")
    before = project.snapshot()
    events: list[Event] = []
    with lab.recording() as recording:
        deploy(lab, project, events, name="renamed", group="another-group")
    (call,) = deploys(lab)
    assert call.words[:3] == ("appmanager", "app", "deploy")
    assert (call.flags["name"], call.flags["group_name"], call.flags["region"]) == ("renamed", "another-group", REGION)
    assert "overwrite" in call.flags
    assert call.flags["output"] == "json"
    assert sorted(call.files) == [".appmanager/config.yaml", "app.py"]
    config = yaml.safe_load(call.files[".appmanager/config.yaml"])
    assert config.keys() == {"metadata", "common"}
    assert config["metadata"] == {"name": "renamed", "type": "app", "groupName": "another-group", "regionId": REGION}
    assert config["common"]["scripts"]["start"] == project.start
    assert warnings(events)["appmanager.setting_left_out"] == (
        "the CLI does not know deployer.env, deployer.health: this deploy goes without"
    )
    assert project.snapshot() == before
    assert not call.folder.exists()
    agents = [re.findall(r"AlibabaCloud-Agent-Skills/[^/ ]+/[0-9a-f]+", call.user_agent) for call in recording.calls]
    assert all(len(found) == 1 for found in agents)
    assert {found[0] for found in agents} == {call.environ["ALIBABA_CLOUD_USER_AGENT"] for call in lab.calls}


def test_the_key_of_a_model_is_in_a_file_of_the_owner_alone(lab: AppmanagerLab, tmp_path: Path, monkeypatch) -> None:
    """D17: on no command line, in no event, and gone afterwards."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-canary0123456789abcdef")
    project = Project(path=tmp_path / "helper", name="helper").write()
    path = project.path / ".appmanager" / "config.yaml"
    config = json.loads(path.read_text())
    config["metadata"]["type"] = "agent"
    config["agent"] = {"model": {"name": "qwen3.6-plus", "apiKey": "${DASHSCOPE_API_KEY}"}}
    del config["common"]["deployment"]["port"]
    path.write_text(json.dumps(config))
    modes: list[int] = []

    def look(frames):
        modes.append(stat.S_IMODE((lab.calls[-1].folder / ".appmanager" / "config.yaml").stat().st_mode))
        yield from frames

    lab.aliyun.interfere("deploy", look)
    events: list[Event] = []
    deploy(lab, project, events)
    (call,) = deploys(lab)
    assert call.verbs == ("agent", "deploy")
    assert (
        yaml.safe_load(call.files[".appmanager/config.yaml"])["agent"]["model"]["apiKey"] == "sk-canary0123456789abcdef"
    )
    assert modes == [0o600]
    assert "may pack that file" in warnings(events)["appmanager.key_in_file"]
    assert "canary" not in " ".join(word for one in lab.calls for word in one.words) + str(events)


def test_a_tool_that_is_killed_is_followed_by_the_group_s_status(lab: AppmanagerLab, make_project: MakeProject) -> None:
    lab.aliyun.interfere("deploy", is_killed_at(7, cloud_goes_on=True))
    events: list[Event] = []
    report = deploy(lab, make_project("orphan"), events)
    assert report.status == "deployed"
    assert "killed by signal 9" in warnings(events)["appmanager.ended_early"]


@pytest.mark.parametrize(("step", "at"), [(1, "upload"), (7, "release")])
def test_a_tool_that_is_killed_and_leaves_nothing_is_no_success(
    lab: AppmanagerLab, make_project: MakeProject, step: int, at: str
) -> None:
    """M125: the same command works afterwards, and there is one instance."""
    project = make_project(f"killed{step}")
    lab.aliyun.interfere("deploy", is_killed_at(step, cloud_goes_on=False))
    with pytest.raises(DeployerError) as raised:
        lab.by("appmanager", timeout_seconds=40).deploy(project.path, yes=True)
    cause = raised.value.facts.get("cause", raised.value.as_dict())
    assert cause["code"] == ("transient.waited_too_long" if at == "release" else "appmanager.unclear")
    assert raised.value.facts.get("step", "upload") == at
    for group in lab.tool.groups.values():
        group.status = "DeployFailed" if group.status == "Deploying" else group.status
    report = deploy(lab, project)
    assert report.status == "deployed"
    members = [one for one in lab.existing()["instances"] if lab.instance_tags(one).get(f"app-killed{step}")]
    assert list(report.instance_ids) == members


def test_a_killed_redeploy_is_not_taken_for_the_release_before_it(
    lab: AppmanagerLab, make_project: MakeProject
) -> None:
    project = make_project("again")
    deploy(lab, project)
    project.write("changed")
    lab.aliyun.interfere("deploy", is_killed_at(4, cloud_goes_on=False))
    with pytest.raises(ChangeFailed) as raised:
        deploy(lab, project)
    assert raised.value.facts["cause"]["code"] == "appmanager.unclear"
    assert deploy(lab, project).status == "deployed"


@pytest.mark.parametrize(("status", "exit_code"), [("ReleaseCancelled", 0), ("ReleaseFailed", 1)])
def test_a_failed_script_is_one_whatever_the_exit_code(
    lab: AppmanagerLab, make_project: MakeProject, status: str, exit_code: int
) -> None:
    """M116, M117: not "somebody cancelled it"; what the scripts printed is in the error at once."""
    lab.tool.failed_status = status
    lab.machine.start_fails = True
    lab.aliyun.interfere("deploy", with_exit_code(exit_code))
    with pytest.raises(RunnerFailed) as raised:
        deploy(lab, make_project(f"{status.lower()}{exit_code}"))
    assert raised.value.exit_code == 1
    assert status in raised.value.message
    assert "no module named shop" in raised.value.facts["log_tail"]
    assert [one["kind"] for one in raised.value.facts["left"] if one["kind"] == "instance"] == ["instance"]
    assert any("delete" in command for command in raised.value.next_commands)


def test_a_failure_the_tool_tells_is_believed_before_the_status_knows_of_it(
    lab: AppmanagerLab, make_project: MakeProject
) -> None:
    def lagging(frames):
        for frame in frames:
            yield ("out", error_line("ReleaseCancelled") + "\n") if '"result"' in str(frame[1]) else frame

    lab.aliyun.interfere("deploy", lagging)
    with pytest.raises(RunnerFailed, match="ReleaseCancelled"):
        deploy(lab, make_project("lagging"))


def test_an_error_before_anything_was_made_is_that_error(lab: AppmanagerLab, make_project: MakeProject) -> None:
    """M124, M125: it can be tried again."""
    project = make_project("early")
    lab.aliyun.interfere("deploy", says(STEP_ONE, error_line("Throttling.User: slow down"), exit_code=1))
    with pytest.raises(DeployerError) as raised:
        deploy(lab, project)
    assert raised.value.facts.get("cause", raised.value.as_dict())["code"] == "transient.throttled"
    assert deploy(lab, project).status == "deployed"


@pytest.mark.parametrize(
    "lines", [[error_line("ReleaseCancelled")], ['{"type":"result","status":"success","data":{}}']]
)
def test_an_end_without_an_instance_is_no_success(
    lab: AppmanagerLab, make_project: MakeProject, lines: list[str]
) -> None:
    lab.aliyun.interfere("deploy", says(*lines))
    with pytest.raises(DeployerError) as raised:
        deploy(lab, make_project(f"empty{len(lines[0])}"))
    assert raised.value.exit_code != 0


def test_a_release_that_waits_for_a_person_is_told_with_its_page(lab: AppmanagerLab, make_project: MakeProject) -> None:
    """M118."""
    events: list[Event] = []

    def wait_first(frames):
        for frame in frames:
            if '"result"' in str(frame[1]):
                lab.tool.before_settling = ["Deploying", "ReleaseWaiting"]
            yield frame

    lab.aliyun.interfere("deploy", wait_first)
    assert deploy(lab, make_project("patient"), events).status == "deployed"
    assert "tabKey=flow&appName=patient" in warnings(events)["release.waiting"]


def test_a_release_of_somebody_else_is_waited_for(lab: AppmanagerLab, make_project: MakeProject) -> None:
    project = make_project("queued")
    deploy(lab, project)
    project.write("next")
    lab.tool.before_settling = ["Releasing", "Releasing", "Releasing"]
    events: list[Event] = []
    deploy(lab, project, events)
    waited = [event for event in events if isinstance(event, WaitProgressed) and event.status == "Releasing"]
    assert [event.what for event in waited] == [f"the release of queued/default-{REGION}"]


def test_a_group_that_cannot_be_looked_at_is_not_deployed_to(lab: AppmanagerLab, make_project: MakeProject) -> None:
    """D5, M107."""
    project = make_project("unseen")
    lab.aliyun.interfere("status", says("Segmentation fault", exit_code=139))
    with pytest.raises(GroupStateUnknown) as raised:
        deploy(lab, project)
    assert raised.value.exit_code == 69
    assert "Segmentation fault" in raised.value.message
    assert raised.value.next_commands[0].endswith(f"--region {REGION} --backend appmanager")
    assert not deploys(lab)
    assert "unseen" not in lab.existing()["applications"]
    lab.aliyun.interfere("status", says("Segmentation fault", exit_code=139))
    assert deploy(lab, project, force=True).status == "deployed"


def test_what_the_tool_refuses_before_a_plan_stops_there(lab: AppmanagerLab, make_project: MakeProject) -> None:
    """M62, M95: its validator and its price; nothing is changed."""
    project = make_project("refused")
    lab.aliyun.interfere("validate", says(error_line("metadata.owner is required"), exit_code=1))
    with pytest.raises(ConfigRefused, match="owner is required") as raised:
        lab.by("appmanager").plan(project.path)
    assert raised.value.exit_code == 65
    lab.aliyun.interfere(
        "validate", says('{"type":"result","data":{"valid":false,"errors":["scripts.start is empty"]}}')
    )
    with pytest.raises(ConfigRefused, match="start is empty"):
        lab.by("appmanager").plan(project.path)
    lab.aliyun.interfere("price", says(error_line("InvalidAccessKeyId.NotFound"), exit_code=1))
    priced = lab.call_cli("price", project.path, "--backend", "appmanager", "--output", "json")
    assert priced.exit_code == 77
    lab.aliyun.interfere("price", says(error_line("no such template"), exit_code=1))
    priced = lab.call_cli("price", project.path, "--backend", "appmanager", "--output", "json")
    assert (priced.exit_code, priced.last["code"]) == (1, "price.unavailable")
    assert priced.last["next"] == [f"deployer price {project.path} --backend appmanager"]
    assert "refused" not in lab.existing()["applications"]


def test_every_instance_of_a_group_is_released_to_and_looked_at(lab: AppmanagerLab, make_project: MakeProject) -> None:
    """D6: not only the first; and nothing is waited for by a fixed time."""
    project = make_project("twins")
    first = deploy(lab, project)
    second = lab.make_instance("twin", open_port=8080)
    lab.call(
        "ecs",
        "TagResources",
        RegionId=REGION,
        ResourceType="instance",
        ResourceId=[second],
        Tag=[{"Key": "app-twins", "Value": f"default-{REGION}"}],
    )
    project.write("for both")
    scripts = len(lab.machine.scripts)
    report = deploy(lab, project)
    assert set(report.instance_ids) == {*first.instance_ids, second}
    assert len(lab.machine.scripts) - scripts == 2
    assert {one.instance_id for one in lab.by("appmanager").verify(project.path).instances} == set(report.instance_ids)


def test_a_release_goes_back_only_by_the_backend_that_made_it(lab: AppmanagerLab, make_project: MakeProject) -> None:
    project = make_project("mixed")
    by_sdk = lab.deploy_by("sdk", project)
    project.write("changed")
    by_cli = deploy(lab, project)
    with pytest.raises(DeployerError) as cli:
        deploy(lab, project, revision_id=by_sdk.release_id, force=True)
    with pytest.raises(DeployerError) as sdk:
        lab.deploy_by("sdk", project, revision_id=by_cli.release_id, force=True)
    causes = [one.value.facts.get("cause", one.value.as_dict())["code"] for one in (cli, sdk)]
    assert causes == ["cloud.revision_not_kept", "cloud.artifact_gone"]


def test_a_runner_of_the_default_backend_is_refused(lab: AppmanagerLab, make_project: MakeProject) -> None:
    with pytest.raises(UsageError, match="--runner cloud-assistant"):
        lab.by("appmanager", runner="cloud-assistant").deploy(make_project("runner").path, yes=True)


def test_ctrl_c_ends_the_tool_and_says_what_is_there(lab: AppmanagerLab, make_project: MakeProject) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, WaitProgressed) and event.status.startswith("3/9"):
            raise KeyboardInterrupt

    def endless(frames):
        yield from frames
        yield ("sleep", 60)

    lab.aliyun.interfere("deploy", endless)
    with pytest.raises(Interrupted) as raised:
        lab.by("appmanager", interrupt).deploy(make_project("stopped").path, yes=True)
    assert raised.value.exit_code == 130


def test_who_may_not_run_commands_sees_what_the_scripts_printed(
    lab: AppmanagerLab, make_project: MakeProject, monkeypatch
) -> None:
    """M129, M137: the verdict says that it cannot tell, and where the text is from."""
    project = make_project("watched")
    report = deploy(lab, project)
    apply_environment(monkeypatch, lab.key_environment("onlooker", deny=("ecs:RunCommand",)))
    verification = lab.by("appmanager").verify(project.path)
    (instance,) = verification.instances
    assert (instance.log, instance.log_source) == ("serving hello\n", "deployCommandOutput")
    assert (instance.verdict, instance.release_id) == (Verdict.INCONCLUSIVE, report.release_id)
    result = lab.call_cli("verify", project.path, "--backend", "appmanager", "--output", "json", "--wait", "0")
    assert (result.exit_code, result.last["code"]) == (2, VerificationInconclusive.code)


def test_who_may_not_even_list_instances_still_sees_the_tool_s_answer(lab: AppmanagerLab) -> None:
    answer = {
        "data": {
            "status": "Deployed",
            "ecs_instance_ids": ["i-1"],
            "public_ip": "1.2.3.4",
            "Outputs": {"deployCommandOutput": "up"},
        }
    }
    lab.aliyun.interfere("status", says(json.dumps(answer)))
    lab.fail("DescribeInstances", code="Forbidden.RAM", status=403, times=None)
    request = LogRequest(application_name="far", application_group_name="away", deploy_region_id=REGION)
    (finding,) = inspect(
        AppmanagerCli(lab.session, REGION, lab.process_environment), Cloud(lab.session, REGION), request
    )
    assert (finding.instance_id, finding.public_ip, finding.log) == ("i-1", "1.2.3.4", "up")
    assert (finding.verdict, finding.log_source) == (Verdict.INCONCLUSIVE, "deployCommandOutput")


def test_nothing_is_deleted_without_consent_in_json_either(lab: AppmanagerLab, make_project: MakeProject) -> None:
    """D20, M146."""
    project = make_project("dear")
    deploy(lab, project)
    refused = lab.call_cli("delete", project.path, "--backend", "appmanager", "--output", "json")
    assert (refused.exit_code, refused.last["code"]) == (3, "decision.delete_not_confirmed")
    assert any(thing.startswith("instance ") for thing in refused.last["facts"]["would_remove"])
    assert "app delete" not in call_words(lab.calls)
    with pytest.raises(UsageError, match="cannot delete a group and keep"):
        lab.by("appmanager").delete(project.path, yes=True, keep_instance=True)
    listed = lab.call_cli("delete", project.path, "--backend", "appmanager", "--output", "json", "--yes")
    assert listed.exit_code == 0
    assert [words for words in call_words(lab.calls) if words == "app delete"] == ["app delete", "app delete"]
    assert f"dear-{REGION}" in {one["id"] for one in listed.data["kept"]}


def test_what_the_tool_deployed_alone_is_shown_and_deleted_with_a_word_of_doubt(
    lab: AppmanagerLab, make_project: MakeProject
) -> None:
    """M144-M146: groups without a release record of ours."""
    project = make_project("foreign")
    deploy(lab, project)
    lab.forget_records("foreign")
    listed = lab.call_cli("list", "--backend", "appmanager", "--output", "json").data
    assert "foreign" in {one["application_name"] for one in listed["groups"]}
    status = lab.by("appmanager").status(project.path)
    assert (status.summary.status, status.execution_log) == ("Deployed", "serving hello\n")
    assert status.instances[0].public_ip
    removals = lab.by("appmanager").delete(project.path, dry_run=True)
    assert ("instance", False, "removed if the CLI made it; left if it was there before") in {
        (one.kind, one.kept, one.detail) for one in removals
    }
    assert lab.by("appmanager").delete(project.path, yes=True)
    assert status.instances[0].instance_id not in lab.existing()["instances"]


def test_an_instance_that_the_tool_did_not_make_stays_and_loses_its_tags(
    lab: AppmanagerLab, make_project: MakeProject
) -> None:
    instance_id = lab.make_instance("there-before", open_port=8080)
    project = make_project("imported", deployment={"instanceId": instance_id})
    deploy(lab, project)
    lab.forget_records("imported")
    lab.by("appmanager").delete(project.path, yes=True)
    assert lab.instance_tags(instance_id) == {"owner": "somebody"}
