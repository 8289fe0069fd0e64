"""Ruby: Rails, a Rack application, or a program; everything through Bundler where there is a Gemfile."""

import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.sources import Sources, read_sources
from deployer.project.detectors.written import WrittenCommand, is_port, port_of_words, read_written_commands
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme, ReadmeCommand

_EVERYWHERE = "0.0.0.0"  # noqa: S104  (an application has to be reachable)
_FRAMEWORKS = ("rails", "hanami", "sinatra", "grape", "roda", "padrino", "cuba", "functions_framework", "jekyll")
_DEFAULT_PORTS = {"rails": 3000, "sinatra": 4567, "hanami": 2300, "functions_framework": 8080, "padrino": 3000}
_RACK_PORT = 9292
_PROGRAMS = (
    "app.rb",
    "main.rb",
    "server.rb",
    "web.rb",
    "application.rb",
    "config/boot.rb",
    "bot.rb",
    "worker.rb",
    "run.rb",
)
_RAILS = (("RAILS_ENV", "production"), ("RAILS_LOG_TO_STDOUT", "1"), ("RAILS_SERVE_STATIC_FILES", "1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    project_dir: ProjectDir
    gemfile: str | None
    framework: str | None
    sources: Sources

    @property
    def run(self) -> str:
        return "bundle exec " if self.gemfile is not None else ""

    def has_gem(self, name: str) -> bool:
        return re.search(rf"^\s*gem\s*\(?\s*['\"]{name}['\"]", self.gemfile or "", re.MULTILINE) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    command: str
    port: int | None
    evidence: tuple[Evidence, ...]
    followed: ReadmeCommand | None = None
    build: str | None = None
    environment: tuple[tuple[str, str], ...] = ()


def detect_ruby(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """None when there is no `Gemfile`, no `config.ru` and no program in Ruby at the top."""
    gemfile = project_dir.find_text("Gemfile")
    programs = [file for file in _PROGRAMS if project_dir.is_file(file)]
    if gemfile is None and not project_dir.is_file("config.ru") and not programs:
        return None
    sources = read_sources(project_dir, (".rb", ".ru"), "hashes")
    project = _Project(
        project_dir=project_dir, gemfile=gemfile, framework=_framework(gemfile, sources), sources=sources
    )
    start = _find_start(project, readme)
    version, version_evidence = _version(project_dir, gemfile)
    declared = (
        (Evidence(file="Gemfile", line=None, why="declares the gems", decides="install"),)
        if gemfile is not None
        else ()
    )
    framework = (project.framework or "").replace("_", "-") or None
    return Detection(
        language="ruby",
        framework=framework,
        language_version=version,
        package_manager="bundler" if gemfile is not None else None,
        install_command="bundle install" if gemfile is not None else None,
        build_command=start.build if start else None,
        start_command=start.command if start else None,
        port=start.port if start else None,
        bind_host=_EVERYWHERE if start and start.port else None,
        environment=start.environment if start else (),
        evidence=(*(start.evidence if start else ()), *declared, *version_evidence),
        followed=start.followed if start else None,
    )


def _framework(gemfile: str | None, sources: Sources) -> str | None:
    plain = re.sub(r"^\s*#.*$", "", gemfile or "", flags=re.MULTILINE)
    named = next((one for one in _FRAMEWORKS if re.search(rf"gem\s*\(?\s*['\"]{one}['\"]", plain)), None)
    if named:
        return named
    hit = sources.find(r"^\s*require\s*\(?['\"](sinatra|roda|grape|functions_framework)(?:/base)?['\"]")
    return hit.match[1] if hit else None


def _find_start(project: _Project, readme: Readme | None) -> _Start | None:
    for command in read_written_commands(project.project_dir, readme):
        start = _interpret(project, command)
        if start is not None:
            return start
    if project.framework == "rails" and project.project_dir.is_file("config/application.rb"):
        return _rails(project, 3000, Evidence(file="config/application.rb", line=None, why="an application of Rails"))
    if project.project_dir.is_file("config.ru"):
        evidence = Evidence(file="config.ru", line=None, why="the application as Rack starts it")
        return _rack(project, None, evidence)
    for file in _PROGRAMS:
        if project.project_dir.is_file(file):
            evidence = Evidence(file=file, line=None, why="the usual name of a program")
            return _program(project, file, (), evidence)
    if project.has_gem("rake"):
        hit = project.project_dir.find_text("Rakefile") or ""
        default = re.search(r"^\s*task\s+\(?:?default\b", hit, re.MULTILINE)
        if default:
            line = hit.count("\n", 0, default.start()) + 1
            return _Start(
                command=f"{project.run}rake", port=None,
                evidence=(Evidence(file="Rakefile", line=line, why="its default task"),),
            )  # fmt: skip
    return None


def _interpret(project: _Project, command: WrittenCommand) -> _Start | None:
    """A written start made reachable; files in it have to exist, gems in it to be declared."""
    words = command.shape.words
    if command.shape.directory is not None or not words:
        return None
    program = words[0].rpartition("/")[2]
    evidence, followed, asked = command.evidence, command.readme, port_of_words(words)
    if program == "rails" and len(words) > 1 and words[1] in {"s", "server"} and project.framework == "rails":
        return _with(_rails(project, asked or 3000, evidence), followed)
    if program in {"puma", "rackup", "unicorn", "thin"} and project.project_dir.is_file("config.ru"):
        if project.framework == "rails":
            return _with(_rails(project, asked or 3000, evidence), followed)
        return _with(_rack(project, asked, evidence), followed)
    file = words[1].removeprefix("./") if len(words) > 1 else ""
    if program == "ruby" and is_plain_path(file) and file.endswith(".rb") and project.project_dir.is_file(file):
        return _with(_program(project, file, words[2:], evidence), followed)
    if program.startswith("functions-framework") and project.framework == "functions_framework":
        options = [word for word in words[1:] if re.fullmatch(r"--(source|target)=[\w./]+", word)]
        text = " ".join(
            (f"{project.run}functions-framework-ruby", *options, f"--port={asked or 8080}", f"--bind={_EVERYWHERE}")
        )
        return _Start(command=text, port=asked or 8080, evidence=(evidence,), followed=followed)
    return None


def _with(start: _Start, followed: ReadmeCommand | None) -> _Start:
    return _Start(
        command=start.command, port=start.port, evidence=start.evidence, followed=followed,
        build=start.build, environment=start.environment,
    )  # fmt: skip


def _rails(project: _Project, port: int, evidence: Evidence) -> _Start:
    builds = []
    if project.project_dir.is_directory("db"):
        builds.append("RAILS_ENV=production bundle exec rails db:prepare")
    if any(project.has_gem(gem) for gem in ("sprockets-rails", "propshaft", "sassc-rails", "importmap-rails")):
        builds.append("RAILS_ENV=production SECRET_KEY_BASE_DUMMY=1 bundle exec rails assets:precompile")
    return _Start(
        command=f"bundle exec rails server -b {_EVERYWHERE} -p {port}", port=port, evidence=(evidence,),
        build=" && ".join(builds) or None, environment=_RAILS,
    )  # fmt: skip


def _rack(project: _Project, asked: int | None, evidence: Evidence) -> _Start:
    port, found = asked or _RACK_PORT, (evidence,)
    if project.has_gem("puma"):
        return _Start(command=f"{project.run}puma -b tcp://{_EVERYWHERE}:{port}", port=port, evidence=found)
    return _Start(command=f"{project.run}rackup --host {_EVERYWHERE} --port {port}", port=port, evidence=found)


def _program(project: _Project, file: str, arguments: tuple[str, ...], evidence: Evidence) -> _Start:
    """`ruby app.rb`; Sinatra takes its address from options, other servers from their code."""
    near = project.sources.only(file)
    setting = near.find(r"^\s*set\s*\(?:port,\s*(?:ENV\S*\s*\|\|\s*)?['\"]?(\d{2,5})", r":Port\s*=>\s*(\d{2,5})", r"\bPort:\s*(\d{2,5})",
                        r"TCPServer\.new\((?:['\"][\w.]*['\"],\s*)?(\d{2,5})", r"ENV(?:\.fetch\(|\[)['\"]PORT['\"]\]?(?:,|\s*\|\|)\s*['\"]?(\d{2,5})")  # fmt: skip
    asked = port_of_words(arguments)
    in_code = int(setting.match[1]) if setting and is_port(setting.match[1]) else None
    found = (
        (evidence, setting.evidence(f"listens on port {in_code}")) if setting and in_code and not asked else (evidence,)
    )
    plain = tuple(word for word in arguments if re.fullmatch(r"[\w./:=-]+", word))
    if project.framework == "sinatra" and not near.find(r"Sinatra::Base"):
        port = asked or in_code or _DEFAULT_PORTS["sinatra"]
        return _Start(command=f"{project.run}ruby {file} -o {_EVERYWHERE} -p {port}", port=port, evidence=found)
    default = _DEFAULT_PORTS.get(project.framework or "") if project.framework != "rails" else None
    text = " ".join((f"{project.run}ruby {file}", *plain))
    return _Start(command=text, port=asked or in_code or default, evidence=found)


def _version(project_dir: ProjectDir, gemfile: str | None) -> tuple[str | None, tuple[Evidence, ...]]:
    """`.ruby-version` before the Gemfile's `ruby` line."""
    for file, pattern in (
        (".ruby-version", r"^\s*(?:ruby-)?(\d+\.\d+(?:\.\d+)?)"),
        (".tool-versions", r"^ruby\s+(\d+\.\d+(?:\.\d+)?)"),
    ):
        match = re.search(pattern, project_dir.find_text(file) or "", re.MULTILINE)
        if match:
            return match[1], (Evidence(file=file, line=1, why=f"wants Ruby {match[1]}", decides="version"),)
    match = re.search(r"^\s*ruby\s*\(?\s*['\"]([^'\"]+)['\"]", gemfile or "", re.MULTILINE)
    if match:
        line = (gemfile or "").count("\n", 0, match.start(1)) + 1
        return match[1], (Evidence(file="Gemfile", line=line, why=f"wants Ruby {match[1]}", decides="version"),)
    return None, ()
