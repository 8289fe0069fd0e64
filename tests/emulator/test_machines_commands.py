"""What Cloud Assistant's agent does with a command, asked of both drivers with real bash."""

import os
from pathlib import Path

import pytest
from machine_trial import Trial, finish, wait_until

from deployer.emulator.machines.base import MachineError, MachineSpec
from deployer.emulator.machines.namespaces import NamespaceDriver, probe
from deployer.emulator.machines.process import ProcessDriver

AGENT = "https://github.com/aliyun/aliyun_assist_client"
SPEC = MachineSpec(instance_id="i-trial", hostname="web-1", private_ip="172.16.0.10")
DRIVERS = {"namespaces": NamespaceDriver, "process": ProcessDriver}

pytestmark = pytest.mark.sandbox


@pytest.fixture(params=sorted(DRIVERS))
def trial(request, tmp_path: Path):
    if request.param == "namespaces" and (reason := probe(tmp_path / "probe", os.environ)):
        pytest.skip(f"no namespaces here: {reason}")
    driver = DRIVERS[request.param](tmp_path / "machines", os.environ)
    yield Trial(machine=driver.boot(SPEC), driver=driver)
    driver.close()


@pytest.mark.documented(AGENT)
def test_a_script_without_a_shebang_is_run_by_bash_as_sh_with_home_root(trial):
    assert trial.text('x=(a b); echo "${x[1]} $HOME $PWD $0 $(id -un)" | cut -d" " -f1-3') == "b /root /root\n"


@pytest.mark.documented(AGENT)
def test_the_shebang_line_decides_on_the_interpreter(trial):
    assert trial.text("#!/usr/bin/env python3\nprint(6 * 7)\n") == "42\n"


@pytest.mark.documented(AGENT)
def test_output_is_stdout_and_stderr_in_order_and_the_exit_code_is_the_scripts(trial):
    state = trial.run("echo one; echo two >&2; echo three > /dev/stderr; exit 7")
    assert (state.output, state.exit_code, state.timed_out) == (b"one\ntwo\nthree\n", 7, False)


@pytest.mark.assumed("a shell reports a signal as 128 and its number")
def test_a_script_that_is_killed_by_a_signal_fails(trial):
    assert trial.run("kill -9 $$").exit_code == 137


@pytest.mark.documented(AGENT)
def test_a_child_in_the_background_that_holds_stdout_does_not_hold_the_command(trial):
    state = trial.run("sleep 50 & echo started")
    assert (state.output, state.exit_code) == (b"started\n", 0)


@pytest.mark.documented(AGENT)
def test_what_nohup_started_lives_on_between_commands(trial):
    trial.text("nohup sleep 60 >/root/app.log 2>&1 & echo $! >/root/app.pid")
    assert trial.text("kill -0 $(cat /root/app.pid) && echo alive") == "alive\n"


@pytest.mark.documented("https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand")
def test_a_timeout_kills_the_script_alone_and_its_child_goes_on(trial):
    state = trial.run("sleep 60 & echo $! >/root/child; wait", timeout_seconds=0.3)
    assert (state.timed_out, state.exit_code) == (True, None)
    assert trial.text("kill -0 $(cat /root/child) && echo alive") == "alive\n"


@pytest.mark.documented("https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runcommand")
def test_a_timeout_with_process_tree_kills_the_children_too(trial):
    script = "sleep 60 & echo $! >/root/child; setsid sleep 61 & echo $! >/root/other; wait"
    assert trial.run(script, timeout_seconds=0.3, kill_process_tree=True).timed_out
    check = "for f in child other; do kill -0 $(cat /root/$f) 2>/dev/null && echo $f; done; true"
    wait_until(lambda: trial.text(check) == "")


@pytest.mark.documented(
    "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-stopinvocation"
)
def test_a_stopped_command_keeps_what_it_printed(trial):
    command = trial.start("echo first; sleep 60")
    wait_until(lambda: command.state().output)
    command.stop(process_tree=True)
    state = finish(command)
    assert (state.output, state.exit_code, state.timed_out) == (b"first\n", None, False)


@pytest.mark.assumed("a sandbox must not be filled up by a script that prints for ever")
def test_of_endless_output_the_head_and_the_tail_are_kept_and_the_rest_is_counted(trial):
    state = trial.run("echo FIRST; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo LAST")
    assert state.output.startswith(b"FIRST\nx")
    assert state.output.endswith(b"x\nLAST\n")
    assert len(state.output) + state.dropped_bytes == 3000000 + len("FIRST\n\nLAST\n")


@pytest.mark.documented(
    "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocationresults"
)
def test_a_working_directory_that_does_not_exist_is_refused_by_its_error_code(trial):
    with pytest.raises(MachineError) as refused:
        trial.start("true", working_dir="/root/nowhere")
    assert refused.value.code == "DirectoryNotExists"


@pytest.mark.documented(
    "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeinvocationresults"
)
def test_a_user_that_does_not_exist_is_refused_by_its_error_code(trial):
    with pytest.raises(MachineError) as refused:
        trial.start("true", username="nobody-has-this-name")
    assert refused.value.code == "AccountNotExists"


@pytest.mark.assumed("the disk of an instance outlives a stop")
def test_the_disk_survives_a_power_off_and_goes_with_the_instance(trial, tmp_path):
    trial.text("echo kept >/root/file")
    trial.machine.power_off()
    assert not trial.machine.alive
    trial.machine = trial.driver.boot(SPEC)
    assert trial.text("cat /root/file") == "kept\n"
    trial.driver.destroy("i-trial")
    assert not (tmp_path / "machines" / "i-trial").exists()


@pytest.mark.assumed("instances share nothing")
def test_each_machine_has_a_root_folder_of_its_own(trial):
    other = Trial(
        machine=trial.driver.boot(MachineSpec(instance_id="i-other", hostname="web-2", private_ip="172.16.0.11")),
        driver=trial.driver,
    )
    trial.text("echo mine >/root/file")
    assert other.text("ls /root") == ""


@pytest.mark.assumed("an emulated instance uses the programs of the host and says so")
def test_dnf_accepts_what_is_there_and_names_what_is_not(trial):
    assert "Complete!" in trial.text("dnf install -y tar gzip")
    state = trial.run("yum -y install tar no-such-program-anywhere")
    assert state.exit_code == 100
    assert b"Install on the host what provides: no-such-program-anywhere" in state.output


@pytest.mark.assumed("there is no systemd in a sandbox")
def test_systemctl_fails_and_says_why(trial):
    state = trial.run("systemctl start nginx")
    assert state.exit_code != 0
    assert b"systemd" in state.output


@pytest.mark.assumed("a machine must be destroyed whatever was done to its disk")
def test_a_disk_its_machine_locked_up_is_removed_all_the_same(trial, tmp_path):
    trial.text("mkdir -p /root/a/b && touch /root/a/b/c && chmod 0 /root/a/b /root/a && ln -s / /root/everything")
    trial.driver.destroy("i-trial")
    assert not (tmp_path / "machines" / "i-trial").exists()


@pytest.mark.assumed("what a command starts can be seen from outside when it listens")
def test_a_program_that_listens_is_listed_and_can_be_connected_to(trial):
    script = "import socket;s=socket.create_server(('127.0.0.1',0));print(s.getsockname()[1],flush=True)\nwhile 1: s.accept()[0].sendall(b'hello')"
    trial.text(f'nohup python3 -c "{script}" >/root/port 2>&1 &')
    wait_until(lambda: trial.text("cat /root/port").strip())
    port = int(trial.text("cat /root/port"))
    assert ("127.0.0.1", port) in [(found.address, found.port) for found in trial.machine.listeners()]
    with trial.machine.connect(port) as connection:
        assert connection.recv(5) == b"hello"
