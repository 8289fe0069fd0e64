"""What a machine made of namespaces cannot see or touch, and that nothing of it is left."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from machine_trial import Trial, wait_until

from deployer.emulator.machines.base import MachineSpec
from deployer.emulator.machines.choose import choose_driver
from deployer.emulator.machines.leftovers import remove_leftovers
from deployer.emulator.machines.namespaces import NamespaceDriver, probe

SPEC = MachineSpec(instance_id="i-trial", hostname="web-1", private_ip="172.16.0.10")

pytestmark = [pytest.mark.sandbox, pytest.mark.assumed("the sandbox is the emulator's own; the cloud has machines")]


@pytest.fixture
def trial(tmp_path: Path):
    if reason := probe(tmp_path / "probe", os.environ):
        pytest.skip(f"no namespaces here: {reason}")
    driver = NamespaceDriver(tmp_path / "machines", os.environ)
    yield Trial(machine=driver.boot(SPEC), driver=driver)
    driver.close()


def test_the_programs_of_the_host_cannot_be_changed(trial):
    output = trial.run(
        "touch /usr/x; touch /etc/x; rm -f /usr/bin/env; mount -o remount,rw /usr; ls /usr/bin/env"
    ).output
    assert output.count(b"Read-only file system") == 3
    assert output.endswith(b"/usr/bin/env\n")


def test_the_homes_and_folders_of_the_host_are_not_there(trial, tmp_path):
    (tmp_path / "secret").write_text("of the host")
    assert trial.text(f"ls -A /root /home; ls {tmp_path} 2>/dev/null | wc -l") == "/home:\n\n/root:\n.pip\n0\n"
    assert sorted(trial.text("ls /").split()) >= ["bin", "dev", "etc", "home"]


def test_only_its_own_processes_can_be_seen_and_root_of_it_is_nobody_outside(trial):
    assert trial.text("ls -d /proc/[0-9]* | wc -l").strip() in {"3", "4", "5"}
    outside = trial.text("awk '{print $2}' /proc/self/uid_map").strip()
    assert outside == ("100000" if os.geteuid() == 0 else str(os.geteuid()))
    assert trial.text("id -u").strip() == "0"


def test_killing_its_first_process_from_inside_does_nothing(trial):
    trial.run("kill -9 1; kill -TERM 1; true")
    assert trial.text("echo still here") == "still here\n"


def test_it_looks_like_the_image_it_was_made_of(trial):
    output = trial.text('. /etc/os-release; echo "$ID $VERSION_ID"; hostname; cat /etc/hostname; grep web-1 /etc/hosts')
    assert output == "alinux 3\nweb-1\nweb-1\n172.16.0.10\tweb-1\n"
    assert trial.run("command -v apt-get").exit_code != 0
    assert trial.text("command -v dnf") != ""


def test_it_reaches_neither_the_network_nor_the_services_of_the_host(trial, host_service):
    unreachable = f"import socket;socket.create_connection(('127.0.0.1',{host_service}),2)"
    assert b"refused" in trial.run(f'python3 -c "{unreachable}"').output
    by_proxy = f"curl -s -o /dev/null -w '%{{http_code}}' --noproxy '' -x $http_proxy http://127.0.0.1:{host_service}/"
    assert trial.text(by_proxy) == "403"


@pytest.fixture
def host_service():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_poweroff_inside_ends_the_machine_and_the_disk_boots_again(trial):
    trial.start("echo kept >/root/file; poweroff; sleep 60")
    wait_until(lambda: not trial.machine.alive)
    assert trial.machine.powered_itself_off
    assert not trial.machine.rebooting
    trial.machine = trial.driver.boot(SPEC)
    assert trial.text("cat /root/file") == "kept\n"


def test_reboot_inside_is_told_apart_from_poweroff(trial):
    trial.start("reboot; sleep 60")
    wait_until(lambda: not trial.machine.alive)
    assert trial.machine.rebooting


def test_a_command_that_runs_while_the_machine_goes_down_ends_without_an_exit_code(trial):
    command = trial.start("echo begun; sleep 60")
    wait_until(lambda: command.state().output)
    trial.machine.power_off()
    state = command.state()
    assert (state.running, state.exit_code, state.output) == (False, None, b"begun\n")


def test_a_virtual_environment_gets_a_package_by_pip(trial, tmp_path):
    trial.text(
        textwrap.dedent("""
        mkdir -p /root/greeting && cd /root/greeting
        printf 'def hello():\\n    return "hello"\\n' > greeting.py
        python3 - <<'PYTHON'
        import zipfile
        record = "greeting-1.0.dist-info"
        with zipfile.ZipFile("/root/greeting-1.0-py3-none-any.whl", "w") as wheel:
            wheel.write("greeting.py")
            wheel.writestr(f"{record}/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n")
            wheel.writestr(f"{record}/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
            wheel.writestr(f"{record}/RECORD", "greeting.py,,\\n")
        PYTHON
        python3 -m venv /root/venv
        /root/venv/bin/pip install -q --no-index /root/greeting-1.0-py3-none-any.whl
        """)
    )
    assert trial.text("/root/venv/bin/python -c 'import greeting; print(greeting.hello())'") == "hello\n"


def test_nothing_of_any_machine_is_left_after_the_driver_closed(tmp_path):
    driver = choose_driver(tmp_path / "machines", environment=os.environ)
    if driver.info.name != "namespaces":
        pytest.skip(str(driver.info.notice))
    marker = f"{os.getpid()}03"
    for number in range(3):
        spec = MachineSpec(instance_id=f"i-{number}", hostname="web", private_ip=f"172.16.0.{number + 1}")
        shut = "mkdir -p /root/shut/inner; touch /root/shut/inner/file; chmod 0 /root/shut/inner /root/shut"
        sleeper = f"setsid sleep {marker} >/dev/null 2>&1 & {shut}"
        Trial(machine=driver.boot(spec), driver=driver).text(sleeper)
    wait_until(lambda: len(_sleepers(marker)) == 3)
    driver.close()
    assert _sleepers(marker) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()
    assert list((tmp_path / "machines").iterdir()) == []


def test_another_account_can_read_what_is_shown_whatever_the_umask_of_the_emulator(trial):
    before = os.umask(0o077)
    try:
        private = Trial(machine=trial.driver.boot(replace(SPEC, instance_id="i-private")), driver=trial.driver)
    finally:
        os.umask(before)
    unreadable = private.text(
        "find /opt/emulator -maxdepth 1 ! -perm -o+r; find /etc/hostname /etc/hosts /etc/os-release ! -perm -o+r"
    )
    assert unreadable == ""


@pytest.mark.parametrize("sandbox", ["auto", "process"])
def test_a_killed_emulator_leaves_no_process_behind_and_its_folder_can_be_removed(tmp_path, sandbox):
    marker = f"{os.getpid()}{'01' if sandbox == 'auto' else '02'}"
    program = textwrap.dedent(f"""
        import os, sys
        from pathlib import Path
        from deployer.emulator.machines.base import CommandSpec, MachineSpec
        from deployer.emulator.machines.choose import choose_driver
        driver = choose_driver(Path({str(tmp_path / "machines")!r}), {sandbox!r}, os.environ)
        machine = driver.boot(MachineSpec(instance_id="i-1", hostname="a", private_ip="172.16.0.1"))
        script = b"setsid nohup sleep {marker} >/dev/null 2>&1 & echo started"
        command = machine.start_command(CommandSpec(command_id="t", content=script))
        while command.state().running: pass
        print("ready", flush=True)
        sys.stdin.read()
    """)
    owner = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert owner.stdout.readline() == b"ready\n"
    wait_until(lambda: _sleepers(marker))
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdin.close()
    owner.stdout.close()
    wait_until(lambda: not _sleepers(marker))
    remove_leftovers(tmp_path / "machines")
    assert not (tmp_path / "machines" / "i-1").exists()


def _sleepers(marker: str) -> list[str]:
    listing = subprocess.run(["ps", "-axo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if line.strip() == f"sleep {marker}"]


def test_an_ubuntu_image_has_apt_and_no_dnf(trial):
    spec = MachineSpec(instance_id="i-ubuntu", hostname="u", private_ip="172.16.0.12", os_name="Ubuntu  22.04 64位")
    ubuntu = Trial(machine=trial.driver.boot(spec), driver=trial.driver)
    assert ubuntu.text('. /etc/os-release; echo "$ID $VERSION_ID"') == "ubuntu 22.04\n"
    assert "Complete!" in ubuntu.text("apt-get update -q && apt-get install -y tar")
    assert ubuntu.run("command -v dnf").exit_code != 0


def test_where_namespaces_are_blocked_the_driver_is_plain_processes_and_says_why(tmp_path):
    program = textwrap.dedent(f"""
        from pathlib import Path
        from deployer.emulator.machines.choose import choose_driver
        driver = choose_driver(Path({str(tmp_path / "machines")!r}))
        print(driver.info.name, driver.info.host_network, driver.info.notice)
        driver.close()
    """)
    blocked = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", blocked, "sh", sys.executable, "-c", program]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode and "unshare" in finished.stderr:
        pytest.skip(finished.stderr)
    name, host_network, notice = finished.stdout.split(" ", 2)
    assert (name, host_network) == ("process", "True")
    assert "unshare" in notice
    assert "allow" in notice
    assert notice.count("\n") == 1
