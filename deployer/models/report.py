"""How a deploy ended: what a person and a pipeline need next."""

from dataclasses import dataclass

from deployer.models.plan import Quote
from deployer.models.release import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheckItem:
    """One line of the report that shows each step was really done, with its proof."""

    number: str  # "0" … "8", with "5.5"
    title: str
    done: bool
    proof: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of `deploy`. `urls` are tried addresses, empty for workers; `next_commands` are ready to be run."""

    application_name: str
    application_group_name: str
    deploy_region_id: str
    status: str  # "deployed", "unchanged"
    verdict: Verdict
    plan_id: str
    release_id: str | None
    execution_id: str | None
    instance_ids: tuple[str, ...]
    public_ips: tuple[str, ...]
    port: int | None
    urls: tuple[str, ...]
    uploaded_bytes: int
    quote: Quote | None
    console_urls: tuple[tuple[str, str], ...]  # (label, URL)
    usage: tuple[str, ...]  # how to use what was deployed, by its kind
    cost_reminder: str
    next_commands: tuple[tuple[str, str], ...]  # (what for, command)
    self_check: tuple[SelfCheckItem, ...]
    warnings: tuple[str, ...]
    elapsed_seconds: float
