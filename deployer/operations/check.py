"""Is everything there that a deploy needs? This machine first, then the cloud."""

import sys
from collections.abc import Sequence
from importlib import metadata

from deployer.backends.base import Backend, Check
from deployer.events import CheckFinished, Emit

PACKAGES = (
    "alibabacloud-oos20190601",
    "alibabacloud-ecs20140526",
    "alibabacloud-vpc20160428",
    "alibabacloud-credentials",
    "alibabacloud-oss-v2",
    "alibabacloud-bssopenapi20171214",
    "alibabacloud-sts20150401",
)
OLDEST_PYTHON = (3, 10)


def check(backend: Backend, emit: Emit) -> Sequence[Check]:
    """Every finding, in order. `ok` False anywhere means that a deploy cannot work."""
    findings: list[Check] = []
    for finding in (_python(), _packages(), *backend.check()):
        findings.append(finding)
        emit(CheckFinished(name=finding.id, ok=finding.ok, detail=finding.detail))
    return tuple(findings)


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Check(id="python", ok=False, detail=f"Python {version}", fix="install Python 3.10 or newer")
    return Check(id="python", ok=True, detail=f"Python {version}")


def _packages() -> Check:
    missing = []
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return Check(
            id="sdk", ok=False, detail=f"missing: {', '.join(missing)}", fix=f"pip install {' '.join(missing)}"
        )
    return Check(id="sdk", ok=True, detail=f"{len(found)} official SDK packages")
