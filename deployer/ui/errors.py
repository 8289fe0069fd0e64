"""An error as a person reads it: what failed, the evidence, one thing to do, the next command. Never a traceback."""

from collections.abc import Mapping
from typing import Any

from deployer.errors.base import DeployerError
from deployer.errors.config import ConfigInvalid, Problem
from deployer.errors.decision import AnswersNeeded, ApprovalNeeded, Question
from deployer.ui.json_values import to_json_value
from deployer.ui.printable import display_width, printable
from deployer.ui.texts import Language, text

_SHOWN_ELSEWHERE = {ConfigInvalid: "problems", AnswersNeeded: "questions", ApprovalNeeded: "items"}
_MAX_FACT_LINES = 200
_MAX_LOG_LINES = 30


def render_error(error: DeployerError, language: Language = "en") -> str:
    """The whole screen for an error."""
    lines = [f"❌ {text('error', language)}: {printable(error.message)} [{error.code}]"]
    if isinstance(error, ConfigInvalid):
        lines += [line for problem in error.problems for line in ("", *_problem(problem, language))]
    elif isinstance(error, AnswersNeeded):
        lines += [line for question in error.questions for line in ("", *_question(question, language))]
    elif isinstance(error, ApprovalNeeded):
        lines += [f"   {number}) {word}: {printable(asked)}" for number, (word, asked) in enumerate(error.items, 1)]
    elsewhere = {_SHOWN_ELSEWHERE.get(type(error)), "log_tail"}
    facts = _facts({name: value for name, value in error.facts.items() if name not in elsewhere})
    if facts:
        lines += ["", *facts]
    if error.facts.get("log_tail"):
        lines += ["", *_log(str(error.facts["log_tail"]))]
    if error.hint and not _is_hinted(error):
        lines += ["", f"{text('hint', language)}: {printable(error.hint)}"]
    lines += [f"{text('try', language)}: {printable(command, one_line=True)}" for command in error.next_commands]
    if error.docs_url:
        lines.append(printable(error.docs_url, one_line=True))
    return "\n".join(lines)


def _is_hinted(error: DeployerError) -> bool:
    """Whether what to do stands with the problem already: it does where there is one alone."""
    return isinstance(error, ConfigInvalid) and any(problem.hint == error.hint for problem in error.problems)


def render_problems(problems: tuple[Problem, ...], language: Language = "en") -> str:
    """Problems of a configuration, one paragraph each."""
    return "\n\n".join("\n".join(_problem(problem, language)) for problem in problems)


def _problem(problem: Problem, language: Language) -> list[str]:
    mark = "⚠️" if problem.severity == "warning" else "❌"
    where = f"{problem.line}: " if problem.line else ""
    name = f"{problem.path}: " if problem.path else ""
    lines = [f"{mark} {where}{printable(name, one_line=True)}{printable(problem.message, one_line=True)}"]
    if problem.source is not None:
        shown = printable(problem.source.replace("\t", " "), one_line=True)
        lines.append(f"     {shown}")
        if problem.column and problem.column <= len(problem.source) + 1:
            before = printable(problem.source[: problem.column - 1].replace("\t", " "), one_line=True)
            lines.append(" " * (5 + display_width(before)) + "^")
    if problem.allowed:
        lines.append(f"   {text('allowed', language)}: {printable(problem.allowed, one_line=True)}")
    if problem.hint:
        lines.append(f"   {text('hint', language)}: {printable(problem.hint, one_line=True)}")
    return lines


def _question(question: Question, language: Language) -> list[str]:
    lines = [f"{text('answers', language)}: {printable(question.text)}", f"   {printable(question.flag)}"]
    if question.choices:
        lines.append(
            "   " + " / ".join(f"{printable(label)} ({printable(value)})" for value, label in question.choices)
        )
    return lines


def _facts(facts: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for name, value in facts.items():
        if value in (None, "", [], {}, ()):
            continue
        lines += _fact(name.replace("_", " "), to_json_value(value))
    return lines[:_MAX_FACT_LINES]


def _log(text: str) -> list[str]:
    """The last lines of a log; how many stand before them is said."""
    lines = printable(text.rstrip("\n")).split("\n")
    shown = lines[-_MAX_LOG_LINES:]
    more = f" (the last {len(shown)} of {len(lines)} lines)" if len(lines) > len(shown) else ""
    return [f"  log{more}:", *(f"    | {line}" for line in shown)]


def _fact(name: str, value: Any, margin: str = "  ") -> list[str]:
    if isinstance(value, dict):
        inner = [line for key, item in value.items() for line in _fact(str(key), item, margin + "  ")]
        return [f"{margin}{printable(name, one_line=True)}:", *inner]
    if isinstance(value, list):
        inner = [line for item in value for line in _item(item, margin)]
        return [f"{margin}{printable(name, one_line=True)}:", *inner]
    words = "-" if value is None else printable(value)
    if "\n" in words:
        indented = [f"{margin}  | {line}" for line in words.rstrip("\n").split("\n")]
        return [f"{margin}{printable(name, one_line=True)}:", *indented]
    return [f"{margin}{printable(name, one_line=True)}: {words}"]


def _item(item: Any, margin: str) -> list[str]:
    if isinstance(item, dict):
        words = ", ".join(f"{key}: {value}" for key, value in item.items())
        return [f"{margin}  - {printable(words, one_line=True)}"]
    return [f"{margin}  - {printable(item, one_line=True)}"]
