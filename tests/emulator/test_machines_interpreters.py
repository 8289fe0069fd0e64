"""What a machine's package manager can and cannot install."""

from pathlib import Path

import pytest

from deployer.emulator.machines.base import CommandSpec, MachineSpec
from deployer.emulator.machines.interpreters import find_interpreters
from deployer.emulator.machines.namespaces import NamespaceDriver, probe


@pytest.fixture
def machine(tmp_path):
    reason = probe(tmp_path / "probe", {})
    if reason:
        pytest.skip(f"no namespaces here: {reason}")
    driver = NamespaceDriver(tmp_path / "machines", {})
    yield driver.boot(MachineSpec(instance_id="i-python", hostname="python", private_ip="192.0.2.7"))
    driver.close()


def run(machine, script):
    running = machine.start_command(CommandSpec(command_id="c-1", content=script.encode(), timeout_seconds=30))
    while (state := running.state()).running:
        pass
    return state.exit_code, state.output.decode()


@pytest.mark.assumed("the emulator's own shim stands for the image's package manager")
def test_a_python_that_is_nowhere_is_not_said_to_be_installed(machine):
    code, output = run(machine, "#!/bin/bash\ndnf install -y python3.99 python3.99-pip\n")
    assert code == 100
    assert "python3.99" in output
    assert "already installed" not in output


@pytest.mark.assumed("the emulator's own shim stands for the image's package manager")
def test_a_further_python_of_the_host_is_there_only_after_it_was_installed(machine):
    others = [
        version
        for version in find_interpreters()
        if int(version[2:]) > 9 and run(machine, f"#!/bin/bash\npython{version} -V\n")[0] == 127
    ]
    if not others:
        pytest.skip("this host has no further Python")
    version = others[0]
    code, output = run(
        machine,
        f"#!/bin/bash\ndnf install -y python{version} && python{version} -m venv /tmp/v && "
        "/tmp/v/bin/python -c 'import sys; print(sys.version)' && /tmp/v/bin/pip --version\n",
    )
    assert code == 0, output
    assert f"\n{version}." in output
    assert f"(python {version})" in output


@pytest.mark.assumed("which Pythons of the host count is the emulator's own choice")
def test_only_whole_pythons_are_found(tmp_path, monkeypatch):
    for name in ("3.30.1", "3.31.0"):
        (tmp_path / name / "bin").mkdir(parents=True)
        (tmp_path / name / "bin" / f"python{name.rpartition('.')[0]}").touch(mode=0o755)
    for part in ("venv", "ensurepip"):
        (tmp_path / "3.31.0/lib/python3.31" / part).mkdir(parents=True)
    monkeypatch.setattr("sys.base_prefix", str(tmp_path / "3.30.1"))
    monkeypatch.setenv("PATH", str(Path("/nowhere")))
    assert find_interpreters() == {"3.31": str(tmp_path / "3.31.0")}
