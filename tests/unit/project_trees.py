"""Small project trees for the tests of the detectors and of the scripts made for them."""

import subprocess
import sys
from pathlib import Path

from deployer.models.analysis import ProjectAnalysis
from deployer.project.analysis import analyze
from deployer.project.lint import ScriptRole, lint_script
from deployer.project.project_dir import ProjectDir
from deployer.project.scripts import Scripts, make_scripts

PROJECTS = Path(__file__).parent.parent / "projects"


def analyze_tree(path: Path, files: dict[str, str]) -> ProjectAnalysis:
    """What is understood of a tree that is written to the path first."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return analyze(ProjectDir.open(path))


def analyze_example(name: str) -> ProjectAnalysis:
    """What is understood of one of the example trees."""
    return analyze(ProjectDir.open(PROJECTS / name))


def clean_scripts(path: Path, analysis: ProjectAnalysis) -> Scripts:
    """The scripts of a project, after shellcheck, bash and our own rules have found nothing in them."""
    scripts = make_scripts(analysis, analysis.name, analysis.port)
    (path / "start.sh").write_text(scripts.start)
    (path / "stop.sh").write_text(scripts.stop)
    (path / "both.sh").write_text(scripts.stop + scripts.start)
    shellcheck = str(Path(sys.executable).with_name("shellcheck"))
    checked = subprocess.run(
        [shellcheck, "--shell=bash", "start.sh", "stop.sh"], cwd=path, capture_output=True, text=True, check=False
    )
    assert checked.stdout == ""
    subprocess.run(["bash", "-n", "both.sh"], cwd=path, check=True)
    assert lint_script(scripts.start, ScriptRole.START) == ()
    assert lint_script(scripts.stop, ScriptRole.STOP) == ()
    for name in ("start.sh", "stop.sh", "both.sh"):
        (path / name).unlink()
    return scripts


def run_bash(path: Path, text: str, tools: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Bash with these programs (name to text) before the system's own; `path` is the directory and the home."""
    (path / "tools").mkdir(exist_ok=True)
    for name, program in tools.items():
        (path / "tools" / name).write_text(f"#!/bin/bash\n{program}\n")
        (path / "tools" / name).chmod(0o755)
    return subprocess.run(
        ["bash", "-c", text],
        cwd=path,
        env={
            "PATH": f"{path / 'tools'}:/usr/bin:/bin",
            "HOME": str(path),
            "DEPLOYER_REGION_ID": "cn-hangzhou",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
