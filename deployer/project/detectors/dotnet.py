""".NET: the project that makes a program, or one published already, and where Kestrel listens."""

import re

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.sources import read_sources
from deployer.project.detectors.written import is_port, read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_EVERYWHERE = "0.0.0.0"  # noqa: S104  (an application has to be reachable)
_PORT = 8080
_PROJECTS = (".csproj", ".fsproj", ".vbproj")
_URL = r"https?://([\w.*+\[\]:-]*?):(\d{2,5})"


def detect_dotnet(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """None without a project or a solution at the top, and without a published program there."""
    tops = [file for file in project_dir.files() if "/" not in file]
    if not any(file.endswith((*_PROJECTS, ".sln", ".slnx")) for file in tops):
        return _published(project_dir, tops)
    projects = [file for file in project_dir.files() if file.endswith(_PROJECTS) and is_plain_path(file)]
    makers = [file for file in projects if _makes_program(project_dir.find_text(file) or "", file)]
    web = [file for file in makers if _is_web(project_dir.find_text(file) or "")]
    asked = _asked(project_dir, readme, makers)
    candidates = [asked] if asked else [file for file in web or makers if "/" not in file] or web or makers
    if len(candidates) != 1:
        listed = ", ".join(f"`{file}`" for file in candidates)
        warning = (
            f"several projects make a program: {listed}; say which one" if listed else _why_none(project_dir, projects)
        )
        return Detection(language="dotnet", warnings=(warning,))
    file = candidates[0]
    text = project_dir.find_text(file) or ""
    named = re.search(r"<AssemblyName>\s*([\w.-]+)\s*</AssemblyName>", text)
    program = named[1] if named else file.rpartition("/")[2].rpartition(".")[0]
    version, version_evidence = _version(project_dir, file, text)
    port, evidence, warnings = _listening(project_dir, file) if _is_web(text) else (None, (), ())
    start = f"dotnet out/{program}.dll"
    return Detection(
        language="dotnet",
        framework="aspnet" if _is_web(text) else None,
        language_version=version,
        package_manager="nuget",
        install_command=f"dotnet restore {file}",
        build_command=f"dotnet publish {file} -c Release -o out",
        start_command=start if port is None else f"{start} --urls http://{_EVERYWHERE}:{port}",
        port=port,
        bind_host=_EVERYWHERE if port and not warnings else None,
        environment=(("DOTNET_ENVIRONMENT", "Production"),),
        evidence=(Evidence(file=file, line=None, why="makes the program"), *version_evidence, *evidence),
        warnings=warnings,
    )


def _why_none(project_dir: ProjectDir, projects: list[str]) -> str:
    texts = (project_dir.find_text(file) or "" for file in projects)
    if any(re.search(r"<TargetFrameworkVersion>\s*v[1-4]", text) for text in texts):
        return "a project of .NET Framework, which runs on Windows alone"
    return "a library: no program to run"


def _published(project_dir: ProjectDir, tops: list[str]) -> Detection | None:
    """A program that is published already: `name.dll` beside `name.runtimeconfig.json`."""
    for file in tops:
        program = file.removesuffix(".runtimeconfig.json")
        if program == file or not is_plain_path(program) or not project_dir.is_file(f"{program}.dll"):
            continue
        text = project_dir.find_text(file) or ""
        web = "Microsoft.AspNetCore.App" in text
        version = re.search(r"\"tfm\":\s*\"net(?:coreapp)?(\d+\.\d+)\"", text)
        return Detection(
            language="dotnet",
            framework="aspnet" if web else None,
            language_version=version[1] if version else None,
            start_command=f"dotnet {program}.dll" + (f" --urls http://{_EVERYWHERE}:{_PORT}" if web else ""),
            port=_PORT if web else None,
            bind_host=_EVERYWHERE if web else None,
            environment=(("DOTNET_ENVIRONMENT", "Production"),),
            evidence=(Evidence(file=file, line=None, why="is published already: nothing to build", decides="build"),),
        )
    return None


def _makes_program(text: str, file: str) -> bool:
    if re.search(r"(^|/)(tests?|.*\.(Unit|Integration)?Tests?)/|Tests?\.\w+proj$", file, re.IGNORECASE):
        return False
    if re.search(r"Microsoft\.NET\.Test\.Sdk|<IsTestProject>\s*true", text):
        return False
    return re.search(r"Microsoft\.NET\.Sdk\.(Web|Worker|BlazorWebAssembly)|<OutputType>\s*Exe\b", text) is not None


def _is_web(text: str) -> bool:
    return "Microsoft.NET.Sdk.Web" in text


def _asked(project_dir: ProjectDir, readme: Readme | None, makers: list[str]) -> str | None:
    """The project a written `dotnet run --project X` or `dotnet X.dll` names."""
    for command in read_written_commands(project_dir, readme):
        words = command.shape.words
        if words[0] != "dotnet":
            continue
        for word in words[1:]:
            place = word.removeprefix("./").rstrip("/")
            stem = place.rpartition("/")[2].removesuffix(".dll")
            for file in makers:
                if place and (
                    place in {file, file.rpartition("/")[0]} or (word.endswith(".dll") and f"/{stem}." in f"/{file}")
                ):
                    return file
    return None


def _version(project_dir: ProjectDir, file: str, text: str) -> tuple[str | None, tuple[Evidence, ...]]:
    """The SDK `global.json` pins before the framework the project is made for."""
    pinned = re.search(r"\"version\":\s*\"(\d+\.\d+)", project_dir.find_text("global.json") or "")
    if pinned:
        return pinned[1], (
            Evidence(file="global.json", line=None, why=f"wants the SDK {pinned[1]}", decides="version"),
        )
    match = re.search(r"<TargetFrameworks?>\s*[^<]*?net(?:coreapp)?(\d+\.\d+)", text)
    if match is None:
        return None, ()
    line = text.count("\n", 0, match.start(1)) + 1
    return match[1], (Evidence(file=file, line=line, why=f"is made for .NET {match[1]}", decides="version"),)


def _listening(project_dir: ProjectDir, file: str) -> tuple[int, tuple[Evidence, ...], tuple[str, ...]]:
    """What the code says wins over options; what the settings say is the default of them."""
    directory = f"{file.rpartition('/')[0]}/" if "/" in file else ""
    hit = (
        read_sources(project_dir, (".cs", ".fs", ".vb"), "slashes")
        .only(directory)
        .find(rf"(?:UseUrls|\bRun|Urls\.Add)\(\s*\"{_URL}", r"(?:Listen(?:AnyIP|Localhost))\(()\s*(\d{2,5})")
    )
    if hit is not None and is_port(hit.match[2]):
        local = hit.match[1] in {"localhost", "127.0.0.1"} or "ListenLocalhost" in hit.match[0]
        warning = f"`{hit.file}:{hit.line}` listens on localhost only, which cannot be reached from outside"
        return int(hit.match[2]), (hit.evidence(f"listens on port {hit.match[2]}"),), (warning,) if local else ()
    for name in ("appsettings.Production.json", "appsettings.json"):
        text = project_dir.find_text(f"{directory}{name}") or ""
        match = re.search(rf"\"(?:Url|Urls|urls)\":\s*\"{_URL}", text)
        if match and is_port(match[2]):
            line = text.count("\n", 0, match.start()) + 1
            return (
                int(match[2]),
                (Evidence(file=f"{directory}{name}", line=line, why="names the port", decides="port"),),
                (),
            )
    return _PORT, (), ()
