"""What would be done: the steps, what needs consent, and the id that consent binds to. Changes nothing."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from deployer.backends.base import Backend
from deployer.errors.appmanager import GroupStateUnknown
from deployer.errors.cloud import BudgetExceeded
from deployer.models.config import DeployConfig, ExistingInstance, NewInstance
from deployer.models.plan import (
    EnsureApplicationGroup,
    EnsureBucket,
    EnsureSecurityGroup,
    EnsureVpc,
    EnsureVSwitch,
    GroupState,
    Observed,
    OpenPort,
    Plan,
    Quote,
    Risk,
    RiskKind,
    RunInstance,
    StartRelease,
    Step,
    TagInstances,
    UploadArtifact,
)
from deployer.operations.prepare import Prepared

ANYWHERE = "0.0.0.0/0"


def observe_and_plan(backend: Backend, prepared: Prepared, *, runner: str, force: bool = False) -> Plan:
    """The plan for what is there now. `force` releases again what already runs, and where that cannot be told.

    Errors: TargetError, CloudError, AccessError, BudgetExceeded, GroupStateUnknown.
    """
    observed = backend.observe(prepared.config, prepared.content)
    if observed.group_state is GroupState.UNKNOWN and not force:
        config = prepared.config
        raise GroupStateUnknown(
            config.application_name,
            config.application_group_name,
            config.deploy_region_id,
            observed.state_unknown_because,
        )
    quote = backend.quote(prepared.config, observed, prepared.artifact_bytes)
    plan = make_plan(prepared, observed, quote, runner=runner, force=force)
    _check_budget(prepared.config, plan)
    return plan


def make_plan(prepared: Prepared, observed: Observed, quote: Quote, *, runner: str, force: bool) -> Plan:
    """Steps and risks from what is wanted and what is there."""
    config, content = prepared.config, prepared.content
    unchanged = _is_unchanged(prepared, observed) and not force
    steps = () if unchanged else tuple(_steps(prepared, observed, runner))
    risks = () if unchanged else tuple(_risks(config, observed, quote))
    return Plan(
        config=config,
        package=prepared.package,
        artifact_sha256=content.artifact_sha256,
        scripts_sha256=f"{content.start_sha256}:{content.stop_sha256}",
        settings_sha256=content.settings_sha256,
        observed=observed,
        quote=quote,
        steps=steps,
        risks=risks,
        identity=_identity(prepared, observed, quote, steps),
    )


def _is_unchanged(prepared: Prepared, observed: Observed) -> bool:
    """Whether the newest release is this one, ended well, and went to the instances that are there."""
    last, content = observed.last_release, prepared.content
    return (
        last is not None
        and last.status == "good"
        and last.artifact_sha256 == content.artifact_sha256
        and last.scripts_sha256 == f"{content.start_sha256}:{content.stop_sha256}"
        and last.settings_sha256 == content.settings_sha256
        and observed.group_exists
        and bool(observed.instances)
        and set(last.instance_ids) == {one.instance_id for one in observed.instances}
        and _port_is_open(prepared.config, observed)
    )


def _port_is_open(config: DeployConfig, observed: Observed) -> bool:
    network = observed.network
    return (
        network is None or network.security_group_id is None or config.port is None or config.port in network.open_ports
    )


def _steps(prepared: Prepared, observed: Observed, runner: str) -> Sequence[Step]:
    config = prepared.config
    steps: list[Step] = [
        EnsureBucket(bucket_name=observed.bucket_name),
        UploadArtifact(
            object_name=f"{prepared.content.artifact_sha256}.zip",
            size_bytes=prepared.artifact_bytes,
            exists=observed.artifact_exists,
            carried=str(prepared.package.carried or "") if prepared.package else "",
        ),
    ]
    if isinstance(config.instance, NewInstance):
        steps += _network_steps(config, observed)
    if isinstance(config.instance, NewInstance) and not observed.instances:
        steps.append(_run_instance(config, config.instance, observed))
    elif isinstance(config.instance, ExistingInstance):
        steps.append(TagInstances(instance_ids=(config.instance.instance_id,)))
    steps.append(
        EnsureApplicationGroup(application_exists=observed.application_exists, group_exists=observed.group_exists)
    )
    steps.append(StartRelease(runner=runner, instance_ids=tuple(one.instance_id for one in observed.instances)))
    return steps


def _network_steps(config: DeployConfig, observed: Observed) -> Sequence[Step]:
    network = observed.network
    if network is None:
        return ()
    steps: list[Step] = []
    if not observed.instances:
        steps.append(EnsureVpc(vpc_id=network.vpc_id, cidr_block=network.vpc_cidr))
        steps.append(
            EnsureVSwitch(vswitch_id=network.vswitch_id, zone_id=network.zone_id, cidr_block=network.vswitch_cidr)
        )
    if not observed.instances or (network.security_group_id and not _port_is_open(config, observed)):
        steps.append(
            EnsureSecurityGroup(
                security_group_id=network.security_group_id,
                name=f"deployer-{config.application_name}-{config.application_group_name}"[:128],
            )
        )
        if config.port is not None:
            is_open = config.port in network.open_ports
            steps.append(OpenPort(port=config.port, cidr_block=ANYWHERE, is_open=is_open))
    return steps


def _run_instance(config: DeployConfig, wanted: NewInstance, observed: Observed) -> RunInstance:
    return RunInstance(
        instance_name=f"{config.application_name}-{config.application_group_name}"[:128],
        instance_type=wanted.instance_type,
        image_id=observed.image_id or "",
        system_disk_category=observed.network.system_disk_category if observed.network else "",
        system_disk_gib=wanted.system_disk_gib,
        bandwidth_mbps=wanted.bandwidth_mbps,
    )


def _risks(config: DeployConfig, observed: Observed, quote: Quote) -> Sequence[Risk]:
    risks: list[Risk] = []
    overwrites = observed.group_state is GroupState.HAS_ECS and observed.replaces_running
    if quote.new_compute:
        risks.append(
            Risk(
                kind=RiskKind.PRICE,
                title="price",
                text=f"a new instance costs about {quote.hourly_total} {quote.currency} an hour "
                f"({quote.monthly_total} {quote.currency} a month of 30 days) until it is deleted; "
                "this is an estimate, the bill decides",
                question="Create the instance at this price?",
                throwaway=not overwrites,
            )
        )
    if isinstance(config.instance, ExistingInstance):
        risks.append(_existing_ecs_risk(observed))
    if overwrites:
        group = f"{config.application_name}/{config.application_group_name}"
        release = f" (release {observed.last_release.release_id})" if observed.last_release else ""
        risks.append(
            Risk(
                kind=RiskKind.OVERWRITE,
                title="overwrite",
                text=f"the group {group} runs on {', '.join(one.instance_id for one in observed.instances)}{release}: "
                "the running application is stopped and replaced. A: overwrite it; B: leave it and make a new group "
                "with `--force-new-group`",
                question="Overwrite the running application?",
                throwaway=False,
            )
        )
    return risks


def _existing_ecs_risk(observed: Observed) -> Risk:
    instance = observed.instances[0]
    neighbours = f"; also on it: {', '.join(observed.other_applications)}" if observed.other_applications else ""
    return Risk(
        kind=RiskKind.EXISTING_ECS,
        title="existing ECS",
        text=f"scripts run as root on {instance.instance_id} ({instance.instance_name or 'no name'}, "
        f"{instance.os_name or instance.os_type}, {instance.public_ip or instance.private_ip or 'no address'}): they may "
        f"install packages and use its port, disk and memory{neighbours}",
        question="Deploy to this existing instance?",
        throwaway=False,
    )


def _check_budget(config: DeployConfig, plan: Plan) -> None:
    """Refuse before the first changing call what costs more than allowed. Errors: BudgetExceeded."""
    if not plan.steps:
        return
    for name, limit, total in (
        ("maxHourly", config.budget.max_hourly, plan.quote.hourly_total),
        ("maxMonthly", config.budget.max_monthly, plan.quote.monthly_total),
    ):
        if limit is not None and total > limit:
            raise BudgetExceeded(name, str(limit), str(total), plan.quote.currency)


def _identity(prepared: Prepared, observed: Observed, quote: Quote, steps: Sequence[Step]) -> dict[str, Any]:
    """What consent binds to, as plain JSON values."""
    config, content = prepared.config, prepared.content
    return {
        "account": observed.account_id,
        "region": config.deploy_region_id,
        "application": config.application_name,
        "group": config.application_group_name,
        "instances": sorted(one.instance_id for one in observed.instances),
        "steps": [{"step": type(step).__name__, **asdict(step)} for step in steps],
        "prices": {item.name: str(item.hourly) for item in quote.items if item.hourly is not None},
        "archive": content.artifact_sha256,
        "start script": content.start_sha256,
        "stop script": content.stop_sha256,
        "settings": content.settings_sha256,
    }
