"""Whether a README's command can be true of this project: its file, module, script, target and manifest have to exist."""

import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from deployer.models.analysis import MethodKind
from deployer.project.command_purposes import is_script
from deployer.project.command_shapes import CommandShape
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.interactive import find_question

_SERVERS = frozenset({"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve"})
_RUNNERS = frozenset({"npm", "yarn", "pnpm", "bun", "cnpm"})
_INTERPRETERS = {
    "python": ".py",
    "python3": ".py",
    "node": ".js",
    "nodejs": ".js",
    "ruby": ".rb",
    "php": ".php",
    "bun": ".ts",
}
_MANIFESTS = {
    "cargo": ("Cargo.toml",), "go": ("go.mod", "go.work", "*.go"), "mvn": ("pom.xml",), "mvnw": ("pom.xml",),
    "gradle": ("build.gradle", "build.gradle.kts"), "gradlew": ("build.gradle", "build.gradle.kts"), "dotnet": ("*.csproj", "*.sln", "*.fsproj"),
    "composer": ("composer.json",), "rails": ("Gemfile",), "bundle": ("Gemfile",), "rake": ("Rakefile",), "deno": ("deno.json", "deno.jsonc", "*.ts"),
    "make": ("Makefile", "makefile", "GNUmakefile"), "rackup": ("config.ru",), "puma": ("config.ru", "config/puma.rb"),
    "alembic": ("alembic.ini",), "flask": ("*.py",), "langgraph": ("langgraph.json",),
}  # fmt: skip
_FILE_OPTIONS = frozenset({"-c", "--config", "--config-file", "--env-file", "--log-config"})
_DIRECTORY_OPTIONS = frozenset({"--chdir", "--app-dir"})
_MODULE_OPTIONS = frozenset({"--app", "-A", "--settings"})
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def find_obstacle(project_dir: ProjectDir, shape: CommandShape) -> str | None:
    """Why a command cannot be run in this project; None when nothing speaks against it. Its own directory is not looked at."""
    words = shape.words
    program = words[0].removeprefix("./").rpartition("/")[2]
    if shape.kind is MethodKind.DOCKER:
        return _of_docker(project_dir, words)
    if is_script(words) and shape.kind is MethodKind.SCRIPT:
        return _of_script(project_dir, words)
    check = _CHECKS.get(program)
    found = (check(project_dir, words) if check else None) or _of_options(project_dir, words)
    if found is not None:
        return found
    manifests = _MANIFESTS.get(program, ())
    if manifests and not any(project_dir.glob(one) if "*" in one else project_dir.is_file(one) for one in manifests):
        return f"`{program}` needs {' or '.join(f'`{one}`' for one in manifests[:2])}, which is not in the project"
    return None


def has_script(project_dir: ProjectDir, name: str) -> bool:
    """Whether `package.json` has a script of this name."""
    try:
        loaded = json.loads(project_dir.find_text("package.json") or "{}")
    except (ValueError, RecursionError):
        return False
    scripts = loaded.get("scripts") if isinstance(loaded, dict) else None
    return isinstance(scripts, dict) and name in scripts


def _missing(project_dir: ProjectDir, file: str) -> str | None:
    path = file.removeprefix("./")
    return None if project_dir.is_file(path) else f"`{path}` is not in the project"


def _of_interpreter(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    if words[1:2] == ("-m",) and len(words) > 2:
        if words[2] in _SERVERS:
            return _of_server(project_dir, words[2:])
        return None
    suffix = _INTERPRETERS[words[0]]
    file = next((word for word in words[1:] if not word.startswith("-")), "")
    if words[0] in _RUNNERS and not re.search(r"\.[cm]?[jt]sx?$", file):
        return _of_runner(project_dir, words)
    if suffix == ".js" and not project_dir.is_file(file.removeprefix("./")):
        stem = re.sub(r"\.[cm]?js$", "", file.removeprefix("./")).rstrip("/")
        known = (f"{stem}{one}" for one in (".js", ".mjs", ".cjs", "/index.js", "/index.mjs"))
        built = stem.split("/")[0] in {"dist", "build", "out", "lib", ".output", ".next", ".", ""}
        return None if built or any(map(project_dir.is_file, known)) else f"`{file}` is not in the project"
    return _missing(project_dir, file) if file.endswith(suffix) else None


def _of_options(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    """The files and modules that options name: `--config gunicorn.py`, `--app shop:app`, `--settings=site.prod`."""
    for option, value in _options(words):
        if option in _FILE_OPTIONS and not value.startswith("python:"):
            if _missing(project_dir, value):
                return _missing(project_dir, value)
        elif option in _MODULE_OPTIONS and not _has_module(project_dir, value.partition(":")[0].removesuffix(".py")):
            return f"there is no module `{value.partition(':')[0]}` in the project"
    return None


def _options(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(option, value) of `--option value` and `--option=value`."""
    for word, following in pairwise((*words, "")):
        if word.startswith("-"):
            option, sign, value = word.partition("=")
            yield option, value if sign else following


def _has_module(project_dir: ProjectDir, dotted: str, directory: str = "") -> bool:
    """Whether a module is at the top, below `src` or in a directory; its file may be given as a path as well."""
    path = dotted.replace(".", "/")
    places = [f"{place}{path}" for place in ("", "src/", *((f"{directory.strip('./')}/",) if directory else ()))]
    return any(
        project_dir.is_file(f"{place}.py")
        or project_dir.is_file(f"{place}/__init__.py")
        or project_dir.is_file(f"{place}/celery.py")
        for place in places
    )


def _of_server(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    """The module of `gunicorn package.module:application`."""
    target = next(
        (word for word in words[1:] if re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(.*\))?", word)), None
    )
    if target is None:
        return None
    module = target.partition(":")[0]
    directory = next((value for option, value in _options(words) if option in _DIRECTORY_OPTIONS), "")
    return None if _has_module(project_dir, module, directory) else f"there is no module `{module}` in the project"


def _of_runner(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    if not project_dir.is_file("package.json"):
        return f"`{words[0]}` needs `package.json`, which is not in the project"
    named = [word for word in words[1:] if not word.startswith("-")]
    if named[:1] in (["run"], ["run-script"]):
        named = named[1:]
    elif words[0] in {"npm", "cnpm"} and named[:1] != ["start"]:
        return None
    if not named or named[0] in {"install", "i", "ci", "add"}:
        return None
    if named[0] == "start" and project_dir.is_file("server.js"):
        return None
    return None if has_script(project_dir, named[0]) else f"`package.json` has no script `{named[0]}`"


def _of_tool(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    """The file of `streamlit run file.py`."""
    return _missing(project_dir, words[2]) if len(words) > 2 and words[2].endswith(".py") else None


def _of_make(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    text = next((text for one in _MANIFESTS["make"] if (text := project_dir.find_text(one)) is not None), None)
    target = next((word for word in words[1:] if not word.startswith("-") and "=" not in word), None)
    if text is None or target is None or re.search(rf"^{re.escape(target)}\s*:", text, re.MULTILINE):
        return None
    return f"the Makefile has no target `{target}`"


def _of_docker(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    if words[0].endswith("-compose") or words[1:2] == ("compose",):
        named = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in {"-f", "--file"}), None)
        if named is not None:
            return _missing(project_dir, named)
        return None if any(map(project_dir.is_file, _COMPOSE)) else "there is no compose file in the project"
    return None


def _of_script(project_dir: ProjectDir, words: tuple[str, ...]) -> str | None:
    file = (words[1] if words[0] in {"sh", "bash", "zsh"} else words[0]).removeprefix("./")
    text = project_dir.find_text(file)
    if text is None:
        return f"`{file}` is not in the project"
    question = find_question(text)
    return f"`{file}` asks a question at line {question}: nobody is there to answer" if question else None


_CHECKS: dict[str, Callable[[ProjectDir, tuple[str, ...]], str | None]] = {
    **dict.fromkeys(_INTERPRETERS, _of_interpreter),
    **dict.fromkeys(_SERVERS, _of_server),
    **dict.fromkeys(_RUNNERS - {"bun"}, _of_runner),
    **dict.fromkeys(("streamlit", "chainlit"), _of_tool),
    "make": _of_make,
}
