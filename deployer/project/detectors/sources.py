"""Source text of any language as the detectors search it: comments blanked, lines kept, likely entries first."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deployer.models.analysis import Decision, Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.project_dir import ProjectDir

_LARGEST_SOURCE = 400_000
_MOST_SOURCES = 400
_ASIDE = re.compile(
    r"(^|/)(tests?|testdata|spec|examples?|samples?|docs?|vendor|third_party|node_modules|fixtures|benches|benchmarks?|e2e)/"
)
_STRINGS = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`[^`]*`'
_CHARACTERS = r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\\n])\'|`[^`]*`'  # where a lone apostrophe is no string: Rust, Go, Java
_SLASHES = r"//[^\n]*|/\*.*?\*/"
_HASHES = r"(?<![^\s;])#[^\n]*"
_COMMENTS = {
    "go": re.compile(f"({_CHARACTERS})|{_SLASHES}", re.DOTALL),
    "slashes": re.compile(f"({_STRINGS})|{_SLASHES}", re.DOTALL),
    "hashes": re.compile(f"({_STRINGS})|{_HASHES}", re.DOTALL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A pattern found at a line of a file."""

    file: str
    line: int
    match: re.Match[str]

    def evidence(self, why: str, decides: Decision = "port") -> Evidence:
        return Evidence(file=self.file, line=self.line, why=why, decides=decides)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Texts by file, in the order they are to be searched; comments are blanked, line numbers kept."""

    texts: dict[str, str]

    def find(self, *patterns: str) -> Hit | None:
        """The first hit, files before patterns: the likeliest file decides."""
        return next(self.find_all(*patterns), None)

    def find_all(self, *patterns: str) -> Iterator[Hit]:
        compiled = [re.compile(pattern, re.MULTILINE) for pattern in patterns]
        for file, text in self.texts.items():
            for pattern in compiled:
                for match in pattern.finditer(text):
                    yield Hit(file=file, line=text.count("\n", 0, match.start()) + 1, match=match)

    def first(self, preferred: Iterable[str]) -> "Sources":
        """The same texts with those files, or those below those directories (`cmd/api/`), at the front."""
        wanted = tuple(preferred)
        ahead = {file: text for file, text in self.texts.items() if any(_is_at(file, one) for one in wanted)}
        return Sources(texts={**ahead, **{file: text for file, text in self.texts.items() if file not in ahead}})

    def only(self, place: str) -> "Sources":
        """The texts of one file, or below one directory."""
        return Sources(texts={file: text for file, text in self.texts.items() if _is_at(file, place)})


def read_sources(project_dir: ProjectDir, endings: tuple[str, ...], comments: str) -> Sources:
    """The sources with one of these endings, shallow ones first; tests, examples and vendored code left out.

    `comments` is "slashes" (`//`, `/* */`), "go" (the same, an apostrophe opens a character only) or "hashes" (`#`).
    """
    files = [file for file in project_dir.files() if file.endswith(endings) and is_source(file)]
    files.sort(key=lambda file: (file.count("/"), file))
    texts = {}
    for file in files[:_MOST_SOURCES]:
        text = project_dir.find_text(file)
        if text is not None and len(text) <= _LARGEST_SOURCE:
            texts[file] = _COMMENTS[comments].sub(_blanked, text)
    return Sources(texts=texts)


def is_source(file: str) -> bool:
    """Whether a file is the project's own code, with a name that means itself to a shell."""
    return is_plain_path(file.lstrip(".")) and not _ASIDE.search(file) and file.count("/") <= 9


def _blanked(match: re.Match[str]) -> str:
    return match[0] if match[1] is not None else "\n" * match[0].count("\n")


def _is_at(file: str, place: str) -> bool:
    return file == place or (place.endswith("/") and file.startswith(place)) or place == ""
