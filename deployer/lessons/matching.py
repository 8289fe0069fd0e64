"""Which lessons a log has the symptoms of."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from deployer.lessons.catalogue import LEAST_SIGHTINGS
from deployer.models.lesson import Lesson, LessonMatch

_MOST_CHARACTERS = 256 * 1024  # of the end of a log
_LONGEST_LINE = 2000
_SHOWN = 200


def find_lessons(log: str, lessons: Iterable[Lesson]) -> tuple[LessonMatch, ...]:
    """The lessons with a symptom in the log, in their own order; those that were seen once are passed over."""
    before, end = log[:-_MOST_CHARACTERS], log[-_MOST_CHARACTERS:]
    lines = [line[:_LONGEST_LINE] for line in end.split("\n")]
    skipped = before.count("\n")
    found = []
    for lesson in lessons:
        symptoms = [re.compile(symptom) for symptom in lesson.symptoms]
        place = next((n for n, line in enumerate(lines) if any(one.search(line) for one in symptoms)), None)
        if place is not None and lesson.sightings >= LEAST_SIGHTINGS:
            found.append(LessonMatch(lesson=lesson, line=skipped + place + 1, text=lines[place].strip()[:_SHOWN]))
    return tuple(found)


def lesson_facts(matches: Sequence[LessonMatch]) -> list[dict[str, Any]]:
    """The matches as facts of an error or data of a result; `patch` only where there is one."""
    return [
        {
            "id": one.lesson.id,
            "line": one.line,
            "text": one.text,
            "cause": one.lesson.cause,
            "solution": one.lesson.solution,
            **({"patch": [dict(step) for step in one.lesson.patch]} if one.lesson.patch else {}),
        }
        for one in matches
    ]
