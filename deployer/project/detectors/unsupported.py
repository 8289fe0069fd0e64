"""Languages there is no way to run yet: named, so that nobody has to guess why nothing was found."""

from collections import Counter
from fnmatch import fnmatchcase

from deployer.models.analysis import Evidence
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.sources import is_source
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_LANGUAGES = (
    ("mix.exs", "elixir"), ("gleam.toml", "gleam"), ("rebar.config", "erlang"), ("build.sbt", "scala"),
    ("project.clj", "clojure"), ("deps.edn", "clojure"), ("Package.swift", "swift"), ("build.zig", "zig"),
    ("stack.yaml", "haskell"), ("*.cabal", "haskell"), ("shard.yml", "crystal"), ("pubspec.yaml", "dart"),
    ("CMakeLists.txt", "c++"), ("meson.build", "c++"), ("dune-project", "ocaml"), ("*.nimble", "nim"),
    ("Project.toml", "julia"), ("app.R", "r"), ("server.R", "r"), ("*.cbl", "cobol"), ("*.cob", "cobol"),
    ("*.scm", "scheme"), ("book.toml", "mdbook"),
)  # fmt: skip
_SOURCES = {
    "py": "python", "js": "node", "mjs": "node", "cjs": "node", "ts": "node", "tsx": "node", "java": "java", "kt": "java", "go": "go",
    "php": "php", "rb": "ruby", "rs": "rust", "cs": "dotnet", "fs": "dotnet", "ex": "elixir", "scala": "scala", "clj": "clojure",
    "swift": "swift", "hs": "haskell", "c": "c", "cpp": "c++", "cc": "c++", "zig": "zig", "dart": "dart",
}  # fmt: skip


def detect_unsupported(project_dir: ProjectDir, _readme: Readme | None) -> Detection | None:
    """The language by its file at the top, without a start; None when none of these is there."""
    top = [file for file in project_dir.files() if "/" not in file]
    for pattern, language in _LANGUAGES:
        file = next((one for one in top if fnmatchcase(one, pattern)), None)
        if file is not None:
            return Detection(
                language=language,
                evidence=(Evidence(file=file, line=None, why=f"a project in {language}"),),
                warnings=(f"`{file}`: {language} is not among the languages that can be run; a Dockerfile would do",),
            )
    return _by_sources(project_dir)


def _by_sources(project_dir: ProjectDir) -> Detection | None:
    """The language most sources are written in, where nothing says how to start any of them."""
    counted = Counter(
        _SOURCES[ending]
        for file in project_dir.files()
        if (ending := file.rpartition(".")[2]) in _SOURCES and is_source(file)
    )
    if not counted:
        return None
    [(language, number)] = counted.most_common(1)
    example = next(file for file in project_dir.files() if _SOURCES.get(file.rpartition(".")[2]) == language)
    why = f"most sources are {language} ({number}), and nothing starts one of them"
    return Detection(language=language, evidence=(Evidence(file=example, line=None, why=why),))
