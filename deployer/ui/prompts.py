"""Questions to a person at a terminal: missing answers together, consent item by item. Never without a terminal."""

from typing import Any

from deployer.errors.decision import Question
from deployer.models.plan import Plan, Risk
from deployer.ui.printable import printable
from deployer.ui.texts import Language, text

NEW_INSTANCE = "new"


def ask_answers(questions: tuple[Question, ...], *, language: Language = "en", asker: Any = None) -> dict[str, str]:
    """One answer for each question, by its id, which is its flag's name.

    `asker` stands for questionary. Errors: KeyboardInterrupt when the person leaves.
    """
    ask = asker or _questionary()
    return {question.id: _ask_one(ask, question, language) for question in questions}


def choose_instance(
    rows: tuple[tuple[str, str], ...], *, region_id: str = "", language: Language = "en", asker: Any = None
) -> str:
    """An instance id out of (id, description) rows, or one that is typed in; NEW_INSTANCE for none of them.

    Errors: KeyboardInterrupt when the person leaves.
    """
    ask = asker or _questionary()
    listed = {f"{number}. {printable(words, one_line=True)}": value for number, (value, words) in enumerate(rows, 1)}
    new = text("instances.new", language)
    other = text("instances.other", language)
    head = text("instances.which" if rows else "instances.none", language, region=region_id)
    chosen = _given(ask.select(head, choices=[*listed, other, new]))
    if chosen == new:
        return NEW_INSTANCE
    return listed[chosen] if chosen in listed else _given(ask.text(text("instances.id", language)))


def confirm_risk(plan: Plan, risk: Risk, *, language: Language = "en", asker: Any = None) -> bool:
    """Whether a person agrees to one point of the plan; "no" is the default.

    Errors: KeyboardInterrupt when the person leaves.
    """
    ask = asker or _questionary()
    place = f"{plan.risks.index(risk) + 1}/{len(plan.risks)}"
    title = f"{place} {printable(risk.title, one_line=True)}: {printable(risk.question, one_line=True)}"
    answer = ask.select(title, choices=[text("no", language), text("yes", language)]).ask()
    if answer is None:
        raise KeyboardInterrupt
    return bool(answer == text("yes", language))


def _ask_one(ask: Any, question: Question, language: Language) -> str:
    words = printable(question.text, one_line=True)
    if not question.choices:
        return _given(ask.text(words))
    choices = {f"{printable(label)} ({printable(value)})": value for value, label in question.choices}
    other = text("region.other", language) if question.id == "region" else None
    chosen = _given(ask.select(words, choices=[*choices, *([other] if other else [])]))
    return choices[chosen] if chosen in choices else _given(ask.text(text("region.id", language)))


def _given(prompt: Any) -> str:
    """The answer of a prompt, asked again while it is empty; None means that the person left."""
    while True:
        answer = prompt.ask()
        if answer is None:
            raise KeyboardInterrupt
        if str(answer).strip():
            return str(answer).strip()


def _questionary() -> Any:
    import questionary

    return questionary
