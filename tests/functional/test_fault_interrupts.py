"""The deploying process is interrupted, killed, or loses its reader: what it says, what is left, what the next run does."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cloud_lab import ROOT, CloudLab, Project

from deployer.clock import SystemClock
from deployer.cloud.oss import OssClient
from deployer.cloud.polling import Wait, wait_until
from deployer.cloud.session import Endpoints, Session
from deployer.errors.cloud import LockHeld

pytestmark = pytest.mark.sandbox
LOCK_NAME = "lock.json"


@dataclass(kw_only=True)
class Child:
    """A running command line."""

    lab: CloudLab
    process: subprocess.Popen[bytes]
    folder: Path

    def wait_for_call(self, action: str, *, nth: int = 1) -> None:
        """Return once the cloud has heard that call so often since now, answered or not."""
        wait_until(
            lambda: self._heard(action) >= nth or self.process.poll() is not None,
            bool,
            Wait(what=f"the call {action}", timeout_seconds=30, longest_pause_seconds=0.2),
            status=str,
            clock=SystemClock(),
        )
        assert self.process.poll() is None, self.stderr

    def _heard(self, action: str) -> int:
        armed = [fault for fault in self.lab.emulator.faults.described() if fault["action"] == action]
        return 0 if armed else 1

    def end_by(self, number: int) -> tuple[int, float]:
        """(exit code, seconds it took) after the signal."""
        started = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(timeout=30), time.monotonic() - started

    @property
    def stdout(self) -> str:
        return (self.folder / "out").read_text()

    @property
    def stderr(self) -> str:
        return (self.folder / "err").read_text()


@pytest.fixture
def start(lab: CloudLab, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts `deployer …` as a child; the first call of `stopping_at` is held up until the child is ended."""
    children: list[Child] = []

    def start(*arguments: str | Path, stopping_at: str | None = None) -> Child:
        if stopping_at is not None:
            lab.emulator.faults.add_described({"action": stopping_at, "kind": "timeout_before", "seconds": 2})
        folder = tmp_path / f"child{len(children)}"
        folder.mkdir()
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "deployer", *map(str, arguments)],
                env={"PATH": os.environ["PATH"], **lab.environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=lab.folder,
            )
        children.append(Child(lab=lab, process=process, folder=folder))
        return children[-1]

    yield start
    for child in children:
        if child.process.poll() is None:
            child.process.kill()
            child.process.wait()
    lab.emulator.faults.clear()


@pytest.mark.parametrize(
    ("action", "number"),
    [
        ("DescribeInstances", signal.SIGTERM),
        ("PutObject", signal.SIGINT),
        ("RunInstances", signal.SIGTERM),
        ("ListExecutions", signal.SIGINT),
    ],
)
def test_an_interrupted_deploy_says_what_is_left_and_the_same_command_goes_on(
    lab: CloudLab, make_project: Callable[..., Project], start: Callable[..., Child], action: str, number: int
) -> None:
    project = make_project(f"halted-{action.lower()}", port=8100)
    before = {kind: set(things) for kind, things in lab.existing().items() if isinstance(things, list)}
    child = start("deploy", project.path, "--yes", "--output", "json", stopping_at=action)
    child.wait_for_call(action)

    exit_code, seconds = child.end_by(number)

    assert exit_code == 130
    assert seconds < 10
    last = json.loads(child.stdout.splitlines()[-1])
    assert (last["type"], last["code"]) == ("error", "interrupted")
    assert last["exit_code"] == 130
    assert "Traceback" not in child.stderr
    assert f"{project.name}/{project.group}/{LOCK_NAME}" not in lab.existing()["objects"]
    made = {kind: set(things) - before[kind] for kind, things in lab.existing().items() if kind in before}
    left = {thing["id"] for thing in last["facts"].get("left", [])}
    assert made["instances"] <= left
    assert made["security groups"] <= left
    lab.emulator.faults.clear()

    assert lab.deployer().deploy(project.path, yes=True).status == "deployed"

    made = {kind: set(things) - before[kind] for kind, things in lab.existing().items() if kind in before}
    assert len(made["instances"]) == len(made["security groups"]) == len(made["applications"]) == 1
    assert len(made["vpcs"]) <= 1
    lab.deployer().delete(yes=True, name=project.name, group=project.group, region="cn-hangzhou")


def test_an_interruption_is_told_to_a_person_in_words(
    lab: CloudLab, make_project: Callable[..., Project], start: Callable[..., Child]
) -> None:
    project = make_project("halted-text", port=8101)
    child = start("deploy", project.path, "--yes", stopping_at="CreateApplicationGroup")
    child.wait_for_call("CreateApplicationGroup")

    assert child.end_by(signal.SIGINT)[0] == 130

    assert "run the same command again" in child.stderr
    assert "kind: instance, id: i-" in child.stderr
    assert "Traceback" not in child.stderr
    lab.deployer().delete(yes=True, name=project.name, group=project.group, region="cn-hangzhou")


@pytest.mark.parametrize("action", ["RunInstances", "ListExecutions"])
def test_a_killed_deploy_is_gone_on_with_once_its_lock_has_ended(
    lab: CloudLab, make_project: Callable[..., Project], start: Callable[..., Child], action: str
) -> None:
    """The lock's life is shortened by hand: 60 seconds are tried in virtual time elsewhere."""
    project = make_project(f"killed-{action.lower()}", port=8102)
    before = set(lab.existing()["instances"])
    child = start("deploy", project.path, "--yes", "--output", "json", stopping_at=action)
    child.wait_for_call(action)
    child.end_by(signal.SIGKILL)
    lab.emulator.faults.clear()

    with pytest.raises(LockHeld) as held:
        lab.deployer().deploy(project.path, yes=True)
    assert held.value.exit_code == 75
    assert f"process {child.process.pid}" in held.value.message
    assert 0 < held.value.facts["expires_in_seconds"] <= 60
    _end_lock(lab, project)

    assert lab.deployer().deploy(project.path, yes=True).status == "deployed"

    assert len(set(lab.existing()["instances"]) - before) == 1
    lab.deployer().delete(yes=True, name=project.name, group=project.group, region="cn-hangzhou")


def _end_lock(lab: CloudLab, project: Project) -> None:
    oss = OssClient(Session(endpoints=Endpoints(address=lab.http.endpoint)), "cn-hangzhou")
    bucket_name = oss.list_bucket_names("deployer", "artifacts")[0]
    name = f"{project.name}/{project.group}/{LOCK_NAME}"
    lock = json.loads(oss.find_bytes(bucket_name, name) or b"{}")
    oss.put_bytes(bucket_name, name, json.dumps({**lock, "expires_at": "2026-01-01T00:00:00+00:00"}).encode())


def test_of_two_deploys_of_a_group_at_once_one_runs_and_the_other_names_it(
    lab: CloudLab, make_project: Callable[..., Project], start: Callable[..., Child]
) -> None:
    project = make_project("rivals", port=8103)
    before = set(lab.existing()["instances"])
    children = [start("deploy", project.path, "--yes", "--output", "json") for _ in range(2)]

    codes = sorted(child.process.wait(timeout=60) for child in children)

    assert codes == [0, 75]
    loser = next(child for child in children if child.process.returncode == 75)
    winner = next(child for child in children if child.process.returncode == 0)
    last = json.loads(loser.stdout.splitlines()[-1])
    assert last["code"] == "transient.lock_held"
    assert f"process {winner.process.pid}" in last["facts"]["holder"]
    assert len(set(lab.existing()["instances"]) - before) == 1
    lab.deployer().delete(yes=True, name=project.name, group=project.group, region="cn-hangzhou")


def test_a_reader_that_goes_away_ends_nothing_but_the_output(
    lab: CloudLab, make_project: Callable[..., Project]
) -> None:
    project = make_project("piped", port=8104)
    command = f"{sys.executable} -m deployer detect {project.path} --output json | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        env={"PATH": os.environ["PATH"], **lab.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("stream", ["json", "text"])
def test_a_closed_stdout_is_no_defect(lab: CloudLab, make_project: Callable[..., Project], stream: str) -> None:
    project = make_project("mute", port=8105)
    done = subprocess.run(
        ["bash", "-c", f"exec {sys.executable} -m deployer plan {project.path} --output {stream} >&-"],
        env={"PATH": os.environ["PATH"], **lab.environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_a_plain_locale_shows_chinese_names_and_signs_in_no_colour(
    lab: CloudLab, make_project: Callable[..., Project], tmp_path: Path
) -> None:
    project = make_project("plain", port=8106)
    (project.path / "说明 文件.txt").write_text("你好")
    for environment in ({"LANG": "C", "LC_ALL": "C"}, {"LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}):
        result = lab.run_cli("plan", project.path, "--lang", "zh", env=environment)
        assert result.exit_code == 0, result.stderr
        assert "\x1b[" not in result.stdout + result.stderr
    machine = lab.run_cli("plan", project.path, "--lang", "zh", "--output", "json", env=environment)
    assert machine.last["type"] == "result"
