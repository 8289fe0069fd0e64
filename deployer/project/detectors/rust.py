"""Rust: the binary Cargo makes, and where it listens."""

import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.sources import Sources, read_sources
from deployer.project.detectors.written import find_written_port, is_port, read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand

_EVERYWHERE = "0.0.0.0"  # noqa: S104  (an application has to be reachable)
_FRAMEWORKS = (
    "rocket",
    "axum",
    "actix-web",
    "warp",
    "poem",
    "salvo",
    "tide",
    "gotham",
    "leptos",
    "loco-rs",
    "tonic",
    "hyper",
)
_SERVER_NAMES = ("server", "api", "web", "app", "backend", "service", "main")
_LISTEN = (
    r"\.?bind\w*\(\s*&?\s*\"([\w.\[\]:]*?):(\d{2,5})\"",
    r"\.?bind\w*\(\s*\(\s*\"([\w.:]+)\",\s*(\d{2,5})\s*\)",
    r"\"(0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]|\[::1\]):(\d{2,5})\"",
    r"\(\s*\[\s*(\d+,\s*\d+,\s*\d+,\s*\d+)\s*\]\s*,\s*(\d{2,5})\s*\)",
    r"Ipv4Addr::(UNSPECIFIED|LOCALHOST)[^;]{0,40}?,\s*(\d{2,5})\s*\)",
    r"\bserve\([^;\n]*,\s*()(\d{4,5})\s*\)",  # a function of the project's own that is told the port
    r"^\s*https?:\s*()(\d{4,5}),",
)
_SETTINGS = (
    r"(?i)\"\w*PORT\"\s*\)[^;]{0,160}?()\b(\d{2,5})\b",
    r"(?i)default_value(?:_t)?\s*=\s*()\"?(\d{2,5})\"?[^;{]{0,60}port\b",
    r"(?i)\b(?:const\s+)?\w*port\w*\s*(?::\s*u16)?\s*=\s*()(\d{2,5})\b",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Binary:
    name: str
    directory: str  # of its package, "" at the top
    evidence: Evidence
    readme: ReadmeCommand | None = None


def detect_rust(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """None without a `Cargo.toml`; no start for a library, or among several binaries nothing tells apart."""
    if not project_dir.is_file("Cargo.toml"):
        return None
    declared = Evidence(file="Cargo.toml", line=None, why="declares the package", decides="install")
    binaries = _find_binaries(project_dir)
    chosen = _choose(project_dir, readme, binaries)
    version, version_evidence = _version(project_dir)
    if chosen is None:
        listed = ", ".join(f"`{one.name}`" for one in binaries)
        warning = (
            f"several programs can be built: {listed}; say which one" if binaries else "a library: no program to build"
        )
        return Detection(language="rust", language_version=version, evidence=(declared,), warnings=(warning,))
    place = f"{chosen.directory}/" if chosen.directory else "src/"
    sources = read_sources(project_dir, (".rs",), "go").first((place, "src/main.rs"))
    framework = _framework(project_dir, chosen)
    port, host, environment, evidence, warnings = _listening(project_dir, readme, sources, framework)
    return Detection(
        language="rust",
        framework=framework,
        language_version=version,
        package_manager="cargo",
        install_command="cargo fetch" + (" --locked" if project_dir.is_file("Cargo.lock") else ""),
        build_command=f"cargo build --release --bin {chosen.name}",
        start_command=f"./target/release/{chosen.name}",
        port=port,
        bind_host=host,
        environment=environment,
        evidence=(chosen.evidence, declared, *version_evidence, *evidence),
        warnings=warnings,
        followed=chosen.readme,
    )


def _find_binaries(project_dir: ProjectDir) -> list[_Binary]:
    """Every `[[bin]]`, `src/main.rs` and `src/bin/*.rs`, of the top package and of the workspace's members."""
    found: list[_Binary] = []
    files = [file for file in project_dir.files() if file == "Cargo.toml" or file.endswith("/Cargo.toml")]
    files = [
        file
        for file in files
        if is_plain_path(file) and file.count("/") <= 3 and not file.startswith(("examples/", "tests/", "benches/"))
    ]
    for file in sorted(files, key=lambda one: (one.count("/"), one))[:60]:
        text = project_dir.find_text(file) or ""
        directory = file.rpartition("/")[0]
        base = f"{directory}/" if directory else ""
        package = re.search(r"^\[package\]\s*$[^\[]*?^name\s*=\s*\"([\w-]+)\"", text, re.MULTILINE)
        if package is None:
            continue
        named = re.findall(r"^\[\[bin\]\]\s*$[^\[]*?^name\s*=\s*\"([\w-]+)\"", text, re.MULTILINE)
        names = list(named)
        if project_dir.is_file(f"{base}src/main.rs") and not re.search(r"path\s*=\s*\"src/main\.rs\"", text):
            names.insert(0, package[1])
        names += [
            one.rpartition("/")[2].removesuffix(".rs")
            for one in project_dir.files()
            if re.fullmatch(re.escape(base) + r"src/bin/[\w-]+\.rs", one) and f'"{one.removeprefix(base)}"' not in text
        ]
        default = re.search(r"^default-run\s*=\s*\"([\w-]+)\"", text, re.MULTILINE)
        if default and default[1] in names:
            names = [default[1]]
        evidence = Evidence(file=file, line=text.count("\n", 0, package.start(1)) + 1, why="names the program")
        found.extend(_Binary(name=name, directory=directory, evidence=evidence) for name in dict.fromkeys(names))
    return found


def _choose(project_dir: ProjectDir, readme: Readme | None, binaries: list[_Binary]) -> _Binary | None:
    for command in read_written_commands(project_dir, readme):
        words = command.shape.words
        asked = ""
        if words[:2] == ("cargo", "run"):
            options = [at for at, word in enumerate(words[:-1]) if word in {"--bin", "-p", "--package"}]
            asked = words[options[0] + 1] if options else _only(binaries)
        elif "/" in words[0] or len(words) == 1:
            asked = words[0].rpartition("/")[2]
        for one in binaries:
            if asked and asked in {one.name, one.directory.rpartition("/")[2]}:
                return _Binary(name=one.name, directory=one.directory, evidence=command.evidence, readme=command.readme)
    top = [one for one in binaries if not one.directory]
    if len(binaries) == 1 or len(top) == 1:
        return (top or binaries)[0]
    likely = [one for name in _SERVER_NAMES for one in binaries if name in one.name.lower()]
    if top and any(one.name == project_dir.name for one in top):
        return next(one for one in top if one.name == project_dir.name)
    return likely[0] if likely else None


def _only(binaries: list[_Binary]) -> str:
    """The name of the only program, or of the only one of the top package."""
    top = [one for one in binaries if not one.directory]
    return (top or binaries)[0].name if len(binaries) == 1 or len(top) == 1 else ""


def _framework(project_dir: ProjectDir, chosen: _Binary) -> str | None:
    base = f"{chosen.directory}/" if chosen.directory else ""
    text = (project_dir.find_text(f"{base}Cargo.toml") or "") + "\n"
    every = text if base == "" else text + (project_dir.find_text("Cargo.toml") or "")
    for name in _FRAMEWORKS:
        if re.search(rf"^\s*{name}(\.workspace)?\s*=|^\[dependencies\.{name}\]", text, re.MULTILINE) or (
            name in {"axum", "rocket", "actix-web"} and re.search(rf"^\s*{name}\s*=", every, re.MULTILINE) and base
        ):
            return "actix" if name == "actix-web" else name
    return None


def _listening(
    project_dir: ProjectDir, readme: Readme | None, sources: Sources, framework: str | None
) -> tuple[int | None, str | None, tuple[tuple[str, str], ...], tuple[Evidence, ...], tuple[str, ...]]:
    """Port, host, environment, evidence, warnings. Rocket takes both from the environment, whatever its code says."""
    if framework == "rocket":
        text = project_dir.find_text("Rocket.toml") or ""
        match = re.search(r"^\s*port\s*=\s*(\d{2,5})", text, re.MULTILINE)
        port = int(match[1]) if match and is_port(match[1]) else 8000
        line = text.count("\n", 0, match.start(1)) + 1 if match else None
        evidence = (Evidence(file="Rocket.toml", line=line, why="names the port", decides="port"),) if match else ()
        return port, _EVERYWHERE, (("ROCKET_ADDRESS", _EVERYWHERE), ("ROCKET_PORT", str(port))), evidence, ()
    for pattern in (*_LISTEN, *_SETTINGS):
        for hit in sources.find_all(pattern):
            host, number = re.sub(r",\s*", ".", hit.match[1]), hit.match[2]
            if not host and sources.find(r"\(\[127,\s*0,\s*0,\s*1\],\s*[a-z]"):
                host = "127.0.0.1"
            if not is_port(number):
                continue
            found = (hit.evidence(f"listens on port {number}"),)
            if host in {"127.0.0.1", "localhost", "[::1]", "LOCALHOST"}:
                warning = f"`{hit.file}:{hit.line}` listens on 127.0.0.1 only, which cannot be reached from outside"
                return int(number), "127.0.0.1", (), found, (warning,)
            return int(number), _EVERYWHERE if host else None, (), found, ()
    written = find_written_port(project_dir, readme) if framework else None
    if written is not None:
        return written[0], None, (), (written[1],), ()
    if framework in {"axum", "actix", "warp", "poem", "salvo", "tide"}:
        return 8080, None, (), (), ("no port in the code: 8080 is assumed, by the variable PORT",)
    return None, None, (), (), ()


def _version(project_dir: ProjectDir) -> tuple[str | None, tuple[Evidence, ...]]:
    """The pinned toolchain before the `rust-version` of the package."""
    for file, pattern in (
        ("rust-toolchain.toml", r"^\s*channel\s*=\s*\"([\w.-]+)\""),
        ("rust-toolchain", r"^\s*(?:channel\s*=\s*\")?([\w.-]+)\"?\s*$"),
        ("Cargo.toml", r"^rust-version\s*=\s*\"([\d.]+)\""),
    ):
        text = project_dir.find_text(file) or ""
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            line = text.count("\n", 0, match.start(1)) + 1
            exact = file != "Cargo.toml"
            return (match[1] if exact else f">={match[1]}"), (
                Evidence(file=file, line=line, why=f"wants Rust {match[1]}", decides="version"),
            )
    return None, ()
