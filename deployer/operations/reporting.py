"""How a deploy ended, as one `Report`: where it is, what it costs, what to run next, and proof of each step."""

from dataclasses import dataclass

from deployer.backends.console import console_urls
from deployer.models.analysis import ProjectAnalysis
from deployer.models.config import ExistingInstance
from deployer.models.plan import Plan
from deployer.models.release import Artifact, Release, Target, Verdict, Verification
from deployer.models.report import Report, SelfCheckItem
from deployer.operations.naming import GroupWords
from deployer.operations.steps import StepProgress

API_FRAMEWORKS = {"fastapi", "starlette", "flask-restful", "gin", "express", "nest", "spring boot"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What the stages of a deploy gave, as far as it got."""

    plan: Plan
    analysis: ProjectAnalysis
    progress: StepProgress
    artifact: Artifact | None = None
    targets: tuple[Target, ...] = ()
    release: Release | None = None
    verification: Verification | None = None


def make_report(ending: Ending, *, status: str, elapsed_seconds: float) -> Report:
    """The report of a deploy, an unchanged one, or a dry run."""
    plan, config = ending.plan, ending.plan.config
    words = GroupWords.of(config)
    last = plan.observed.last_release
    release_id = ending.release.release_id if ending.release else (last.release_id if last else None)
    execution_id = ending.release.execution_id if ending.release else None
    addresses = _addresses(ending)
    urls = tuple(f"http://{ip}:{config.port}" for ip in addresses if config.port is not None)
    return Report(
        application_name=config.application_name,
        application_group_name=config.application_group_name,
        deploy_region_id=config.deploy_region_id,
        status=status,
        verdict=ending.verification.verdict if ending.verification else Verdict.INCONCLUSIVE,
        plan_id=plan.plan_id,
        release_id=release_id,
        execution_id=execution_id,
        instance_ids=_instance_ids(ending),
        public_ips=addresses,
        port=config.port,
        urls=urls,
        uploaded_bytes=ending.artifact.uploaded_bytes if ending.artifact else 0,
        quote=plan.quote,
        console_urls=console_urls(
            config.application_name, config.application_group_name, status, config.deploy_region_id, execution_id
        ),
        usage=_usage(ending.analysis, urls, words),
        cost_reminder=cost_reminder(plan),
        next_commands=(
            ("see its state", words.command("status")),
            ("read its log", words.command("logs")),
            ("check that it runs", words.command("verify")),
            ("remove everything", words.command("delete")),
        ),
        self_check=tuple(_self_check(ending, status)),
        warnings=ending.analysis.warnings,
        elapsed_seconds=round(elapsed_seconds, 3),
    )


def _instance_ids(ending: Ending) -> tuple[str, ...]:
    if ending.targets:
        return tuple(target.instance_id for target in ending.targets)
    return tuple(one.instance_id for one in ending.plan.observed.instances)


def _addresses(ending: Ending) -> tuple[str, ...]:
    if ending.targets:
        return tuple(target.public_ip for target in ending.targets if target.public_ip)
    return tuple(one.public_ip for one in ending.plan.observed.instances if one.public_ip)


def _usage(analysis: ProjectAnalysis, urls: tuple[str, ...], words: GroupWords) -> tuple[str, ...]:
    """How to use what was deployed: a web page, an API, a static site, a worker, or something without an address."""
    if not urls:
        if analysis.port is None:
            return (f"it is a worker without a port: follow it with `{words.command('logs')}`",)
        return ("the instance has no public address: reach it from inside its VPC",)
    url = urls[0]
    framework = (analysis.framework or "").lower()
    if framework in API_FRAMEWORKS:
        docs = f" (documentation: {url}/docs)" if framework == "fastapi" else ""
        return (f"call the API: `curl {url}/`{docs}",)
    if analysis.language == "static":
        return (f"open the site in a browser: {url}",)
    return (f"open {url} in a browser", f"or ask it: `curl -i {url}/`")


def cost_reminder(plan: Plan) -> str:
    """What goes on costing, and the command that ends it. Never left out, also after a failure."""
    words = GroupWords.of(plan.config)
    if isinstance(plan.config.instance, ExistingInstance):
        return (
            "the instance is yours and costs what it did before; the archive in OSS adds "
            f"{plan.quote.monthly_total} {plan.quote.currency} a month. Remove the application: `{words.command('delete')}`"
        )
    if plan.quote.new_compute:
        return (
            f"the instance costs about {plan.quote.hourly_total} {plan.quote.currency} an hour "
            f"({plan.quote.monthly_total} a month) until you remove it: `{words.command('delete')}`"
        )
    return f"the instance goes on costing until you remove it: `{words.command('delete')}`"


def _self_check(ending: Ending, status: str) -> list[SelfCheckItem]:
    """One line a stage; done only with a proof to show."""
    plan, release, verification = ending.plan, ending.release, ending.verification
    config, observed = plan.config, plan.observed
    origin = config.origins.get("metadata.regionId", "")
    where = config.deploy_region_id + (f" ({origin})" if origin else "")
    items = (
        ("0", "environment and credentials checked", observed.identity_arn),
        ("1", "project read, README first", f"from {ending.analysis.source}, {len(ending.analysis.evidence)} findings"),
        ("2", "language, type and port decided", _decided(ending.analysis, config.port)),
        ("3", "region and instance chosen", where),
        ("4", "configuration and scripts valid", f"start script {plan.scripts_sha256[:12]}"),
        ("5", "price quoted", ", ".join(plan.quote.request_ids) or "no new compute"),
        ("5.5", "every risk agreed to", _agreed(plan, status)),
        ("6", "uploaded and released", _released(ending, status)),
        ("7", "verified on the instance", verification.verdict.value if verification else ""),
        ("8", "cost and removal reported", GroupWords.of(config).command("delete")),
    )
    done_by_proof = [SelfCheckItem(number=n, title=title, done=bool(proof), proof=proof) for n, title, proof in items]
    if release is not None and not release.ok:
        return [
            SelfCheckItem(number=i.number, title=i.title, done=False, proof=i.proof) if i.number in {"6", "7"} else i
            for i in done_by_proof
        ]
    return done_by_proof


def _decided(analysis: ProjectAnalysis, port: int | None) -> str:
    return f"{analysis.language or 'own scripts'}, {analysis.type.value}, " + (f"port {port}" if port else "no port")


def _agreed(plan: Plan, status: str) -> str:
    if status == "dry-run":
        return ""
    return ", ".join(risk.kind.value for risk in plan.risks) or "no risk in the plan"


def _released(ending: Ending, status: str) -> str:
    if ending.release is not None:
        return f"release {ending.release.release_id}" if ending.release.ok else ""
    last = ending.plan.observed.last_release
    return f"unchanged since release {last.release_id}" if status == "unchanged" and last else ""
