"""What a person has to answer or agree to before a run may go on."""

from dataclasses import dataclass
from typing import Any

from deployer.errors.base import DecisionNeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One missing answer. `choices` are (value, label); empty when any text will do. `flag` gives the answer."""

    id: str
    text: str
    flag: str
    choices: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The question as JSON values."""
        return {
            "id": self.id,
            "text": self.text,
            "flag": self.flag,
            "choices": [{"value": value, "label": label} for value, label in self.choices],
        }


class AnswersNeeded(DecisionNeeded):
    """Nobody said what must be said. It lists every missing answer at once, with the flag for each.

    `deploy_region_id` is empty while the region is among them.
    """

    code = "decision.answers_needed"

    def __init__(self, questions: tuple[Question, ...], *, deploy_region_id: str = "") -> None:
        names = ", ".join(question.id for question in questions)
        flags = " ".join(question.flag for question in questions)
        super().__init__(
            f"{len(questions)} answer{'' if len(questions) == 1 else 's'} missing: {names}",
            hint=f"add {flags}",
            questions=[question.as_dict() for question in questions],
            deploy_region_id=deploy_region_id or None,
        )
        self.questions = questions
        self.deploy_region_id = deploy_region_id


class ApprovalNeeded(DecisionNeeded):
    """A plan stands and waits for consent. `items` are (word for `--confirm`, question)."""

    code = "decision.approval_needed"

    def __init__(self, plan_id: str, items: tuple[tuple[str, str], ...], deploy_command: str) -> None:
        words = ",".join(word for word, _ in items)
        command = f"{deploy_command} --approve {plan_id} --confirm {words}"
        super().__init__(
            f"the plan needs consent to {words}",
            hint=f"show the plan, ask for each point, then run `{command}`",
            next_commands=(command,),
            plan_id=plan_id,
            items=[{"confirm": word, "question": question} for word, question in items],
        )
        self.plan_id = plan_id
        self.items = items


class PlanDrifted(DecisionNeeded):
    """What was approved is not what would be done now. `changes` are (field, approved value, value now)."""

    code = "decision.plan_drifted"

    def __init__(
        self, approved_plan_id: str, plan_id: str, plan_command: str, changes: tuple[tuple[str, str, str], ...]
    ) -> None:
        fields = ", ".join(field for field, _, _ in changes) or "something in it"
        super().__init__(
            f"the approved plan no longer fits: {fields} moved",
            hint="look at the new plan and approve it",
            next_commands=(plan_command,),
            approved_plan_id=approved_plan_id,
            plan_id=plan_id,
            changes=[{"field": field, "approved": before, "now": now} for field, before, now in changes],
        )


class ConsentRefused(DecisionNeeded):
    """A person said no to a point of the plan; nothing was changed."""

    code = "decision.refused"

    def __init__(self, item: str) -> None:
        super().__init__(
            f"`{item}` was refused; nothing was changed",
            hint=REFUSAL_HINTS.get(item, "change what was refused and ask for a new plan"),
            item=item,
        )


REFUSAL_HINTS = {
    "price": "take a smaller type with `--instance-type`, or an instance you have: `--ecs existing --instance-id ID`",
    "existing ECS": "a new instance keeps what runs today untouched: `--ecs new`",
    "overwrite": "`--force-new-group` leaves the running group as it is and makes a new one",
    "delete": "`--dry-run` shows what would go; `--keep-instance` leaves the instance",
}


class DeleteNotConfirmed(DecisionNeeded):
    """Nothing is deleted without being told to; it lists what would go."""

    code = "decision.delete_not_confirmed"

    def __init__(self, application_name: str, group_name: str, would_remove: tuple[str, ...]) -> None:
        super().__init__(
            f"deleting {application_name}/{group_name} has to be confirmed: it removes {', '.join(would_remove)}",
            hint="show the list to the user, then run the same command with --yes",
            application_name=application_name,
            application_group_name=group_name,
            would_remove=list(would_remove),
        )
