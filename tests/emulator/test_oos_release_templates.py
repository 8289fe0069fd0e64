"""Our own templates, run by the emulated service: what they ask of Cloud Assistant, and what they answer."""

import base64
import json

import pytest
from oos_world import OosWorld

from deployer.oos.shipped import read_template, template_names
from deployer.oos.validate import check_template

RELEASE = read_template("deployer-release")
ROLLOUT = read_template("deployer-rollout")
CONTENT = base64.b64encode(b"echo released\n").decode()
ONE = {"instanceId": "i-1", "commandContent": CONTENT, "timeoutSeconds": 3600, "releaseId": "20260101-1"}


@pytest.fixture
def world(tmp_path) -> OosWorld:
    return OosWorld(tmp_path)


def many(count: int, **more) -> dict:
    return {"instanceIds": [f"i-{n}" for n in range(count)], "commandContent": CONTENT, "releaseId": "r1", **more}


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/task")
@pytest.mark.parametrize("name", template_names())
def test_each_template_is_valid_small_and_opens_with_its_rights(name):
    text = read_template(name)
    template = check_template(text)
    assert text.startswith(f"# {name}: ")
    assert "# RAM actions: ecs:RunCommand, ecs:DescribeInvocationResults." in text
    assert template.ram_role == "{{ OOSAssumeRole }}"
    assert len(text.encode()) < 64 * 1024


@pytest.mark.documented("https://help.aliyun.com/document_detail/120665.html")
def test_the_parameters_are_these():
    def described(text):
        return {n: (p.type, p.default if p.has_default else ...) for n, p in check_template(text).parameters.items()}

    shared = {
        "regionId": ("String", "{{ ACS::RegionId }}"),
        "commandContent": ("String", ...),
        "timeoutSeconds": ("Number", 600),
        "releaseId": ("String", ...),
        "OOSAssumeRole": ("String", ""),
    }
    assert described(RELEASE) == {**shared, "instanceId": ("String", ...)}
    assert described(ROLLOUT) == {
        **shared,
        "instanceIds": ("List", ...),
        "rateControl": ("Json", {"Mode": "Concurrency", "Concurrency": 10, "MaxErrors": 0}),
    }


@pytest.mark.documented("https://help.aliyun.com/zh/ecs/developer-reference/api-ecs-2014-05-26-runcommand")
def test_a_release_runs_the_command_once_with_everything_said(world):
    execution_id = world.start(RELEASE, ONE)
    world.advance(10)
    (command,) = world.assistant.commands.values()
    assert command["params"] == {
        "RegionId": "cn-hangzhou",
        "InstanceId": ["i-1"],
        "Name": "deployer-20260101-1",
        "Type": "RunShellScript",
        "CommandContent": CONTENT,
        "ContentEncoding": "Base64",
        "KeepCommand": False,
        "TerminationMode": "ProcessTree",
        "Timeout": 3600,
        "WorkingDir": "/root",
        "ClientToken": execution_id,
    }


@pytest.mark.documented("https://help.aliyun.com/document_detail/122212.html")
def test_a_release_that_succeeds_answers_with_its_result(world):
    execution_id = world.start(RELEASE, ONE)
    assert world.execution(execution_id)["Status"] == "Started"
    world.advance(1)
    assert world.execution(execution_id)["Status"] == "Running"
    world.advance(10)
    execution = world.execution(execution_id)
    assert execution["Status"] == "Success"
    assert json.loads(execution["Outputs"]) == {
        "invokeId": "t-1",
        "invocationStatus": "Success",
        "exitCode": 0,
        "output": base64.b64encode(b"ok\n").decode(),
        "dropped": 0,
        "errorCode": "",
        "errorInfo": None,
    }


@pytest.mark.assumed(
    "Whether a failed execution has Outputs is documented nowhere; its tasks' outputs are listed anyway."
)
@pytest.mark.parametrize("has_outputs", [True, False])
def test_a_release_that_fails_is_failed_and_can_still_be_read(tmp_path, has_outputs):
    world = OosWorld(tmp_path, oos_failed_execution_has_outputs=has_outputs)
    world.assistant.script = lambda _instance, _content: (3, "Failed", 7, b"it broke\n")
    execution_id = world.start(RELEASE, ONE)
    world.advance(20)
    execution = world.execution(execution_id)
    assert execution["Status"] == "Failed"
    assert "judgeResult" in execution["StatusMessage"]
    assert ("exitCode" in json.loads(execution["Outputs"])) is has_outputs
    (task,) = world.call("ListTaskExecutions", ExecutionId=execution_id, TaskName="readResult")["TaskExecutions"]
    outputs = json.loads(task["Outputs"])
    assert (outputs["invocationStatus"], outputs["exitCode"], outputs["errorCode"]) == ("Failed", 7, "ExitCodeNonzero")
    assert base64.b64decode(outputs["output"]) == b"it broke\n"


@pytest.mark.documented(
    "https://help.aliyun.com/zh/ecs/developer-reference/api-ecs-2014-05-26-describeinvocationresults"
)
@pytest.mark.parametrize("status", ["Error", "Timeout", "Invalid", "Aborted", "Cancelled", "Terminated"])
def test_any_final_status_ends_the_wait(world, status):
    world.assistant.script = lambda _instance, _content: (3, status, None, b"")
    execution_id = world.start(RELEASE, ONE)
    world.advance(20)
    execution = world.execution(execution_id)
    assert execution["Status"] == "Failed"
    assert json.loads(execution["Outputs"])["invocationStatus"] == status


@pytest.mark.documented("https://help.aliyun.com/document_detail/120839.html")
@pytest.mark.parametrize(("seconds", "lateness"), [(0.5, 2), (4, 3), (60, 16), (3660, 16)])
def test_the_end_of_a_command_is_noticed_in_time(world, seconds, lateness):
    world.assistant.script = lambda _instance, _content: (seconds, "Success", 0, b"")
    execution_id = world.start(RELEASE, ONE)
    world.advance(1 + seconds + lateness + 0.5)
    assert world.execution(execution_id)["Status"] == "Success"


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/task")
def test_a_command_that_never_ends_fails_the_release_in_the_end(world):
    world.assistant.script = lambda _instance, _content: (1e9, "Success", 0, b"")
    execution_id = world.start(RELEASE, ONE)
    world.advance(4700)
    execution = world.execution(execution_id)
    assert execution["Status"] == "Failed"
    assert json.loads(execution["Outputs"])["invocationStatus"] == "Running"


@pytest.mark.documented("https://help.aliyun.com/document_detail/120665.html")
@pytest.mark.parametrize(
    "change",
    [
        {"instanceId": "i-1; reboot"},
        {"commandContent": "echo {{ ACS::AccountId }}"},
        {"timeoutSeconds": 3601},
        {"timeoutSeconds": "soon"},
        {"releaseId": "a b"},
        {"surprise": 1},
        {"releaseId": None},
    ],
)
def test_parameters_that_do_not_fit_are_refused_before_anything_runs(world, change):
    parameters = {name: value for name, value in {**ONE, **change}.items() if value is not None}
    with pytest.raises(Exception, match="InvalidParameter"):
        world.start(RELEASE, parameters)
    assert world.call("ListExecutions")["Executions"] == []


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/acs-loop")
def test_a_rollout_reaches_every_instance_as_many_at_once_as_allowed(world):
    world.assistant.script = lambda _instance, _content: (8, "Success", 0, b"")
    execution_id = world.start(ROLLOUT, many(7, rateControl={"Mode": "Concurrency", "Concurrency": 3, "MaxErrors": 0}))
    world.advance(300)
    execution = world.execution(execution_id)
    assert execution["Status"] == "Success"
    results = json.loads(execution["Outputs"])["results"]
    assert [result["InstanceId"] for result in results] == [f"i-{n}" for n in range(7)]
    assert {(result["InvocationStatus"], result["ExitCode"]) for result in results} == {("Success", 0)}
    since = [command["since"] for command in world.assistant.commands.values()]
    assert max(sum(other <= start < other + 8 for other in since) for start in since) == 3


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/loop")
def test_a_rollout_stops_when_more_fail_than_may(world):
    world.assistant.script = lambda instance, _content: (2, "Failed" if instance == "i-1" else "Success", 1, b"")
    execution_id = world.start(ROLLOUT, many(4, rateControl={"Mode": "Batch", "Batch": [1, 1, 2], "MaxErrors": 0}))
    world.advance(300)
    execution = world.execution(execution_id)
    assert execution["Status"] == "Failed"
    results = json.loads(execution["Outputs"])["results"]
    assert [result and result["InvocationStatus"] for result in results] == ["Success", "Failed", None, None]
    assert len(world.assistant.commands) == 2


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/loop")
def test_a_rollout_waits_for_approval_between_batches(world):
    control = {"Mode": "Batch", "Batch": [1, 2], "BatchPauseOption": "FirstBatchPause"}
    execution_id = world.start(ROLLOUT, many(3, rateControl=control))
    world.advance(30)
    assert world.execution(execution_id)["Status"] == "Waiting"
    assert len(world.assistant.commands) == 1
    world.call("NotifyExecution", ExecutionId=execution_id, NotifyType="Approve")
    world.advance(30)
    assert world.execution(execution_id)["Status"] == "Success"


@pytest.mark.documented("https://help.aliyun.com/document_detail/122210.html")
def test_a_rollout_to_a_thousand_instances_works(world):
    control = {"Mode": "Concurrency", "Concurrency": 200}
    execution_id = world.start(ROLLOUT, many(1000, rateControl=control))
    world.advance(120)
    assert world.execution(execution_id)["Status"] == "Success"
    tokens = {command["params"]["ClientToken"] for command in world.assistant.commands.values()}
    assert len(tokens) == 1000
    assert max(len(token) for token in tokens) <= 64
