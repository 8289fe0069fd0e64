"""Does it run? By our own look at the instances where the credentials allow that, else by what the CLI kept."""

from dataclasses import replace

from deployer.backends.appmanager.answers import CliGroup
from deployer.backends.appmanager.cli import AppmanagerCli
from deployer.backends.appmanager.questions import find_group
from deployer.backends.base import LogRequest
from deployer.backends.runner.evidence import ProbeReport
from deployer.backends.sdk.inspecting import Inspector, judge_report
from deployer.backends.sdk.listing import find_history
from deployer.cloud.cloud import Cloud
from deployer.errors.access import PermissionDenied
from deployer.errors.cloud import GroupNotFound
from deployer.models.release import CheckResult, InstanceVerification, Verdict

FROM_CLI = "deployCommandOutput"


def inspect(cli: AppmanagerCli, cloud: Cloud, request: LogRequest) -> tuple[InstanceVerification, ...]:
    """A finding an instance; `log_source` says whether it was looked at or only the CLI's output was read.

    Errors: GroupNotFound; InstanceNotFound.
    """
    try:
        findings = Inspector(cloud, judge_installed).inspect(request)
        release_id = _newest_release_id(cloud, request)
    except PermissionDenied as error:
        return _by_cli(cli, request, error)
    findings = tuple(replace(one, release_id=one.release_id or release_id) for one in findings)
    if all(one.log_source != FROM_CLI for one in findings):
        return findings
    group = _group(cli, request)
    printed = group.command_output if group is not None else ""
    return tuple(replace(one, log=printed or one.log) if one.log_source == FROM_CLI else one for one in findings)


def judge_installed(report: ProbeReport, port: int | None) -> tuple[CheckResult, ...]:
    """The same rules for what our runner did not install: the CLI's scripts keep to `/root/app.log` and `/root/app.pid`."""
    return judge_report(replace(report, installed=report.installed or report.log_found or report.alive), port)


def _newest_release_id(cloud: Cloud, request: LogRequest) -> str | None:
    history = find_history(cloud, request.application_name, request.application_group_name)
    record = history.find_newest() if history else None
    return record.release_id if record else None


def _group(cli: AppmanagerCli, request: LogRequest) -> CliGroup | None:
    return find_group(cli, request.application_name, request.application_group_name)


def _by_cli(cli: AppmanagerCli, request: LogRequest, error: PermissionDenied) -> tuple[InstanceVerification, ...]:
    """What the scripts printed proves neither that the application runs nor that it does not."""
    group = _group(cli, request)
    if group is None:
        raise GroupNotFound(request.application_name, request.application_group_name, ())
    check = CheckResult(name="assistant", ok=None, detail=f"{error.message}: only what the scripts printed is known")
    addresses = dict(zip(group.instance_ids, group.public_ips, strict=False))
    return tuple(
        InstanceVerification(
            instance_id=instance_id,
            public_ip=addresses.get(instance_id),
            release_id=None,
            verdict=Verdict.INCONCLUSIVE,
            checks=(check,),
            log=group.command_output,
            log_source=FROM_CLI,
        )
        for instance_id in group.instance_ids or ("none",)
    )
