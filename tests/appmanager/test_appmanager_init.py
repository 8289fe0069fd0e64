"""`init` by the CLI: its own file, with our values set in it."""

from pathlib import Path

import pytest
import yaml
from appmanager_lab import AppmanagerLab
from cloud_lab import REGION
from fake_aliyun import error_line, says

from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.backends.appmanager.drafting import draft_config
from deployer.errors.appmanager import AppmanagerFailed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "fresh"
    path.mkdir()
    (path / "app.py").write_text("import http.server\nhttp.server.test(port=8080)\n")
    return path


def test_the_tool_writes_the_file_and_our_values_are_set_in_it(lab: AppmanagerLab, folder: Path) -> None:
    """M53, M57: what the tool wrote beside them stays, as its comments do."""
    written = lab.by("appmanager").init(folder, name="fresh", region=REGION, ecs="new", port=8080, env=("GREETING=hi",))
    (call,) = lab.calls
    assert call.words == (
        *("appmanager", "init", "--non-interactive", "--name", "fresh", "--type", "app"),
        *("--region", REGION, "--port", "8080", "--output", "json"),
    )
    text = written.path.read_text()
    assert text.startswith("# written by the tool\n")
    config = yaml.safe_load(text)
    assert config["metadata"] == {"name": "fresh", "type": "app", "groupName": f"default-{REGION}", "regionId": REGION}
    assert "app.py" in config["common"]["scripts"]["start"]
    assert config["deployer"]["env"] == {"GREETING": "hi"}
    assert [path.name for path in (folder / ".appmanager").iterdir()] == ["config.yaml"]
    assert lab.by("appmanager").configure(folder).application_name == "fresh"
    again = lab.by("appmanager").init(
        folder, name="fresh", region=REGION, ecs="existing", instance_id="i-abcdefgh12345678"
    )
    assert again.backup_path is not None
    assert again.backup_path.read_text() == text
    assert lab.calls[-1].flags["instance-id"] == "i-abcdefgh12345678"
    assert lab.calls[-1].flags["ecs"] == "existing"


def test_it_needs_no_account(lab: AppmanagerLab, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_ID")
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
    lab.by("appmanager").init(folder, name="fresh", region=REGION, ecs="new")
    assert not [name for name in lab.calls[-1].environ if "ACCESS_KEY" in name]


def test_a_key_is_named_on_the_command_line_never_given(lab: AppmanagerLab) -> None:
    """D17, M54: an agent takes no port."""
    cli = AppmanagerCli(lab.session, REGION, lab.process_environment)
    values = {
        "metadata.name": "helper",
        "metadata.type": "agent",
        "metadata.regionId": REGION,
        "common.deployment.port": 8080,
        "agent.model.name": "qwen3.6-plus",
        "agent.model.apiKey": "${DASHSCOPE_API_KEY}",
    }
    draft_config(cli, values)
    assert lab.calls[-1].flags["api-key"] == "${DASHSCOPE_API_KEY}"
    assert "port" not in lab.calls[-1].flags
    draft_config(cli, {**values, "agent.model.apiKey": "sk-canary"})
    assert "sk-canary" not in lab.calls[-1].words


def test_a_tool_that_writes_nothing_leaves_everything_as_it_was(lab: AppmanagerLab, folder: Path) -> None:
    lab.aliyun.interfere("init", says('{"type":"result","status":"success"}'))
    with pytest.raises(AppmanagerFailed, match=r"wrote no `.appmanager/config.yaml`"):
        lab.by("appmanager").init(folder, name="fresh", region=REGION, ecs="new")
    lab.aliyun.interfere("init", says(error_line("the name is taken"), exit_code=1))
    with pytest.raises(AppmanagerFailed, match="the name is taken"):
        lab.by("appmanager").init(folder, name="fresh", region=REGION, ecs="new")
    assert not (folder / ".appmanager").exists()
