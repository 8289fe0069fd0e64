"""A Node.js project as the detector looks at it: its manifest, its sources, what its framework builds, its port."""

import re
from dataclasses import dataclass, replace

from deployer.models.analysis import Evidence
from deployer.project.detectors.node_code import Listening, NodeSources
from deployer.project.detectors.node_frameworks import Output, find_output, imported_framework, server_framework
from deployer.project.detectors.node_manifest import NodeManifest, read_node_manifest
from deployer.project.detectors.node_scripts import Step, read_steps
from deployer.project.project_dir import ProjectDir

EVERYWHERE = "0.0.0.0"  # noqa: S104  (an application has to be reachable)
PORT_VARIABLES_SET = frozenset({"PORT", "APP_PORT"})
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStart:
    """One way to start. `build` is what has to run before it; `serves_files` when it needs the file server of ours."""

    command: str
    framework: str | None = None
    build: str | None = None
    port: int | None = None
    bind_host: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    serves_files: bool = False
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeProject:
    """Everything read once. `documented_ports` are what example environments, README and Dockerfile name, best first."""

    project_dir: ProjectDir
    manifest: NodeManifest
    sources: NodeSources
    output: Output | None
    documented_ports: tuple[tuple[int, Evidence], ...]

    def steps_of(self, name: str, depth: int = 0) -> tuple[Step, ...] | None:
        """The commands of a script, other scripts it runs unfolded; None when it is more than a list of commands."""
        body = self.manifest.scripts.get(name)
        steps = read_steps(body) if body is not None and depth < 5 else None
        if steps is None:
            return None
        found: list[Step] = []
        for step in steps:
            if step.kind != "script":
                found.append(step)
                continue
            inner = self.steps_of(step.words[0], depth + 1)
            if inner is None:
                return None
            found.extend(replace(one, environment=(*step.environment, *one.environment)) for one in inner)
        return tuple(found)

    def builds(self) -> str | None:
        """The command that builds: the script of that name, else the framework's own."""
        return self.builds_by_script() or (self.output.build if self.output else None)

    def builds_by_script(self) -> str | None:
        """The script that builds; None without one that does more than to say or check something."""
        for name in ("build", "build:prod", "build:production", "compile"):
            steps = self.steps_of(name)
            trivial = steps is not None and all(
                one.words[0] in {"echo", "true", "exit", ":"} or "--noEmit" in one.words for one in steps
            )
            if name in self.manifest.scripts and not trivial:
                return self.manifest.run(name)
        return None


def read_node_project(project_dir: ProjectDir, readme_ports: tuple[tuple[int, Evidence], ...]) -> NodeProject:
    """The project at the top of the directory."""
    manifest = read_node_manifest(project_dir)
    return NodeProject(
        project_dir=project_dir,
        manifest=manifest,
        sources=NodeSources(project_dir),
        output=find_output(project_dir, manifest),
        documented_ports=(*_example_ports(project_dir), *readme_ports, *_exposed_ports(project_dir)),
    )


def _example_ports(project_dir: ProjectDir) -> tuple[tuple[int, Evidence], ...]:
    for file in (".env.production", ".env", ".env.example", ".env.sample", ".env.template", "example.env"):
        text = project_dir.find_text(file) or ""
        found = re.search(r"^(?:export\s+)?(?:APP_|SERVER_)?PORT\s*=\s*['\"]?(\d{2,5})\b", text, re.MULTILINE)
        if found and int(found[1]) < 65536:
            line = text.count("\n", 0, found.start()) + 1
            return ((int(found[1]), Evidence(file=file, line=line, why=f"names port {found[1]}", decides="port")),)
    return ()


def _exposed_ports(project_dir: ProjectDir) -> tuple[tuple[int, Evidence], ...]:
    text = project_dir.find_text("Dockerfile") or ""
    found = re.search(r"^EXPOSE\s+(\d{2,5})\b", text, re.MULTILINE | re.IGNORECASE)
    if not found or not 0 < int(found[1]) < 65536:
        return ()
    line = text.count("\n", 0, found.start()) + 1
    return ((int(found[1]), Evidence(file="Dockerfile", line=line, why=f"exposes port {found[1]}", decides="port")),)


def listening_start(
    project: NodeProject, command: str, files: tuple[str, ...], evidence: tuple[Evidence, ...], *, build: str | None
) -> NodeStart:
    """A program of the project's own: its port and address out of the code, else out of what documents them."""
    library = imported_framework(project.sources.text(file) for file in files) or server_framework(project.manifest)
    called = project.sources.listening(files) if files else None
    if called is None and library is not None:
        called = project.sources.listening(project.sources.all_sources())
    if called is None and library is None:
        shown = Evidence(
            file=files[0] if files else "package.json", line=None, why="nothing in it listens: no port", decides="port"
        )
        framework = "mcp" if project.manifest.has("@modelcontextprotocol/sdk") else None
        return NodeStart(command=command, framework=framework, build=build, evidence=(*evidence, shown))
    name, default = library or (None, 3000)
    port, where = _port(project, called, default, name)
    environment: list[tuple[str, str]] = []
    if called and called.port_variable and called.port_variable not in PORT_VARIABLES_SET:
        environment.append((called.port_variable, str(port)))
    host, warnings = _host(called, name, environment)
    return NodeStart(
        command=command,
        framework=name,
        build=build,
        port=port,
        bind_host=host,
        environment=tuple(environment),
        evidence=(*evidence, where),
        warnings=warnings,
    )


def _port(project: NodeProject, called: Listening | None, default: int, name: str | None) -> tuple[int, Evidence]:
    if called and called.port:
        unless = f" unless `{called.port_variable}` is set" if called.port_variable else ""
        return called.port, Evidence(
            file=called.file, line=called.line, why=f"listens on {called.port}{unless}", decides="port"
        )
    if project.documented_ports:
        return project.documented_ports[0]
    shown = Evidence(
        file=called.file if called else "package.json",
        line=called.line if called else None,
        why=f"no port is named: {default}, as is usual for {name or 'Node.js'}",
        decides="port",
    )
    return default, shown


def _host(
    called: Listening | None, name: str | None, environment: list[tuple[str, str]]
) -> tuple[str | None, tuple[str, ...]]:
    """The address listened on; a variable that decides it is set, an address nobody outside reaches is warned of."""
    if called is None:
        return None, ()
    where = f"`{called.file}:{called.line}`"
    if called.host_variable:
        environment.append((called.host_variable, EVERYWHERE))
        return EVERYWHERE, ()
    if called.host in _LOCAL:
        return called.host, (f"{where} listens on {called.host} alone: it cannot be reached from outside",)
    if name == "fastify" and called.host is None:
        return "127.0.0.1", (
            f"{where} gives no address, and fastify then listens on localhost alone: add `host: '0.0.0.0'`",
        )
    return called.host or EVERYWHERE, ()
