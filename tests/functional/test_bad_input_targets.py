"""Regions, instances and project folders that cannot be used: refused before anything is made, each with its reason."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cloud_lab import REGION, ROOT, CloudLab, Project, Result
from fault_lab import VirtualLab, virtual_lab

from deployer.api import Deployer
from deployer.emulator.services.ecs.instances import InstanceStatus
from deployer.errors.base import DeployerError


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLab]:
    with virtual_lab(tmp_path / "cloud") as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        yield lab


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(path=tmp_path / "shop", name="shop").write()


def refuse(cloud: VirtualLab, path: Path, **flags: object) -> DeployerError:
    """The error of a deploy that is refused without one changing call."""
    with cloud.recording() as recording, pytest.raises(DeployerError) as caught:
        cloud.deploy(path, **flags)
    assert not recording.changing
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("region", "code", "exit_code", "words"),
    [
        ("cn-hangzou", "config.invalid", 65, "did you mean `cn-hangzhou`"),
        ("cn-hangzhou-b", "config.invalid", 65, "is a zone"),
        ("China (Hangzhou)", "config.invalid", 65, "cn-hangzhou"),
        ("cn-nanjing", "cloud.region_unknown", 69, "cn-shanghai"),
        ("ap-southeast-99", "cloud.region_unknown", 69, "not open to this account"),
    ],
)
def test_a_wrong_region_is_named_with_the_right_ones(
    cloud: VirtualLab, tmp_path: Path, region: str, code: str, exit_code: int, words: str
) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "app.py").write_text("import http.server\nhttp.server.HTTPServer(('', 8000), None)\n")

    error = refuse(cloud, tmp_path / "plain", region=region, ecs="new")

    assert (error.code, error.exit_code) == (code, exit_code)
    assert words in str(error.as_dict())


def existing(shop: Project, instance_id: str) -> Project:
    shop.deployment = {"instanceId": instance_id}
    return shop.write_config()


def made_instance(cloud: VirtualLab, tmp_path: Path) -> str:
    cloud.deploy(Project(path=tmp_path / "host", name="host").write().path)
    return cloud.existing()["instances"][0]


def test_an_instance_that_does_not_exist_is_named_with_its_region(cloud: VirtualLab, shop: Project) -> None:
    error = refuse(cloud, existing(shop, "i-bp1nothere000000000a").path)
    assert (error.code, error.exit_code) == ("target.instance_not_found", 69)
    assert REGION in error.message


def test_a_missing_instance_id_is_asked_for(cloud: VirtualLab, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "app.py").write_text("import http.server\nhttp.server.HTTPServer(('', 8000), None)\n")
    error = refuse(cloud, tmp_path / "plain", region=REGION, ecs="existing")
    assert (error.code, error.exit_code) == ("decision.answers_needed", 3)
    assert "--instance-id" in str(error.as_dict())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: setattr(one, "status", InstanceStatus.STOPPED), "it is Stopped"),
        (lambda one: setattr(one, "image", replace(one.image, os_type="windows")), "Linux"),
        (lambda one: setattr(one, "agent_installed", False), "Cloud Assistant"),
    ],
    ids=["stopped", "windows", "no agent"],
)
def test_an_instance_that_cannot_take_a_release_is_refused_with_the_reason(
    cloud: VirtualLab, shop: Project, tmp_path: Path, change: Callable[[Any], None], words: str
) -> None:
    instance_id = made_instance(cloud, tmp_path)
    change(cloud.emulator.services.ecs_state.get_instance(instance_id, None))

    error = refuse(cloud, existing(shop, instance_id).path)

    assert (error.code, error.exit_code) == ("target.instance_unfit", 69)
    assert words in error.message + str(error.hint)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda folder: folder / "missing", "project.missing"),
        (lambda folder: (folder / "empty").mkdir() or folder / "empty", "project.empty"),
        (lambda folder: (folder / "file").write_text("x") and folder / "file", "project.not_a_directory"),
        (lambda _folder: Path("/"), "project.is_root"),
    ],
    ids=["missing", "empty", "a file", "root"],
)
def test_a_folder_that_is_no_project_is_refused(
    cloud: VirtualLab, tmp_path: Path, make: Callable[[Path], Path], code: str
) -> None:
    error = refuse(cloud, make(tmp_path), region=REGION, ecs="new")
    assert (error.code, error.exit_code) == (code, 65)


def test_a_home_directory_is_no_project(
    cloud: VirtualLab, tmp_path: Path, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(shop.path))
    assert refuse(cloud, shop.path).code == "project.is_home"


def test_a_file_that_cannot_be_read_is_listed(
    session_lab: CloudLab, tmp_path: Path, make_project: Callable[..., Project]
) -> None:
    """Run without the right to read everything, which root has."""
    project = make_project("locked")
    (project.path / "private.txt").write_text("x")
    (project.path / "private.txt").chmod(0)
    result = _without_privileges(session_lab, project)
    if result is None:
        pytest.skip("no way to give up privileges here")
    assert result.exit_code == 65, result.stdout + result.stderr
    assert result.last["code"].startswith("project.")
    assert "private.txt" in str(result.last)


def _without_privileges(lab: CloudLab, project: Project) -> Result | None:
    if os.geteuid() != 0:
        return lab.run_cli("plan", project.path, "--output", "json")
    if shutil.which("setpriv") is None:
        return None
    command = [sys.executable, "-m", "deployer", "plan", project.path, "--output", "json"]
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command],
        env={"PATH": os.environ["PATH"], **lab.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if "setpriv" in done.stderr:
        return None
    return Result(exit_code=done.returncode, stdout=done.stdout, stderr=done.stderr)


def test_sold_out_everywhere_is_found_before_anything_is_made(cloud: VirtualLab, shop: Project) -> None:
    shop.deployment = {"ecsInstanceType": "ecs.nowhere.large"}
    error = refuse(cloud, shop.write_config().path)
    assert error.exit_code == 69
    assert "ecs.nowhere.large" in error.message


def test_flags_that_make_no_sense_are_named(cloud: VirtualLab, shop: Project) -> None:
    error = refuse(cloud, shop.path, instnce_id="i-1")
    assert (error.code, error.exit_code) == ("usage", 64)
    with pytest.raises(DeployerError, match="port"):
        Deployer(clock=cloud.clock).plan(shop.path, port="70000")
