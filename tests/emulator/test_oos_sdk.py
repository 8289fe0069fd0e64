"""OOS through the official SDK, over a real socket and the composed emulator."""

import base64
import json

import pytest
from ecs_lab import open_lab

from deployer.emulator.machines.scripted import ScriptedAnswer
from deployer.oos.shipped import read_template

NAP = "FormatVersion: OOS-2019-06-01\nTasks: [{Name: nap, Action: ACS::Sleep, Properties: {Duration: PT10M}}]\n"


@pytest.fixture
def oos(virtual_server):
    from alibabacloud_oos20190601.client import Client

    return Client(virtual_server.sdk_config())


@pytest.fixture
def models():
    from alibabacloud_oos20190601 import models

    return models


def execution_of(oos, models, execution_id):
    (execution,) = oos.list_executions(models.ListExecutionsRequest(execution_id=execution_id)).body.executions
    return execution


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-startexecution")
def test_an_execution_started_by_the_sdk_runs_to_its_end(oos, models, virtual_emulator):
    request = models.StartExecutionRequest(
        region_id="cn-hangzhou",
        template_content=NAP,
        mode="Automatic",
        safety_check="Skip",
        parameters="{}",
        client_token="token-1",
        tags={"deployer:application": "shop"},
    )
    started = oos.start_execution(request).body.execution
    assert (started.status, started.tags) == ("Started", {"deployer:application": "shop"})
    assert oos.start_execution(request).body.execution.execution_id == started.execution_id
    virtual_emulator.advance(5)
    assert execution_of(oos, models, started.execution_id).status == "Running"
    virtual_emulator.advance(600)
    assert execution_of(oos, models, started.execution_id).status == "Success"
    tasks = oos.list_task_executions(models.ListTaskExecutionsRequest(execution_id=started.execution_id)).body
    assert [(task.task_name, task.status) for task in tasks.task_executions] == [("nap", "Success")]


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-createapplicationgroup")
def test_application_management_by_the_sdk(oos, models):
    oos.create_application(models.CreateApplicationRequest(region_id="cn-hangzhou", name="shop", tags={"a": "b"}))
    oos.create_application_group(
        models.CreateApplicationGroupRequest(
            region_id="cn-hangzhou", application_name="shop", name="g", deploy_region_id="cn-beijing"
        )
    )
    group = oos.get_application_group(models.GetApplicationGroupRequest(application_name="shop", name="g")).body
    assert group.application_group.import_tag_key == "app-shop"
    application = oos.get_application(models.GetApplicationRequest(name="shop")).body.application
    assert application.tags == {"a": "b"}


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-validatetemplatecontent")
def test_a_refusal_reaches_the_sdk_with_its_code(oos, models):
    from alibabacloud_tea_openapi.exceptions import ClientException

    with pytest.raises(ClientException) as failure:
        oos.get_template(models.GetTemplateRequest(template_name="gone"))
    assert (failure.value.code, failure.value.status_code) == ("EntityNotExists.Template", 404)


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/task")
def test_a_release_on_an_instance_that_is_not_there_fails_with_the_code_of_ecs(oos, models, virtual_emulator):
    parameters = {"instanceId": "i-nobody", "commandContent": "bHM=", "releaseId": "r1"}
    request = models.StartExecutionRequest(
        template_content=read_template("deployer-release"), parameters=json.dumps(parameters), safety_check="Skip"
    )
    started = oos.start_execution(request).body.execution
    virtual_emulator.advance(5)
    execution = execution_of(oos, models, started.execution_id)
    assert execution.status == "Failed"
    assert execution.status_message.startswith("Task runCommand failed: ")
    assert execution.parameters["releaseId"] == "r1"


@pytest.fixture
def instance_ids(virtual_server, virtual_emulator, driver):
    """Three instances that run and answer Cloud Assistant; the second one's commands exit 7."""
    lab = open_lab(virtual_server)
    network = lab.make_network()
    ids = lab.launch(network, amount=3)
    virtual_emulator.advance(120)
    for number, instance_id in enumerate(ids):
        code = 7 if number == 1 else 0
        driver.machines[instance_id].answer = lambda _machine, _command, code=code: ScriptedAnswer(
            exit_code=code, output=b"released\n"
        )
    return ids


def start(oos, models, name, parameters):
    request = models.StartExecutionRequest(
        template_content=read_template(name), parameters=json.dumps(parameters), safety_check="Skip"
    )
    return oos.start_execution(request).body.execution.execution_id


@pytest.mark.documented("https://help.aliyun.com/zh/ecs/developer-reference/api-ecs-2014-05-26-runcommand")
@pytest.mark.parametrize(("number", "status", "exit_code"), [(0, "Success", 0), (1, "Failed", 7)])
def test_a_release_goes_through_cloud_assistant_to_the_machine_and_back(
    oos, models, virtual_emulator, driver, instance_ids, number, status, exit_code
):
    script = "echo released\n"
    parameters = {
        "instanceId": instance_ids[number],
        "commandContent": base64.b64encode(script.encode()).decode(),
        "releaseId": "r1",
        "timeoutSeconds": 3600,
    }
    execution_id = start(oos, models, "deployer-release", parameters)
    virtual_emulator.advance(30)
    execution = execution_of(oos, models, execution_id)
    outputs = json.loads(execution.outputs)
    assert (execution.status, outputs["invocationStatus"], outputs["exitCode"]) == (status, status, exit_code)
    assert base64.b64decode(outputs["output"]) == b"released\n"
    (command,) = driver.machines[instance_ids[number]].commands
    assert command.content == script.encode()


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/acs-loop")
def test_a_rollout_goes_to_every_machine_and_may_forgive_one(oos, models, virtual_emulator, driver, instance_ids):
    parameters = {
        "instanceIds": instance_ids,
        "commandContent": base64.b64encode(b"true\n").decode(),
        "releaseId": "r1",
        "rateControl": {"Mode": "Concurrency", "Concurrency": 2, "MaxErrors": 1},
    }
    execution_id = start(oos, models, "deployer-rollout", parameters)
    virtual_emulator.advance(60)
    execution = execution_of(oos, models, execution_id)
    results = json.loads(execution.outputs)["results"]
    assert execution.status == "Success"
    assert [(r["InstanceId"], r["ExitCode"]) for r in results] == list(zip(instance_ids, [0, 7, 0], strict=True))
    assert [len(driver.machines[one].commands) for one in instance_ids] == [1, 1, 1]


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/ecs-run-command")
@pytest.mark.parametrize(("number", "status", "output"), [(0, "Success", "released\n"), (1, "Failed", None)])
def test_the_product_action_runs_a_command_and_hands_its_output_on(
    oos, models, virtual_emulator, instance_ids, number, status, output
):
    content = (
        "FormatVersion: OOS-2019-06-01\nParameters: {instanceId: {Type: String}}\nTasks:\n  - Name: run\n"
        "    Action: ACS::ECS::RunCommand\n    Properties: {instanceId: '{{ instanceId }}', commandContent: date}\n"
        "    Outputs: {text: {Type: String, ValueSelector: invocationOutput}}\n"
        "Outputs: {text: {Type: String, Value: '{{ run.text }}'}}\n"
    )
    request = models.StartExecutionRequest(
        template_content=content, parameters=json.dumps({"instanceId": instance_ids[number]}), safety_check="Skip"
    )
    execution_id = oos.start_execution(request).body.execution.execution_id
    virtual_emulator.advance(60)
    execution = execution_of(oos, models, execution_id)
    assert (execution.status, json.loads(execution.outputs)["text"]) == (status, output)
    children = oos.list_executions(models.ListExecutionsRequest(parent_execution_id=execution_id)).body.executions
    assert [(child.template_name, child.status) for child in children] == [("ACS::ECS::RunCommand", status)]


@pytest.mark.documented("https://help.aliyun.com/document_detail/120810.html")
def test_a_template_with_a_role_acts_as_that_role(oos, models, virtual_emulator, instance_ids):
    virtual_emulator.accounts.add_role("release-role")
    parameters = {"instanceId": instance_ids[0], "commandContent": "bHM=", "releaseId": "r1"}
    missing = start(oos, models, "deployer-release", {**parameters, "OOSAssumeRole": "no-such-role"})
    acting = start(oos, models, "deployer-release", {**parameters, "OOSAssumeRole": "release-role"})
    virtual_emulator.advance(30)
    assert "EntityNotExist.Role" in execution_of(oos, models, missing).status_message
    done = execution_of(oos, models, acting)
    assert (done.status, done.ram_role) == ("Success", "release-role")
    calls = [call for call in virtual_emulator.recorder.calls if call.action == "RunCommand"]
    assert [call.access_key_id.startswith("STS.") for call in calls] == [True]
