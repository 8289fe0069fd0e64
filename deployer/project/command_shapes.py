"""Commands as READMEs and Procfiles write them: which shapes are known, and nothing else is ever taken over."""

import re
import shlex
from dataclasses import dataclass

from deployer.models.analysis import MethodKind

_START_PROGRAMS = frozenset({
    "gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve", "flask", "fastapi", "streamlit", "gradio",
    "chainlit", "langgraph", "python", "python3", "node", "java", "php", "celery",
    "ruby", "rails", "puma", "rackup", "functions-framework-ruby", "cargo", "dotnet", "deno",
})  # fmt: skip
_INSTALL = re.compile(
    r"(python3? -m )?pip3? install\b|uv (sync|pip install|add)\b|poetry install\b|pipenv (install|sync)\b|pdm (install|sync)\b"
    r"|npm (ci|install|i)\b|yarn( install)?$|pnpm (i|install)\b|go mod (download|tidy)\b|composer install\b|bundle install\b|conda env create\b"
)
_BUILD = re.compile(
    r"(npm|yarn|pnpm|bun) (run )?build\b|go build\b|mvnw? |\./mvnw |gradlew? |\./gradlew |make( build)?$|cargo build\b"
    r"|python3? manage\.py (migrate|collectstatic)\b"
)
_WRAPPERS = (
    ("uv", "run"), ("poetry", "run"), ("pipenv", "run"), ("pdm", "run"), ("rye", "run"), ("hatch", "run"), ("bundle", "exec"),
)  # fmt: skip
_RUN_WORDS = {"cargo": ("run",), "dotnet": ("run",), "deno": ("run", "serve", "task"), "rails": ("server", "s")}
_DOCKER = ("docker", "docker-compose", "podman")
_SCRIPT = re.compile(r"(?:(?:ba|z)?sh\s+|\./)[\w./-]+(\.sh)?( .*)?")
_DANGEROUS = re.compile(
    r"\b(curl|wget)\b.*\|\s*(sudo\s+)?(ba|z)?sh\b|\brm\s+-[a-z]*[rf]|\.ssh/|\.aws/|\.aliyun/|\bmkfs|\bdd if="
)
_METACHARACTERS = re.compile(r"[|;&<>`\n\0]|\$[({]")
_PLAIN_PATH = re.compile(r"\w[\w.+-]*(?:/[\w.+-]+)*")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_PLACEHOLDER = re.compile(r"<[^>]+>|\bpath/to\b|\byour[-_ ]|\.\.\.$|\{\{")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandShape:
    """What a line of shell is for: "start", "install", "build", "other" or "refused"; `why` says why it was refused.

    `words` are its words without prompt, `sudo`, `uv run` and the like; `environment` the assignments before it;
    `directory` that of a leading `cd directory &&`.
    """

    purpose: str
    kind: MethodKind
    words: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    directory: str | None = None
    why: str = ""


def is_plain_path(path: str) -> bool:
    """Whether a path means itself to a shell: no spaces, quotes or other signs, no leading hyphen. Others reach no command."""
    return _PLAIN_PATH.fullmatch(path) is not None


def read_command(line: str) -> CommandShape:
    """The shape of one line of shell."""
    text = re.sub(r"^\s*(\$|>|%|#)\s+", "", line).strip()
    text = re.sub(r"\s+#\s.*$", "", text)
    if _DANGEROUS.search(text):
        return _refused("it fetches code into a shell, deletes, or reaches for keys")
    directory = None
    moved = re.match(r"cd\s+([\w./-]+)\s*&&\s*(.+)$", text)
    if moved:
        directory, text = moved[1].strip("/").removeprefix("./") or None, moved[2]
    text = re.sub(r"\s*&\s*$", "", text)
    if _PLACEHOLDER.search(text):
        return _refused("it holds a placeholder")
    if _METACHARACTERS.search(text):
        return _refused("it is more than one plain command")
    try:
        words = shlex.split(text)
    except ValueError:
        return _refused("its quotes do not close")
    environment, words = _split_environment(words)
    if words[:1] == ["sudo"]:
        words = words[1:]
    if not words:
        return CommandShape(purpose="other", kind=MethodKind.NATIVE_INSTALL)
    kind, purpose = _classify(words)
    return CommandShape(
        purpose=purpose, kind=kind, words=tuple(_unwrap(words)), environment=tuple(environment), directory=directory
    )


def _classify(words: list[str]) -> tuple[MethodKind, str]:
    text = " ".join(words)
    if words[0] in _DOCKER:
        return MethodKind.DOCKER, "start" if re.search(r"\b(run|up)\b", text) else "build"
    if _INSTALL.match(text):
        return MethodKind.NATIVE_INSTALL, "install"
    if _BUILD.match(text):
        return MethodKind.BUILD_AND_RUN, "build"
    bare = _unwrap(words)
    if bare[0].removeprefix("bin/").removeprefix("./bin/") in _START_PROGRAMS and not _is_tooling(bare):
        return MethodKind.NATIVE_INSTALL, "start"
    if len(bare) < len(words):
        return MethodKind.NATIVE_INSTALL, "start"
    if text.startswith(
        ("npm start", "npm run", "yarn start", "yarn run", "pnpm start", "pnpm run", "go run", "bun run")
    ):
        return MethodKind.NATIVE_INSTALL, "start"
    if _SCRIPT.fullmatch(text):
        return MethodKind.SCRIPT, "start"
    return MethodKind.NATIVE_INSTALL, "other"


def _is_tooling(words: list[str]) -> bool:
    """`python -m venv`, `python --version`, test runners and one-liners start nothing."""
    if len(words) < 2:
        return words[0] in {"python", "python3", "node", "java", "php"}
    if words[0] in {"python", "python3"}:
        tools = {
            "venv",
            "pip",
            "pytest",
            "unittest",
            "virtualenv",
            "build",
            "ensurepip",
            "black",
            "ruff",
            "mypy",
            "pipx",
        }
        one_off = {"-c", "-V", "--version", "setup.py"}
        return words[1] in one_off or (words[1] == "-m" and (len(words) < 3 or words[2] in tools))
    if words[0] == "flask":
        return "run" not in words
    runs = _RUN_WORDS.get(words[0].rpartition("/")[2])
    if runs is not None:
        return words[1] not in runs
    return False


def _unwrap(words: list[str]) -> list[str]:
    if tuple(words[:2]) in _WRAPPERS and len(words) > 2:
        rest = words[2:]
        while rest and rest[0].startswith("--") and len(rest) > 1:
            rest = rest[1:]
        return rest
    return words


def _split_environment(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    environment = []
    while words and _ASSIGNMENT.match(words[0]):
        name, _, value = words[0].partition("=")
        environment.append((name, value))
        words = words[1:]
    return environment, words


def _refused(why: str) -> CommandShape:
    return CommandShape(purpose="refused", kind=MethodKind.NATIVE_INSTALL, why=why)
