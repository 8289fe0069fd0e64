"""Is everything there that a deploy needs? This machine first, then the cloud."""

import sys
from collections.abc import Mapping, Sequence
from importlib import metadata

from deployer.backends.base import Backend, Check
from deployer.config.agent_model import KEY_PAGE, KEY_VARIABLES
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


def check(backend: Backend, emit: Emit, agent_environ: Mapping[str, str] | None = None) -> Sequence[Check]:
    """Every finding, in order. `ok` False anywhere means that a deploy cannot work.

    With `agent_environ` it is one of an agent, whose model needs a key in these variables.
    """
    findings: list[Check] = []
    model_key = () if agent_environ is None else (check_model_key(agent_environ),)
    for finding in (_python(), _packages(), *backend.check(), *model_key):
        findings.append(finding)
        emit(CheckFinished(name=finding.id, ok=finding.ok, detail=finding.detail))
    return tuple(findings)


def check_model_key(environ: Mapping[str, str]) -> Check:
    """Whether the key of an agent's model is set; its value is neither kept nor shown."""
    found = next((name for name in KEY_VARIABLES if environ.get(name, "").strip()), None)
    if found is not None:
        return Check(id="model-key", ok=True, detail=f"{found} is set")
    return Check(
        id="model-key",
        ok=False,
        detail=f"none of {', '.join(KEY_VARIABLES)} is set",
        fix=f"get a key at {KEY_PAGE} and set {KEY_VARIABLES[0]} in your own shell",
        ask="AGENT: ask the user to set it in their own shell; never ask for the key itself",
    )


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
