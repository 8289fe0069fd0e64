"""Which README is read, and how: before any other file of the project."""

from deployer.project.command_purposes import Purpose
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.commands import read_commands
from deployer.project.readme.document import CodeBlock
from deployer.project.readme.markdown import read_markdown
from deployer.project.readme.mentions import find_talk, read_ports, read_runtimes, read_variables
from deployer.project.readme.model import Readme
from deployer.project.readme.plain import read_plain
from deployer.project.readme.restructured import read_restructured
from deployer.project.readme.ways import make_ways

_LARGEST_HEAD_BYTES = 600_000  # what is looked at: a README of megabytes says how to run the project near its top
_LARGEST_TEXT = 200_000
_MOST_LINES = 4_000
_LONGEST_LINE = 2_000
_PLACES = ("", "docs", ".github")
_ORDER = (
    "readme.md",
    "readme.markdown",
    "readme.mdown",
    "readme",
    "readme.rst",
    "readme.txt",
    "readme.adoc",
    "readme.org",
)
_ENGLISH = (".en.", "_en.", "-en.", ".en-us.", "_en-us.", "-en-us.")
_MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".mdx")


def find_readme(project_dir: ProjectDir) -> Readme | None:
    """The README that says most: at the top before `docs`, Markdown before plain text; None without any.

    Where the first one names no command, one in another language, or a deeper one, may: then that is it.
    """
    first: Readme | None = None
    for file in _candidates(project_dir):
        text = project_dir.find_head(file, limit_bytes=_LARGEST_HEAD_BYTES)
        if text is None or not text.strip():
            continue
        readme = _read(project_dir, file, text)
        if readme.ways:
            return readme
        first = first or readme
    return first


def _candidates(project_dir: ProjectDir) -> list[str]:
    found: list[tuple[int, int, str]] = []
    for place, directory in enumerate(_PLACES):
        for name in project_dir.names_in(directory):
            lower = name.lower()
            if lower.startswith("readme") and not lower.endswith((".html", ".pdf", ".docx", ".png")):
                plain = (
                    _ORDER.index(lower) if lower in _ORDER else 20 if any(sign in lower for sign in _ENGLISH) else 30
                )
                found.append((place, plain, f"{directory}/{name}".lstrip("/")))
    return [file for _place, _plain, file in sorted(found)][:6]


def _read(project_dir: ProjectDir, file: str, whole: str) -> Readme:
    head = whole[:_LARGEST_TEXT].split("\n")[:_MOST_LINES]
    lines = [line[:_LONGEST_LINE] for line in head]
    blocks = _blocks(file, "\n".join(lines))
    commands = read_commands(project_dir, file, blocks)
    return Readme(
        file=file,
        ways=make_ways(one for one in commands if one.shape.purpose is not Purpose.REFUSED),
        refused=tuple(one for one in commands if one.shape.purpose is Purpose.REFUSED),
        ports=read_ports(lines),
        variables=read_variables(blocks),
        runtimes=read_runtimes(lines),
        talk=find_talk(lines),
        is_cut=len(whole) > len("\n".join(head)),
    )


def _blocks(file: str, text: str) -> tuple[CodeBlock, ...]:
    lower = file.lower()
    if lower.endswith(_MARKDOWN) or (lower.endswith("readme") and ("\n```" in text or text.startswith("# "))):
        return read_markdown(text)
    return read_restructured(text) if lower.endswith((".rst", ".rest")) else read_plain(text)
