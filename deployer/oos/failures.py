"""What can go wrong with a template or while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a template, and where: `Tasks[2].Properties.Service`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class TemplateError(ValueError):
    """A text is no template; all problems found are in `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class ParameterError(ValueError):
    """The parameters given do not fit the template's `Parameters`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class ExpressionError(ValueError):
    """A reference, function or selector cannot be worked out."""


class TaskFailure(Exception):
    """A task failed; the message becomes its StatusMessage."""


class ApiFailure(Exception):
    """An API refused: its code, its message, and the body a selector may look at."""

    def __init__(self, code: str, message: str, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.body: dict[str, Any] = {"Code": code, "Message": message, **(body or {})}
