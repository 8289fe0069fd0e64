"""Whether a README's command can be true of this project: its file, module, script, target and manifest have to exist."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from deployer.models.analysis import MethodKind
from deployer.project.command_purposes import Purpose, is_script
from deployer.project.command_shapes import CommandShape, read_command
from deployer.project.project_dir import ProjectDir
from deployer.project.readme.interactive import find_question
from deployer.project.readme.recipes import RECIPE_FILES, Recipes, parse_recipes, target_of

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
    "make": RECIPE_FILES["make"], "just": RECIPE_FILES["just"], "rackup": ("config.ru",), "puma": ("config.ru", "config/puma.rb"),
    "alembic": ("alembic.ini",), "flask": ("*.py",), "langgraph": ("langgraph.json",),
}  # fmt: skip
_FILE_OPTIONS = frozenset({"-c", "--config", "--config-file", "--log-config"})
_DIRECTORY_OPTIONS = frozenset({"--chdir", "--app-dir"})
_MODULE_OPTIONS = frozenset({"--app", "-A", "--settings"})
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


class Tree:
    """The files of one directory as commands see them; what their manifests declare is read once."""

    def __init__(self, project_dir: ProjectDir) -> None:
        self.project_dir = project_dir
        self._recipes: dict[str, Recipes | None] = {}

    @cached_property
    def scripts(self) -> Mapping[str, str]:
        """The scripts of `package.json` by name."""
        try:
            loaded = json.loads(self.project_dir.find_text("package.json") or "{}")
        except (ValueError, RecursionError):
            return {}
        scripts = loaded.get("scripts") if isinstance(loaded, dict) else None
        return {name: str(body) for name, body in scripts.items()} if isinstance(scripts, dict) else {}

    def recipes(self, program: str) -> Recipes | None:
        """The targets `make` or `just` knows here; None without a file that can be read."""
        if program not in self._recipes:
            texts = (self.project_dir.find_text(file) for file in RECIPE_FILES[program])
            text = next((text for text in texts if text is not None), None)
            self._recipes[program] = parse_recipes(text) if text is not None else None
        return self._recipes[program]


def find_obstacle(tree: Tree, shape: CommandShape) -> str | None:
    """Why a command cannot be run in this project; None when nothing speaks against it. Its own directory is not looked at."""
    words = shape.words
    program = words[0].removeprefix("./").rpartition("/")[2]
    if shape.kind is MethodKind.DOCKER:
        return _of_docker(tree, words)
    if is_script(words) and shape.kind is MethodKind.SCRIPT:
        return _of_script(tree, words)
    check = _CHECKS.get(program)
    found = (check(tree, words) if check else None) or _of_options(tree, words)
    if found is not None:
        return found
    manifests = _MANIFESTS.get(program, ())
    if manifests and not any(
        tree.project_dir.glob(one) if "*" in one else tree.project_dir.is_file(one) for one in manifests
    ):
        return f"`{program}` needs {' or '.join(f'`{one}`' for one in manifests[:2])}, which is not in the project"
    return None


def _missing(tree: Tree, file: str) -> str | None:
    path = file.removeprefix("./")
    return None if tree.project_dir.is_file(path) else f"`{path}` is not in the project"


def _of_interpreter(tree: Tree, words: tuple[str, ...]) -> str | None:
    if words[1:2] == ("-m",) and len(words) > 2:
        if words[2] in _SERVERS:
            return _of_server(tree, words[2:])
        return None
    suffix = _INTERPRETERS[words[0]]
    rest = words[2:] if words[:2] == ("bun", "run") else words[1:]
    file = next((word for word in rest if not word.startswith("-")), "")
    if words[0] in _RUNNERS and not re.search(r"\.[cm]?[jt]sx?$", file):
        return _of_runner(tree, words)
    if suffix == ".js" and not tree.project_dir.is_file(file.removeprefix("./")):
        stem = re.sub(r"\.[cm]?js$", "", file.removeprefix("./")).rstrip("/")
        known = (f"{stem}{one}" for one in (".js", ".mjs", ".cjs", "/index.js", "/index.mjs"))
        built = stem.split("/")[0] in {"dist", "build", "out", "lib", ".output", ".next", ".", ""}
        return None if built or any(map(tree.project_dir.is_file, known)) else f"`{file}` is not in the project"
    return _missing(tree, file) if file.endswith(suffix) else None


def _of_options(tree: Tree, words: tuple[str, ...]) -> str | None:
    """The files and modules that options name: `--config gunicorn.py`, `--app shop:app`, `--settings=site.prod`."""
    for option, value in _options(words):
        if option in _FILE_OPTIONS and not value.startswith("python:"):
            if _missing(tree, value):
                return _missing(tree, value)
        elif option in _MODULE_OPTIONS and not _has_module(tree, value.partition(":")[0].removesuffix(".py")):
            return f"there is no module `{value.partition(':')[0]}` in the project"
    return None


def _options(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """(option, value) of `--option value` and `--option=value`."""
    for word, following in pairwise((*words, "")):
        if word.startswith("-"):
            option, sign, value = word.partition("=")
            yield option, value if sign else following


def _has_module(tree: Tree, dotted: str, directory: str = "") -> bool:
    """Whether a module is at the top, below `src` or in a directory; its file may be given as a path as well."""
    path = dotted.replace(".", "/")
    places = [f"{place}{path}" for place in ("", "src/", *((f"{directory.strip('./')}/",) if directory else ()))]
    return any(
        tree.project_dir.is_file(f"{place}.py")
        or tree.project_dir.is_file(f"{place}/__init__.py")
        or tree.project_dir.is_file(f"{place}/celery.py")
        for place in places
    )


def _of_server(tree: Tree, words: tuple[str, ...]) -> str | None:
    """The module of `gunicorn package.module:application`."""
    target = next(
        (word for word in words[1:] if re.fullmatch(r"(?!python:)[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(.*\))?", word)),
        None,
    )
    if target is None:
        return None
    module = target.partition(":")[0]
    directory = next((value for option, value in _options(words) if option in _DIRECTORY_OPTIONS), "")
    return None if _has_module(tree, module, directory) else f"there is no module `{module}` in the project"


def _of_runner(tree: Tree, words: tuple[str, ...]) -> str | None:
    if not tree.project_dir.is_file("package.json"):
        return f"`{words[0]}` needs `package.json`, which is not in the project"
    named = [word for word in words[1:] if not word.startswith("-")]
    if named[:1] in (["run"], ["run-script"]):
        named = named[1:]
    elif words[0] in {"npm", "cnpm"} and named[:1] != ["start"]:
        return None
    if not named or named[0] in {"install", "i", "ci", "add"}:
        return None
    if named[0] == "start" and tree.project_dir.is_file("server.js"):
        return None
    if named[0] not in tree.scripts:
        return f"`package.json` has no script `{named[0]}`"
    body = tree.scripts[named[0]]
    develops = read_command(body).purpose is Purpose.DEVELOP
    return f"its script `{named[0]}` serves one developer only: `{body[:60]}`" if develops else None


def _of_tool(tree: Tree, words: tuple[str, ...]) -> str | None:
    """The file of `streamlit run file.py`."""
    return _missing(tree, words[2]) if len(words) > 2 and words[2].endswith(".py") else None


def _of_make(tree: Tree, words: tuple[str, ...]) -> str | None:
    recipes, target = tree.recipes(words[0]), target_of(words)
    if recipes is None or target is None or recipes.has(target):
        return None
    return f"the {'Makefile' if words[0] == 'make' else 'justfile'} has no target `{target}`"


def _of_docker(tree: Tree, words: tuple[str, ...]) -> str | None:
    if words[0].endswith("-compose") or words[1:2] == ("compose",):
        named = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in {"-f", "--file"}), None)
        if named is not None:
            return _missing(tree, named)
        return None if any(map(tree.project_dir.is_file, _COMPOSE)) else "there is no compose file in the project"
    return None


def _of_script(tree: Tree, words: tuple[str, ...]) -> str | None:
    file = (words[1] if words[0] in {"sh", "bash", "zsh"} else words[0]).removeprefix("./")
    text = tree.project_dir.find_text(file)
    if text is None:
        return f"`{file}` is not in the project"
    question = find_question(text)
    return f"`{file}` asks a question at line {question}: nobody is there to answer" if question else None


_CHECKS: dict[str, Callable[[Tree, tuple[str, ...]], str | None]] = {
    **dict.fromkeys(_INTERPRETERS, _of_interpreter),
    **dict.fromkeys(_SERVERS, _of_server),
    **dict.fromkeys(_RUNNERS - {"bun"}, _of_runner),
    **dict.fromkeys(("streamlit", "chainlit"), _of_tool),
    "make": _of_make,
    "just": _of_make,
}
