"""`deployer demo`, and `--local` as a newcomer types it: a background cloud of its own, up, used, and gone again."""

import os
import shlex
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloud_lab import CloudLab, Project, Result

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("demo")]  # the longest of all: groups are begun first


class Newcomer:
    """A person without an account, whose home folder has what the machine's own user has for pip."""

    def __init__(self, lab: CloudLab, folder: Path) -> None:
        self._lab = lab
        self.folder = folder
        folder.mkdir()
        hidden = dict.fromkeys(lab.environment)
        kept = {name: value for name, value in os.environ.items() if name == "HOME" or name.startswith("PIP_")}
        self._env = {**hidden, **kept, "XDG_STATE_HOME": str(folder), "DEPLOYER_CACHE_DIR": str(folder / "cache")}

    def run(self, *arguments: str | Path) -> Result:
        return self._lab.run_cli(*arguments, cwd=self.folder, env=self._env)

    @property
    def state(self) -> Path:
        return self.folder / "deployer" / "local"


@pytest.fixture
def newcomer(lab: CloudLab, tmp_path: Path) -> Iterator[Newcomer]:
    person = Newcomer(lab, tmp_path / "newcomer")
    yield person
    person.run("local", "down")


def fetch(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as response:
        return response.read().decode()


def test_the_demo_deploys_a_real_flask_application(newcomer: Newcomer) -> None:
    """M154: checked, detected, priced, packed, uploaded, started, verified and reachable on 127.0.0.1."""
    result = newcomer.run("demo", "--output", "json")

    data = result.data
    assert data["status"] == "deployed"
    assert data["verified"] is True
    (url,) = data["local_urls"]
    assert url.startswith("http://127.0.0.1:")
    assert data["answers"] == {url: 200}
    page = fetch(url)
    assert "It runs." in page
    assert data["release_id"] in page
    analysis = next(line for line in result.lines if line.get("event") == "analysis.finished")
    assert (analysis["framework"], analysis["source"]) == ("flask", "readme")
    assert [item["number"] for item in data["self_check"]] == ["0", "1", "2", "3", "4", "5", "5.5", "6", "7", "8"]
    assert all(item["done"] and item["proof"] for item in data["self_check"])
    for command in data["next"]:  # M142: what is suggested works as it stands
        words = shlex.split(command)[1:]
        words += ["--dry-run"] if words[0] == "delete" else []
        assert newcomer.run(*words).exit_code == 0, command

    down = newcomer.run("demo", "--down", "--output", "json")
    assert down.data == {"stopped": True}
    assert not newcomer.state.exists()
    with pytest.raises(OSError, match="refused"):
        fetch(url)


def test_the_local_cloud_starts_on_first_use_and_keeps_what_was_deployed(newcomer: Newcomer, tmp_path: Path) -> None:
    project = Project(path=tmp_path / "shop", name="shop").write("local and real")

    text = newcomer.run("deploy", project.path, "--local", "--yes")
    assert text.exit_code == 0, text.stderr
    assert "9/9" in text.stderr
    status = newcomer.run("local", "status", "--output", "json").data
    (address,) = status["addresses"]
    assert fetch(address["local_url"]) == "local and real"
    assert address["instance_id"] in text.stdout
    assert newcomer.run("local", "down", "--output", "json").data == {"stopped": True}
    assert not newcomer.state.exists()
