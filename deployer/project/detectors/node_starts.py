"""The ways to start a Node.js project: a script of its manifest, a program of its own, or what its build leaves."""

import json
import re
import shlex
from dataclasses import replace

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.node_code import SUFFIXES
from deployer.project.detectors.node_project import (
    EVERYWHERE,
    PORT_VARIABLES_SET,
    NodeProject,
    NodeStart,
    listening_start,
)
from deployer.project.detectors.node_scripts import Step, read_step

STATIC_PORT = 8080
_BUILT = ("dist", "build", "out", "lib", ".output", ".next", "output", "_build", "compiled")
_PLAIN_WORD = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_PORT_WORD = re.compile(r"\$\{?PORT(?::-(\d{2,5}))?\}?")
_OPTIONS_WITH_VALUE = frozenset({
    "-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file", "-P", "--project"
})  # fmt: skip
_RUNTIMES = frozenset({
    "node", "nodejs", "bun", "tsx", "ts-node", "ts-node-esm", "esno", "jiti", "babel-node", "vite-node", "swc-node"
})  # fmt: skip
_PRODUCTS = {"medusa": 9000, "directus": 8055, "strapi": 1337, "redwood": 8910, "vinxi": 3000, "keystone": 3000,
             "waku": 8080, "blitz": 3000, "egg-scripts": 7001}  # fmt: skip


def start_script(project: NodeProject, name: str, evidence: Evidence) -> NodeStart | None:
    """What a script of `package.json` starts; None when it develops, builds or tests instead.

    A plain program is started itself, without the package manager between: the process ID is then the application's own.
    """
    if name not in project.manifest.scripts:
        return None
    steps = project.steps_of(name)
    shown = Evidence(
        file="package.json",
        line=project.manifest.line_of(name),
        why=f"its script `{name}`: {project.manifest.scripts[name][:80]}",
    )
    both = (shown,) if evidence.file == "package.json" else (evidence, shown)
    if steps is None:
        return _opaque(project, name, both)
    last = steps[-1] if steps else None
    if last is None or last.kind in {"dev", "build", "preview"}:
        return None
    hooked = f"pre{name}" in project.manifest.scripts
    hook = project.steps_of(f"pre{name}") if hooked else ()
    before = (*(hook or ()), *steps[:-1])
    plain = (not hooked or hook is not None) and all(one.kind == "build" for one in before)
    started = start_step(project, last, both)
    if last.kind == "serve" and plain:
        if started is None:
            return None
        own = project.manifest.run(f"pre{name}") if hooked else None
        if before and started.build is None:
            return replace(started, build=own or " && ".join(shlex.join(one.words) for one in before))
        return started
    if started is not None:
        return replace(started, command=project.manifest.run(name))
    return _opaque(project, name, both) if last.kind == "other" else None


def _opaque(project: NodeProject, name: str, evidence: tuple[Evidence, ...]) -> NodeStart | None:
    """A script in the shell's own language, run by the package manager as it stands, unless it watches or develops."""
    body = project.manifest.scripts[name]
    if re.search(
        r"\bnodemon\b|\bconcurrently\b|--watch\b|\bng serve\b|\breact-scripts start\b|\b(next|nuxt|vite|astro) dev\b",
        body,
    ):
        return None
    files = tuple(
        file for word in re.findall(r"[\w./-]+\.[cm]?[jt]sx?\b", body) if (file := project.sources.resolve(word))
    )
    command = project.manifest.run(name)
    build = project.builds() if any(word.startswith(_BUILT) for word in re.findall(r"[\w./-]+", body)) else None
    return listening_start(project, command, files, evidence, build=build)


def start_step(project: NodeProject, step: Step, evidence: tuple[Evidence, ...]) -> NodeStart | None:
    """The start for one command; None when it names what is not there, or serves nothing for good."""
    if step.kind == "script":
        return start_script(project, step.words[0], evidence[0])
    words = [_PORT_WORD.sub(lambda match: match[1] or "3000", word) for word in step.words]
    if step.kind != "serve" or not all(_PLAIN_WORD.fullmatch(word) for word in words):
        return None
    program, rest = words[0], words[1:]
    if program in {"serve", "http-server", "sirv"}:
        plain = (word for word in rest if not word.startswith("-") and not word.isdigit())
        single = bool({"-s", "--single"} & set(rest)) or program == "sirv"
        return start_files(project, next(plain, "."), single_page=single, build=project.builds(), evidence=evidence)
    if program in {"pm2", "pm2-runtime", "forever"}:
        target = next((word for word in rest if word.endswith((".js", ".cjs", ".json"))), None)
        return _start_of_pm2(project, target, evidence) if target else None
    if program in _RUNTIMES:
        started = start_file(project, program, rest, evidence)
    else:
        started = _start_program(project, program, rest, evidence)
    return _with_settings(started, step, port_argument(rest) if program in _RUNTIMES else None) if started else None


def _with_settings(started: NodeStart, step: Step, port: int | None) -> NodeStart:
    """The start with the assignments before the command; what makes it reachable wins over them."""
    assigned = {name: value for name, value in step.environment if _PLAIN_WORD.fullmatch(value)}
    numbers = [int(value) for name, value in assigned.items() if name in PORT_VARIABLES_SET and value.isdigit()]
    given = port or next((one for one in numbers if 0 < one < 65536), None)
    kept = {name: value for name, value in assigned.items() if name not in {*PORT_VARIABLES_SET, "NODE_OPTIONS"}}
    return replace(
        started, port=given or started.port, environment=tuple({**kept, **dict(started.environment)}.items())
    )


def start_file(
    project: NodeProject, program: str, arguments: list[str], evidence: tuple[Evidence, ...]
) -> NodeStart | None:
    """`node file`: the file is there, or the build makes it."""
    position = 0
    rest = arguments[1:] if program == "bun" and arguments[:1] == ["run"] else arguments
    while position < len(rest) and rest[position].startswith("-"):
        position += 2 if rest[position] in _OPTIONS_WITH_VALUE else 1
    if position >= len(rest):
        return None
    path = rest[position].removeprefix("./").rstrip("/")
    command = " ".join(("node" if program == "nodejs" else program, *rest))
    output = project.output
    if output and output.command and path and output.command.endswith(f" {path}"):
        return start_output(project, evidence)
    served = output.command.split()[-1].removesuffix(".js").split("/")[0] if output and output.command else ".output"
    if output and path.startswith((".output/server/", f"{served}/")) and not project.sources.resolve(path):
        return start_output(replace(project, output=replace(output, command=command)), evidence)
    entry = project.sources.resolve("" if path in {".", ""} else path)
    if entry is not None and (entry == path or entry.startswith(path) or path in {".", ""}):
        in_build = path.split("/")[0] in _BUILT and bool(set(project.manifest.scripts) & {"build", "compile"})
        build = project.builds() if in_build or _is_full_stack(project) else None
        return listening_start(project, command, project.sources.reachable(entry), evidence, build=build)
    if not is_plain_path(path) and not path.startswith(".output/"):
        return None
    built = path.split("/")[0] in _BUILT or entry is not None
    if not built or not (
        project.builds() or _compiles_on_install(project) or entry is not None or project.manifest.has("typescript")
    ):
        return None
    source = entry or _source_of(project, path)
    files = project.sources.reachable(source) if source else ()
    build = project.builds() or (
        None if _compiles_on_install(project) else "tsc" if project.manifest.has("typescript") else None
    )
    return listening_start(project, command, files, evidence, build=build)


def _is_full_stack(project: NodeProject) -> bool:
    """Whether a server in the same project hands out what the framework builds."""
    return project.output is not None and "build" in project.manifest.scripts


def _compiles_on_install(project: NodeProject) -> bool:
    return any("tsc" in project.manifest.scripts.get(name, "") for name in ("postinstall", "prepare", "install"))


def _source_of(project: NodeProject, built: str) -> str | None:
    """The source of a built file: the same path below `src`, at the top, or below the directory that is not the build's."""
    parts = built.split("/")[1:]
    for drop in range(len(parts)):
        inner = "/".join(parts[drop:])
        for guess in (f"src/{inner}", inner, f"server/{inner}", f"app/{inner}"):
            found = project.sources.resolve(guess)
            if found and not found.startswith(_BUILT):
                return found
    return None


def _start_program(
    project: NodeProject, program: str, rest: list[str], evidence: tuple[Evidence, ...]
) -> NodeStart | None:
    """The serving command of a framework, told where to listen."""
    output = project.output
    if output and output.command and output.command.split()[0] == program:
        port = port_argument(rest)
        return start_output(project, evidence, port=port, target=next((one for one in rest if "/" in one), None))
    if output and output.directory and program in {"react-router-serve", "remix-serve", "next", "nuxt"}:
        return start_output(project, evidence)
    command = " ".join((program, *(word for word in rest if word != "--daemon")))  # its PID has to stay the one started
    if program == "fastify":
        entry = next((word for word in rest if word.endswith(SUFFIXES)), "app.js")
        started = listening_start(project, command, (entry,), evidence, build=None)
        return replace(
            started,
            environment=(("FASTIFY_ADDRESS", EVERYWHERE),),
            port=port_argument(rest) or 3000,
            bind_host=EVERYWHERE,
        )
    if output and output.command and program in {"next", "nuxt"}:
        return replace(start_output(project, evidence) or NodeStart(command=command), command=command)
    if program in _PRODUCTS:
        port = _PRODUCTS[program]
        shown = Evidence(file="package.json", line=None, why=f"{port} is the default of {program}", decides="port")
        return NodeStart(
            command=command, framework=program.removesuffix("-scripts"), build=project.builds(), port=port_argument(rest) or port,
            environment=(("HOST", EVERYWHERE),), bind_host=EVERYWHERE, evidence=(*evidence, shown),
        )  # fmt: skip
    return listening_start(project, command, (), evidence, build=None)


def start_output(
    project: NodeProject, evidence: tuple[Evidence, ...], *, port: int | None = None, target: str | None = None
) -> NodeStart | None:
    """What the framework's build leaves behind, started or served."""
    output = project.output
    if output is None:
        return None
    shown = Evidence(file=output.file, line=None, why=output.why or f"a {output.framework} project")
    if output.directory is not None:
        return start_files(
            project,
            output.directory,
            single_page=output.single_page,
            build=project.builds(),
            evidence=(*evidence, shown),
        )
    if output.command is None:
        return None
    found = port or output.port
    command = re.sub(rf"\b{output.port}\b", str(found), output.command)
    words = command.split()
    if target and words[0] in {"remix-serve", "react-router-serve"} and is_plain_path(target.removeprefix("./")):
        command = f"{words[0]} {target.removeprefix('./')}"
    where = Evidence(
        file="package.json",
        line=None,
        why=f"{found} is {'given' if port else 'the default of ' + output.framework}",
        decides="port",
    )
    return NodeStart(
        command=command,
        framework=output.framework,
        build=project.builds(),
        port=found,
        bind_host=EVERYWHERE,
        environment=output.environment,
        evidence=(*evidence, shown, where),
        warnings=(output.warning,) if output.warning else (),
    )


def start_files(
    project: NodeProject, directory: str, *, single_page: bool, build: str | None, evidence: tuple[Evidence, ...]
) -> NodeStart | None:
    """A server for built files that answers nothing for dotfiles."""
    directory = directory.removeprefix("./").rstrip("/") or "."
    if ".." in directory.split("/") or not re.fullmatch(r"[\w@.][\w@./+-]*", directory):
        return None
    single = " --single" if single_page else ""
    shown = Evidence(
        file="package.json", line=None, why=f"its pages in `{directory}` are served as files, without dotfiles"
    )
    return NodeStart(
        command=f"sirv {directory}{single} --host {EVERYWHERE} --port {STATIC_PORT}",
        framework=project.output.framework if project.output else None,
        build=build,
        port=STATIC_PORT,
        bind_host=EVERYWHERE,
        serves_files=True,
        evidence=(*evidence, shown),
    )


def _start_of_pm2(project: NodeProject, file: str, evidence: tuple[Evidence, ...]) -> NodeStart | None:
    """The first application of a pm2 file, started in the foreground by Node.js itself."""
    text = project.project_dir.find_text(file.removeprefix("./")) or ""
    try:
        data = json.loads(text)
        first = (data["apps"] if isinstance(data, dict) else data)[0]
        script, directory = first["script"], first.get("cwd", "")
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        found = re.search(r"\bscript\s*:\s*['\"]?([\w./-]+)", text)
        script, directory = (found[1] if found else file if file.endswith(".js") else None), ""
    if not isinstance(script, str) or not isinstance(directory, str):
        return None
    inside = directory.strip("./")
    path = f"{inside}/{script.removeprefix('./')}" if inside else script.removeprefix("./")
    return start_file(project, "node", [path], evidence) if is_plain_path(path) else None


def start_compiled(project: NodeProject, source: str) -> NodeStart | None:
    """The JavaScript that the TypeScript compiler makes of an entry, where `tsconfig.json` says it goes."""
    text = project.project_dir.find_text("tsconfig.json")
    if text is None or not project.manifest.has("typescript"):
        return None
    found = re.search(r'"outDir"\s*:\s*"(?:\./)?([\w./-]+?)/?"', text)
    root = re.search(r'"rootDir"\s*:\s*"(?:\./)?([\w./-]*?)/?"', text)
    stripped = source.removeprefix(f"{root[1]}/" if root and root[1] else "src/" if not root else "")
    compiled = re.sub(r"\.(m|c)?tsx?$", r".\1js", f"{found[1]}/{stripped}" if found else source)
    if not is_plain_path(compiled):
        return None
    shown = Evidence(file="tsconfig.json", line=None, why=f"`{source}` is compiled to `{compiled}`", decides="build")
    build = project.builds_by_script() or "tsc"
    return listening_start(project, f"node {compiled}", project.sources.reachable(source), (shown,), build=build)


def start_pm2_file(project: NodeProject) -> NodeStart | None:
    """The start an ecosystem file at the top names."""
    for file in (
        "ecosystem.config.js",
        "ecosystem.config.cjs",
        "ecosystem.json",
        "process.json",
        "pm2.json",
        "process.yml",
        "ecosystem.config.yml",
    ):
        if project.project_dir.is_file(file):
            return _start_of_pm2(project, file, (Evidence(file=file, line=None, why="names what pm2 runs"),))
    return None


def start_nx_project(project: NodeProject) -> NodeStart | None:
    """What the build of an nx workspace's default project, or of its only one, leaves; None when there are several."""
    files = project.project_dir
    named = _json_table(files.find_text("nx.json")).get("defaultProject")
    homes = [
        one.removesuffix("project.json")
        for one in ("project.json", *files.glob("apps/*/project.json"))
        if files.is_file(one)
    ]
    home = f"apps/{named}/" if f"apps/{named}/" in homes else homes[0] if len(homes) == 1 else None
    data = _json_table(files.find_text(f"{home}project.json")) if home is not None else {}
    build = _json_table(_json_table(data.get("targets")).get("build"))
    path = _json_table(build.get("options")).get("outputPath")
    executor = str(build.get("executor", ""))
    if (
        home is None
        or not isinstance(path, str)
        or not is_plain_path(path)
        or not re.search(r"node|esbuild|webpack|js:", executor)
    ):
        return None
    shown = Evidence(file=f"{home}project.json", line=None, why=f"its build goes to `{path}`", decides="build")
    source = next((one for one in (f"{home}src/main.ts", f"{home}src/main.js") if files.is_file(one)), None)
    reached = project.sources.reachable(source) if source else ()
    build_command = (
        f"nx build {home.rstrip('/').rpartition('/')[2]}" if home else project.builds_by_script() or "nx build"
    )
    return listening_start(project, f"node {path}/main.js", reached, (shown,), build=build_command)


def _json_table(value: object) -> dict[str, object]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def port_argument(arguments: list[str]) -> int | None:
    """The port among the arguments of a command: `--port 9000`, `--port=9000`, `-p 9000`, `-p9000`."""
    found = re.search(r"(?:^| )(?:--port|-p)[= ]?(\d{2,5})(?: |$)", " ".join(arguments))
    return int(found[1]) if found and 0 < int(found[1]) < 65536 else None


def start_words(project: NodeProject, words: list[str], evidence: Evidence) -> NodeStart | None:
    """The start for one written command (README, Procfile), checked against the tree."""
    step = read_step(words)
    return start_step(project, step, (evidence,)) if step is not None else None
