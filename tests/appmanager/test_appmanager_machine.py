"""The CLI on a machine that really runs what it is given: generated scripts, without a runner around them."""

from pathlib import Path

import pytest
from cloud_lab import REGION, WEB, CloudLab, apply_environment
from fake_aliyun import FakeAliyun, path_with
from fake_appmanager import FakeAppmanager

from deployer.api import Deployer
from deployer.clock import SystemClock

pytestmark = pytest.mark.sandbox


def test_generated_scripts_start_the_application_when_the_tool_runs_them_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M115, M128, M157: made for the default backend, they unpack and start it without a runner, too."""
    project = tmp_path / "either"
    project.mkdir()
    (project / "main.py").write_text(WEB.format(greeting="by the tool"))
    (project / "README.md").write_text("# Run\n\n```sh\npython3 main.py\n```\n")
    lab = CloudLab(tmp_path / "cloud")
    aliyun = FakeAliyun(tmp_path / "tool", FakeAppmanager(SystemClock()))
    try:
        if lab.emulator.context.driver.info.name != "namespaces":
            pytest.skip(f"needs machines of their own: {lab.emulator.context.driver.info.notice}")
        apply_environment(monkeypatch, {**lab.environment, "PATH": path_with(aliyun.bin)})
        by_tool = Deployer(backend="appmanager")
        report = by_tool.deploy(project, region=REGION, ecs="new", port=8080, yes=True)
        (instance_id,) = report.instance_ids
        assert lab.ask(instance_id) == "by the tool"
        (found,) = by_tool.verify(project, region=REGION).instances
        assert (found.verdict, found.log_source) == ("running", "cloud-assistant")
        assert "serving by the tool" in found.log
    finally:
        aliyun.close()
        lab.close()
    assert {path.name for path in project.iterdir()} == {"README.md", "main.py"}
