"""A plan as a person reads it: every step, every risk, the price, and the one command that agrees to it."""

from deployer.models.config import ExistingInstance
from deployer.models.plan import Plan, Step
from deployer.models.step_words import step_words
from deployer.ui.price import price_sentence, render_quote
from deployer.ui.printable import printable
from deployer.ui.tables import render_fields, render_table
from deployer.ui.texts import Language, text

CONFIRM_MARKER = "=== AGENT_CONFIRM_REQUIRED ==="


def render_plan(plan: Plan, language: Language = "en") -> str:
    """The whole plan: where it goes, its steps, its risks and its price."""
    config = plan.config
    target = target_of(plan, language)
    lines = [
        f"=== {text('plan', language)} {plan.plan_id} ===",
        render_fields(
            [
                (text("application", language), config.application_name),
                (text("group", language), config.application_group_name),
                (text("region", language), config.deploy_region_id),
                (text("target", language), target),
            ]
        ),
        *(f"{text('notice', language)}: {printable(notice)}" for notice in config.notices),
        "",
    ]
    if not plan.steps:
        return "\n".join([*lines, text("nothing", language)])
    lines += [f"{text('steps', language)}:", _steps(plan.steps, language), ""]
    lines.append(render_quote(plan.quote, region_id=config.deploy_region_id, target=target, language=language))
    if plan.risks:
        lines += ["", f"{text('risks', language)}:"]
        lines += [
            f"{number}. {printable(risk.title)} [{risk.kind.value}]\n   {_indented(risk.text)}"
            for number, risk in enumerate(plan.risks, 1)
        ]
    return "\n".join(lines)


def render_confirm(plan: Plan, language: Language = "en", *, deploy_command: str = "deployer deploy") -> str:
    """The block that asks for consent, point by point, and the command that gives it; empty when nothing needs it."""
    if not plan.risks:
        return ""
    words = ",".join(dict.fromkeys(risk.kind.value for risk in plan.risks))
    lines = [CONFIRM_MARKER, text("confirm.head", language)]
    lines += [f"  {number}) {risk.kind.value}: {printable(risk.question)}" for number, risk in enumerate(plan.risks, 1)]
    if any(risk.kind.value == "price" for risk in plan.risks):
        lines += ["", price_sentence(plan.quote, language)]
    lines += ["", f"{text('confirm.run', language)}: {deploy_command} --approve {plan.plan_id} --confirm {words}"]
    return "\n".join(lines)


def target_of(plan: Plan, language: Language = "en") -> str:
    """The instance in words."""
    instance = plan.config.instance
    if isinstance(instance, ExistingInstance):
        return f"{text('existing.ecs', language)} {instance.instance_id}"
    return f"{text('new.ecs', language)} {instance.instance_type}"


def _steps(steps: tuple[Step, ...], language: Language) -> str:
    rows = []
    for number, step in enumerate(steps, 1):
        change, what, details = step_words(step)
        rows.append((f"{number}.", text(f"step.{change}", language), what, details))
    table = render_table(("#", "", "", ""), rows, language)
    return "\n".join(f"  {line}" for line in table.split("\n")[1:])


def _indented(words: str) -> str:
    return printable(words).replace("\n", "\n   ")
