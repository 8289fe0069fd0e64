"""A lesson: how a failure looks in a log, why it happens, and what helped."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson. `symptoms` are regular expressions, one of which a line of the log has.

    `patch` is a JSON Patch on the configuration that does what `solution` says, empty where no setting helps.
    """

    id: str
    title: str
    symptoms: tuple[str, ...]
    cause: str
    solution: str
    patch: tuple[dict[str, Any], ...] = ()
    sightings: int = 2  # how often it was seen; what was seen once is not believed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonMatch:
    """A lesson that a log has the symptom of: the first line (1-based) that shows it, and its text."""

    lesson: Lesson
    line: int
    text: str
