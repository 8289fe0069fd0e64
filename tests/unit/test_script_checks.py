"""The rules for scripts in the configuration: each finding at its line of the file, told by validate, plan and deploy."""

from pathlib import Path

import pytest

from deployer.cli.main import run
from deployer.config.new_file import config_reference, config_template
from deployer.errors.config import ConfigInvalid
from deployer.operations.prepare import ProjectRequest, configure, open_and_analyze
from deployer.operations.script_checks import validate_with_scripts
from deployer.project.source import Source

FILE = """\
metadata:
  name: shop
  type: app
  groupName: default-cn-hangzhou
  regionId: cn-hangzhou
common:
  deployment:
    ecsInstanceType: ecs.u1-c1m2.large
  scripts:
    start: |
START
    stop: STOP
"""
GOOD = ("#!/bin/bash", "set -e", 'cd "$DEPLOYER_RELEASE_DIR"', "setsid python3 app.py >> /root/app.log 2>&1 < /dev/null &",
        "echo $! > /root/app.pid", "sleep 3 && tail -c 8000 /root/app.log", 'kill -0 "$(cat /root/app.pid)"')  # fmt: skip
FIRST_LINE = 11  # of the start script in the file


def _write(path: Path, *start: str, stop: str = '"#!/bin/bash\\ntrue"') -> Path:
    config = path / ".appmanager" / "config.yaml"
    config.parent.mkdir()
    (path / "app.py").write_text("print(1)\n")
    script = "\n".join(f"      {line}" for line in start or GOOD)
    config.write_text(FILE.replace("START", script).replace("STOP", stop))
    return config


def _notices(path: Path, *, own_runner: bool = True) -> tuple[str, ...]:
    request = ProjectRequest(source=lambda: Source(path=path), own_runner=own_runner)
    return configure(request, *open_and_analyze(request)).notices[1:]  # the first one says that the file is reused


@pytest.mark.parametrize("whole", [False, True])
def test_the_files_we_show_keep_the_rules(tmp_path: Path, *, whole: bool) -> None:
    (tmp_path / "config.yaml").write_text(config_reference() if whole else config_template())
    problems = validate_with_scripts(tmp_path / "config.yaml")
    assert [problem.message for problem in problems if problem.code.startswith("script.")] == []


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    assert validate_with_scripts(_write(tmp_path)) == ()
    assert _notices(tmp_path) == ()


def test_validate_names_line_rule_and_fix_of_what_is_wrong_in_a_script(tmp_path: Path) -> None:
    config = _write(tmp_path, *GOOD, "", ": > /root/app.log")
    [problem] = validate_with_scripts(config)
    assert problem.line == FIRST_LINE + len(GOOD) + 1
    assert config.read_text().split("\n")[problem.line - 1].strip() == ": > /root/app.log"
    assert (problem.code, problem.path, problem.severity) == (
        "script.log-overwritten",
        "common.scripts.start",
        "warning",
    )
    assert problem.hint == "append with `>>`"
    assert f"line {len(GOOD) + 2} of the script" in problem.message


def test_a_script_in_quotes_is_placed_at_its_key(tmp_path: Path) -> None:
    config = _write(tmp_path, stop='"#!/bin/bash\\n\\nexit 1"')
    [problem] = validate_with_scripts(config)
    assert (problem.code, problem.severity) == ("script.stop-exit", "error")
    assert config.read_text().split("\n")[(problem.line or 0) - 1].strip().startswith("stop:")
    assert "line 3 of the script" in problem.message


def test_a_secret_in_the_line_is_not_shown(tmp_path: Path) -> None:
    config = _write(tmp_path, *GOOD, "export ACCESS_KEY_SECRET=abcdefghijklmnopqrstuvwxyz1234; : > /root/app.log")
    shown = [problem.source or "" for problem in validate_with_scripts(config) if problem.code.startswith("script.")]
    assert shown
    assert all("abcdefghij" not in source for source in shown)


def test_what_the_schema_has_told_is_not_told_twice(tmp_path: Path) -> None:
    problems = validate_with_scripts(_write(tmp_path, stop='"#!/usr/bin/python3\\nexit(1)"'))
    assert [problem.path for problem in problems] == ["common.scripts.stop"]


def test_a_file_that_is_no_yaml_is_told_as_before(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("a: [")
    assert [problem.code for problem in validate_with_scripts(tmp_path / "config.yaml")] == ["syntax"]


@pytest.mark.parametrize(("language", "words"), [("en", ("hint: ", "is valid")), ("zh", ("建议: ", "有效"))])
def test_the_command_shows_warnings_beside_errors_in_the_users_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, words: tuple[str, str]
) -> None:
    config = _write(tmp_path, *GOOD, ": > /root/app.log")
    assert run(["config", "validate", "--config", str(config), "--lang", language]) == 0
    assert all(word in capsys.readouterr().out for word in words[1:])
    config.write_text(config.read_text().replace("set -e", "if true; then"))
    assert run(["config", "validate", "--config", str(config), "--lang", language]) == 65
    shown = capsys.readouterr()
    assert "[log-overwritten]" in shown.out
    assert "[syntax]" in shown.err
    assert words[0] in shown.out


def test_a_deploy_tells_what_the_runner_cannot_make_good(tmp_path: Path) -> None:
    _write(tmp_path, *GOOD, "rm -rf $CACHE", stop='"#!/bin/bash\\nkill -9 $(cat /root/app.pid)\\nexit 0"')
    assert _notices(tmp_path) == (
        f"line {len(GOOD) + 1} of the start script: `rm -r $CACHE` is not guarded [unguarded-rm]",
    )


@pytest.mark.parametrize(("region", "told"), [("cn-hangzhou", 1), ("cn-hongkong", 0), ("eu-central-1", 0)])
def test_a_host_far_from_the_mainland_is_told_of_there(tmp_path: Path, region: str, told: int) -> None:
    config = _write(tmp_path, *GOOD, "git clone https://github.com/a/b")
    config.write_text(config.read_text().replace("cn-hangzhou", region))
    assert len([one for one in _notices(tmp_path) if "far-host" in one]) == told


def test_another_backend_is_told_all_and_refuses_what_it_cannot_run(tmp_path: Path) -> None:
    _write(tmp_path, stop='"#!/bin/bash\\nkill -9 $(cat /root/app.pid)"')
    assert [notice.rpartition("[")[2] for notice in _notices(tmp_path, own_runner=False)] == [
        "kills-one-process]", "trusts-pid-file]",
    ]  # fmt: skip
    (tmp_path / "other").mkdir()
    _write(tmp_path / "other", stop='"#!/bin/bash\\nexit 0"')
    assert _notices(tmp_path / "other") == ()
    with pytest.raises(ConfigInvalid, match="ends the start script"):
        _notices(tmp_path / "other", own_runner=False)


def test_a_script_bash_cannot_read_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    config = _write(tmp_path, *GOOD, "if true; then")
    with pytest.raises(ConfigInvalid) as caught:
        _notices(tmp_path)
    [problem] = caught.value.problems
    assert (problem.code, problem.line) == ("script.syntax", FIRST_LINE + len(GOOD))
    assert config.read_text().split("\n")[(problem.line or 0) - 1].strip() == "if true; then"


def test_scripts_are_rewritten_to_mirrors_where_the_user_says_so_and_only_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (
        "# https://pypi.org/simple is far",
        "pip install -i https://pypi.org/simple flask",
        "git clone -q https://github.com/a/b",
    )
    config = _write(
        tmp_path, *GOOD[:3], *lines, *GOOD[3:], stop='"#!/bin/bash\\ncurl -m 9 https://registry.npmjs.org/x"'
    )
    before = config.read_text()
    proposed = [one.hint or "" for one in validate_with_scripts(config) if one.code == "script.far-host"]
    assert proposed[0] == (
        "write `https://mirrors.aliyun.com/pypi/simple` for `https://pypi.org/simple`: `deployer config validate --use-mirrors` does"
    )
    assert "put a copy into the project" in proposed[1]
    assert run(["config", "validate", "--config", str(config)]) == 0
    assert config.read_text() == before
    assert run(["config", "validate", "--use-mirrors", "--config", str(config)]) == 0
    assert "- pip install -i https://pypi.org/simple flask\n+ pip install -i https://mirrors" in capsys.readouterr().out
    wanted = before.replace("-i https://pypi.org/simple", "-i https://mirrors.aliyun.com/pypi/simple")
    assert config.read_text().startswith(wanted.partition("    stop:")[0])
    assert config.read_text().endswith("curl -m 9 https://registry.npmmirror.com/x\n")
    assert [
        one.message for one in validate_with_scripts(config) if "github" not in one.message and "far-host" in one.code
    ] == []
