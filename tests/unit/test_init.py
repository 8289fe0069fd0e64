"""`init` as a person or a program uses it: flags, one JSON object, what is written and what is kept."""

import json
from pathlib import Path

import pytest
import yaml

from deployer.api import Deployer
from deployer.cli.main import run
from deployer.errors.config import ConfigInvalid

FLAGS = ("--non-interactive", "--region", "cn-hangzhou", "--ecs", "new")
WHOLE = {
    "metadata": {"name": "shop", "type": "app", "groupName": "default-cn-beijing", "regionId": "cn-beijing"},
    "common": {
        "deployment": {"instanceId": "i-bp1a2b3c4d5e6f7g8h9i", "port": 8080},
        "scripts": {"start": "#!/bin/bash\necho 你好\n", "stop": "#!/bin/bash\nkill 1\n"},
    },
    "deployer": {"env": {"ON": "yes"}, "ignore": ["*.md"]},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    monkeypatch.chdir(tmp_path)
    for name in ("DEPLOYER_REGION", "DEPLOYER_LOCAL", "DASHSCOPE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    """The last JSON line of a command."""
    run([*arguments, "--output", "json"])
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_one_json_object_is_the_whole_configuration(project: Path, capsys, monkeypatch) -> None:
    """M55, M57, M66: what goes in stands in the file, as the original tool would read it."""
    answer = call(capsys, "init", "--from-json", json.dumps(WHOLE))
    written = Path(answer["data"]["config"]).read_text(encoding="utf-8")
    assert yaml.safe_load(written) == WHOLE
    assert "start: |\n" in written
    assert "你好" in written
    assert call(capsys, "config", "validate")["data"]["valid"] is True


def test_flags_beside_a_json_object_are_refused(project: Path, capsys) -> None:
    answer = call(capsys, "init", "--from-json", json.dumps(WHOLE), "--name", "other")
    assert (answer["exit_code"], answer["message"].count("`--name`")) == (64, 1)
    assert not (project / ".appmanager").exists()


def test_what_was_there_is_kept_and_the_next_commands_fit(project: Path, capsys) -> None:
    """M59: nothing is overwritten without a copy."""
    first = call(capsys, "init", *FLAGS)["data"]
    Path(first["config"]).write_text("# by hand\nmetadata: {name: mine}\n")
    second = call(capsys, "init", *FLAGS)["data"]
    assert Path(second["backup"]).read_text() == "# by hand\nmetadata: {name: mine}\n"
    assert second["next"] == ["deployer plan", "deployer deploy"]
    elsewhere = call(capsys, "init", str(project), *FLAGS, "--config", "other.yaml")["data"]
    assert elsewhere["next"][0] == f"deployer plan {project} --config other.yaml"


def test_wrong_flags_are_all_told_with_what_was_typed_and_no_file_is_named(project: Path, capsys) -> None:
    """M54, M64: the four contradictions at once."""
    flags = ("--name", "我的应用\x1b[2J", "--instance-id", "i-bp1a2b3c4d", "--api-key", "$K", "--port", "22")
    answer = call(capsys, "init", *FLAGS, *flags)
    problems = {one["path"]: one["message"] for one in answer["facts"]["problems"]}
    assert set(problems) == {
        "metadata.name", "common.deployment.instanceId", "agent.model.apiKey", "common.deployment.port"
    }  # fmt: skip
    assert "`我的应用\\x1b[2J`" in problems["metadata.name"]
    assert answer["next"] == []


def test_a_directory_is_no_place_for_the_file(project: Path, capsys) -> None:
    (project / "there").mkdir()
    answer = call(capsys, "init", *FLAGS, "--config", "there")
    assert (answer["code"], answer["facts"]["reason"]) == ("config.not_written", "it is a directory")


def test_a_command_starts_what_nothing_else_says_how_to_start(project: Path, capsys) -> None:
    """B45: the way out is a flag, and the script is made around the command."""
    (project / "app.py").unlink()
    (project / "requirements.txt").write_text("requests\n")
    (project / "lonely.txt").write_text("data\n")
    answer = call(capsys, "init", *FLAGS)
    assert (answer["code"], "`--start`" in answer["hint"]) == ("project.start_unknown", True)
    started = call(capsys, "init", *FLAGS, "--start", "python3 -m http.server $(id)'", "--port", "8000")
    script = yaml.safe_load(Path(started["data"]["config"]).read_text())["common"]["scripts"]["start"]
    assert "requirements.txt" in script
    assert """APP_COMMAND='exec python3 -m http.server $(id)'"'"''""" in script


def test_a_command_wins_over_the_script_of_the_file_and_a_script_is_taken_as_it_is(project: Path) -> None:
    (project / ".appmanager").mkdir()
    (project / ".appmanager" / "config.yaml").write_text(json.dumps(WHOLE))
    by_command = Deployer().configure(project, start="python app.py --verbose")
    assert "APP_COMMAND='exec python app.py --verbose'" in by_command.start_script
    assert by_command.origins["common.scripts.start"] == "--start flag"
    assert by_command.stop_script == WHOLE["common"]["scripts"]["stop"]
    whole = "#!/bin/bash\nset -e\nexec ./run\n"
    with pytest.raises(ConfigInvalid) as caught:
        Deployer().configure(project, start="  ")
    assert caught.value.problems[0].message.endswith("holds no command")
    assert Deployer().configure(project, start=whole).start_script == whole
