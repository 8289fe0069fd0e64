"""A plan's steps in words, for every place that shows them."""

from typing import TypeAlias

from typing_extensions import assert_never

from deployer.models.plan import (
    EnsureApplicationGroup,
    EnsureBucket,
    EnsureSecurityGroup,
    EnsureVpc,
    EnsureVSwitch,
    OpenPort,
    RunInstance,
    StartRelease,
    Step,
    TagInstances,
    UploadArtifact,
)

StepWords: TypeAlias = tuple[str, str, str]  # ("create" | "keep" | "change", what, details)


def step_words(step: Step) -> StepWords:  # noqa: C901  (one case for each kind of step)
    """What a step does, to what, and with which details."""
    match step:
        case EnsureBucket():
            return _kept(step.bucket_name), "OSS bucket", step.bucket_name or "private, encrypted"
        case UploadArtifact():
            size = f"{step.size_bytes:,} bytes" + (f"; carries {step.carried}" if step.carried else "")
            return ("keep" if step.exists else "create"), "OSS object", f"{step.object_name} ({size})"
        case EnsureVpc():
            return _kept(step.vpc_id), "VPC", step.vpc_id or step.cidr_block
        case EnsureVSwitch():
            return _kept(step.vswitch_id), "vSwitch", step.vswitch_id or f"{step.cidr_block} in {step.zone_id}"
        case EnsureSecurityGroup():
            return _kept(step.security_group_id), "security group", step.security_group_id or step.name
        case OpenPort():
            return ("keep" if step.is_open else "change"), "open port", f"TCP {step.port} from {step.cidr_block}"
        case RunInstance():
            disk = f"{step.system_disk_gib} GiB {step.system_disk_category}".rstrip()
            details = f"{step.instance_name}: {step.instance_type}, {disk}, {step.bandwidth_mbps} Mbit/s"
            return "create", "ECS instance", details
        case TagInstances():
            return "change", "tags", ", ".join(step.instance_ids) or "the new instance"
        case EnsureApplicationGroup():
            kept = step.application_exists and step.group_exists
            return ("keep" if kept else "create"), "OOS application and group", ""
        case StartRelease():
            where = ", ".join(step.instance_ids) or "the new instance"
            return "change", "release", f"stop, start and check on {where}, by {step.runner}"
        case _:
            assert_never(step)


def step_sentence(step: Step) -> str:
    """The step in one line."""
    change, what, details = step_words(step)
    return f"{change} {what}: {details}" if details else f"{change} {what}"


def _kept(identifier: str | None) -> str:
    return "keep" if identifier else "create"
