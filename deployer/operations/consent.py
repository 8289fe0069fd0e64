"""Who agreed to what: interactively item by item, by `--approve` with `--confirm`, or by `--yes` for throw-away groups."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployer.errors.decision import ApprovalNeeded, ConsentRefused, PlanDrifted
from deployer.events import ConfirmRequired, Emit
from deployer.models.plan import Plan, Risk, canonical_json

Ask = Callable[[Plan, Risk], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was said beforehand. `ask` is None where nobody can be asked; `plans_folder` keeps printed plans."""

    approve: str | None = None
    confirm: tuple[str, ...] = ()
    yes: bool = False
    ask: Ask | None = None
    plans_folder: Path | None = None
    command: str = "deployer deploy"  # what has to be run again, without the consent


def obtain_consent(plan: Plan, consent: Consent, emit: Emit) -> None:
    """Return when every risk of the plan was agreed to.

    Errors: ApprovalNeeded, PlanDrifted, ConsentRefused; nothing was changed by then.
    """
    if consent.approve is not None:
        _check_approved(plan, consent)
    open_risks = [risk for risk in plan.risks if not _answered(risk, consent)]
    if not open_risks:
        return
    emit(
        ConfirmRequired(
            plan_id=plan.plan_id,
            items=tuple(
                {"kind": risk.kind.value, "title": risk.title, "text": risk.text, "question": risk.question}
                for risk in open_risks
            ),
        )
    )
    if consent.ask is None:
        items = tuple((risk.kind.value, f"{risk.text}. {risk.question}") for risk in open_risks)
        raise ApprovalNeeded(plan.plan_id, items, consent.command)
    for risk in open_risks:
        if not consent.ask(plan, risk):
            raise ConsentRefused(risk.title)


def _answered(risk: Risk, consent: Consent) -> bool:
    if consent.approve is not None and risk.kind.value in consent.confirm:
        return True
    return consent.yes and risk.throwaway


def _check_approved(plan: Plan, consent: Consent) -> None:
    """The approved plan is the plan of now; `--approve` takes a prefix of at least 12 digits."""
    approved = consent.approve or ""
    if len(approved) >= 12 and plan.plan_id.startswith(approved):
        return
    plan_command = consent.command.replace("deployer deploy", "deployer plan", 1)
    raise PlanDrifted(
        approved, plan.plan_id, plan_command, _changes(_load(consent.plans_folder, approved), plan.identity)
    )


def remember_plan(plan: Plan, plans_folder: Path) -> None:
    """Keep what the plan id stands for, so that a later drift can be named field by field. A cache: losing it is fine."""
    try:
        plans_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (plans_folder / f"{plan.plan_id}.json").write_text(canonical_json(plan.identity), encoding="utf-8")
    except OSError:
        return


def _load(plans_folder: Path | None, approved: str) -> Mapping[str, Any] | None:
    if plans_folder is None or not approved.isalnum():
        return None
    for path in plans_folder.glob(f"{approved}*.json"):
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None
    return None


def _changes(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """(field, approved, now) of each top field that moved; empty when the approved plan is not known here."""
    if before is None:
        return ()
    settled = json.loads(canonical_json(now))
    return tuple(
        (field, canonical_json(before.get(field)), canonical_json(settled.get(field)))
        for field in sorted({*before, *settled})
        if before.get(field) != settled.get(field)
    )
