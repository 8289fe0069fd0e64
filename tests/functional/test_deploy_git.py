"""M2: a project that is named by a git address is planned, deployed and found unchanged as one in a folder is."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_lab import VirtualLab, virtual_lab
from git_server import GitServer

from deployer.events import Event

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
APPLICATION = "import http.server\nhttp.server.ThreadingHTTPServer(('', 8080), None).serve_forever()\n"


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLab]:
    with virtual_lab(tmp_path / "cloud") as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        yield lab


def test_a_commit_is_deployed_once_and_recorded(
    cloud: VirtualLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = GitServer(tmp_path)
    commit = server.commit({"shop/server.py": APPLICATION, "README.md": "elsewhere\n"}, tag="v1")
    monkeypatch.setenv("GIT_SSH_COMMAND", server.environ["GIT_SSH_COMMAND"])
    address = f"{server.url}@v1#shop"
    flags = ("--region", "cn-hangzhou", "--ecs", "new", "--output", "json", "--non-interactive")

    first, again = (cloud.call_cli("plan", address, *flags).data for _ in range(2))
    events: list[Event] = []
    report = cloud.deploy(address, on_event=events.append, region="cn-hangzhou", ecs="new")
    unchanged = cloud.deploy(address, region="cn-hangzhou", ecs="new")

    assert [event.type for event in events[:3]] == ["run.started", "step.started", "source.fetched"]
    assert first["plan_id"] == again["plan_id"]
    assert [one["path"] for one in first["package"]["largest"]] == ["server.py"]
    assert first["next"] == [
        f"deployer deploy {address!r} --region cn-hangzhou --ecs new --approve {first['plan_id']} --confirm price"
    ]
    assert (report.application_name, unchanged.status) == ("shop", "unchanged")
    releases = cloud.call_cli("releases", "--name", "shop", "--region", "cn-hangzhou", "--output", "json").data
    assert commit in str(releases)
    assert not list((cloud.folder / "cache" / "runs").iterdir())
