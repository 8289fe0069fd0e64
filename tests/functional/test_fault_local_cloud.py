"""The local cloud is killed: `status` says so, `down` leaves nothing, `up` and `deploy` begin anew."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud_lab import CloudLab

from deployer.api import Deployer
from deployer.clock import SystemClock
from deployer.cloud.polling import Wait, wait_until
from deployer.local_cloud import LocalCloud


@pytest.fixture
def state_folder(lab: CloudLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A local cloud of the test's own, taken down in the end."""
    monkeypatch.setenv("DEPLOYER_STATE_DIR", str(tmp_path / "state"))
    yield tmp_path / "state"
    LocalCloud(folder=tmp_path / "state" / "local").down()


def processes_of(folder: Path) -> list[int]:
    """Processes that have the folder on their command line, as working directory or as root."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_text(errors="replace")
            places = [str((process / name).readlink()) for name in ("cwd", "root")]
        except OSError:
            continue
        if int(process.name) != os.getpid() and any(str(folder) in text for text in (words, *places)):
            found.append(int(process.name))
    return found


def kill_server(cloud: LocalCloud) -> int:
    info = cloud.up()
    os.kill(info.pid, signal.SIGKILL)
    wait_until(
        lambda: cloud.find() is None,
        bool,
        Wait(what="the end of the server", timeout_seconds=5),
        status=str,
        clock=SystemClock(),
    )
    return info.pid


def test_a_killed_local_cloud_is_gone_for_status_and_leaves_nothing_after_down(state_folder: Path) -> None:
    cloud = Deployer(local=True).local_cloud
    kill_server(cloud)

    assert cloud.find() is None
    assert cloud.addresses() == ()
    cloud.down()

    assert not state_folder.joinpath("local").exists()
    wait_until(
        lambda: processes_of(state_folder),
        lambda left: not left,
        Wait(what="the end of all processes", timeout_seconds=5),
        status=str,
        clock=SystemClock(),
    )
    assert str(state_folder) not in Path("/proc/self/mountinfo").read_text()


def test_a_killed_local_cloud_comes_up_again_and_takes_a_deploy(lab: CloudLab, state_folder: Path) -> None:
    cloud = Deployer(local=True).local_cloud
    first = kill_server(cloud)

    result = lab.run_cli("check", "--local", "--output", "json", env={"DEPLOYER_STATE_DIR": str(state_folder)})

    assert result.exit_code == 0, result.stdout
    info = cloud.find()
    assert info is not None
    assert info.pid != first
    down = lab.run_cli("local", "down", "--output", "json", env={"DEPLOYER_STATE_DIR": str(state_folder)})
    assert down.exit_code == 0
    assert not state_folder.joinpath("local").exists()
    again = lab.run_cli("local", "status", "--output", "json", env={"DEPLOYER_STATE_DIR": str(state_folder)})
    assert again.exit_code == 0
    assert not again.data["running"]
