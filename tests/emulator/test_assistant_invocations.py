"""Commands on instances: how they begin, what results say, how they end. The machine's answers are scripted."""

import base64

import pytest
from alibabacloud_tea_openapi.exceptions import ServerException
from assistant_lab import AGENT, PAGES, Assistant, open_assistant
from ecs_lab import IDEMPOTENCE, open_lab, refused

from deployer.emulator.machines.scripted import ScriptedAnswer

RUN = f"{PAGES}runcommand"
RESULTS = f"{PAGES}describeinvocationresults"


@pytest.fixture
def assistant(virtual_server) -> Assistant:
    return open_assistant(open_lab(virtual_server))


def answer(driver, **fields) -> None:
    for machine in driver.machines.values():
        machine.answer = lambda _machine, _command: ScriptedAnswer(**fields)


@pytest.mark.documented(RUN)
def test_nothing_has_run_when_the_call_answers_and_then_it_passes_through_its_states(assistant, driver):
    answer(driver, running=True)
    invoke_id = assistant.run("sleep 1")
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.invoke_record_status, result.exit_code) == ("Pending", "Running", None)
    assistant.advance(1)
    assert assistant.result(invoke_id).invocation_status == "Running"


@pytest.mark.documented(RESULTS)
def test_output_comes_in_base64_unless_plain_text_is_asked_for(assistant, driver):
    answer(driver, output="grüß\n".encode())
    invoke_id = assistant.run("echo")
    assistant.advance(1)
    assert assistant.result(invoke_id).output == "grüß\n"
    assert base64.b64decode(assistant.result(invoke_id, content_encoding=None).output).decode() == "grüß\n"


@pytest.mark.documented(RESULTS)
def test_a_script_that_ends_with_another_code_has_failed_but_its_record_is_finished(assistant, driver):
    answer(driver, exit_code=3, output=b"no\n")
    invoke_id = assistant.run("false")
    assistant.advance(1)
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.invoke_record_status) == ("Failed", "Finished")
    assert (result.exit_code, result.error_code, result.output) == (3, "ExitCodeNonzero", "no\n")
    assert result.start_time
    assert result.finished_time


@pytest.mark.documented(AGENT)
def test_of_long_output_the_head_and_the_tail_are_kept_and_dropped_says_how_much_is_missing(assistant, driver):
    answer(driver, output=b"FIRST" + b"x" * 40000 + b"LAST")
    invoke_id = assistant.run("yes")
    assistant.advance(1)
    result = assistant.result(invoke_id)
    assert result.output.startswith("FIRSTx")
    assert result.output.endswith("xLAST")
    assert len(result.output) == 24 * 1024
    assert result.dropped == 40009 - 24 * 1024


@pytest.mark.documented(RESULTS)
def test_output_that_was_cut_inside_a_character_is_still_readable(assistant, driver):
    answer(driver, output=("a" + "é" * 30000).encode())
    invoke_id = assistant.run("yes")
    assistant.advance(1)
    assert "\N{REPLACEMENT CHARACTER}" in assistant.result(invoke_id).output


@pytest.mark.documented(RESULTS)
def test_an_unknown_invocation_has_no_results(assistant):
    assert assistant.results("t-nothing") == []


@pytest.mark.documented(RESULTS)
def test_before_the_agent_is_ready_a_command_is_accepted_and_aborted(assistant):
    lab = assistant.lab
    [instance_id] = lab.launch(assistant.network)
    lab.emulator.advance(3.0)
    assert lab.status(instance_id) == "Running"
    invoke_id = assistant.run("true", instance_id=[instance_id])
    assistant.advance(0.1)
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.invoke_record_status) == ("Aborted", "Failed")
    assert result.error_code == "ClientNotRunning"
    assistant.advance(5)
    invoke_id = assistant.run("true", instance_id=[instance_id])
    assistant.advance(1)
    assert assistant.result(invoke_id).invocation_status == "Success"


@pytest.mark.documented(RESULTS)
def test_on_a_stopped_instance_a_command_is_aborted(assistant):
    assistant.lab.ecs("stop_instance", instance_id=assistant.instance_id)
    assistant.lab.settle()
    invoke_id = assistant.run("true")
    assistant.advance(1)
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.error_code) == ("Aborted", "InstanceNotRunning")


@pytest.mark.documented(RUN)
def test_one_missing_instance_refuses_the_whole_call(assistant, driver):
    refused(
        "InvalidInstance.NotFound",
        lambda: assistant.run("true", instance_id=[assistant.instance_id, "i-no"]),
        status=404,
    )
    assistant.advance(1)
    assert driver.machines[assistant.instance_id].commands == []


@pytest.mark.documented(RUN)
def test_instances_are_named_or_found_by_tag_but_not_both(assistant):
    from alibabacloud_ecs20140526 import models

    tag = models.RunCommandRequestResourceTag(key="role", value="web")
    refused("MissingParam.InstanceId", lambda: assistant.run("true", instance_id=None), status=400)
    refused("InvalidResourceTag.ConflictWithInstanceIds", lambda: assistant.run("true", resource_tag=[tag]), status=400)
    refused(
        "InvalidResourceTag.InstanceNotFound",
        lambda: assistant.run("true", instance_id=None, resource_tag=[tag]),
        status=400,
    )
    tags = [models.TagResourcesRequestTag(key="role", value="web")]
    assistant.lab.ecs("tag_resources", resource_type="instance", resource_id=[assistant.instance_id], tag=tags)
    assert assistant.result(assistant.run("true", instance_id=None, resource_tag=[tag])).instance_id


@pytest.mark.documented(RUN)
@pytest.mark.parametrize(
    ("fields", "code", "status"),
    [
        ({"type": "RunNothing"}, "InvalidCmdType.NotFound", 403),
        ({"type": "RunBatScript"}, "InvalidInstance.NotMatch", 400),
        ({"command_content": "x" * 18433}, "CmdContent.ExceedLimit", 403),
        ({"command_content": "x" * 14000, "keep_command": True}, "CmdContent.ExceedLimit", 403),
        ({"name": "n" * 129}, "CmdName.ExceedLimit", 403),
        ({"description": "d" * 513}, "CmdDesc.ExceedLimit", 403),
        ({"username": "u" * 256}, "Username.ExceedLimit", 403),
        ({"working_dir": "/" + "w" * 200}, "InvalidParameter.WorkingDir", 400),
        ({"termination_mode": "Nothing"}, "InvalidTerminationMode.NotFound", 404),
        ({"repeat_mode": "Sometimes"}, "InvalidRepeatMode.NotFound", 404),
        ({"repeat_mode": "Period"}, "MissingParam.Frequency", 400),
        ({"parameters": {"a": "b"}}, "Parameter.Disabled", 400),
        ({"parameters": ["a"]}, "InvalidParameter", 400),
        ({"command_content": "{{a}}", "enable_parameter": True}, "Parameter.MissingValue", 400),
        ({"enable_parameter": True, "parameters": {"a": "b"}}, "Parameter.NotMatched", 403),
        ({"command_content": "{{ .Names }}", "enable_parameter": True}, "CmdParam.InvalidParamName", 403),
    ],
)
def test_what_does_not_fit_is_refused_with_the_documented_code(assistant, fields, code, status):
    settings = {"command_content": "true", **fields}
    content = settings.pop("command_content")
    refused(code, lambda: assistant.run(content, **settings), status=status)


@pytest.mark.documented(RUN)
def test_the_largest_script_is_18_kb_because_24_kb_are_counted_after_base64(assistant, driver):
    assistant.run("#" * 18432)
    assistant.advance(1)
    [command] = driver.machines[assistant.instance_id].commands
    assert len(command.content) == 18432


@pytest.mark.assumed("what runs again or later is said not to be supported, not guessed")
@pytest.mark.parametrize("fields", [{"frequency": "0 */5 * * * ?"}, {"repeat_mode": "EveryReboot"}, {"launcher": "sh"}])
def test_periodic_commands_are_refused_as_unsupported(assistant, fields):
    with pytest.raises(ServerException) as caught:
        assistant.run("true", **fields)
    assert (caught.value.code, caught.value.status_code) == ("Emulator.NotImplemented", 501)


@pytest.mark.documented(RUN)
def test_without_a_timeout_a_command_is_ended_after_a_minute(assistant, driver):
    answer(driver, running=True, output=b"so far")
    invoke_id = assistant.run("sleep 1000")
    assistant.advance(59)
    assert assistant.result(invoke_id).invocation_status == "Running"
    assistant.advance(10)
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.invoke_record_status) == ("Timeout", "Failed")
    assert (result.error_code, result.output) == ("ExecutionTimeout", "so far")


@pytest.mark.documented(RUN)
def test_the_agent_is_told_how_to_run_it(assistant, driver):
    assistant.run("true", timeout=900, working_dir="/opt", username="admin", termination_mode="ProcessTree")
    assistant.advance(1)
    [command] = driver.machines[assistant.instance_id].commands
    assert (command.timeout_seconds, command.working_dir, command.username) == (900.0, "/opt", "admin")
    assert command.kill_process_tree


@pytest.mark.documented(RUN)
def test_placeholders_are_replaced_when_parameters_are_enabled_and_only_then(assistant, driver):
    script = "echo {{name}} {{NAME}} {{ACS::InstanceId}} {{ACS::RegionId}} {{ACS::InvokeId}}"
    assistant.run("echo {{name}}")
    invoke_id = assistant.run(script, enable_parameter=True, parameters={"Name": "web"})
    assistant.advance(1)
    plain, filled = driver.machines[assistant.instance_id].commands
    assert plain.content == b"echo {{name}}"
    assert filled.content.decode() == f"echo web web {assistant.instance_id} cn-hangzhou {invoke_id}"


@pytest.mark.documented(RESULTS)
def test_an_unknown_built_in_parameter_makes_the_invocation_invalid(assistant):
    invoke_id = assistant.run("echo {{ACS::Weather}}", enable_parameter=True)
    assistant.advance(1)
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.error_code) == ("Invalid", "InvalidSystemBuiltInParameter")


@pytest.mark.documented(RUN)
def test_base64_content_is_decoded_and_bad_base64_refused(assistant, driver):
    assistant.run(base64.b64encode(b"echo hi").decode(), content_encoding="Base64")
    assistant.advance(1)
    assert driver.machines[assistant.instance_id].commands[0].content == b"echo hi"
    refused("CmdContent.DecodeError", lambda: assistant.run("%%%", content_encoding="Base64"))


@pytest.mark.documented(IDEMPOTENCE)
def test_a_repeated_token_runs_nothing_twice_and_another_request_under_it_is_refused(assistant, driver):
    first = assistant.run("echo one", client_token="token-1")
    assert assistant.run("echo one", client_token="token-1") == first
    refused("IdempotentParameterMismatch", lambda: assistant.run("echo two", client_token="token-1"))
    assistant.advance(1)
    assert len(driver.machines[assistant.instance_id].commands) == 1


@pytest.mark.documented(f"{PAGES}stopinvocation")
def test_a_stopped_invocation_is_stopping_then_terminated_and_keeps_its_output(assistant, driver):
    answer(driver, running=True, output=b"so far")
    invoke_id = assistant.run("sleep 1000")
    assistant.advance(1)
    assistant.lab.ecs("stop_invocation", invoke_id=invoke_id)
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.invoke_record_status) == ("Stopping", "Stopping")
    assistant.advance(1)
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.invoke_record_status) == ("Terminated", "Stopped")
    assert (result.output, result.exit_code) == ("so far", None)
    assert result.stop_time


@pytest.mark.documented(f"{PAGES}stopinvocation")
def test_an_invocation_stopped_before_it_began_is_cancelled_and_never_runs(assistant, driver):
    invoke_id = assistant.run("true")
    assistant.lab.ecs("stop_invocation", invoke_id=invoke_id)
    assistant.advance(1)
    assert assistant.result(invoke_id).invocation_status == "Cancelled"
    assert driver.machines[assistant.instance_id].commands == []
    refused("InvalidInvokeId.NotFound", lambda: assistant.lab.ecs("stop_invocation", invoke_id="t-no"), status=404)


@pytest.mark.documented(RUN)
def test_a_dry_run_runs_nothing(assistant, driver):
    body = assistant.lab.ecs(
        "run_command", type="RunShellScript", command_content="true", repeat_mode="DryRun",
        instance_id=[assistant.instance_id],
    )  # fmt: skip
    assistant.advance(1)
    assert body.invoke_id is None
    assert driver.machines[assistant.instance_id].commands == []


@pytest.mark.documented(f"{PAGES}describeinvocations")
def test_describe_invocations_tells_the_command_and_all_instances_together(assistant, driver):
    other = assistant.lab.launch_running(assistant.network)
    ids = {assistant.instance_id: 0, other: 5}
    for machine in driver.machines.values():
        machine.answer = lambda spec, _: ScriptedAnswer(exit_code=ids[spec.instance_id], output=b"out")
    invoke_id = assistant.run("echo it", instance_id=list(ids), name="release")
    assistant.advance(1)
    [invocation] = assistant.lab.ecs("describe_invocations", invoke_id=invoke_id).invocations.invocation
    assert (invocation.invocation_status, invocation.invoke_status) == ("PartialFailed", "Finished")
    assert base64.b64decode(invocation.command_content) == b"echo it"
    assert (invocation.command_name, invocation.username, invocation.timeout) == ("release", "root", 60)
    found = {one.instance_id: one for one in invocation.invoke_instances.invoke_instance}
    assert found[other].exit_code == 5
    assert found[other].output is None
    with_output = assistant.lab.ecs("describe_invocations", invoke_id=invoke_id, include_output=True)
    [one, _] = with_output.invocations.invocation[0].invoke_instances.invoke_instance
    assert base64.b64decode(one.output) == b"out"


@pytest.mark.documented(RESULTS)
def test_results_come_in_pages_of_ten_at_first(assistant):
    for _ in range(12):
        assistant.run("true")
    first = assistant.lab.ecs("describe_invocation_results", instance_id=assistant.instance_id).invocation
    assert len(first.invocation_results.invocation_result) == 10
    rest = assistant.lab.ecs(
        "describe_invocation_results", instance_id=assistant.instance_id, next_token=first.next_token
    ).invocation
    assert len(rest.invocation_results.invocation_result) == 2
    assert not rest.next_token


@pytest.mark.documented(AGENT)
@pytest.mark.parametrize(("code", "status"), [(193, "Stopped"), (194, "Running")])
def test_two_exit_codes_power_the_instance_off_and_reboot_it(assistant, driver, code, status):
    answer(driver, exit_code=code)
    machine = driver.machines[assistant.instance_id]
    assistant.run("exit")
    assistant.advance(20)
    assert assistant.lab.status(assistant.instance_id) == status
    assert not machine.alive
