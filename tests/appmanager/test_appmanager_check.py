"""`check` for the CLI: what is there, which one is run, and how to get a newer one on this kind of machine."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from appmanager_lab import AppmanagerLab
from fake_aliyun import call_words

from deployer.backends.appmanager import checking
from deployer.backends.appmanager.checking import check_cli, check_plugin, find_host, find_programs
from deployer.backends.appmanager.guidance import Host, archive_url, cli_guidance, plugin_guidance
from deployer.backends.base import Check

LINUX = Host(
    system="linux",
    machine="x86_64",
    home=Path("/home/me"),
    shell="/bin/bash",
    by_homebrew=False,
    is_root=False,
    has_sudo=True,
)


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a shell script that can be run."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'first'}:{tmp_path / 'second'}:/usr/bin:/bin"}


def found(environ: Mapping[str, str]) -> dict[str, Check]:
    return {finding.id: finding for finding in check_cli(environ)}


@pytest.mark.parametrize(
    ("printed", "ok"),
    [
        ("3.3.19", True),
        ("3.3.4", False),
        ("3.3.20", True),
        ("3.10.0", True),
        ("4.0", True),
        ("Alibaba Cloud CLI 3.3.18-beta", False),
        ("who knows", False),
    ],
)
def test_versions_are_compared_by_their_numbers(put, home, printed: str, *, ok: bool) -> None:
    """M11."""
    put("first/aliyun", f'[ "$*" = version ] && echo "{printed}"')
    assert found(home)["aliyun-cli"].ok is ok


def test_a_missing_tool_may_be_installed_at_once_and_an_old_one_is_asked_about(put, home) -> None:
    """M13."""
    missing = found(home)["aliyun-cli"]
    assert missing.ok is False
    assert missing.guidance
    assert all(way.auto_ok and not way.needs_consent for way in missing.guidance)
    put("first/aliyun", "echo 3.3.4")
    old = found(home)["aliyun-cli"]
    assert "3.3.4" in old.detail
    assert "3.3.19 is needed" in old.detail
    assert all(way.needs_consent and not way.auto_ok for way in old.guidance)
    assert old.fix == old.guidance[0].command
    assert "ASK the user" in (old.ask or "")


def test_a_tool_that_fails_or_hangs_when_asked_is_not_believed(put, home, monkeypatch) -> None:
    monkeypatch.setattr(checking, "LOOK_SECONDS", 0.2)
    put("first/aliyun", "echo 3.3.19; exit 3")
    assert found(home)["aliyun-cli"].ok is False
    put("first/aliyun", "echo 3.3.19; exec sleep 5")
    assert found(home)["aliyun-cli"].ok is False


def test_several_on_the_path_are_all_named_and_the_first_one_counts(put, home, tmp_path: Path) -> None:
    """M15."""
    first, second = put("first/aliyun", "echo 3.3.4"), put("second/aliyun", "echo 3.3.19")
    findings = found(home)
    assert findings["aliyun-cli"].ok is False
    assert findings["aliyun-path"].ok is None
    assert findings["aliyun-path"].detail == f"{first} is run; it shadows {second}"
    second.unlink()
    second.symlink_to(first)
    assert find_programs(home) == (first,)
    assert "aliyun-path" not in found(home)
    first.chmod(0o644)
    assert find_programs(home) == ()


@pytest.mark.parametrize(
    ("python", "ok", "detail"),
    [
        ("echo 1.1.1", True, "1.1.1"),
        ("echo 1.2", True, "1.2"),
        ("echo 1.0.9", False, "1.0.9, 1.1.1 is needed"),
        ("exit 1", False, "its environment is broken"),
        (None, False, "its environment is broken"),
    ],
)
def test_the_plugin_is_asked_in_its_own_environment(put, home, tmp_path, python, ok, detail: str) -> None:
    """M12."""
    (tmp_path / ".aliyun" / "appmanager-venv").mkdir(parents=True)
    if python is not None:
        put(".aliyun/appmanager-venv/bin/python", python)
    finding = found(home)["appmanager-cli"]
    assert (finding.ok, finding.detail) == (ok, detail)
    if not ok:
        assert finding.fix == "rm -rf ~/.aliyun/appmanager-venv"
        assert [(way.auto_ok, way.needs_consent) for way in finding.guidance] == [(False, True)]


def test_a_plugin_that_is_not_there_yet_is_only_a_warning(home) -> None:
    finding = found(home)["appmanager-cli"]
    assert finding.ok is None
    assert finding.fix is None


def test_the_upgrade_goes_the_way_that_will_not_be_shadowed() -> None:
    """M14: Homebrew, then /usr/local/bin, then ~/bin."""
    brewed = cli_guidance(replace(LINUX, system="darwin", by_homebrew=True), "3.3.4")
    assert [way.command for way in brewed] == ["brew upgrade aliyun-cli"]
    system, own = cli_guidance(LINUX, "3.3.4")
    assert "| sudo tar xz -C /usr/local/bin" in system.command
    assert own.command.endswith("echo 'export PATH=\"$HOME/bin:$PATH\"' >> ~/.bashrc")
    (alone,) = cli_guidance(replace(LINUX, has_sudo=False, shell="/usr/bin/zsh"), "3.3.4")
    assert alone.command.startswith("mkdir -p ~/bin && curl")
    assert alone.command.endswith(">> ~/.zshrc")
    as_root = cli_guidance(replace(LINUX, is_root=True, has_sudo=False), None)[0]
    assert "| tar xz -C /usr/local/bin" in as_root.command


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "aliyun-cli-linux-latest-amd64.tgz"),
        ("linux", "aarch64", "aliyun-cli-linux-latest-arm64.tgz"),
        ("darwin", "x86_64", "aliyun-cli-macosx-latest-amd64.tgz"),
        ("darwin", "arm64", "aliyun-cli-macosx-latest-arm64.tgz"),
        ("windows", "AMD64", "aliyun-cli-windows-latest-amd64.zip"),
    ],
)
def test_each_system_and_processor_has_its_archive(system: str, machine: str, name: str) -> None:
    """M16."""
    host = replace(LINUX, system=system, machine=machine)
    assert archive_url(host) == f"https://aliyun-cli.oss-cn-hangzhou.aliyuncs.com/{name}"
    fetching = [way.command for way in cli_guidance(host, None) if name in way.command]
    assert fetching
    limits = ("--connect-timeout 30", "--max-time 120") if system != "windows" else ("-TimeoutSec 120",)
    assert all(limit in command for command in fetching for limit in limits)


def test_windows_is_told_in_its_own_words(put, tmp_path: Path) -> None:
    """M17."""
    host = replace(LINUX, system="windows", home=tmp_path)
    powershell, scoop, choco = cli_guidance(host, None)
    assert "Expand-Archive" in powershell.command
    assert "'User')" in powershell.command
    assert "open a new terminal" in powershell.note
    assert (scoop.command, choco.command) == ("scoop install aliyun", "choco install aliyun-cli")
    assert "Remove-Item -Recurse -Force" in plugin_guidance(host)[0].command
    put(".aliyun/appmanager-venv/Scripts/python.exe", "echo 1.1.1")
    assert check_plugin(host).ok is True


def test_homebrew_is_asked_on_a_mac_alone(put, home, monkeypatch) -> None:
    put("first/brew", '[ "$*" = "list --formula" ] && echo "wget aliyun-cli zlib"')
    assert not find_host(home).by_homebrew
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert find_host(home).by_homebrew


def test_the_command_lists_everything_and_is_to_be_run_again_after_a_fix(lab: AppmanagerLab, monkeypatch) -> None:
    """M10, M18, M19, M29: the tool is asked for its version and nothing else."""
    lab.tool.version = "3.3.4"
    old = lab.call_cli("check", "--backend", "appmanager", "--output", "json")
    assert old.exit_code == 1
    data = old.last["data"]
    assert data["next"] == ["deployer check --backend appmanager"]
    (finding,) = (one for one in data["checks"] if one["id"] == "aliyun-cli")
    assert (finding["status"], finding["guidance"][0]["needs_consent"]) == ("failed", True)
    shown = lab.call_cli("check", "--backend", "appmanager", "--lang", "en").stdout
    assert all(way["command"] in shown for way in finding["guidance"])
    lab.tool.version = "3.3.19"
    good = lab.call_cli("check", "--backend", "appmanager")
    assert good.exit_code == 0
    assert "aliyun-cli: 3.3.19" in good.stdout
    assert set(call_words(lab.calls)) == {"version"}


def test_the_key_of_a_model_is_said_to_be_set_and_never_shown(lab: AppmanagerLab, monkeypatch) -> None:
    """M28."""
    missing = lab.call_cli("check", "--type", "agent", "--output", "json")
    assert missing.exit_code == 1
    assert missing.last["data"]["next"] == ["deployer check --type agent"]
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-canary-of-the-test")
    there = lab.call_cli("check", "--type", "agent", "--output", "json")
    assert there.exit_code == 0
    assert "DASHSCOPE_API_KEY is set" in json.dumps(there.last)
    assert "canary" not in there.stdout + there.stderr
