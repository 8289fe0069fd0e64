"""A new ECS instance or an existing one: what was chosen, or the question. There is no default without a file."""

from deployer.config.findings import Findings
from deployer.config.merge import ECS_CHOICE
from deployer.config.questions import ecs_question, instance_question
from deployer.config.schema import ConfigFile, Deployment
from deployer.models.config import (
    DEFAULT_BANDWIDTH_MBPS,
    DEFAULT_INSTANCE_TYPE,
    DEFAULT_SYSTEM_DISK_GIB,
    ExistingInstance,
    NewInstance,
)

INSTANCE_ID = ("common", "deployment", "instanceId")
INSTANCE_TYPE = ("common", "deployment", "ecsInstanceType")
DISK = ("common", "deployment", "systemDiskSize")
BANDWIDTH = ("common", "deployment", "internetMaxBandwidthOut")
IMAGE = ("deployer", "image")
_OF_NEW = (INSTANCE_TYPE, DISK, BANDWIDTH, IMAGE)


def choose_instance(file: ConfigFile, findings: Findings) -> NewInstance | ExistingInstance | None:
    """The instance to deploy to; None when something is missing or wrong, which is then in `findings`."""
    deployment = file.common.deployment
    choice = findings.raw.overrides.get(ECS_CHOICE)
    instance_id = deployment.instanceId
    wanted = choice.value if choice else None
    if wanted not in (None, "new", "existing"):
        found = str(wanted)[:200]
        findings.add(ECS_CHOICE, f"{choice.origin if choice else ''}: `{found}` is neither", hint="`new` or `existing`")
        return None
    if wanted == "new":
        return _new_despite_file(file, findings)
    if instance_id is not None:
        return _existing(deployment, instance_id, findings, chosen=wanted == "existing")
    if findings.is_bad(INSTANCE_ID):
        return None
    if wanted == "existing":
        findings.questions.append(instance_question(findings.raw.language))
        return None
    if findings.raw.from_file or any(path in findings.raw.overrides for path in _OF_NEW):
        return _new(file, findings)
    findings.questions.append(ecs_question(findings.raw.language))
    return None


def _new_despite_file(file: ConfigFile, findings: Findings) -> NewInstance | None:
    override = findings.raw.overrides.get(INSTANCE_ID)
    if override is not None:
        findings.add(
            INSTANCE_ID,
            f"the {override.origin} goes with `--ecs existing` only",
            hint="choose one: `--ecs new`, or `--ecs existing` with the id",
            code="conflict",
        )
        return None
    if file.common.deployment.instanceId:
        findings.note(
            INSTANCE_ID, f"a new instance is created; the file's `{file.common.deployment.instanceId}` is left alone"
        )
    return _new(file, findings)


def _existing(deployment: Deployment, instance_id: str, findings: Findings, *, chosen: bool) -> ExistingInstance | None:
    asked_for_new = [path for path in _OF_NEW if path in findings.raw.overrides]
    if asked_for_new:
        path = asked_for_new[0]
        findings.add(
            path,
            f"the {findings.raw.overrides[path].origin} is about a new instance, and `{instance_id}` exists already",
            hint="add `--ecs new` for a new instance, or leave it out",
            code="conflict",
        )
        return None
    if deployment.ecsInstanceType is not None and not chosen:
        findings.note(
            INSTANCE_ID,
            f"`instanceId` is used; `ecsInstanceType`, `systemDiskSize` and `internetMaxBandwidthOut` say nothing "
            f"about the existing instance `{instance_id}`",
        )
    findings.note_origin(INSTANCE_ID, "default")
    return ExistingInstance(instance_id=instance_id)


def _new(file: ConfigFile, findings: Findings) -> NewInstance:
    deployment = file.common.deployment
    for path in (INSTANCE_TYPE, DISK, BANDWIDTH):
        findings.note_origin(path, "default")
    bandwidth = deployment.internetMaxBandwidthOut
    if bandwidth == 0:
        findings.note(BANDWIDTH, "`internetMaxBandwidthOut: 0` gives the instance no public address")
    return NewInstance(
        instance_type=deployment.ecsInstanceType or DEFAULT_INSTANCE_TYPE,
        system_disk_gib=deployment.systemDiskSize or DEFAULT_SYSTEM_DISK_GIB,
        bandwidth_mbps=DEFAULT_BANDWIDTH_MBPS if bandwidth is None else bandwidth,
        image_id=file.deployer.image,
    )
