"""Cloud Assistant with real bash below it: what a script prints, where it runs, how it ends, files that arrive."""

import base64
import os

import pytest
from assistant_lab import AGENT, PAGES, Assistant, open_assistant
from ecs_lab import open_lab
from machine_trial import wait_until

from deployer.emulator.machines.choose import choose_driver

pytestmark = pytest.mark.sandbox

RESULTS = f"{PAGES}describeinvocationresults"


@pytest.fixture(params=["auto", "process"])
def driver(request, tmp_path):
    return choose_driver(tmp_path / "machines", request.param, os.environ)


@pytest.fixture
def assistant(virtual_server) -> Assistant:
    return open_assistant(open_lab(virtual_server))


@pytest.mark.documented(RESULTS)
def test_a_script_runs_and_its_output_and_exit_code_come_back(assistant):
    result = assistant.finish(assistant.run("cd /root && echo $PWD; echo oops >&2; exit 4"))
    assert (result.output, result.exit_code, result.invocation_status) == ("/root\noops\n", 4, "Failed")


@pytest.mark.documented(f"{PAGES}runcommand")
def test_a_command_whose_time_is_over_ends_with_its_whole_tree(assistant):
    script = "echo begun; sleep 60 & echo $! >/root/child; wait"
    result = assistant.finish(assistant.run(script, timeout=1, termination_mode="ProcessTree"))
    assert (result.invocation_status, result.error_code, result.output) == ("Timeout", "ExecutionTimeout", "begun\n")
    check = "kill -0 $(cat /root/child) 2>/dev/null && echo alive || echo gone"
    wait_until(lambda: assistant.finish(assistant.run(check)).output == "gone\n")


@pytest.mark.documented(RESULTS)
@pytest.mark.parametrize(
    ("fields", "code"),
    [({"working_dir": "/root/nowhere"}, "DirectoryNotExists"), ({"username": "no-such-user"}, "AccountNotExists")],
)
def test_a_command_that_cannot_start_ends_with_an_error_code(assistant, fields, code):
    result = assistant.finish(assistant.run("true", **fields))
    assert (result.invocation_status, result.error_code, result.invoke_record_status) == ("Error", code, "Failed")


@pytest.mark.documented(AGENT)
def test_long_output_is_cut_in_the_middle(assistant):
    result = assistant.finish(assistant.run("echo FIRST; seq 1 20000; echo LAST"))
    assert result.output.startswith("FIRST\n1\n2\n")
    assert result.output.endswith("20000\nLAST\n")
    assert len(result.output) + result.dropped == 11 + len("\n".join(str(n) for n in range(1, 20001))) + 1


@pytest.mark.documented(f"{PAGES}sendfile")
def test_a_file_arrives_with_its_mode_and_is_not_overwritten_unless_told(assistant):
    def send(content: bytes, **fields) -> str:
        sent = {"name": "a file", "target_dir": "/root/new dir", "content_type": "Base64", "file_mode": "0640"}
        encoded = base64.b64encode(content).decode()
        ids = [assistant.instance_id]
        invoke_id = assistant.lab.ecs("send_file", content=encoded, instance_id=ids, **sent, **fields).invoke_id
        found = []

        def is_over() -> bool:
            assistant.advance(0.1)
            [one] = assistant.lab.ecs("describe_send_file_results", invoke_id=invoke_id).invocations.invocation
            found[:] = [one.invoke_instances.invoke_instance[0]]
            return one.invocation_status not in {"Pending", "Running"}

        wait_until(is_over)
        return found[0].error_code or found[0].invocation_status

    assert send(b"one\0two") == "Success"
    assert send(b"again") == "FileAlreadyExists"
    shown = assistant.finish(assistant.run("cd '/root/new dir' && stat -c %a 'a file' && od -An -c 'a file'")).output
    assert shown.split() == ["640", "o", "n", "e", "\\0", "t", "w", "o"]
    assert send(b"again", overwrite=True) == "Success"
    assert assistant.finish(assistant.run("cat '/root/new dir/a file'")).output == "again"


@pytest.mark.documented(RESULTS)
def test_a_command_ends_when_its_instance_is_stopped_under_it(assistant):
    invoke_id = assistant.run("echo begun; sleep 600", timeout=3600)
    wait_until(lambda: (assistant.advance(0.1), assistant.result(invoke_id).output)[1] == "begun\n")
    assistant.lab.ecs("stop_instance", instance_id=assistant.instance_id)
    assistant.lab.settle()
    result = assistant.result(invoke_id)
    assert (result.invocation_status, result.error_code) == ("Failed", "ExecutionInterrupted")
    assert result.output == "begun\n"


@pytest.mark.documented(f"{PAGES}stopinvocation")
def test_a_stopped_invocation_ends_the_process(assistant):
    invoke_id = assistant.run("echo $$ >/root/pid; exec sleep 600", timeout=3600)
    assistant.advance(0.1)
    assistant.finish(assistant.run("until [ -s /root/pid ]; do :; done"))
    assistant.lab.ecs("stop_invocation", invoke_id=invoke_id)
    assert assistant.finish(invoke_id).invocation_status == "Terminated"
    check = "kill -0 $(cat /root/pid) 2>/dev/null && echo alive || echo gone"
    assert assistant.finish(assistant.run(check)).output == "gone\n"
