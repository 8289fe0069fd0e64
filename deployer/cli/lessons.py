"""`deployer lessons list|match|add`."""

from typing import Any, TextIO

import click

from deployer.cli.options import common_options, take_common
from deployer.cli.screen import Screen
from deployer.lessons import LEAST_SIGHTINGS, find_lessons, lesson_facts, open_notebook
from deployer.models.lesson import LessonMatch
from deployer.ui.tables import render_table


@click.group("lessons", help="Known failures: list them, find them in a log, note a new one.", no_args_is_help=False)
def command() -> None:
    """The group of lesson commands."""


@command.command("list", help="List the lessons: those of the catalogue, and those noted on this computer.")
@common_options
def list_lessons(**arguments: Any) -> int:
    """Print them."""
    screen = Screen(take_common(arguments))
    lessons = open_notebook().all_lessons()
    data = [{"id": one.id, "title": one.title, "sightings": one.sightings, "solution": one.solution} for one in lessons]
    screen.result(
        {"lessons": data}, lambda: render_table(("LESSON", "WHAT IT IS"), [(one.id, one.title) for one in lessons])
    )
    return 0


@command.command("match", help="Say which lessons a log has the symptoms of; `-` reads standard input.")
@click.argument("log", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
@common_options
def match(log: TextIO, **arguments: Any) -> int:
    """Print what was recognised, with its line, its cause, and what helped."""
    screen = Screen(take_common(arguments))
    matches = find_lessons(log.read(), open_notebook().all_lessons())

    shown = "\n\n".join(map(_paragraph, matches)) or "no known failure is in this log"
    screen.result({"matches": lesson_facts(matches)}, lambda: shown)
    return 0


@command.command("add", help="Note a failure that was met; it counts from its second sighting on.")
@click.option(
    "--id", "lesson_id", required=True, help="Name in lower case with hyphens; the same one again is another sighting."
)
@click.option("--title", required=True, help="What it is, in a few words.")
@click.option(
    "--symptom", "symptoms", required=True, multiple=True, metavar="REGEX", help="What a line of the log has."
)
@click.option("--cause", required=True, help="Why it happens.")
@click.option("--solution", required=True, help="What helped.")
@common_options
def add(**arguments: Any) -> int:
    """Note it, and say whether it counts yet."""
    screen = Screen(take_common(arguments))
    noted = open_notebook().add({**arguments, "id": arguments["lesson_id"]})
    counts = noted.sightings >= LEAST_SIGHTINGS
    data = {"id": noted.id, "sightings": noted.sightings, "counts": counts}
    after = "it counts from now on" if counts else "it counts from the next sighting on"
    screen.result(
        data, lambda: f"{noted.id} was seen {noted.sightings} time{'s' if noted.sightings > 1 else ''}: {after}"
    )
    return 0


def _paragraph(match: LessonMatch) -> str:
    """One recognised failure; a change of the configuration that helps is shown as key and value."""
    lesson = match.lesson
    lines = [f"{lesson.id}: {lesson.title}", f"  line {match.line}: {match.text}", f"  why: {lesson.cause}"]
    changes = [f"  set: {str(one['path']).strip('/').replace('/', '.')}: {one['value']}" for one in lesson.patch]
    return "\n".join([*lines, f"  instead: {lesson.solution}", *changes])
