"""Kept commands, the state of agents, and files sent to instances. The machine's answers are scripted."""

import base64

import pytest
from alibabacloud_ecs20140526 import models
from assistant_lab import PAGES, Assistant, open_assistant
from ecs_lab import open_lab, refused

from deployer.emulator.machines.scripted import ScriptedAnswer


@pytest.fixture
def assistant(virtual_server) -> Assistant:
    return open_assistant(open_lab(virtual_server))


def create(assistant: Assistant, script: str = "true", **fields) -> str:
    content = base64.b64encode(script.encode()).decode()
    settings = {"name": "release", "type": "RunShellScript", "command_content": content, **fields}
    return assistant.lab.ecs("create_command", **settings).command_id


@pytest.mark.documented(f"{PAGES}createcommand")
def test_a_created_command_takes_base64_and_is_listed_with_what_it_was_given(assistant):
    command_id = create(assistant, "echo {{who}}", enable_parameter=True, timeout=300, description="says it")
    [command] = assistant.lab.ecs("describe_commands", command_id=command_id).commands.command
    assert base64.b64decode(command.command_content) == b"echo {{who}}"
    assert (command.name, command.timeout, command.description) == ("release", 300, "says it")
    assert command.parameter_names.parameter_name == ["who"]
    plain = assistant.lab.ecs("describe_commands", command_id=command_id, content_encoding="PlainText")
    assert plain.commands.command[0].command_content == "echo {{who}}"


@pytest.mark.documented(f"{PAGES}invokecommand")
def test_an_invoked_command_runs_with_its_own_values_unless_the_call_has_others(assistant, driver):
    command_id = create(assistant, "echo {{who}}", enable_parameter=True, timeout=300, working_dir="/opt")
    for fields in ({}, {"timeout": 5, "working_dir": "/srv", "username": "admin"}):
        assistant.lab.ecs(
            "invoke_command",
            command_id=command_id,
            instance_id=[assistant.instance_id],
            parameters={"who": "me"},
            **fields,
        )
    assistant.advance(1)
    own, other = driver.machines[assistant.instance_id].commands
    assert (own.content, own.timeout_seconds, own.working_dir, own.username) == (b"echo me", 300.0, "/opt", "root")
    assert (other.timeout_seconds, other.working_dir, other.username) == (10.0, "/srv", "admin")
    [command] = assistant.lab.ecs("describe_commands", command_id=command_id).commands.command
    assert command.invoke_times == 2


@pytest.mark.documented(f"{PAGES}deletecommand")
def test_a_deleted_command_is_not_listed_and_cannot_be_invoked(assistant):
    command_id = create(assistant)
    assistant.lab.ecs("delete_command", command_id=command_id)
    assert assistant.lab.ecs("describe_commands").commands.command == []
    refused(
        "InvalidCmdId.NotFound",
        lambda: assistant.lab.ecs("invoke_command", command_id=command_id, instance_id=[assistant.instance_id]),
        status=404,
    )


@pytest.mark.documented(f"{PAGES}runcommand")
def test_a_command_that_was_run_is_listed_only_when_it_is_kept(assistant):
    assistant.run("echo once", name="once")
    assistant.run("echo kept", name="kept", keep_command=True)
    found = assistant.lab.ecs("describe_commands").commands.command
    assert [command.name for command in found] == ["kept"]


@pytest.mark.documented(f"{PAGES}describecloudassistantstatus")
def test_the_agent_answers_some_time_after_running_and_says_so_in_text(assistant):
    lab = assistant.lab
    [instance_id] = lab.launch(assistant.network)
    lab.emulator.advance(2.8)
    assert lab.status(instance_id) == "Running"

    def status():
        body = lab.ecs("describe_cloud_assistant_status", instance_id=[instance_id])
        return body.instance_cloud_assistant_status_set.instance_cloud_assistant_status[0]

    assert (status().cloud_assistant_status, status().last_heartbeat_time) == ("false", None)
    lab.settle()
    assert (status().cloud_assistant_status, status().ostype) == ("true", "Linux")
    assert status().last_heartbeat_time


@pytest.mark.documented(f"{PAGES}describecloudassistantstatus")
def test_the_state_of_an_unknown_instance_is_refused(assistant):
    refused(
        "InvalidInstance.NotFound",
        lambda: assistant.lab.ecs("describe_cloud_assistant_status", instance_id=["i-no"]),
        status=404,
    )


@pytest.mark.documented(f"{PAGES}installcloudassistant")
def test_an_installed_agent_answers_after_the_next_boot(assistant):
    instance = assistant.lab.state.get_instance(assistant.instance_id, None)
    instance.agent_installed = False
    assistant.lab.ecs("install_cloud_assistant", instance_id=[assistant.instance_id])
    assistant.lab.settle()
    assert not instance.agent_ready
    assistant.lab.ecs("reboot_instance", instance_id=assistant.instance_id)
    assistant.lab.settle()
    assert instance.agent_ready


def send(assistant: Assistant, **fields) -> str:
    settings = {"name": "a.conf", "target_dir": "/etc/app", "content": "x=1\n", "instance_id": [assistant.instance_id]}
    return assistant.lab.ecs("send_file", **{**settings, **fields}).invoke_id


@pytest.mark.documented(f"{PAGES}describesendfileresults")
def test_a_sent_file_is_told_with_what_came_of_it_on_each_instance(assistant):
    invoke_id = send(assistant, file_mode="0600", overwrite=True)
    assistant.advance(1)
    [sent] = assistant.lab.ecs("describe_send_file_results", invoke_id=invoke_id).invocations.invocation
    assert (sent.name, sent.target_dir, sent.file_mode, sent.overwrite) == ("a.conf", "/etc/app", "0600", "true")
    assert (sent.invocation_status, sent.vm_count) == ("Success", 1)
    assert sent.invoke_instances.invoke_instance[0].invocation_status == "Success"
    assert assistant.results(invoke_id) == []


@pytest.mark.documented(f"{PAGES}sendfile")
def test_a_file_that_is_there_already_fails_by_its_own_code(assistant, driver):
    driver.machines[assistant.instance_id].answer = lambda _machine, _command: ScriptedAnswer(exit_code=41)
    invoke_id = send(assistant)
    assistant.advance(1)
    [sent] = assistant.lab.ecs("describe_send_file_results", invoke_id=invoke_id).invocations.invocation
    assert sent.invocation_status == "Failed"
    assert sent.invoke_instances.invoke_instance[0].error_code == "FileAlreadyExists"


@pytest.mark.documented(f"{PAGES}sendfile")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"content": "x" * 24577}, "FileSize.ExceedLimit"),
        ({"content": "%%%", "content_type": "Base64"}, "FileContent.DecodeError"),
        ({"content_type": "Text"}, "FileContentType.Invalid"),
        ({"file_mode": "888"}, "FileMode.Invalid"),
        ({"target_dir": "etc"}, "FileTargetDir.Invalid"),
        ({"name": "n" * 256}, "FileName.ExceedLimit"),
        ({"description": "d" * 513}, "FileDesc.ExceedLimit"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_documented_code(assistant, fields, code):
    refused(code, lambda: send(assistant, **fields), status=403)


@pytest.mark.documented(f"{PAGES}tagresources")
def test_a_command_carries_tags_and_is_found_by_them(assistant):
    command_id = create(assistant)
    tag = models.TagResourcesRequestTag(key="by", value="deployer")
    assistant.lab.ecs("tag_resources", resource_type="command", resource_id=[command_id], tag=[tag])
    wanted = [models.DescribeCommandsRequestTag(key="by", value="deployer")]
    [command] = assistant.lab.ecs("describe_commands", tag=wanted).commands.command
    assert command.command_id == command_id
