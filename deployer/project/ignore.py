"""Ignore rules with git's semantics: which paths of a project are not part of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from deployer.project.gitignore import GitIgnore

IGNORE_FILES = (".gitignore", ".deployignore")  # later ones win

DEFAULT_PATTERNS = (
    ".git", ".hg", ".svn", ".bzr", ".jj",
    ".venv/", "venv/", "virtualenv/", "node_modules/", "bower_components/",
    "__pycache__/", "*.py[co]", ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".tox/", ".nox/", ".hypothesis/",
    ".ipynb_checkpoints/", ".coverage", "htmlcov/", ".cache/", ".parcel-cache/", ".turbo/", ".gradle/",
    ".idea/", ".vscode/", ".vs/", ".fleet/", "*.swp", "*~", ".DS_Store", "Thumbs.db", "desktop.ini",
    ".appmanager/", ".deployer/",
    "/project_*.zip", ".terraform/",
)  # fmt: skip

MARKERS_OF_DISPOSABLE_DIRECTORIES = ("pyvenv.cfg", "CACHEDIR.TAG")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """The patterns of one file; `base` is its directory with a trailing slash, "" at the top."""

    base: str
    patterns: GitIgnore
    from_git: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRules:
    """Rules in rising precedence: defaults, then files from the top down, then the configuration's own."""

    rules: tuple[_Rules, ...]
    own: tuple[_Rules, ...]
    tracked: frozenset[str]  # files git has in its index: its ignore rules do not concern them

    @classmethod
    def of(cls, patterns: Iterable[str] = (), tracked: frozenset[str] = frozenset()) -> "IgnoreRules":
        """The defaults below, and these patterns above, whatever the files of the project say."""
        default = _Rules(base="", patterns=GitIgnore(DEFAULT_PATTERNS), from_git=False)
        own = _Rules(base="", patterns=GitIgnore(patterns), from_git=False)
        return cls(rules=(default,), own=(own,), tracked=tracked)

    def inside(self, directory: str, texts: dict[str, str]) -> "IgnoreRules":
        """The rules for a directory ("" is the top) whose ignore files, by name, have these texts."""
        base = f"{directory}/" if directory else ""
        added = tuple(
            _Rules(base=base, patterns=GitIgnore.of(texts[name]), from_git=name == ".gitignore")
            for name in IGNORE_FILES
            if name in texts
        )
        return IgnoreRules(rules=(*self.rules, *added), own=self.own, tracked=self.tracked) if added else self

    def is_ignored(self, path: str, *, is_directory: bool) -> bool:
        """Whether the last rule that speaks of this path leaves it out. The parents are the caller's to ask first."""
        for rules in reversed((*self.rules, *self.own)):
            if rules.from_git and self._is_tracked(path, is_directory=is_directory):
                continue
            if not path.startswith(rules.base):
                continue
            ignored = rules.patterns.says(path[len(rules.base) :], is_directory=is_directory)
            if ignored is not None:
                return ignored
        return False

    def _is_tracked(self, path: str, *, is_directory: bool) -> bool:
        return (path + "/" if is_directory else path) in self.tracked


def with_directories(files: Iterable[str]) -> frozenset[str]:
    """The files and every directory above them, directories with a trailing slash."""
    found: set[str] = set()
    for file in files:
        found.add(file)
        position = file.rfind("/")
        while position > 0 and file[: position + 1] not in found:
            found.add(file[: position + 1])
            position = file.rfind("/", 0, position)
    return frozenset(found)
