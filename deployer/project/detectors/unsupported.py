"""Languages there is no way to run yet: named, so that nobody has to guess why nothing was found."""

from fnmatch import fnmatchcase

from deployer.models.analysis import Evidence
from deployer.project.detectors.detection import Detection
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
    return None
