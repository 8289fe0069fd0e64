"""One way to start a Python application, and the port it listens on."""

import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.detectors.python_code import PythonModule
from deployer.project.detectors.python_project import PythonProject

EVERYWHERE = "0.0.0.0"  # noqa: S104  (an application has to be reachable)
DEFAULT_PORTS = {
    "flask": 5000, "fastapi": 8000, "starlette": 8000, "django": 8000, "quart": 8000, "sanic": 8000, "dash": 8050,
    "streamlit": 8501, "gradio": 7860, "chainlit": 8000, "agentscope": 8080, "langgraph": 2024, "fasthtml": 5001, "litestar": 8000, "bottle": 8080,
    "falcon": 8000, "nicegui": 8080,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One way to start. `needs` are packages to install beyond the manifest; `port` None for workers."""

    command: str
    framework: str | None
    port: int | None = None
    bind_host: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


def find_port(project: PythonProject, framework: str, module: PythonModule | None) -> tuple[int, Evidence]:
    """The port of the code, else of the README, else the framework's own default (8080 without one), with the reason."""
    for run in module.runs if module else ():
        if run.port:
            where = f" unless `{run.port_variable}` is set" if run.port_variable else ""
            return run.port, Evidence(
                file=module.file if module else "", line=run.line, why=f"listens on {run.port}{where}", decides="port"
            )
    if project.readme_port:
        number, line, file = project.readme_port
        return number, Evidence(file=file, line=line, why=f"names port {number}", decides="port")
    port = DEFAULT_PORTS.get(framework, 8080)
    shown = module.file if module else next(iter(project.manifest.files), ".")
    return port, Evidence(
        file=shown,
        line=None,
        why=f"no port is named: {port}, the default of {framework or 'this tool'}",
        decides="port",
    )


def port_argument(arguments: tuple[str, ...]) -> int | None:
    """The port among the arguments of a command: `--port 9000`, `--port=9000`, `-p 9000`."""
    found = re.search(r"(?:^| )(?:--[a-z-]*port|-p)[= ](\d{2,5})(?: |$)", " ".join(arguments))
    return int(found[1]) if found and 0 < int(found[1]) < 65536 else None
