"""A server of the Model Context Protocol: over HTTP it has a port, over standard input and output it has none."""

from deployer.models.analysis import Evidence
from deployer.project.detectors.python_code import AppObject, PythonModule, RunCall
from deployer.project.detectors.python_project import PythonProject
from deployer.project.detectors.python_start import EVERYWHERE, Start, port_argument

_DEFAULT_PORT = 8000
_NETWORKED = ("streamable-http", "sse", "http")


def start_mcp(
    project: PythonProject, module: PythonModule, app: AppObject, why: str, arguments: tuple[str, ...]
) -> Start:
    """`python file` for a module with a FastMCP server.

    The standalone `fastmcp` package takes its address from FASTMCP_HOST; the official SDK takes what the code says only.
    Source: https://gofastmcp.com/deployment/running-server and
    https://github.com/modelcontextprotocol/python-sdk (`FastMCP.__init__`).
    """
    command = " ".join(("python", module.file, *arguments))
    made = Evidence(file=module.file, line=app.line, why=why or f"`{app.name}` is an MCP server")
    transport = _transport(module, arguments)
    if transport in {None, "stdio"}:
        line = next((run.line for run in module.runs if run.transport), app.line)
        return Start(command=command, framework="mcp", evidence=(made,), warnings=(over_pipes(module.file, line),))
    configured = _configured(module)
    port = port_argument(arguments) or (configured.port if configured else None) or _DEFAULT_PORT
    where = Evidence(
        file=module.file,
        line=configured.line if configured else app.line,
        why=f"listens on {port}" if configured and configured.port else f"{port} is the default of MCP servers",
        decides="port",
    )
    host = configured.host if configured and configured.host is not None else None
    if host is None and project.manifest.find("fastmcp"):
        environment = (("FASTMCP_HOST", EVERYWHERE), ("FASTMCP_PORT", str(port)))
        return Start(
            command=command, framework="mcp", port=port, bind_host=EVERYWHERE, environment=environment,
            evidence=(made, where),
        )  # fmt: skip
    host = host or "127.0.0.1"
    warnings: tuple[str, ...] = ()
    if host in {"127.0.0.1", "localhost"}:
        unreached = f"`{module.file}:{where.line}` listens on {host} alone: it cannot be reached from outside"
        warnings = (f'{unreached}; give the server `host="{EVERYWHERE}"`',)
    return Start(command=command, framework="mcp", port=port, bind_host=host, evidence=(made, where), warnings=warnings)


def has_transport(arguments: tuple[str, ...]) -> bool:
    """Whether arguments ask for a transport that listens: `--transport sse`, `--transport=streamable-http`."""
    return any(one.rpartition("=")[2] in _NETWORKED for one in arguments)


def over_pipes(file: str, line: int | None) -> str:
    """The warning about a server nobody can reach."""
    where = f"`{file}:{line}`" if line else f"`{file}`"
    return (
        f"{where} speaks the Model Context Protocol over its standard input: on an instance nobody is at the other end; "
        "use the transport `streamable-http`"
    )


def _transport(module: PythonModule, arguments: tuple[str, ...]) -> str | None:
    """How it speaks: by its arguments, else by its call."""
    named = next((one for one in (*_NETWORKED, "stdio") if one in arguments), None)
    return named or next((run.transport for run in module.runs if run.transport), None)


def _configured(module: PythonModule) -> RunCall | None:
    """The call that names a port or a host: that of `run`, else the server's own."""
    named = [run for run in module.runs if run.port or run.host is not None]
    return next((run for run in named if run.callee != "FastMCP"), named[0] if named else None)
