"""Python: what to install, what to start, where it listens, with the line of each reason."""

import re
from dataclasses import replace

from deployer.models.analysis import ApplicationType, Evidence
from deployer.project.command_shapes import read_command
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.python_commands import (
    interpret_command,
    start_console_script,
    start_function,
    start_langgraph,
)
from deployer.project.detectors.python_django import start_django
from deployer.project.detectors.python_imports import find_imported_packages
from deployer.project.detectors.python_mcp import over_pipes
from deployer.project.detectors.python_project import ENTRY_NAMES, PythonProject, read_python_project
from deployer.project.detectors.python_start import Start
from deployer.project.detectors.python_starts import start_app, start_file, start_tool
from deployer.project.detectors.python_workers import start_worker
from deployer.project.detectors.written import read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand

_MOST_UNKNOWN = 5
_AGENT_PACKAGES = ("agentscope", "agentscope-runtime")
# Programs that make something ready for the one that runs for good.
_PREPARES = re.compile(r"^python (?:\S*/)?(?:create|setup|init|seed|ingest|download|train|prepare|populate|migrate|generate|"
                       r"build|index|load|import|install|test)(?:_\w+)?\.py\b")  # fmt: skip


def detect_python(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """The README's own way first, then the Procfile's, then what the code says; None when this is no Python project."""
    project = read_python_project(project_dir, _readme_port(readme))
    if project is None:
        return None
    commands = readme.best_first() if readme else ()
    start, followed = _find_start(project, commands)
    problems = tuple(module.problem for module in project.modules.values() if module.problem)[:5]
    agent, agent_evidence = _agent_evidence(project)
    if start is None and not (project.manifest.install_command or problems or agent):
        return None
    framework = (start.framework or project.library()) if start else project.web_framework()
    install, install_warnings = _install_command(project, start)
    return Detection(
        language="python",
        framework=framework,
        language_version=project.manifest.requires_python,
        package_manager=project.manifest.package_manager,
        install_command=install,
        start_command=start.command if start else None,
        port=start.port if start else None,
        bind_host=start.bind_host if start else None,
        environment=start.environment if start else (),
        evidence=(*(start.evidence if start else ()), *_declarations(project), *agent_evidence),
        warnings=(
            *(_warnings(start, framework) if start else ()),
            *project.manifest.warnings,
            *install_warnings,
            *problems,
        ),
        type=ApplicationType.AGENT if agent else ApplicationType.APP,
        followed=followed,
    )


def _declarations(project: PythonProject) -> tuple[Evidence, ...]:
    """The files that declare the dependencies, and the one that says which Python."""
    manifest = project.manifest
    declared = tuple(
        Evidence(file=file, line=None, why="declares the dependencies", decides="install")
        for file in manifest.files[:2]
    )
    if not manifest.requires_python or not manifest.requires_python_file:
        return declared
    why = f"wants Python {manifest.requires_python}"
    return (*declared, Evidence(file=manifest.requires_python_file, line=None, why=why, decides="version"))


def _warnings(start: Start, framework: str | None) -> tuple[str, ...]:
    """What the start is warned of; an MCP server without a port answers nobody."""
    if framework == "mcp" and start.port is None and not start.warnings and start.evidence:
        return (over_pipes(start.evidence[-1].file, None),)
    return start.warnings


def _readme_port(readme: Readme | None) -> tuple[int, int, str] | None:
    return (*readme.ports[0], readme.file) if readme and readme.ports else None


def _find_start(
    project: PythonProject, commands: tuple[ReadmeCommand, ...]
) -> tuple[Start | None, ReadmeCommand | None]:
    lesser: tuple[Start, ReadmeCommand] | None = None  # it makes something ready, or speaks over pipes
    for command in commands:
        evidence = Evidence(file=command.file, line=command.line, why=f"the README says `{command.text}`")
        start = interpret_command(project, command.shape, evidence)
        if start is None:
            continue
        shown = start if evidence in start.evidence else replace(start, evidence=(evidence, *start.evidence))
        if start.port is not None or not (_PREPARES.search(start.command) or start.framework == "mcp"):
            return shown, command
        lesser = lesser or (shown, command)
    if lesser is not None:
        return lesser
    return _start_of_platforms(project) or _start_of_code(project), None


def _start_of_platforms(project: PythonProject) -> Start | None:
    """What the Procfile, else the file of another platform, else the Dockerfile starts, where it fits the tree."""
    written = read_written_commands(project.project_dir, None)
    found = (interpret_command(project, one.shape, one.evidence) for one in written)
    return next((start for start in found if start is not None), None)


def _start_of_code(project: PythonProject) -> Start | None:
    return (
        _start_of_declarations(project)
        or start_django(project)
        or _start_of_tool(project)
        or _start_of_objects(project)
        or start_worker(project)
        or _start_of_script(project)
    )


def _start_of_declarations(project: PythonProject) -> Start | None:
    """What `langgraph.json`, `[project.scripts]` or a function for the Functions Framework say is to be run."""
    if project.project_dir.is_file("langgraph.json"):
        return start_langgraph(Evidence(file="langgraph.json", line=None, why="names the graphs to serve"))
    if project.manifest.find("functions-framework"):
        evidence = Evidence(file="main.py", line=None, why="a function for the Functions Framework")
        function = start_function(project, [], evidence)
        if function is not None:
            return function
    for name, _target in _ranked_scripts(project):
        evidence = Evidence(file=project.manifest.files[0], line=None, why=f"declares the command `{name}`")
        start = start_console_script(project, name, (), evidence)
        if start is not None and not project.apps():
            return start
    return None


def _start_of_objects(project: PythonProject) -> Start | None:
    """A server for the likeliest application object in the code."""
    for module, app in project.apps():
        if app.framework in {"mcp", "agentscope", "celery"}:
            continue
        if module.runs:
            start = start_file(project, module.file, "the application is made and run here")
            if start is not None:
                return start
        return start_app(project, module, app)
    return None


def _ranked_scripts(project: PythonProject) -> list[tuple[str, str]]:
    preferred = ("start", "serve", "server", "web", "app", "main", "kickoff")
    return sorted(
        project.manifest.scripts,
        key=lambda one: preferred.index(one[0]) if one[0] in preferred else len(preferred) - (one[0] in one[1]),
    )


def _start_of_tool(project: PythonProject) -> Start | None:
    for tool in ("streamlit", "chainlit"):
        if not project.manifest.find(tool) and project.manifest.requirements:
            continue
        for module in project.modules.values():
            line = module.imports_any(tool)
            if line and "pages/" not in module.file:
                return start_tool(project, tool, module.file, f"imports {tool}", line)
    return None


def _start_of_script(project: PythonProject) -> Start | None:
    names = [file for file in project.modules if file.removesuffix(".py") in ENTRY_NAMES]
    packages = [file for file in project.modules if file.endswith("/__main__.py")]
    tops = [file for file, module in project.modules.items() if "/" not in file and module.has_main_guard]
    only = [file for file in project.modules if "/" not in file]
    inner = [file for file in project.modules if file.startswith("src/") and file.endswith(("/main.py", "/app.py"))]
    for file in (*names, *packages, *tops, *inner, *(only if len(only) == 1 else ())):
        if file.endswith("/__main__.py"):
            dotted = file.removesuffix("/__main__.py").removeprefix("src/").replace("/", ".")
            evidence = Evidence(file=file, line=None, why="the package can be run")
            start = interpret_command(project, read_command(f"python -m {dotted}"), evidence)
        else:
            start = start_file(project, file, "the usual name of an entry point, and it does something when run")
        if start is not None:
            return start
    return None


def _install_command(project: PythonProject, start: Start | None) -> tuple[str | None, tuple[str, ...]]:
    """The manifest's command, with the server that is missing in it; without a manifest, what the imports need."""
    needs = list(start.needs if start else ())
    command = project.manifest.install_command
    if command is not None:
        adding = "uv pip install" if project.manifest.package_manager == "uv" else "pip install"
        return (f"{command} && {adding} {' '.join(needs)}" if needs else command), ()
    imported = find_imported_packages(project)
    packages = [*imported.packages, *(name for name in needs if name not in imported.packages)]
    warnings = [
        f"`{file}:{line}` imports `{name}`, which nothing declares and nobody knows: it is not installed"
        for name, file, line in imported.unknown[:_MOST_UNKNOWN]
    ]
    if not packages:
        return None, tuple(warnings)
    listed = ", ".join(f"`{name}`" for name in packages)
    told = f"no file declares the dependencies; the code needs {listed}"
    return f"pip install {' '.join(packages)}", (told, *warnings)


def _agent_evidence(project: PythonProject) -> tuple[bool, tuple[Evidence, ...]]:
    """Whether it is an agent: agentscope among the real dependencies, or imported for certain with no manifest at all."""
    requirement = project.manifest.find(*_AGENT_PACKAGES)
    if requirement is not None:
        return True, (
            Evidence(
                file=requirement.file, line=requirement.line, why=f"depends on {requirement.name}", decides="type"
            ),
        )
    if not project.manifest.files:
        for module in project.modules.values():
            line = next((at for name, at in module.imports if name in {"agentscope", "agentscope_runtime"}), None)
            if line is not None:
                return True, (Evidence(file=module.file, line=line, why="imports agentscope", decides="type"),)
    return False, ()
