"""Deno: the task or the module to run, and where it listens."""

import json
import re

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path, read_command
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.sources import Sources, read_sources
from deployer.project.detectors.written import is_port, port_of_words, read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_ENTRIES = (
    "main.ts",
    "server.ts",
    "mod.ts",
    "app.ts",
    "index.ts",
    "src/main.ts",
    "src/server.ts",
    "src/index.ts",
    "src/mod.ts",
    "main.js",
    "server.js",
    "main.tsx",
)
_SERVES = r"\bDeno\.serve\(|\bstart\(manifest|\bserve\(|\.listen\(|export default \{|new Application\(|new Hono\("
_FRAMEWORKS = (("fresh", "fresh"), ("oak", "/oak"), ("hono", "hono"))


def detect_deno(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """None without `deno.json`, `deno.jsonc`, `deno.lock`, and without a module that only Deno can run."""
    settings = next((file for file in ("deno.json", "deno.jsonc", "deno.lock") if project_dir.is_file(file)), None)
    settings = settings or _module_of_deno(project_dir)
    if settings is None:
        return None
    text = project_dir.find_text(settings) or ""
    sources = read_sources(project_dir, (".ts", ".tsx", ".js"), "slashes")
    declared = Evidence(file=settings, line=None, why="is a project of Deno", decides="install")
    found = _find_start(project_dir, readme, text)
    if found is None:
        return Detection(
            language="deno", evidence=(declared,), warnings=("no module to run: name one in a `start` task",)
        )
    command, asked, evidence, entry = found
    port, host, port_evidence, warnings = _listening(sources.first((entry,)), asked)
    framework = next(
        (name for name, sign in _FRAMEWORKS if sign in text or sources.find(rf"from ['\"][^'\"]*{sign}")), None
    )
    return Detection(
        language="deno",
        framework=framework,
        package_manager="deno",
        install_command="deno install" if settings.startswith("deno.json") else None,
        start_command=command,
        port=port,
        bind_host=host,
        evidence=(evidence, declared, *port_evidence),
        warnings=warnings,
    )


def _module_of_deno(project_dir: ProjectDir) -> str | None:
    """The usual entry that calls `Deno` or imports by address, where nothing declares a project of Node.js."""
    if project_dir.is_file("package.json"):
        return None
    sign = re.compile(r"\bDeno\.\w+|from\s+['\"](https://|jsr:|npm:)")
    return next((file for file in _ENTRIES if sign.search(project_dir.find_text(file) or "")), None)


def _find_start(
    project_dir: ProjectDir, readme: Readme | None, text: str
) -> tuple[str, int | None, Evidence, str] | None:
    """(command, port asked for, evidence, entry): a written `deno run`, the `start` task, the usual module."""
    for command in read_written_commands(project_dir, readme):
        words = command.shape.words
        if words[0] == "deno" and len(words) > 1 and words[1] in {"run", "serve"}:
            file = next((word.removeprefix("./") for word in words[2:] if not word.startswith("-")), "")
            plain = all(re.fullmatch(r"[\w./:=,-]+", word) for word in words)
            if plain and is_plain_path(file) and project_dir.is_file(file) and "--watch" not in words:
                return " ".join(words), port_of_words(words), command.evidence, file
    tasks = _tasks(text)
    for name in ("start", "serve"):
        if name in tasks:
            evidence = Evidence(file="deno.json", line=None, why=f"its `{name}` task")
            shape = read_command(tasks[name])
            entry = next(
                (word.removeprefix("./") for word in shape.words[1:] if word.endswith((".ts", ".js", ".tsx"))), ""
            )
            return f"deno task {name}", port_of_words(shape.words), evidence, entry
    file = next((one for one in _ENTRIES if project_dir.is_file(one)), "")
    if not file:
        return None
    return f"deno run -A {file}", None, Evidence(file=file, line=None, why="the usual name of an entry point"), file


def _tasks(text: str) -> dict[str, str]:
    try:
        loaded = json.loads(re.sub(r"^\s*//[^\n]*", "", text, flags=re.MULTILINE))
    except (ValueError, RecursionError):
        return {}
    tasks = loaded.get("tasks") if isinstance(loaded, dict) else None
    return {name: value for name, value in tasks.items() if isinstance(value, str)} if isinstance(tasks, dict) else {}


def _listening(
    sources: Sources, asked: int | None
) -> tuple[int | None, str | None, tuple[Evidence, ...], tuple[str, ...]]:
    hit = sources.find(
        r"(?i)\bport\w*\s*[:=]\s*(?:[^;\n]*?(?:\?\?|\|\|)\s*)?['\"]?(\d{2,5})\b", r"\.listen\(\s*(\d{2,5})"
    )
    local = sources.find(r"hostname:\s*['\"](127\.0\.0\.1|localhost)['\"]")
    warnings = (
        (f"`{local.file}:{local.line}` listens on {local.match[1]} only, which cannot be reached from outside",)
        if local
        else ()
    )
    host = "127.0.0.1" if local else None
    if asked is not None:
        return asked, host, (), warnings
    if hit is not None and is_port(hit.match[1]):
        return int(hit.match[1]), host, (hit.evidence(f"listens on port {hit.match[1]}"),), warnings
    serves = sources.find(_SERVES)
    return (
        (8000, host, (serves.evidence("listens on Deno's default port"),), warnings) if serves else (None, None, (), ())
    )
