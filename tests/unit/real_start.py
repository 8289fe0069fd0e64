"""A tiny project made, started by its generated script, asked over HTTP and stopped again, all for real."""

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from project_trees import analyze_tree

from deployer.project.scripts import make_scripts


def answer_of(path: Path, files: dict[str, str], *programs: str) -> str:
    """What the application answers; its start script sees the system's programs and these ones of this computer."""
    analysis = analyze_tree(path / "release", files)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scripts = make_scripts(analysis, "tiny", port)
    found = [str(Path(shutil.which(program) or program).parent) for program in programs]
    environment = {
        "PATH": ":".join((*found, "/usr/bin", "/bin")), "HOME": os.environ.get("HOME", "/root"), "DEPLOYER_REGION_ID": "us-west-1",
        "DEPLOYER_RELEASE_DIR": str(path / "release"), "DEPLOYER_RELEASE_ID": "r1", "DEPLOYER_LOG": str(path / "log"),
        "DEPLOYER_PID_FILE": str(path / "pid"),
    }  # fmt: skip
    try:
        started = subprocess.run(
            ["bash", "-c", scripts.start], env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert started.returncode == 0, started.stdout + started.stderr
        return _get(f"http://127.0.0.1:{port}/")
    finally:
        subprocess.run(["bash", "-c", scripts.stop], env=environment, check=True, timeout=20)
        assert not (path / "pid").exists()


def _get(url: str) -> str:
    """The body; "" when nobody listens after 20 seconds."""
    for _try in range(400):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            time.sleep(0.05)
    return ""
