"""How a Python application is started so that it can be reached: the command, its port, its address, and why."""

from dataclasses import replace

from deployer.models.analysis import Evidence
from deployer.project.detectors.python_code import AppObject, PythonModule, RunCall
from deployer.project.detectors.python_mcp import start_mcp
from deployer.project.detectors.python_project import PythonProject
from deployer.project.detectors.python_start import EVERYWHERE, Start, find_port, port_argument

_PUBLIC = frozenset({EVERYWHERE, "::", ""})
_PORT_VARIABLES_SET = frozenset({"PORT", "APP_PORT"})
_WSGI = frozenset({"flask", "dash", "django", "bottle", "falcon"})
# With it `app.run()` does nothing, so that a server can import a module that calls it at its top.
# Source: https://github.com/pallets/flask/blob/main/src/flask/app.py, `Flask.run`
FLASK_RUN_IGNORED = ("FLASK_RUN_FROM_CLI", "true")
_NO_SERVED_OBJECTS = frozenset({"mcp", "agentscope", "celery"})


def start_app(project: PythonProject, module: PythonModule, app: AppObject, why: str = "") -> Start:
    """A server for an application object, on every address, at the port the code or the README names."""
    framework = project.web_framework() or app.framework if app.framework == "factory" else app.framework
    port, evidence = find_port(project, framework, module)
    name, environment = project.location(module)
    if framework == "flask" and module.serves_on_import:
        environment = (*environment, FLASK_RUN_IGNORED)
    made = Evidence(file=module.file, line=app.line, why=why or f"`{app.name}` is a {framework} application")
    server, command = _server_command(project, framework, name, app, port)
    needs = () if project.manifest.find(server) else (server,)
    return Start(
        command=command,
        framework=framework,
        port=port,
        bind_host=EVERYWHERE,
        environment=environment,
        needs=needs,
        evidence=(made, evidence),
    )


def _server_command(project: PythonProject, framework: str, module: str, app: AppObject, port: int) -> tuple[str, str]:
    """The package and the command line of the server that fits the framework and is declared, if one is."""
    if framework in _WSGI:
        target = f"{module}:{'server' if framework == 'dash' and app.name == 'app' else app.name}"
        if project.manifest.find("waitress") and not project.manifest.find("gunicorn"):
            call = "--call " if app.factory else ""
            return "waitress", f"waitress-serve {call}--listen={EVERYWHERE}:{port} {target}"
        return "gunicorn", f"gunicorn --bind {EVERYWHERE}:{port} " + (f"'{target}()'" if app.factory else target)
    if framework == "sanic":
        return "sanic", f"sanic {module}:{app.name} --host {EVERYWHERE} --port {port}"
    if project.manifest.find("hypercorn") and not project.manifest.find("uvicorn"):
        return "hypercorn", f"hypercorn --bind {EVERYWHERE}:{port} {module}:{app.name}"
    factory = "--factory " if app.factory else ""
    return "uvicorn", f"uvicorn {factory}{module}:{app.name} --host {EVERYWHERE} --port {port}"


def start_tool(project: PythonProject, tool: str, file: str, why: str, line: int | None = None) -> Start:
    """`streamlit run`, `chainlit run` and `gradio` on one file."""
    port, evidence = find_port(project, tool, project.modules.get(file))
    environment: tuple[tuple[str, str], ...] = ()
    if tool == "streamlit":
        command = f"streamlit run {file} --server.address {EVERYWHERE} --server.port {port} --server.headless true"
    elif tool == "chainlit":
        command = f"chainlit run {file} --host {EVERYWHERE} --port {port} --headless"
    else:
        command = f"python {file}"
        environment = (("GRADIO_SERVER_NAME", EVERYWHERE), ("GRADIO_SERVER_PORT", str(port)))
    needs = () if project.manifest.find(tool) or tool == "gradio" else (tool,)
    return Start(
        command=command,
        framework=tool,
        port=port,
        bind_host=EVERYWHERE,
        environment=environment,
        needs=needs,
        evidence=(Evidence(file=file, line=line, why=why), evidence),
    )


def start_file(project: PythonProject, file: str, why: str, *, arguments: tuple[str, ...] = ()) -> Start | None:
    """`python file`, or a server for the application in it where running it would listen on this machine alone."""
    module = project.modules.get(file)
    if module is None or module.problem:
        return None
    for tool in ("streamlit", "chainlit", "gradio"):
        line = module.imports_any(tool)
        if line and (tool != "gradio" or any(run.callee.endswith(".launch") for run in module.runs)):
            return start_tool(project, tool, file, why, line)
    app = next((one for one in module.apps if one.framework not in _NO_SERVED_OBJECTS), None)
    server = next((one for one in module.apps if one.framework == "mcp"), None)
    if server is not None and app is None:
        return start_mcp(project, module, server, why, arguments)
    run = _listening(module)
    if run is None:
        if app is not None:
            return start_app(project, module, app)
        return _script(project, module, why, arguments)
    if _reachable(run, arguments):
        return _running_file(project, module, run, why, arguments)
    local = (
        f"`{run.callee}` listens on {run.host or '127.0.0.1'} alone"
        if not run.debug
        else f"`{run.callee}` has debug on"
    )
    if app is not None and (app.framework == "flask" or not module.serves_on_import):
        started = start_app(project, module, app)
        why = f"{local}: a server on {EVERYWHERE} is used instead"
        shown = Evidence(file=file, line=run.line, why=why, decides="address")
        return replace(started, evidence=(started.evidence[0], shown, *started.evidence[1:]))
    started = _running_file(project, module, run, why, arguments)
    warning = f"`{file}:{run.line}` {local.split(' ', 1)[1]}: it cannot be reached from outside"
    return replace(started, bind_host=run.host or "127.0.0.1", warnings=(warning,))


def _reachable(run: RunCall, arguments: tuple[str, ...]) -> bool:
    if run.debug:
        return False
    given = run.host in _PUBLIC if run.host is not None else not run.host_known
    listens_everywhere = run.callee.endswith(("Server", "run_app", "serve")) and run.host is None
    return given or listens_everywhere or EVERYWHERE in arguments


def _listening(module: PythonModule) -> RunCall | None:
    """The call that listens; `mcp.run()` speaks over pipes and `asyncio.run()` is none at all."""
    return next(
        (run for run in module.runs if not run.callee.startswith(("asyncio.", "mcp.", "anyio.", "subprocess."))), None
    )


def _running_file(
    project: PythonProject, module: PythonModule, run: RunCall, why: str, arguments: tuple[str, ...]
) -> Start:
    framework = next((app.framework for app in module.apps), None) or _imported_framework(module)
    port, evidence = find_port(project, framework or "", module)
    port = port_argument(arguments) or port
    environment: tuple[tuple[str, str], ...] = ()
    if run.port_variable and run.port_variable not in _PORT_VARIABLES_SET:
        environment = ((run.port_variable, str(port)),)
    host = run.host if run.host not in (None, "") else EVERYWHERE if run.host_known else None
    listens = Evidence(
        file=module.file,
        line=run.line,
        why=f"`{run.callee}` listens on {host or 'a configured address'}",
        decides="address",
    )
    return Start(
        command=" ".join(("python", module.file, *arguments)),
        framework=framework,
        port=port,
        bind_host=host,
        environment=environment,
        evidence=(Evidence(file=module.file, line=None, why=why), listens, evidence),
    )


def _script(project: PythonProject, module: PythonModule, why: str, arguments: tuple[str, ...]) -> Start | None:
    if not module.has_main_guard and not module.has_calls:
        return None
    served = next((one for one in module.imports if one[0] in {"http", "aiohttp", "tornado", "socketserver"}), None)
    port = port_argument(arguments) or (project.readme_port[0] if served and project.readme_port else None)
    evidence = [Evidence(file=module.file, line=None, why=why)]
    if port is None:
        evidence.append(
            Evidence(file=module.file, line=None, why="nothing in it listens: a worker without a port", decides="port")
        )
    return Start(
        command=" ".join(("python", module.file, *arguments)),
        framework=_imported_framework(module),
        port=port,
        evidence=tuple(evidence),
    )


def _imported_framework(module: PythonModule) -> str | None:
    names = ("agentscope", "agentscope_runtime", "flask", "fastapi", "quart", "langgraph", "langchain", "crewai", "autogen",
             "autogen_agentchat", "mcp", "aiohttp", "tornado")  # fmt: skip
    found = next((name for name in names if module.imports_any(name)), None)
    return found.split("_")[0] if found else None
