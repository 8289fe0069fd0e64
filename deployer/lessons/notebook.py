"""The lessons somebody noted on this computer. What was noted once is a sighting; from the second on it is believed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from deployer.config.environment import process_environment
from deployer.config.places import state_folder
from deployer.config.writing import write_atomically
from deployer.errors.base import UsageError
from deployer.lessons.catalogue import as_entry, make_lesson, read_catalogue, read_lessons
from deployer.lessons.matching import find_lessons, lesson_facts
from deployer.models.lesson import Lesson

_NOTE = "# Lessons noted by `deployer lessons add`; an entry counts from its second sighting on.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """One file of lessons; it is made with the first one."""

    path: Path

    def read(self) -> tuple[Lesson, ...]:
        """What was noted, in order; empty before the first. Errors: UsageError when the file is broken."""
        try:
            return read_lessons(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read `{self.path}`: {error}", hint="mend the file, or move it away") from None

    def all_lessons(self) -> tuple[Lesson, ...]:
        """What is shipped, then what was noted here."""
        return (*read_catalogue(), *self.read())

    def add(self, entry: Mapping[str, Any]) -> Lesson:
        """Note a lesson, or one more sighting of the lesson with this id; gives it with the sightings it has now.

        Errors: UsageError for an entry without its parts, or one that is shipped already.
        """
        lesson = replace(make_lesson(entry), sightings=1)
        if any(one.id == lesson.id for one in read_catalogue()):
            raise UsageError(
                f"the lesson `{lesson.id}` is in the catalogue already",
                hint="see `deployer lessons list`, or take another id",
            )
        noted = {one.id: one for one in self.read()}
        known = noted.get(lesson.id)
        if known is not None:
            symptoms = tuple(dict.fromkeys((*known.symptoms, *lesson.symptoms)))
            lesson = replace(lesson, symptoms=symptoms, sightings=known.sightings + 1)
        noted[lesson.id] = lesson
        text = yaml.safe_dump([as_entry(one) for one in noted.values()], allow_unicode=True, sort_keys=False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, (_NOTE + text).encode())
        return lesson


def recall(log: str) -> list[dict[str, Any]]:
    """What is known of a failure by its log, as facts; a broken notebook is passed over, the failure matters more."""
    try:
        noted = open_notebook().read()
    except UsageError:
        noted = ()
    return lesson_facts(find_lessons(log, (*read_catalogue(), *noted)))


def open_notebook() -> Notebook:
    """The user's own, beside the state of the local cloud."""
    return Notebook(path=state_folder(process_environment()) / "lessons.yml")
