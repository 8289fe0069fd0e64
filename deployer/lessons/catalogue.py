"""The lessons that are shipped, and the form of an entry, which the notebook shares."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import yaml

from deployer.errors.base import UsageError
from deployer.models.lesson import Lesson

LEAST_SIGHTINGS = 2
_ID = re.compile(r"[a-z][a-z0-9-]{2,63}")
_TEXTS = ("title", "cause", "solution")


def read_catalogue() -> tuple[Lesson, ...]:
    """The lessons of this package, the most telling symptoms first."""
    return read_lessons(files(__package__).joinpath("catalogue.yml").read_text("utf-8"))


def read_lessons(text: str) -> tuple[Lesson, ...]:
    """The lessons of a YAML text: a list of entries. Errors: UsageError naming the entry and what is wrong with it."""
    try:
        entries = yaml.safe_load(text) or []
    except yaml.YAMLError:
        raise UsageError("the lessons are no YAML", hint="mend the file, or move it away") from None
    if not isinstance(entries, list):
        raise UsageError("the lessons are no list of entries", hint="mend the file, or move it away")
    return tuple(make_lesson(entry) for entry in entries)


def make_lesson(entry: Mapping[str, Any] | Any) -> Lesson:
    """One entry. Errors: UsageError naming what is wrong with it."""
    name = entry.get("id") if isinstance(entry, Mapping) else entry
    if not isinstance(entry, Mapping) or not isinstance(name, str) or not _ID.fullmatch(name):
        raise UsageError(
            f"`{name}` is no id of a lesson", hint="use lower-case words with hyphens, such as `port-in-use`"
        )
    missing = [key for key in _TEXTS if not isinstance(entry.get(key), str) or not entry[key].strip()]
    if missing:
        raise UsageError(f"the lesson `{name}` has no {missing[0]}", hint=f"give {', '.join(_TEXTS)} and a symptom")
    return Lesson(
        id=name,
        symptoms=_symptoms(name, entry.get("symptoms")),
        patch=tuple(entry.get("patch") or ()),
        sightings=int(entry.get("sightings", LEAST_SIGHTINGS)),
        **{key: entry[key].strip() for key in _TEXTS},
    )


def as_entry(lesson: Lesson) -> dict[str, Any]:
    """The lesson as an entry of a file."""
    entry: dict[str, Any] = {"id": lesson.id, "title": lesson.title, "symptoms": list(lesson.symptoms)}
    entry |= {"cause": lesson.cause, "solution": lesson.solution}
    if lesson.patch:
        entry["patch"] = [dict(one) for one in lesson.patch]
    return {**entry, "sightings": lesson.sightings}


def _symptoms(name: str, symptoms: Sequence[str] | Any) -> tuple[str, ...]:
    if not isinstance(symptoms, Sequence) or isinstance(symptoms, str) or not symptoms:
        raise UsageError(f"the lesson `{name}` has no symptoms", hint="give at least one regular expression")
    for symptom in symptoms:
        try:
            matches_nothing = re.compile(str(symptom)).search("") is not None
        except re.error as error:
            raise UsageError(
                f"`{symptom}` is no regular expression: {error}", hint="put a backslash before ( ) [ ] . * + ?"
            ) from None
        if matches_nothing:
            raise UsageError(f"`{symptom}` fits every line", hint="name the words of the failure")
    return tuple(str(symptom) for symptom in symptoms)
