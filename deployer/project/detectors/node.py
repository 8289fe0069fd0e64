"""Node.js: what to install, build and start, where it listens, with the line of each reason. Development servers never."""

import re
from dataclasses import replace

from deployer.models.analysis import Evidence
from deployer.project.command_purposes import Purpose
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.node_frameworks import server_framework
from deployer.project.detectors.node_manifest import NodeManifest, read_node_manifest
from deployer.project.detectors.node_missing import find_missing_files
from deployer.project.detectors.node_project import NodeProject, NodeStart, read_node_project
from deployer.project.detectors.node_scripts import read_step, read_steps
from deployer.project.detectors.node_starts import (
    start_compiled,
    start_file,
    start_nx_project,
    start_output,
    start_pm2_file,
    start_script,
    start_words,
)
from deployer.project.detectors.written import read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand

FILE_SERVER = "sirv-cli@3.0.1"  # answers nothing for dotfiles
_ENTRIES = ("main", "index", "server", "app", "web", "bot", "worker", "start", "src/main", "src/index", "src/server", "src/app",
            "server/index", "server/main", "server/server", "bin/www", "app/server", "app/index")  # fmt: skip
_SCRIPTS = (
    "start:prod",
    "start:production",
    "start",
    "serve:prod",
    "production",
    "prod",
    "start:server",
    "server",
    "serve",
)
_OTHER_MANIFESTS = ("composer.json", "Gemfile", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts", "Cargo.toml", "mix.exs",
                    "manage.py", "deno.json", "deno.jsonc")  # fmt: skip
_PACKAGE = re.compile(r"(?:\bfrom\s*|\brequire\s*\(\s*)['\"]((?:@[a-z0-9-][\w.-]*/)?[a-z][\w.-]*)(?:/[^'\"]*)?['\"]")
_BUILT_IN = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "crypto",
        "dgram",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "stream",
        "string_decoder",
        "timers",
        "tls",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "worker_threads",
        "zlib",
    ]
)


def detect_node(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """The README's own way first, then the Procfile's, the scripts', the framework's, the usual files'; None for no project."""
    declared = project_dir.is_file("package.json") or project_dir.is_file("package.json5")
    top = [f"{one}{suffix}" for one in _ENTRIES if "/" not in one for suffix in (".js", ".mjs", ".ts")]
    if not declared and not any(project_dir.is_file(one) for one in top):
        return _started_by_pm2(project_dir)
    project = read_node_project(project_dir, _readme_ports(readme))
    start, followed = _find_start(project, readme)
    if start is None and not declared:
        return _of_functions(project)
    return _detection(project, start, followed)


def _of_functions(project: NodeProject) -> Detection | None:
    """A program without a `package.json` that only hands out functions: told, as nothing in it runs by itself."""
    text = project.sources.text("index.js")
    if project.project_dir.is_file("index.html") or not re.search(r"^\s*(module\.)?exports\b", text, re.MULTILINE):
        return None
    return Detection(
        language="node",
        evidence=(Evidence(file="index.js", line=None, why="is written for Node.js"),),
        warnings=("`index.js` only exports functions: something has to call them",),
    )


def detect_workspace_member(
    project_dir: ProjectDir, readme: Readme | None, workspace: NodeManifest, directory: str
) -> Detection:
    """A package of a workspace: installed at the top by the workspace's own manager, built with the packages it needs."""
    own = read_node_project(project_dir, _readme_ports(readme))
    mine = own.manifest
    shared = replace(
        workspace,
        text=mine.text,
        scripts=mine.scripts,
        packages=mine.packages,
        version=mine.version or workspace.version,
        version_evidence=mine.version_evidence,
    )
    start, followed = _find_start(replace(own, manifest=replace(mine, manager=workspace.manager)), readme)
    found = _detection(replace(own, manifest=shared), start, followed)
    return replace(
        found,
        build_command=_build_of_member(found.build_command, workspace, directory),
        evidence=tuple(one for one in found.evidence if one.file != workspace.lock),
    )


def _build_of_member(command: str | None, workspace: NodeManifest, directory: str) -> str | None:
    """The build from the top of the workspace, with what the package depends on where the tools can tell."""
    script = re.fullmatch(rf"{workspace.manager} run ([\w:.-]+)", command or "")
    if script and workspace.has("turbo"):
        return f"turbo run {script[1]} --filter=./{directory}"
    if script and workspace.manager == "pnpm":
        return f"pnpm --filter './{directory}...' run {script[1]}"
    return f"(cd {directory} && {command})" if command else None


def _detection(project: NodeProject, start: NodeStart | None, followed: ReadmeCommand | None) -> Detection:
    manifest = project.manifest
    install, missing = _install_command(project, start)
    library = server_framework(manifest)
    known = project.output.framework if project.output else library[0] if library else None
    build = start.build if start else None
    if start and build is None and "build" in manifest.scripts and not manifest.broken:
        build = project.builds_by_script()
    declared = (
        Evidence(file="package.json", line=None, why="declares the project", decides="install")
        if manifest.text
        else None
    )
    locked = (
        Evidence(file=manifest.lock, line=None, why=f"the lock file of {manifest.manager}", decides="install")
        if manifest.lock
        else None
    )
    warnings = [*(start.warnings if start else ()), *manifest.warnings, *missing, *find_missing_files(project, start)]
    if start is None:
        warnings.extend(_why_not(project))
    return Detection(
        language="node",
        framework=start.framework if start else known,
        language_version=manifest.version,
        package_manager=manifest.manager,
        install_command=install,
        build_command=build,
        start_command=start.command if start else None,
        port=start.port if start else None,
        bind_host=start.bind_host if start else None,
        environment=_environment(start) if start else (),
        evidence=tuple(
            one
            for one in (*(start.evidence if start else ()), declared, locked, manifest.version_evidence)
            if one is not None
        ),
        warnings=tuple(warnings),
        followed=followed,
    )


def _environment(start: NodeStart) -> tuple[tuple[str, str], ...]:
    if start.serves_files or any(name == "NODE_ENV" for name, _value in start.environment):
        return start.environment
    return (("NODE_ENV", "production"), *start.environment)


def _readme_ports(readme: Readme | None) -> tuple[tuple[int, Evidence], ...]:
    if readme is None:
        return ()
    return tuple(
        (port, Evidence(file=readme.file, line=line, why=f"names port {port}", decides="port"))
        for port, line in readme.ports
    )


def _find_start(project: NodeProject, readme: Readme | None) -> tuple[NodeStart | None, ReadmeCommand | None]:
    followed = _start_of_readme(project, readme, scripts_only=True)
    if followed[0] is not None:
        whole = _start_of_scripts(project, ("start",)) if _is_managed(project, followed[0]) else None
        return followed if whole is None or _is_managed(project, whole) else (whole, None)
    start = _start_of_platforms(project, images=False) or _start_of_scripts(project, _SCRIPTS[:3])
    told = _start_of_readme(project, readme, scripts_only=False)
    if told[0] is not None and (start is None or told[0].command == start.command or told[0].port is not None):
        return told
    if start is not None:
        return start, None
    if any(project.project_dir.is_file(file) for file in _OTHER_MANIFESTS):
        return None, None
    evidence = (Evidence(file="package.json", line=None, why="its dependencies name the framework"),)
    if project.project_dir.is_file("nx.json"):
        return start_nx_project(project), None
    if project.output is not None:
        return start_output(project, evidence) or _start_of_scripts(project, _SCRIPTS[3:]), None
    start = (
        _start_of_scripts(project, _SCRIPTS[3:]) or start_pm2_file(project) or _start_of_platforms(project, images=True)
    )
    return start or (None if _is_told_otherwise(project) else _start_of_files(project)), None


def _is_managed(project: NodeProject, start: NodeStart) -> bool:
    """Whether a package manager stands between us and the program."""
    return start.command.startswith(f"{project.manifest.manager} ") and project.manifest.manager != "bun"


def _start_of_readme(
    project: NodeProject, readme: Readme | None, *, scripts_only: bool
) -> tuple[NodeStart | None, ReadmeCommand | None]:
    for command in readme.best_first() if readme else ():
        evidence = Evidence(file=command.file, line=command.line, why=f"the README says `{command.text[:80]}`")
        shape = command.shape
        if shape.purpose is not Purpose.START or shape.directory is not None:
            continue
        step = read_step(list(shape.words))
        if step is None or scripts_only != (step.kind == "script"):
            continue
        if step.kind == "script" and not re.match(r"start|serve|server|prod", step.words[0]):
            continue
        if any(
            word.startswith(("scripts/", "tools/", "./scripts/", "./tools/", "examples/", "test"))
            for word in step.words[1:2]
        ):
            continue
        start = start_words(project, list(shape.words), evidence)
        if start is not None:
            return start, command
    return None, None


def _start_of_platforms(project: NodeProject, *, images: bool) -> NodeStart | None:
    """What the Procfile or another platform's file starts; with `images` what the Dockerfile does."""
    for one in read_written_commands(project.project_dir, None):
        if one.evidence.file == "Dockerfile" and not images:
            continue
        start = start_words(project, list(one.shape.words), one.evidence) if one.shape.directory is None else None
        if start is not None:
            return start
    return None


def _is_told_otherwise(project: NodeProject) -> bool:
    """Whether a Procfile starts something that is not understood: then no file is guessed to be it."""
    return re.search(r"^web\s*:\s*\S", project.project_dir.find_text("Procfile") or "", re.MULTILINE) is not None


def _start_of_scripts(project: NodeProject, names: tuple[str, ...]) -> NodeStart | None:
    if project.manifest.broken:
        return None
    for name in names:
        shown = Evidence(file="package.json", line=project.manifest.line_of(name), why="a script that starts it")
        start = start_script(project, name, shown)
        if start is not None:
            return start
    return None


def _start_of_files(project: NodeProject) -> NodeStart | None:
    """`main`, then the usual names; a watched file of a development script is one of them. A library starts nothing."""
    watched = [
        word
        for name in ("start", "dev", "develop", "serve", "server")
        for step in read_steps(project.manifest.scripts.get(name, "")) or ()
        if step.kind == "dev" and step.words[0] in {"nodemon", "node", "bun", "tsx"}
        for word in step.words[1:]
        if re.search(r"\.[cm]?[jt]sx?$", word)
    ]
    main = project.manifest.main
    for path in (*watched, *((main,) if main else ()), *_ENTRIES):
        file = project.sources.resolve(path.removeprefix("./"))
        if file is None or not is_plain_path(file):
            continue
        program = _runtime(project, file)
        text = project.sources.text(file)
        listens = project.sources.listening(project.sources.reachable(file)) is not None
        exports = re.search(r"\bmodule\.exports\b|\bexports\.\w|^export\s", text, re.MULTILINE)
        if not text.strip() or (exports and not listens):
            continue
        if program is None:
            compiled = start_compiled(project, file)
            if compiled is not None:
                return compiled
            continue
        why = (
            "watched while it is developed"
            if path in watched
            else "`main` of package.json"
            if path == main
            else "a usual entry"
        )
        return start_file(project, program, [file], (Evidence(file=file, line=None, why=why),))
    return None


def _runtime(project: NodeProject, file: str) -> str | None:
    """What runs a source file as it is; None for TypeScript that has to be built first."""
    if project.manifest.manager == "bun":
        return "bun"
    if not file.endswith(("ts", "tsx", "jsx")):
        return "node"
    return next((one for one in ("tsx", "ts-node") if project.manifest.has(one)), None)


def _install_command(project: NodeProject, start: NodeStart | None) -> tuple[str | None, tuple[str, ...]]:
    """The manager's command, with the server for files where one is needed; without a manifest, what the code imports."""
    command = project.manifest.install_command
    warnings: tuple[str, ...] = ()
    if not project.manifest.text and start is not None:
        files = [file for file in project.sources.all_sources() if "/" not in file]
        names = sorted({name for file in files for name in _PACKAGE.findall(project.sources.text(file))} - _BUILT_IN)
        if names:
            command = f"npm install --no-save --no-audit --no-fund {' '.join(names)}"
            warnings = (
                f"no file declares the dependencies; the code needs {', '.join(f'`{name}`' for name in names)}",
            )
    elif project.manifest.broken and project.manifest.packages:
        warnings = ("its dependencies cannot be installed until `package.json` is mended",)
    tools = [*([_tool(project.manifest)] if command and project.manifest.manager != "npm" else [])]
    if start is not None and start.serves_files:
        tools.append(FILE_SERVER)
    if tools:
        fetched = f"npm install --prefix .tools --no-audit --no-fund {' '.join(tools)}"
        command = f"{fetched} && {command}" if command else fetched
    return command, warnings


def _tool(manifest: NodeManifest) -> str:
    """The package that is the package manager, in the version the project or its lock file wants."""
    name = "@yarnpkg/cli-dist" if manifest.is_berry else manifest.manager
    return f"{name}@{manifest.manager_version}"


def _started_by_pm2(project_dir: ProjectDir) -> Detection | None:
    """A project whose `package.json` stands deeper: what pm2 is told to run; None without."""
    project = read_node_project(project_dir, ())
    start = start_pm2_file(project)
    if start is not None:
        directory = start.command.split()[-1].rpartition("/")[0]
        below = read_node_manifest(project_dir, directory) if directory else project.manifest
        found = _detection(replace(project, manifest=below), start, None)
        library = server_framework(below)
        port = project.sources.listening(project.sources.reachable(start.command.split()[-1]))
        inside = {"npm": "--prefix", "pnpm": "--dir"}.get(below.manager, "--cwd") + f" {directory}" if directory else ""
        return replace(
            found,
            install_command=f"{found.install_command} {inside}".strip() if found.install_command else None,
            framework=library[0] if library else found.framework,
            port=port.port if port and port.port else library[1] if library else found.port,
        )
    return None


def _why_not(project: NodeProject) -> tuple[str, ...]:
    if _is_told_otherwise(project):
        return ("the `web` process of the `Procfile` is not understood, and nothing else is guessed in its place",)
    body = project.manifest.scripts.get("start") or project.manifest.scripts.get("dev")
    if body:
        return (f"its script `{body[:80]}` only develops or builds: nothing is known that serves for good",)
    return ("`package.json` has no `start` script, and no usual entry file does anything when it is run",)
