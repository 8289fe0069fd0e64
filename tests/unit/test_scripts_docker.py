"""The Docker row: settings merged with care, containers started and stopped without a PID file."""

import json
from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree, clean_scripts, run_bash

from deployer.project.scripts import make_scripts
from deployer.project.scripts.docker import ENGINE, compose_name

FUNCTIONS = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\n'
TOOLS = {"docker": 'echo "docker $*" >> "$HOME/calls"', "systemctl": 'echo "systemctl $*" >> "$HOME/calls"'}


def _merge(path: Path, before: str | None) -> list[str]:
    if before is not None:
        (path / "daemon.json").write_text(before)
    (path / "calls").unlink(missing_ok=True)
    done = run_bash(
        path,
        FUNCTIONS + ENGINE,
        TOOLS,
        APP_DAEMON_JSON=str(path / "daemon.json"),
        APP_REGISTRY_MIRRORS="https://a https://b",
    )
    assert done.returncode == 0, done.stdout
    return [line for line in (path / "calls").read_text().split("\n") if line.startswith("systemctl")]


@pytest.mark.parametrize(
    ("before", "after", "restarted"),
    [
        (None, {"registry-mirrors": ["https://a", "https://b"]}, True),
        ("", {"registry-mirrors": ["https://a", "https://b"]}, True),
        ('{"log-driver": "local"}', {"log-driver": "local", "registry-mirrors": ["https://a", "https://b"]}, True),
        ('{"registry-mirrors": ["https://z", "https://b"]}', {"registry-mirrors": ["https://z", "https://b", "https://a"]}, True),
        ('{"registry-mirrors": ["https://b", "https://a"]}', {"registry-mirrors": ["https://b", "https://a"]}, False),
    ],
)  # fmt: skip
def test_mirrors_are_added_and_the_engine_restarts_only_then(
    tmp_path: Path,
    before: str | None,
    after: dict[str, object],
    restarted: bool,  # noqa: FBT001  (a table)
) -> None:
    calls = _merge(tmp_path, before)
    assert json.loads((tmp_path / "daemon.json").read_text()) == after
    assert calls == ["systemctl restart docker" if restarted else "systemctl start docker"]
    assert (tmp_path / "daemon.json.before-deployer").exists() is (restarted and before is not None)
    assert _merge(tmp_path, None) == ["systemctl start docker"]


@pytest.mark.parametrize("broken", ["{,", "[]"])
def test_settings_that_cannot_be_read_are_left_alone(tmp_path: Path, broken: str) -> None:
    assert _merge(tmp_path, broken) == ["systemctl start docker"]
    assert (tmp_path / "daemon.json").read_text() == broken


def test_compose_is_brought_up_and_taken_down_without_a_pid_file(tmp_path: Path) -> None:
    scripts = clean_scripts(tmp_path, analyze_example("docker_compose"))
    assert "nohup" not in scripts.start
    places = {"DEPLOYER_RELEASE_DIR": str(tmp_path), "DEPLOYER_RELEASE_ID": "r1", "DEPLOYER_LOG": str(tmp_path / "log"),
              "DEPLOYER_PID_FILE": str(tmp_path / "pid"), "APP_DAEMON_JSON": str(tmp_path / "daemon.json")}  # fmt: skip
    done = run_bash(tmp_path, scripts.start, TOOLS, **places)
    assert done.returncode == 0, done.stdout
    assert "docker compose up -d --build --remove-orphans" in (tmp_path / "calls").read_text()
    assert run_bash(tmp_path, scripts.stop, TOOLS, **places).returncode == 0
    assert "docker compose -p docker_compose down --timeout 3" in (tmp_path / "calls").read_text()
    assert not (tmp_path / "pid").exists()


def test_a_failing_compose_is_a_failing_start(tmp_path: Path) -> None:
    start = make_scripts(analyze_example("docker_compose"), "shop", 8088).start
    tools = {**TOOLS, "docker": '[ "$2" != up ]'}
    places = {"DEPLOYER_RELEASE_DIR": str(tmp_path), "DEPLOYER_RELEASE_ID": "r1", "DEPLOYER_LOG": str(tmp_path / "log"),
              "DEPLOYER_PID_FILE": str(tmp_path / "pid"), "APP_DAEMON_JSON": str(tmp_path / "daemon.json")}  # fmt: skip
    assert run_bash(tmp_path, start, tools, **places).returncode == 1


def test_a_container_takes_the_place_of_the_one_before_on_the_port_asked_for(tmp_path: Path) -> None:
    analysis = analyze_tree(tmp_path / "tool", {"Dockerfile": "FROM alpine\nEXPOSE 7000\n"})
    clean_scripts(tmp_path, analysis)
    start = make_scripts(analysis, "Shop", 9000).start
    assert "APP_COMPOSE_NAME=shop" in start
    assert 'docker run -d --name "$APP_COMPOSE_NAME" --restart unless-stopped -p "$APP_PORT":7000 tool' in start
    assert start.index("docker build -t tool .") < start.index('docker rm -f "$APP_COMPOSE_NAME"')


@pytest.mark.parametrize(
    ("name", "expected"), [("Shop", "shop"), ("-x", "x"), ("a b", "a-b"), ("$(id)", "id-"), ("中", "app")]
)
def test_a_compose_name_is_one_compose_takes(name: str, expected: str) -> None:
    assert compose_name(name) == expected
