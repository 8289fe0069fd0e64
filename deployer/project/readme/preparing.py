"""What a README does between the install and the start: migrations and the like, which every release can repeat (M38)."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from deployer.models.analysis import Evidence, MethodKind
from deployer.project.command_purposes import Purpose
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.model import Readme, ReadmeCommand
from deployer.project.readme.sections import Standing

_REPEATABLE = re.compile(
    r"python3? [\w./-]*download\w*\.py\b.*|python3? [\w./-]*manage\.py (?:migrate|collectstatic|compilemessages)\b.*|alembic upgrade heads?"
    r"|flask (?:(?:--app|-A)[ =]\S+ )?(?:db upgrade|translate compile)|prisma (?:generate|migrate deploy|db push)"
    r"|knex migrate:latest|sequelize(?:-cli)? db:migrate|typeorm migration:run\b.*|php artisan (?:migrate|config:cache|view:cache)\b.*"
    r"|(?:npm run|yarn(?: run)?|pnpm(?: run)?) (?:db:|prisma:)?(?:migrate|migrations?|generate|codegen)(?::(?:up|deploy|run|latest|prod))?"
)
_PLAIN_WORD = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_UNATTENDED = {"migrate": "--noinput", "collectstatic": "--noinput"}
_PROGRAMS = {  # a Rails application is prepared whatever its README says
    "python": {"python", "python3", "flask", "alembic"},
    "node": {"npm", "yarn", "pnpm", "prisma", "knex", "sequelize", "sequelize-cli", "typeorm"},
    "php": {"php"},
}
_FOR_DEVELOPERS = re.compile(r"dev|test|doc|lint|ci\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparations:
    """Commands with the place of each: those every release runs, in order, and those a release must not repeat."""

    commands: tuple[tuple[str, Evidence], ...] = ()
    left_out: tuple[tuple[str, Evidence], ...] = ()


def read_preparations(readme: Readme, language: str) -> Preparations:
    """The preparing commands the README names for a language, those that fit the tree."""
    commands: dict[str, Evidence] = {}
    left_out: dict[str, Evidence] = {}
    for command in _preparing(readme):
        words = command.shape.words
        program = words[0].rpartition("/")[2]
        elsewhere = command.obstacle is not None or command.shape.directory is not None
        if elsewhere or program not in _PROGRAMS.get(language, ()):
            continue
        why = f"the README says `{command.text[:80]}`"
        evidence = Evidence(file=command.file, line=command.line, why=why, decides="build")
        if _REPEATABLE.fullmatch(" ".join((program, *words[1:]))) and all(map(_PLAIN_WORD.fullmatch, words)):
            commands.setdefault(_unattended(program, words, dict(command.shape.environment)), evidence)
        else:
            left_out.setdefault(" ".join(words), evidence)
    return Preparations(commands=tuple(commands.items()), left_out=tuple(left_out.items()))


def read_requirements(project_dir: ProjectDir, readme: Readme, followed: ReadmeCommand) -> tuple[str, ...]:
    """The requirement files the followed way installs, those for developers left out; they all exist."""
    way = next((one for one in readme.ways if followed in one.commands), None)
    words = [one.shape.words for one in way.whole if one.shape.purpose is Purpose.INSTALL] if way else []
    files = (
        file.removeprefix("./")
        for one in words
        for option, file in pairwise(one)
        if option in {"-r", "--requirement"} and not _FOR_DEVELOPERS.search(file) and _PLAIN_WORD.fullmatch(file)
    )
    return tuple(file for file in dict.fromkeys(files) if project_dir.is_file(file))


def _preparing(readme: Readme) -> Iterator[ReadmeCommand]:
    """The preparing commands at the top of the project, of ways that are meant to be followed, in the order of the text."""
    native = {MethodKind.NATIVE_INSTALL, MethodKind.BUILD_AND_RUN}
    ways = [way for way in readme.ways if way.kind in native and way.standing is not Standing.DISCOURAGED]
    found = {one: None for way in ways for one in way.whole if one.shape.purpose is Purpose.PREPARE}
    return iter(sorted(found, key=lambda one: one.line))


def _unattended(program: str, words: tuple[str, ...], environment: dict[str, str]) -> str:
    """The command as one that asks nothing and finds its application."""
    plain = [program.replace("python3", "python"), *(word for word in words[1:] if word != "--seed")]
    asks = _UNATTENDED.get(words[2] if words[1:2] and words[1].endswith("manage.py") else "")
    if asks and asks not in words:
        plain.append(asks)
    if words[1:3] == ("artisan", "migrate") and "--force" not in words:
        plain.append("--force")
    application = environment.get("FLASK_APP", "")
    prefix = f"FLASK_APP={application} " if program == "flask" and _PLAIN_WORD.fullmatch(application) else ""
    return prefix + shlex.join(plain)
