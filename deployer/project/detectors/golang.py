"""Go: the package with `main` to build, and where it listens. The binary goes to `bin/`."""

import re
from dataclasses import dataclass
from itertools import pairwise

from deployer.models.analysis import Evidence
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.sources import Hit, Sources, read_sources
from deployer.project.detectors.written import (
    STAND_IN_PORT,
    WrittenCommand,
    find_written_port,
    is_port,
    port_of_words,
    read_written_commands,
)
from deployer.project.names import suggest_name
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand

_FRAMEWORKS = (
    ("functions-framework", "github.com/GoogleCloudPlatform/functions-framework-go"), ("gin", "github.com/gin-gonic/gin"),
    ("echo", "github.com/labstack/echo"), ("fiber", "github.com/gofiber/fiber"), ("chi", "github.com/go-chi/chi"),
    ("beego", "github.com/beego/beego"), ("iris", "github.com/kataras/iris"), ("hertz", "github.com/cloudwego/hertz"),
    ("kratos", "github.com/go-kratos/kratos"), ("go-zero", "github.com/zeromicro/go-zero"), ("goframe", "github.com/gogf/gf"),
    ("gorilla", "github.com/gorilla/mux"), ("grpc", "google.golang.org/grpc"),
)  # fmt: skip
_SERVER_NAMES = ("server", "api", "web", "app", "http", "serve", "service", "backend", "gateway", "main")
_TOOL_NAMES = re.compile(
    r"(^|/)(tools?|hack|scripts?|internal/tools|client|cli|gen|generate|migrate|migrations?|ctl)(/|$)"
)
_LISTEN = (
    r"\b(?:ListenAndServe(?:TLS)?|Run|RunTLS|Start|StartTLS|Listen|ListenTLS)\(\s*(?:\"tcp4?\",\s*)?\"([\w.\-\[\]]*):(\d{2,5})\"",
    r"\bAddr\w*\s*(?::|:?=)\s*\"([\w.\-\[\]]*):(\d{2,5})\"",
    r"\bWithHostPorts\(\s*\"([\w.\-\[\]]*):(\d{2,5})\"",
)
_PORT_SETTINGS = (
    r"(?i)\b(?:Int|IntP|Uint|UintP|String|StringP|IntVar|StringVar|IntVarP|StringVarP)\((?:&[\w.]+,\s*)?\"[\w-]*port\"(?:,\s*\"\w?\")?,\s*\":?(\d{2,5})\"",
    r"(?i)\b(?:Int|IntP|Uint|UintP|String|StringP|IntVar|StringVar|IntVarP|StringVarP)\((?:&[\w.]+,\s*)?\"[\w-]*port\"(?:,\s*\"\w?\")?,\s*()(\d{2,5})\b",
    r"(?i)\bSetDefault\(\s*\"[\w.]*port\",\s*\":?(\d{2,5})\"?\s*\)",
    r"(?i)\bSetDefault\(\s*\"[\w.]*port\",\s*()(\d{2,5})\s*\)",
    r"(?i)\b\w*port\s*(?::=|=)\s*\":?(\d{2,5})\"",
    r"(?i)\b\w*port\s*(?::=|=)\s*()(\d{2,5})\b",
    r"(?i)(?:Getenv|getEnv|LookupEnv|EnvOr\w*|\w*env\w*)\(\s*\"(?:\w+_)?PORT\",\s*\":?(\d{2,5})\"",
    r"(?i)envDefault:\"(\d{2,5})\"[^`\n]*port|port[^`\n]*envDefault:\"(\d{2,5})\"",
    r"(?i)\b\w*addr\w*\s*(?::=|=)\s*\"[\w.]*:(\d{2,5})\"",
)
_SERVES = r"\b(?:ListenAndServe|net\.Listen|funcframework\.Start|gin\.(?:Default|New)\(|echo\.New\(|fiber\.New\(|\.Listen\(|http\.Serve\()"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Main:
    """A package that can be built to a program: its directory ("" is the top), and why it is the one."""

    directory: str
    evidence: Evidence
    arguments: tuple[str, ...] = ()
    readme: ReadmeCommand | None = None


def detect_go(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """A build of the one program that serves; None with no `go.mod`, no `go.work` and no Go at the top."""
    module_text = project_dir.find_text("go.mod") or project_dir.find_text("go.work")
    if module_text is None and not any(file.endswith(".go") and "/" not in file for file in project_dir.files()):
        return None
    sources = read_sources(project_dir, (".go",), "go")
    sources = Sources(texts={file: text for file, text in sources.texts.items() if not file.endswith("_test.go")})
    mains = _find_mains(project_dir, sources)
    version, version_evidence = _version(module_text, project_dir)
    manifest = "go.mod" if project_dir.is_file("go.mod") else "go.work"
    evidence = Evidence(file=manifest, line=None, why="declares the module", decides="install")
    declared = (evidence,) if module_text is not None else ()
    if not mains:
        return Detection(language="go", evidence=declared, warnings=("no package `main` to build",))
    commands = read_written_commands(project_dir, readme)
    chosen = _choose(project_dir, mains, commands, module_text)
    if chosen is None:
        listed = ", ".join(f"`{one or '.'}`" for one in sorted(mains))
        several = f"several programs can be built: {listed}; say which one"
        return Detection(language="go", evidence=declared, warnings=(several,))
    near = sources.first((f"{chosen.directory}/" if chosen.directory else "main.go",))
    port, host, port_evidence, warnings = _address(project_dir, readme, near, chosen)
    name = suggest_name(chosen.directory.rpartition("/")[2] or _module_name(module_text) or project_dir.name)
    build = f"go build -o bin/{name} ./{chosen.directory}".rstrip("/")
    if module_text is None:
        build = f"go mod init {name} && go mod tidy && {build}"
    return Detection(
        language="go",
        framework=_framework(near, module_text),
        language_version=version,
        package_manager="go",
        install_command=_install_command(project_dir, module_text),
        build_command=build,
        start_command=" ".join((f"./bin/{name}", *chosen.arguments)),
        port=port,
        bind_host=host,
        evidence=(chosen.evidence, *declared, *version_evidence, *port_evidence),
        warnings=(*warnings, *_embedded(project_dir, sources)),
        followed=chosen.readme,
    )


def _install_command(project_dir: ProjectDir, module_text: str | None) -> str | None:
    """The modules; without `go.sum` their hashes have to be made first, and vendored ones are there already."""
    if module_text is None or not project_dir.is_file("go.mod") or project_dir.is_file("vendor/modules.txt"):
        return None
    needs_sums = re.search(r"^\s*require\b", module_text, re.MULTILINE) and not project_dir.is_file("go.sum")
    return "go mod tidy" if needs_sums else "go mod download"


def _find_mains(project_dir: ProjectDir, sources: Sources) -> dict[str, Hit]:
    """The `func main` of every directory whose package is `main`, those left out of builds not counted."""
    found: dict[str, Hit] = {}
    for hit in sources.find_all(r"^func main\(\)"):
        raw = project_dir.find_text(hit.file) or ""
        is_main = re.search(r"^package main\b", raw, re.MULTILINE)
        if is_main and not re.search(r"^//\s*(go:build|\+build)\s+(ignore|tools|windows|js)\b", raw, re.MULTILINE):
            found.setdefault(hit.file.rpartition("/")[0], hit)
    return found


def _choose(
    project_dir: ProjectDir, mains: dict[str, Hit], commands: tuple[WrittenCommand, ...], module_text: str | None
) -> _Main | None:
    for command in commands:
        directory = _named_directory(command, mains)
        if directory is not None:
            arguments = _arguments(command, project_dir)
            return _Main(directory=directory, evidence=command.evidence, arguments=arguments, readme=command.readme)
    serving = [one for one in mains if not _TOOL_NAMES.search(one)] or list(mains)
    wanted = [name for name in (_module_name(module_text), project_dir.name.lower()) if name]
    names = [*(f"cmd/{name}" for name in wanted), *(f"cmd/{name}" for name in _SERVER_NAMES), "cmd", *_SERVER_NAMES]
    directory = "" if "" in mains else next((name for name in names if name in serving), None)
    if directory is None and len(serving) == 1:
        directory = serving[0]
    if directory is None:
        likely = [one for one in serving if "server" in one.rpartition("/")[2].lower()]
        directory = likely[0] if len(likely) == 1 else None
    if directory is None:
        return None
    return _Main(directory=directory, evidence=mains[directory].evidence("the program's `main`", "start"))


def _named_directory(command: WrittenCommand, mains: dict[str, Hit]) -> str | None:
    """The package a written command builds or runs: `go run ./cmd/x`, `go build ... ./cmd/x`, a program named so."""
    words = command.shape.words
    if words[0] == "go" and len(words) > 1 and words[1] in {"run", "build", "install"}:
        plain = (word for before, word in pairwise(words[1:]) if before not in {"-o", "-ldflags", "-tags", "-gcflags"})
        targets = [word for word in plain if word.startswith(".") or word.endswith(".go") or "/" in word]
        for target in targets:
            directory = target.removeprefix("./").rstrip("/").removesuffix("/...")
            directory = directory.rpartition("/")[0] if directory.endswith(".go") else directory
            directory = "" if directory == "." else directory
            if directory in mains and (command.shape.directory is None):
                return directory
        return "" if words[1] != "install" and not targets and "" in mains else None
    program = words[0].rpartition("/")[2]
    return next((one for one in mains if one and one.rpartition("/")[2] == program), None)


def _arguments(command: WrittenCommand, project_dir: ProjectDir) -> tuple[str, ...]:
    """The arguments of the program itself, where they are plain, or name files that are there."""
    words = command.shape.words
    if words[0] == "go":
        if words[1] != "run":
            return ()
        at = next((number for number, word in enumerate(words[2:], start=2) if not word.startswith("-")), len(words))
        given = [word for word in words[at:] if not word.endswith(".go")]
        given = given[1:] if given and given[0] == words[at] else given
    else:
        given = list(words[1:])
    plain = all(re.fullmatch(r"[\w./:=-]+", word) for word in given)
    files = [word for word in given if re.search(r"\.(ya?ml|toml|json|conf|ini)$", word)]
    return tuple(given) if plain and all(project_dir.is_file(one.rpartition("=")[2]) for one in files) else ()


def _module_name(module_text: str | None) -> str:
    match = re.search(r"^module\s+(\S+)", module_text or "", re.MULTILINE)
    path = re.sub(r"/v\d+$", "", match[1].strip('"')) if match else ""
    return path.rpartition("/")[2]


def _version(module_text: str | None, project_dir: ProjectDir) -> tuple[str | None, tuple[Evidence, ...]]:
    """The `toolchain` line before the `go` line: what it is to be built with before what it needs at least."""
    file = "go.mod" if project_dir.is_file("go.mod") else "go.work"
    for pattern in (r"^toolchain\s+go(\d+\.\d+(?:\.\d+)?)", r"^go\s+(\d+\.\d+(?:\.\d+)?)"):
        match = re.search(pattern, module_text or "", re.MULTILINE)
        if match:
            line = (module_text or "").count("\n", 0, match.start()) + 1
            return f">={match[1]}", (Evidence(file=file, line=line, why=f"wants Go {match[1]}", decides="version"),)
    return None, ()


def _framework(sources: Sources, module_text: str | None) -> str | None:
    text = module_text or "\n".join(sources.texts.values())
    direct = re.sub(r"^.*// indirect.*$", "", text, flags=re.MULTILINE)
    return next((name for name, path in _FRAMEWORKS if path in direct), None)


def _address(
    project_dir: ProjectDir, readme: Readme | None, sources: Sources, chosen: _Main
) -> tuple[int | None, str | None, tuple[Evidence, ...], tuple[str, ...]]:
    """Port, host, evidence, warnings. The program's own directory is looked at first; no listener at all is a worker."""
    asked = port_of_words(chosen.arguments)
    if asked is not None:
        return asked, None, (chosen.evidence,), ()
    for hit in sources.find_all(*_LISTEN):
        host, number = hit.match[1], hit.match[2]
        if not is_port(number):
            continue
        evidence = (hit.evidence(f"listens on {host or 'every address'}:{number}"),)
        if host in {"localhost", "127.0.0.1", "[::1]"}:
            warning = f"`{hit.file}:{hit.line}` listens on {host} only, which cannot be reached from outside"
            return int(number), "127.0.0.1", evidence, (warning,)
        return int(number), host or "0.0.0.0", evidence, ()  # noqa: S104  (what the program does)
    for hit in sources.find_all(*_PORT_SETTINGS):
        number = next((group for group in hit.match.groups() if group), "")
        if is_port(number):
            return int(number), None, (hit.evidence(f"the port is {number} unless it is told another"),), ()
    serves = sources.find(_SERVES)
    if serves is None:
        return None, None, (), ()
    written = find_written_port(project_dir, readme)
    if written is not None:
        return written[0], None, (written[1],), ()
    why = "listens, by default or by the variable PORT"
    return STAND_IN_PORT, None, (serves.evidence(why),), ()


def _embedded(project_dir: ProjectDir, sources: Sources) -> tuple[str, ...]:
    """What `//go:embed` wants and nobody built yet: the build would fail on it."""
    missing = []
    for file in sources.texts:
        base = f"{file.rpartition('/')[0]}/" if "/" in file else ""
        raw = project_dir.find_text(file) or ""
        for match in re.finditer(r"^//go:embed\s+(?:all:)?([\w./-]+)", raw, re.MULTILINE):
            place = base + match[1].rstrip("/")
            if "*" not in place and not project_dir.exists(place):
                line = raw.count("\n", 0, match.start()) + 1
                missing.append(f"`{file}:{line}` embeds `{place}`, which has to be built first")
    return tuple(missing[:3])
