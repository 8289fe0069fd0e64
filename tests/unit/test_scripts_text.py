"""The generated scripts as text: clean for shellcheck and for our own rules, whatever the project."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from project_trees import run_bash

from deployer.errors.base import DeployerError
from deployer.models.analysis import ProjectAnalysis
from deployer.project.analysis import analyze
from deployer.project.lint import ScriptRole, lint_script
from deployer.project.project_dir import ProjectDir
from deployer.project.scripts import make_scripts
from deployer.project.scripts.make import executed
from deployer.project.scripts.python import accepted_minors
from deployer.project.scripts.shell import START_FUNCTIONS

PROJECTS = Path(__file__).parent.parent / "projects"


def _analysis(tree: str) -> ProjectAnalysis:
    return analyze(ProjectDir.open(PROJECTS / tree))


def test_the_scripts_of_every_example_are_clean_for_bash_shellcheck_and_our_own_rules(tmp_path: Path) -> None:
    """Shellcheck, which is slow, sees one of each package manager here; other languages have files of their own."""
    languages, kinds = set(), set()
    for tree in sorted(PROJECTS.iterdir()):
        analysis = analyze(ProjectDir.open(tree))
        if not analysis.supported:
            continue
        languages.add(analysis.language)
        scripts = make_scripts(analysis, analysis.name, analysis.port)
        kind = (analysis.language, analysis.package_manager)
        if kind not in kinds and analysis.language in {"python", "node", "static"}:
            kinds.add(kind)
            (tmp_path / f"{tree.name}-start.sh").write_text(scripts.start)
            (tmp_path / "stop.sh").write_text(scripts.stop)
        assert lint_script(scripts.start, ScriptRole.START) == (), tree.name
        assert lint_script(scripts.stop, ScriptRole.STOP) == (), tree.name
        assert lint_script(scripts.stop + scripts.start, ScriptRole.START) == (), tree.name
    assert languages >= {"python", "node", "java", "go", "php", "ruby", "rust", "dotnet", "deno", "static", "docker"}
    names = sorted(path.name for path in tmp_path.iterdir())
    shellcheck = str(Path(sys.executable).with_name("shellcheck"))
    checked = subprocess.run(
        [shellcheck, "--shell=bash", *names],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.stdout == ""


INSTALLING = """\
set -e
PATH="$PWD/tools"
{functions}
install_packages one two || echo "code $?"
"""


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (("dnf", "yum", "apt-get"), "dnf install -y -q one two\n"),
        (("yum", "apt-get"), "yum install -y -q one two\n"),
        (("apt-get",), "apt-get -o DPkg::Lock::Timeout=300 update -q\napt-get -o DPkg::Lock::Timeout=300 install -y -q one two\n"),
        ((), "no dnf, yum or apt-get to install: one two\ncode 1\n"),
    ],
)  # fmt: skip
def test_packages_are_installed_by_what_the_system_has(tmp_path: Path, there: tuple[str, ...], said: str) -> None:
    """M68: dnf before yum before apt, waiting for installations that run already; an error without any of them."""
    done = run_bash(
        tmp_path,
        INSTALLING.format(functions=START_FUNCTIONS),
        {name: f'echo "{name} $*"' for name in there} or {"x": ""},
    )
    assert done.stdout == said


def test_scripts_keep_the_contract_of_the_original() -> None:
    scripts = make_scripts(_analysis("flask_local"), "notes", 5000)
    assert scripts.start.startswith("#!/bin/bash\n")
    assert "/root/project_*.zip" in scripts.start
    assert (
        'nohup $APP_SESSION bash -c "$APP_COMMAND" >> "$APP_LOG" 2>&1 < /dev/null &\necho $! > "$APP_PID_FILE"'
        in scripts.start
    )
    assert 'sleep 3 && tail -c 8000 "$APP_LOG"' in scripts.start
    for text in (scripts.start, scripts.stop):
        assert "\r" not in text
        assert "rm -r" not in text
        assert "<<" not in text
        assert "{{" not in text
        assert "/root/app.pid" in text
        assert len(text.encode()) < 12_000
    assert "exit" not in scripts.stop.replace("exist", "")


def test_the_port_asked_for_replaces_the_detected_one_everywhere() -> None:
    start = make_scripts(_analysis("flask_local"), "notes", 8123).start
    assert 'export APP_PORT="${APP_PORT:-8123}"' in start
    assert "exec gunicorn --bind 0.0.0.0:${APP_PORT} app:app" in start
    assert "5000" not in start


def test_a_worker_gets_no_port() -> None:
    assert "APP_PORT" not in make_scripts(_analysis("worker"), "worker", None).start


def test_a_failing_install_is_never_hidden_in_a_list_of_commands() -> None:
    start = make_scripts(_analysis("flask_local"), "notes", 5000).start
    assert "pip install -r requirements.txt\npip install gunicorn\n" in start


def test_a_project_nobody_can_start_gets_no_scripts() -> None:
    with pytest.raises(DeployerError) as caught:
        make_scripts(replace(_analysis("worker"), start_command=None), "worker", None)
    assert caught.value.code == "project.start_unknown"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python app.py", "exec python app.py"),
        ("A=1 B=2 python app.py", "exec env A=1 B=2 python app.py"),
        ("cd backend && uvicorn main:app", "cd backend && exec uvicorn main:app"),
        ("gunicorn 'a:create()' | tee x", "gunicorn 'a:create()' | tee x"),
        ("gunicorn 'a:b(1; 2)'", "exec gunicorn 'a:b(1; 2)'"),
    ],
)
def test_the_shell_becomes_the_program(command: str, expected: str) -> None:
    assert executed(command) == expected


@pytest.mark.parametrize(
    ("constraint", "minors"),
    [
        (None, {9, 10, 11, 12, 13, 14}),
        (">=3.11", {11, 12, 13, 14}),
        (">=3.9,<3.12", {9, 10, 11}),
        ("^3.12", {12, 13, 14}),
        ("~=3.10", {10, 11, 12, 13, 14}),
        ("~=3.10.2", {10}),
        ("==3.11.*", {11}),
        (">=3.8,<4.0", {9, 10, 11, 12, 13, 14}),
        (">=3.10,!=3.11.*", {10, 11, 12, 13, 14}),
        ("~3.9 || ~3.10", {9, 10}),
        (">=2.7", {9, 10, 11, 12, 13, 14}),
        ("3.12.4", {12}),
    ],
)
def test_a_python_constraint_picks_the_interpreters(constraint: str | None, minors: set[int]) -> None:
    if constraint == ">=3.10,!=3.11.*":
        minors = minors - {11}
    assert set(accepted_minors(constraint)) == minors


@pytest.mark.parametrize("name", ["a'b", "x\ntouch marker", "$(touch marker)", "-rf", "a b", "`id`", "a\\", 'x"y'])
def test_a_hostile_name_stays_text(tmp_path: Path, name: str) -> None:
    stop = make_scripts(_analysis("worker"), name, None).stop
    done = subprocess.run(
        ["bash", "-c", stop + '\nprintf %s "$APP_NAME"'],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "DEPLOYER_PID_FILE": str(tmp_path / "pid")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == name
    assert not list(tmp_path.iterdir())
