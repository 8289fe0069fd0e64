"""A start command somebody wrote (README, Procfile) as one that fits the tree and can be reached, or None."""

import re
import shlex
from dataclasses import replace

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import CommandShape
from deployer.project.detectors.python_django import start_django
from deployer.project.detectors.python_mcp import has_transport, over_pipes
from deployer.project.detectors.python_project import PythonProject
from deployer.project.detectors.python_start import DEFAULT_PORTS, EVERYWHERE, Start, find_port, port_argument
from deployer.project.detectors.python_starts import start_app, start_file, start_tool
from deployer.project.detectors.python_workers import interpret_worker

_SERVERS = ("gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve")
_TOOLS = frozenset({*_SERVERS, "flask", "fastapi", "streamlit", "chainlit", "celery", "langgraph", "django-admin"})
_BIND_OPTIONS = {"--bind", "-b", "--host", "--port", "-p", "--listen", "--interface"}
_DROPPED_OPTIONS = {"--reload", "--daemon", "-D", "--debug"}
_VALUE_OPTIONS = {"-w", "--workers", "-k", "--worker-class", "-t", "--timeout", "--threads", "-c", "--config", "--chdir",
                  "--log-level", "--app-dir", "--name", "-n", "--env-file", "--log-file", "--access-logfile"}  # fmt: skip
_PORT = re.compile(r"(?:^|[:=])(\d{2,5})$")


def interpret_command(project: PythonProject, shape: CommandShape, evidence: Evidence) -> Start | None:
    """The start for one written command. Every file and module in it has to exist."""
    words = list(shape.words)
    if not words or shape.directory is not None or shape.purpose not in {"start", "other"}:
        return None
    if any(re.fullmatch(r"\{\w+\}|<[\w -]+>", word) for word in words):
        return None  # the reader was to put something in
    program, rest = words[0], words[1:]
    if program in {name for name, _target in project.manifest.scripts} - _TOOLS:
        return start_console_script(project, program, tuple(rest), evidence)
    if program == "functions-framework":
        return start_function(project, rest, evidence)
    return _interpret_known(project, shape, evidence) or interpret_worker(project, program, rest, evidence)


def _interpret_known(project: PythonProject, shape: CommandShape, evidence: Evidence) -> Start | None:
    """Interpreters, servers and tools; None for any other program, and for what only looks like a start."""
    if shape.purpose != "start":
        return None
    program, rest = shape.words[0], list(shape.words[1:])
    if program in {"python", "python3"}:
        return _interpret_python(project, rest, evidence)
    if program in _SERVERS:
        return _interpret_server(project, program, rest, evidence)
    if program == "flask":
        named = _option(rest, "--app", "-A") or dict(shape.environment).get("FLASK_APP")
        return _at_port(_app_of(project, named, evidence), port_argument(tuple(rest)))
    if program == "fastapi":
        named = next((word for word in rest[1:] if word.endswith(".py")), None)
        return _at_port(_app_of(project, named, evidence), port_argument(tuple(rest)))
    if program in {"streamlit", "chainlit"} and rest[:1] == ["run"] and rest[1:2]:
        file = rest[1].removeprefix("./")
        return start_tool(project, program, file, evidence.why, None) if file in project.modules else None
    if program == "langgraph" and project.project_dir.is_file("langgraph.json"):
        return start_langgraph(evidence)
    return None


def start_function(project: PythonProject, rest: list[str], evidence: Evidence) -> Start | None:
    """The Functions Framework with the function that is named, or the only one `main.py` marks."""
    text = project.project_dir.find_text("main.py") or ""
    marked = re.findall(r"^@functions_framework\.\w+(?:\([^)]*\))?\s*\n(?:async )?def (\w+)", text, re.MULTILINE)
    target = _option(rest, "--target") or (marked[0] if len(marked) == 1 else None)
    if target is None or not re.search(rf"^(?:async )?def {re.escape(target)}\b", text, re.MULTILINE):
        return None
    port = port_argument(tuple(rest)) or 8080
    return Start(
        command=f"functions-framework --target {target} --host {EVERYWHERE} --port {port}",
        framework="functions-framework",
        port=port,
        bind_host=EVERYWHERE,
        needs=() if project.manifest.find("functions-framework") else ("functions-framework",),
        evidence=(evidence,),
    )


def start_langgraph(evidence: Evidence) -> Start:
    """The server of `langgraph.json`'s graphs."""
    port = DEFAULT_PORTS["langgraph"]
    return Start(
        command=f"langgraph dev --host {EVERYWHERE} --port {port} --no-browser",
        framework="langgraph",
        port=port,
        bind_host=EVERYWHERE,
        needs=("'langgraph-cli[inmem]'",),
        evidence=(evidence,),
    )


def start_console_script(
    project: PythonProject, name: str, arguments: tuple[str, ...], evidence: Evidence
) -> Start | None:
    """A command of `[project.scripts]`; its port is that of the module it points at."""
    target = dict(project.manifest.scripts).get(name)
    module = project.module_named(target.partition(":")[0]) if target else None
    if target is None:
        return None
    command = " ".join((name, *(shlex.quote(one) for one in arguments)))
    if module is not None and module.speaks_over_pipes and not has_transport(arguments):
        return Start(command=command, framework="mcp", evidence=(evidence,), warnings=(over_pipes(module.file, None),))
    runs = [run for run in module.runs if run.port or run.port_variable] if module else []
    if not runs:
        port = port_argument(arguments)
        return Start(command=command, framework=project.framework(), port=port, evidence=(evidence,))
    found, port_evidence = find_port(project, "", module)
    port = port_argument(arguments) or found
    host = runs[0].host or None
    return Start(
        command=command,
        framework=project.framework(),
        port=port,
        bind_host=host,
        evidence=(evidence, port_evidence),
        warnings=(f"`{name}` listens on {host} alone: it cannot be reached from outside",)
        if host in {"127.0.0.1", "localhost"}
        else (),
    )


def _interpret_python(project: PythonProject, rest: list[str], evidence: Evidence) -> Start | None:
    rest = [word for word in rest if word not in {"-u", "-O", "-B"}]
    if rest[:1] == ["-m"] and len(rest) > 1:
        if rest[1] in _SERVERS:
            return _interpret_server(project, rest[1], rest[2:], evidence)
        if rest[1] == "flask":
            return _app_of(project, _option(rest, "--app", "-A"), evidence)
        if rest[1] == "streamlit" and len(rest) > 3 and rest[3] in project.modules:
            return start_tool(project, "streamlit", rest[3], evidence.why)
        return _interpret_module(project, rest[1], tuple(rest[2:]), evidence)
    if not rest or not rest[0].endswith(".py"):
        return None
    file = rest[0].removeprefix("./")
    if file.endswith("manage.py"):
        return start_django(project) if rest[1:2] == ["runserver"] else None
    return start_file(project, file, evidence.why, arguments=tuple(shlex.quote(word) for word in rest[1:]))


def _interpret_module(
    project: PythonProject, dotted: str, arguments: tuple[str, ...], evidence: Evidence
) -> Start | None:
    module = project.module_named(f"{dotted}.__main__") or project.module_named(dotted)
    if module is None:
        return None
    start = start_file(project, module.file, evidence.why)
    if start is None or not start.command.startswith("python "):
        return start
    command = " ".join(("python -m", dotted, *(shlex.quote(one) for one in arguments)))
    environment = start.environment + (project.location(module)[1] if module.file.startswith("src/") else ())
    return replace(start, command=command, environment=environment)


def _interpret_server(project: PythonProject, program: str, rest: list[str], evidence: Evidence) -> Start | None:
    """The same server on the same application with its other options, listening everywhere, without reload."""
    kept, target, port = _split_options(rest)
    if target is None:
        return None
    name, _, app_name = target.partition(":")
    directory = _option(rest, "--chdir", "--app-dir")
    module = project.module_named(f"{directory.replace('/', '.')}.{name}" if directory else name)
    if module is None or not app_name:
        return None
    framework = next((app.framework for app in module.apps if app_name.startswith(app.name)), None)
    framework = framework if framework not in {None, "factory"} else project.web_framework()
    found, port_evidence = find_port(project, framework or "", module)
    port = port or found
    address = {"uvicorn": f"--host {EVERYWHERE} --port {port}", "granian": f"--host {EVERYWHERE} --port {port}",
               "daphne": f"-b {EVERYWHERE} -p {port}", "waitress-serve": f"--listen={EVERYWHERE}:{port}"}.get(
        program, f"--bind {EVERYWHERE}:{port}")  # fmt: skip
    package = {"waitress-serve": "waitress"}.get(program, program)
    words = [program, *(shlex.quote(one) for one in kept)]
    tail = [address, shlex.quote(target)] if program in {"waitress-serve", "daphne"} else [shlex.quote(target), address]
    interface = ["--interface", "asgi"] if program == "granian" else []
    needs = tuple(one for one in (package,) if not project.manifest.find(one))
    return Start(
        command=" ".join((*words, *interface, *tail)),
        framework=framework,
        port=port,
        bind_host=EVERYWHERE,
        needs=needs,
        evidence=(evidence, port_evidence),
    )


def _split_options(rest: list[str]) -> tuple[list[str], str | None, int | None]:
    """The options worth keeping, the `module:application`, and the port among the dropped ones."""
    kept: list[str] = []
    target: str | None = None
    port: int | None = None
    position = 0
    while position < len(rest):
        word = rest[position]
        name = word.partition("=")[0]
        value = word.partition("=")[2] if "=" in word else (rest[position + 1] if position + 1 < len(rest) else "")
        takes_next = "=" not in word and name in _BIND_OPTIONS | _VALUE_OPTIONS
        if name in _BIND_OPTIONS:
            found = _PORT.search(value)
            port = int(found[1]) if found and 0 < int(found[1]) < 65536 else port
        elif name in _VALUE_OPTIONS:
            kept.extend([word, value] if takes_next else [word])
        elif word.startswith("-"):
            if word not in _DROPPED_OPTIONS:
                kept.append(word)
        elif target is None:
            target = word
        position += 2 if takes_next else 1
    return kept, target, port


def _app_of(project: PythonProject, named: str | None, evidence: Evidence) -> Start | None:
    """A server for the named module's application, or for the project's first one."""
    wanted = project.module_named(re.sub(r"\.py$", "", named.partition(":")[0]).replace("/", ".")) if named else None
    for module, app in project.apps():
        if wanted is None or module is wanted:
            return start_app(project, module, app, evidence.why)
    return None


def _at_port(start: Start | None, port: int | None) -> Start | None:
    """The start at the port its command was given."""
    if start is None or port is None:
        return start
    return replace(start, port=port, command=re.sub(rf"\b{start.port}\b", str(port), start.command))


def _option(words: list[str], *names: str) -> str | None:
    for position, word in enumerate(words):
        if word in names and position + 1 < len(words):
            return words[position + 1]
        if word.partition("=")[0] in names and "=" in word:
            return word.partition("=")[2]
    return None
