"""A look at the application on its instances by a read-only probe, and its removal from an instance that stays."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from deployer.backends.base import LogRequest
from deployer.backends.runner.command import MAX_PROBE_LOG_BYTES, ProbeInput, RunnerInput, render_command, render_probe
from deployer.backends.runner.evidence import ProbeReport, parse_output, parse_probe_output
from deployer.backends.sdk.listing import find_history
from deployer.backends.sdk.runners import follow_command
from deployer.backends.sdk.tags import member_tags
from deployer.cloud.assistant import InvocationResult, decode_output
from deployer.cloud.cloud import Cloud
from deployer.errors.access import PermissionDenied
from deployer.errors.base import DeployerError
from deployer.errors.cloud import GroupNotFound, InstanceNotFound
from deployer.errors.release import UninstallFailed
from deployer.ledger.records import ReleaseRecord
from deployer.models.plan import InstanceFacts
from deployer.models.release import CheckResult, InstanceVerification, Verdict

PROBE_SECONDS = 60
UNINSTALL_SECONDS = 300
LOG_PIECES = 32  # up to 256,000 bytes of log, 8,000 a probe
UNHEALTHY = {0, 502, 503}
Judge: TypeAlias = Callable[[ProbeReport, int | None], tuple[CheckResult, ...]]


class Inspector:
    """Asks every instance of a group what runs there."""

    def __init__(self, cloud: Cloud, judge: Judge | None = None) -> None:
        self._cloud = cloud
        self._judge = judge or judge_report

    def inspect(self, request: LogRequest) -> tuple[InstanceVerification, ...]:
        """One finding an instance; one about the group where it has none any more.

        Errors: GroupNotFound; InstanceNotFound when the instance asked for is none of the group's.
        """
        instances = self._members(request)
        if request.instance_id is not None:
            instances = tuple(one for one in instances if one.instance_id == request.instance_id)
            if not instances:
                raise InstanceNotFound((request.instance_id,), request.deploy_region_id)
        if not instances:
            return (self._without_instance(request),)
        return tuple(self._inspect_one(instance, request) for instance in instances)

    def _members(self, request: LogRequest) -> tuple[InstanceFacts, ...]:
        """The group's instances. One that is new is found by its id before it is found by its tags."""
        tags = member_tags(request.application_name, request.application_group_name)
        found = self._cloud.ecs.list_instances(tags=tags)
        record = None if found else self._newest_record(request)
        if record is None or not record.instance_ids:
            return found
        named = self._cloud.ecs.list_instances(instance_ids=record.instance_ids)
        return tuple(one for one in named if tags.items() <= dict(one.tags).items())

    def _without_instance(self, request: LogRequest) -> InstanceVerification:
        """What is known of a group that has no instance: its newest release and what that printed."""
        name, group = request.application_name, request.application_group_name
        record = self._newest_record(request)
        if record is None and self._cloud.oos.find_group(name, group) is None:
            raise GroupNotFound(name, group, self._cloud.oos.list_application_names())
        return InstanceVerification(
            instance_id=record.instance_ids[0] if record and record.instance_ids else "none",
            public_ip=None,
            release_id=record.release_id if record else None,
            verdict=Verdict.INCONCLUSIVE,
            checks=(CheckResult(name="instance", ok=None, detail="no instance belongs to the group any more"),),
            log=self._printed(record),
            log_source="deployCommandOutput",
        )

    def _newest_record(self, request: LogRequest) -> ReleaseRecord | None:
        history = find_history(self._cloud, request.application_name, request.application_group_name)
        return history.find_newest() if history else None

    def _printed(self, record: ReleaseRecord | None) -> str:
        """The log's last lines as the release's execution shows them; empty when it had none."""
        if record is None or record.execution_id is None:
            return ""
        outputs = self._cloud.oos.list_task_outputs(record.execution_id).get("readResult", {})
        return parse_output(decode_output(str(outputs.get("output") or ""))).log_tail

    def _inspect_one(self, instance: InstanceFacts, request: LogRequest) -> InstanceVerification:
        if instance.status != "Running":
            check = CheckResult(name="instance", ok=False, detail=f"the instance is {instance.status}")
            return _finding(instance, Verdict.FAILED, (check,), None, "")
        try:
            report, trouble = self._probe(instance.instance_id, request, None)
        except PermissionDenied as error:
            return self._by_execution(instance, request, error)
        except DeployerError as error:
            check = CheckResult(name="assistant", ok=None, detail=f"{error.message} (over SSH: {_ssh(instance)})")
            return _finding(instance, Verdict.INCONCLUSIVE, (check,), None, "")
        if not report.found:
            detail = f"Cloud Assistant gave no report: {trouble} (over SSH: {_ssh(instance)})"
            check = CheckResult(name="assistant", ok=None, detail=detail)
            return _finding(instance, Verdict.INCONCLUSIVE, (check,), None, "")
        log = self._whole_log(instance.instance_id, request, report)
        checks = self._judge(report, request.port)
        verdict = verdict_of(checks)  # a log decides nothing, neither by its words nor by its absence
        if not report.log_found:
            checks += (CheckResult(name="log", ok=None, detail="there is no log file: /root/app.log is missing"),)
        return _finding(instance, verdict, checks, report, log)

    def _by_execution(
        self, instance: InstanceFacts, request: LogRequest, error: PermissionDenied
    ) -> InstanceVerification:
        """What the newest release's execution printed: all there is to see for an identity that may not run commands."""
        check = CheckResult(name="assistant", ok=None, detail=f"{error.message} (over SSH: {_ssh(instance)})")
        record = self._newest_record(request)
        finding = _finding(instance, Verdict.INCONCLUSIVE, (check,), None, self._printed(record))
        return replace(finding, release_id=record.release_id if record else None, log_source="deployCommandOutput")

    def _probe(self, instance_id: str, request: LogRequest, piece: tuple[int, int] | None) -> tuple[ProbeReport, str]:
        """The report and why there is none; `piece` is (offset, bytes) of the log, its tail without."""
        offset, length = piece or (None, MAX_PROBE_LOG_BYTES)
        command = render_probe(
            ProbeInput(
                application_name=request.application_name,
                whole_log=request.whole,
                log_offset=offset,
                log_bytes=length,
                port=request.port,
                health_path=request.health_path,
            )
        )
        result = self._run(instance_id, command, PROBE_SECONDS)
        return parse_probe_output(result.output), result.error_code or f"it ended {result.status}"

    def _run(self, instance_id: str, command: bytes, seconds: int) -> InvocationResult:
        invoke_id = self._cloud.assistant.start_command(
            instance_id,
            command,
            name="deployer-probe",
            timeout_seconds=seconds,
            client_token=uuid.uuid4().hex,
        )
        return follow_command(self._cloud, instance_id, invoke_id, seconds)

    def _whole_log(self, instance_id: str, request: LogRequest, last: ProbeReport) -> str:
        """The log from its beginning as far as wanted: the tail is there, what stands before it is read in pieces."""
        pieces = [last.log]
        start = last.log_start
        while start > 0 and len(pieces) < LOG_PIECES and "".join(pieces).count("\n") < request.lines:
            length = min(start, MAX_PROBE_LOG_BYTES)
            report, _ = self._probe(instance_id, request, (start - length, length))
            if not report.found:
                break
            pieces.insert(0, report.log)
            start -= length
        lines = "".join(pieces).splitlines(keepends=True)
        return "".join(lines[-request.lines :])

    def uninstall(self, instance: InstanceFacts, application_name: str) -> None:
        """Stop the application and remove what the deployer put on an instance that stays. Errors: UninstallFailed."""
        command = render_command(
            RunnerInput(action="uninstall", application_name=application_name, application_group_name="uninstall")
        )
        result = self._run(instance.instance_id, command, UNINSTALL_SECONDS)
        evidence = parse_output(result.output)
        if not evidence.ok:
            reason = evidence.message or result.error_info or f"the command ended {result.status}"
            raise UninstallFailed(instance.instance_id, application_name, reason)


def judge_report(report: ProbeReport, port: int | None) -> tuple[CheckResult, ...]:
    """What the evidence says: process, port and address, HTTP. Words in the log decide nothing."""
    if not report.installed:
        return (
            CheckResult(name="process", ok=None, detail="deployer never released the application on this instance"),
        )
    alive = CheckResult(
        name="process",
        ok=report.alive,
        detail=f"process {report.pid} alive for {report.running_seconds:.0f} s"
        if report.alive
        else ("it was stopped" if report.stopped else "no process of the application is alive"),
    )
    if port is None:
        return (alive,)
    return (alive, _judge_port(report, port), *_judge_http(report))


def _judge_port(report: ProbeReport, port: int) -> CheckResult:
    sockets = [one for one in report.listening if one.port == port]
    outside = [one for one in sockets if not _is_loopback(one.address)]
    if outside:
        return CheckResult(name="port", ok=True, detail=f"listens on {outside[0].address}:{port}")
    if sockets:
        detail = f"listens on {sockets[0].address}:{port}: not reachable from outside, set the host to 0.0.0.0"
        return CheckResult(name="port", ok=False, detail=detail)
    others = ", ".join(str(one.port) for one in report.listening)
    detail = f"port {others} is open, {port} was declared" if others else f"nothing listens on port {port}"
    return CheckResult(name="port", ok=False, detail=detail)


def _is_loopback(address: str) -> bool:
    return address.startswith("127.") or address in {"::1", "[::1]", "::ffff:127.0.0.1"}


def _judge_http(report: ProbeReport) -> tuple[CheckResult, ...]:
    status = report.http_status
    if status is None:
        return ()
    healthy = status not in UNHEALTHY and status < 500
    detail = f"HTTP {status} from the instance itself" if status else "the port is open but gave no HTTP answer"
    return (CheckResult(name="http", ok=healthy, detail=detail),)


def verdict_of(checks: tuple[CheckResult, ...]) -> Verdict:
    """Failed if any check failed, running if all passed, else inconclusive."""
    if any(check.ok is False for check in checks):
        return Verdict.FAILED
    return Verdict.RUNNING if checks and all(check.ok for check in checks) else Verdict.INCONCLUSIVE


def _finding(
    instance: InstanceFacts, verdict: Verdict, checks: tuple[CheckResult, ...], report: ProbeReport | None, log: str
) -> InstanceVerification:
    return InstanceVerification(
        instance_id=instance.instance_id,
        public_ip=instance.public_ip,
        release_id=report.current_release_id if report else None,
        verdict=verdict,
        checks=checks,
        log=log,
        log_source="cloud-assistant",
        log_dropped_bytes=max(0, report.log_bytes - len(log.encode())) if report else 0,
    )


def _ssh(instance: InstanceFacts) -> str:
    return f"ssh root@{instance.public_ip or instance.private_ip or instance.instance_id} tail -n 200 /root/app.log"
