"""Faults of machines and of money: a silent agent, a full disk, nothing left to buy, and who is struck by them."""

import os

import pytest
from alibabacloud_tea_openapi.exceptions import ClientException
from assistant_lab import PAGES, Assistant, open_assistant
from ecs_lab import open_lab

from deployer.emulator.fault_text import read_fault
from deployer.emulator.faults import Fault
from deployer.emulator.machines.choose import choose_driver
from deployer.emulator.machines.scripted import ScriptedAnswer

RESULTS = f"{PAGES}describeinvocationresults"
RUN_INSTANCES = f"{PAGES}runinstances"
BALANCE = "https://www.alibabacloud.com/help/doc-detail/87997.htm"


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def assistant(lab) -> Assistant:
    return open_assistant(lab)


def arm(lab, text: str) -> None:
    lab.emulator.faults.add(read_fault(text))


def agent_status(assistant: Assistant) -> str:
    body = assistant.lab.ecs("describe_cloud_assistant_status", instance_id=[assistant.instance_id])
    return body.instance_cloud_assistant_status_set.instance_cloud_assistant_status[0].cloud_assistant_status


@pytest.mark.documented(RUN_INSTANCES)
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("stock_out", "OperationDenied.NoStock"),
        ("quota", "QuotaExceed.ElasticQuota"),
        ("not_enough_balance", "InvalidAccountStatus.NotEnoughBalance"),
        ("throttle@run_instances", "Throttling.User"),
    ],
)
def test_a_named_fault_refuses_in_the_words_of_the_product(lab, text, code):
    network = lab.make_network()
    arm(lab, text)
    for _ in range(2):
        with pytest.raises(ClientException) as caught:
            lab.launch(network)
        assert caught.value.code == code
    lab.emulator.faults.clear()
    assert lab.launch(network)


@pytest.mark.documented(RUN_INSTANCES)
def test_a_quota_speaks_of_what_was_asked_for_and_a_number_of_times_ends_it(lab):
    arm(lab, "quota:1")
    with pytest.raises(ClientException) as caught:
        lab.vpc("create_vpc", cidr_block="10.0.0.0/8")
    assert caught.value.code == "QuotaExceeded.Vpc"
    assert lab.make_network().vpc_id


@pytest.mark.documented(BALANCE)
def test_an_account_without_money_says_so_before_anything_is_bought(virtual_emulator):
    virtual_emulator.faults.add(read_fault("balance"))
    answer = virtual_emulator.call_api(
        "bss", "QueryAccountBalance", {}, region_id="cn-hangzhou", principal=virtual_emulator.accounts.root
    )
    assert answer["Data"]["AvailableAmount"] == "0.00"


@pytest.mark.documented(f"{PAGES}describecloudassistantstatus")
def test_an_agent_that_is_offline_takes_no_command_until_it_is_back(assistant):
    arm(assistant.lab, "agent_offline,seconds=120")
    lost = assistant.finish(assistant.run("true"))
    assert (agent_status(assistant), lost.invocation_status, lost.error_code) == (
        "false",
        "Aborted",
        "ClientNotRunning",
    )
    assistant.advance(121)
    assert agent_status(assistant) == "true"
    assert assistant.finish(assistant.run("true")).invocation_status == "Success"


@pytest.mark.documented(RESULTS)
def test_an_agent_that_goes_offline_leaves_its_command_unknown_until_the_time_is_over(assistant, driver):
    machine = driver.machines[assistant.instance_id]
    machine.answer = lambda _machine, _command: ScriptedAnswer(running=True)
    invoke_id = assistant.run("sleep 600", timeout=600)
    assistant.advance(10)
    arm(assistant.lab, "agent_offline")
    assistant.advance(500)
    assert assistant.result(invoke_id).invocation_status == "Running"
    assistant.advance(100)
    lost = assistant.result(invoke_id)
    assert (lost.invocation_status, lost.error_code, lost.exit_code) == ("Failed", "ClientNotResponse", None)


@pytest.mark.assumed("faults are the emulator's own")
def test_only_the_instance_that_is_named_is_struck(assistant):
    lab = assistant.lab
    other = Assistant(lab=lab, network=assistant.network, instance_id=lab.launch_running(assistant.network))
    arm(lab, f"command_failed,instance={assistant.instance_id}")
    arm(lab, f"error@StopInstance,status=403,code=Struck,instance={assistant.instance_id}")
    struck, spared = assistant.finish(assistant.run("true")), other.finish(other.run("true"))
    assert (struck.invocation_status, struck.exit_code, spared.exit_code) == ("Failed", 1, 0)
    lab.ecs("stop_instance", instance_id=other.instance_id)
    with pytest.raises(ClientException, match="Struck"):
        lab.ecs("stop_instance", instance_id=assistant.instance_id)
    assert assistant.finish(assistant.run("true")).exit_code == 0


@pytest.mark.assumed("faults are the emulator's own")
def test_on_a_scripted_machine_with_a_full_disk_no_command_comes_to_its_end(assistant):
    arm(assistant.lab, "disk_full")
    result = assistant.finish(assistant.run("echo x > /root/x"))
    assert (result.exit_code, "No space left on device" in result.output) == (1, True)
    assistant.lab.emulator.faults.clear()
    assert assistant.finish(assistant.run("true")).exit_code == 0


@pytest.mark.sandbox
@pytest.mark.assumed("faults are the emulator's own")
class TestFullDisk:
    """On a machine that really runs programs."""

    @pytest.fixture
    def driver(self, tmp_path):
        driver = choose_driver(tmp_path / "machines", "auto", os.environ)
        if driver.info.name != "namespaces":
            pytest.skip("only machines with a disk of their own can have a full one")
        return driver

    def test_nothing_can_be_written_what_was_there_stays_and_all_is_well_again_later(self, assistant):
        def run(script: str):
            result = assistant.finish(assistant.run(script))
            return result.exit_code, result.output

        assert run("echo old > /root/file") == (0, "")
        arm(assistant.lab, "disk_full")
        exit_code, output = run("cat /root/file; df -k /root | awk 'END {print $4}'; echo new > /root/file")
        assert (exit_code, output.splitlines()[:2]) == (1, ["old", "0"])
        assert "No space left on device" in output
        assert run("echo more >> /tmp/file")[0] == 1
        assistant.lab.emulator.faults.clear()
        assert run("cat /root/file && echo new > /root/other && cat /root/other") == (0, "old\nnew\n")


@pytest.mark.assumed("faults are the emulator's own")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("throttle", Fault(kind="throttle", action="*")),
        ("throttle:3", Fault(kind="throttle", action="*", times=3)),
        ("stock_out@create_instance", Fault(kind="stock_out", action="create_instance")),
        ("error@PutObject:always,status=503,code=Slow", Fault(action="PutObject", times=None, status=503, code="Slow")),
        ("lag@*,seconds=0.5,nth=2", Fault(kind="lag", action="*", seconds=0.5, nth=2)),
        ("agent_offline,instance=i-1,seconds=30", Fault(kind="agent_offline", instance="i-1", seconds=30)),
        ("release_cancelled", Fault(kind="command_failed")),
    ],
)
def test_a_fault_is_read_from_one_line(text, fault):
    assert read_fault(text) == fault


@pytest.mark.assumed("faults are the emulator's own")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("meteor", "`meteor` is no kind of fault: known are agent_offline"),
        ("throttle:often", "`often` is no value of `times`"),
        ("error@PutObject,status", "`status` is no setting of a fault"),
        ("error@PutObject,colour=red", "`colour=red` is no setting"),
        ("error PutObject", "is no fault: write KIND"),
        ("disk_full:2", "counts no calls"),
        ("slow@*,bytes_per_second=0", "must be more than 0"),
    ],
)
def test_a_line_that_is_no_fault_is_refused_with_what_can_be_written(text, said):
    with pytest.raises(ValueError, match=said.replace("*", r"\*")):
        read_fault(text)
