"""A large project is streamed: how much memory the deploying process takes does not grow with it."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cloud_lab import ROOT, Project
from fault_lab import virtual_lab

PROJECT_MIB = 150
LIMIT_KIB = 150 * 1024
MEASURED = """\
import sys
from deployer.cli.main import run
code = run(sys.argv[1:])
for line in open("/proc/self/status"):
    if line.startswith("VmHWM"):
        sys.stderr.write(line)
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
def test_a_project_of_150_mib_takes_less_memory_than_its_own_size(tmp_path: Path) -> None:
    project = Project(path=tmp_path / "large", name="large").write()
    noise = random.Random(3)
    with (project.path / "model.bin").open("wb") as file:
        for _ in range(PROJECT_MIB):
            file.write(noise.randbytes(1024 * 1024))
    with virtual_lab(tmp_path / "cloud", real_time=True) as lab:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, "deploy", str(project.path), "--yes", "--output", "json"],
            env={**lab.environment, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        assert lab.counts()["open uploads"] == 0
    peak = re.search(r"VmHWM:\s+(\d+) kB", done.stderr)
    assert peak is not None
    assert int(peak[1]) < LIMIT_KIB
