"""Java, Kotlin and the like: a JAR that is there, else one built by Maven or Gradle, and where it listens."""

import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.detection import Detection
from deployer.project.detectors.java_builds import JavaBuild, read_build
from deployer.project.detectors.sources import Sources, read_sources
from deployer.project.detectors.written import (
    STAND_IN_PORT,
    WrittenCommand,
    find_written_port,
    is_port,
    port_of_words,
    read_written_commands,
)
from deployer.project.project_dir import ProjectDir
from deployer.project.readme import Readme

_EVERYWHERE = "0.0.0.0"  # noqa: S104  (an application has to be reachable)
_BUILT_DIRECTORIES = ("", "target", "build/libs", "dist", "release", "releases", "bin", "lib", "app")
# framework: (its port unless told another, the variable for the port, the variable for the address)
_SETTINGS = {
    "spring-boot": (8080, "SERVER_PORT", "SERVER_ADDRESS"),
    "quarkus": (8080, "QUARKUS_HTTP_PORT", "QUARKUS_HTTP_HOST"),
    "micronaut": (8080, "MICRONAUT_SERVER_PORT", "MICRONAUT_SERVER_HOST"),
}
_DEFAULT_PORTS = {"ktor": 8080, "javalin": 7070, "spark": 4567, "dropwizard": 8080, "helidon": 8080, "vertx": 8888}
_LISTEN = (
    r"\bnew\s+InetSocketAddress\(\s*(?:\"([\w.]+)\",\s*)?(\d{2,5})\s*\)",
    r"\bInetSocketAddress\(\s*(?:\"([\w.]+)\",\s*)?(\d{2,5})\s*\)",
    r"\bnew\s+ServerSocket\(\s*()(\d{2,5})\b",
    r"\bembeddedServer\([^)]*?port\s*=\s*()(\d{2,5})",
    r"\.(?:start|listen)\(\s*()(\d{2,5})\s*[,)]",
    r"^\s*(?:Spark\.)?port\(\s*()(\d{2,5})\s*\)",
    r"\bServerBuilder\.forPort\(\s*()(\d{2,5})\s*\)",
    r"(?i)\b\w*port\s*=\s*()(\d{2,5})\s*[;\n]",
    r"(?i)getenv\(\"\w*PORT\"\)[^\n;]*?()\"?(\d{2,5})\"?",
    r"(?i)getOrDefault\(\"\w*PORT\",\s*()\"(\d{2,5})\"",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listening:
    port: int | None
    environment: tuple[tuple[str, str], ...] = ()
    host: str | None = None
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


def detect_java(project_dir: ProjectDir, readme: Readme | None) -> Detection | None:
    """A JAR somebody built already before a build, which takes minutes and memory a small instance lacks (M150)."""
    build = read_build(project_dir)
    prebuilt = _find_jar(project_dir)
    if build is None and prebuilt is None:
        return None
    sources = read_sources(project_dir, (".java", ".kt", ".kts", ".scala", ".groovy"), "go")
    commands = read_written_commands(project_dir, readme)
    framework = build.framework if build else None
    listening = _listening(project_dir, readme, sources, build)
    followed = next((one for one in commands if _says(one, build, prebuilt)), None)
    said = (followed.evidence,) if followed else ()
    start = built = None
    if prebuilt is not None:
        evidence = Evidence(file=prebuilt, line=None, why="built already: a build needs minutes and memory")
        start = f"java -jar {prebuilt}"
        warnings = listening.warnings
    elif build is not None:
        evidence = Evidence(file=build.file, line=build.line, why=build.why)
        built, start = build.command, build.start_command
        warnings = (*listening.warnings, *build.warnings)
    if followed is not None and start is not None:
        asked = port_of_words(followed.shape.words)
        options = " ".join(_options(followed))
        start = f"{start.replace('java -jar', f'java {options} -jar', 1) if options else start}"
        listening = _asked(listening, asked)
    return Detection(
        language="java",
        framework=framework,
        language_version=build.version if build else None,
        package_manager=build.tool if build else None,
        build_command=built,
        start_command=start,
        port=listening.port,
        bind_host=listening.host,
        environment=listening.environment,
        evidence=(*said, evidence, *(build.version_evidence if build else ()), *listening.evidence),
        warnings=warnings,
        followed=followed.readme if followed and start else None,
    )


def _find_jar(project_dir: ProjectDir) -> str | None:
    """The one JAR that can be meant: not a wrapper, a library among others, sources or a plain variant."""
    jars = [
        file
        for file in project_dir.files()
        if file.endswith(".jar")
        and is_plain_path(file)
        and not re.search(r"(-sources|-javadoc|-plain|-tests|-original|original-.*)\.jar$|wrapper", file)
    ]
    for directory in _BUILT_DIRECTORIES:
        here = [file for file in jars if file.rpartition("/")[0] == directory]
        if len(here) == 1:
            return here[0]
        if here:
            return None
    return None


def _says(command: WrittenCommand, build: JavaBuild | None, prebuilt: str | None) -> bool:
    """Whether a written command starts this project: `java -jar`, `mvn spring-boot:run`, `gradle bootRun`."""
    words = command.shape.words
    if command.shape.directory is not None:
        return False
    program = words[0].rpartition("/")[2]
    if program == "java":
        return "-jar" in words and (build is not None or (prebuilt or "") in words)
    goals = {"spring-boot:run", "quarkus:dev", "mn:run", "exec:java", "jetty:run", "bootRun", "run", "quarkusDev"}
    return build is not None and program in {"mvn", "mvnw", "gradle", "gradlew"} and bool(goals & set(words))


def _options(command: WrittenCommand) -> list[str]:
    """The JVM's options of a written `java -jar`, where they mean themselves to a shell."""
    words = command.shape.words
    if words[0] != "java":
        return []
    before = words[1 : words.index("-jar")]
    return [word for word in before if re.fullmatch(r"-[XD][\w.:=+/-]+", word)]


def _asked(listening: _Listening, asked: int | None) -> _Listening:
    if asked is None or listening.port is None:
        return listening
    environment = tuple(
        (name, str(asked) if value == str(listening.port) else value) for name, value in listening.environment
    )
    return _Listening(port=asked, environment=environment, host=listening.host, evidence=listening.evidence)


def _listening(project_dir: ProjectDir, readme: Readme | None, sources: Sources, build: JavaBuild | None) -> _Listening:
    framework = build.framework if build else None
    if build is not None and build.port is not None:
        return _Listening(port=build.port, host=_EVERYWHERE)
    if framework in _SETTINGS and _is_web(project_dir, framework):
        return _configured(project_dir, framework)
    for hit in sources.find_all(*_LISTEN):
        host, number = hit.match[1], hit.match[2]
        if not is_port(number):
            continue
        evidence = (hit.evidence(f"listens on port {number}"),)
        if host in {"localhost", "127.0.0.1"}:
            warning = f"`{hit.file}:{hit.line}` listens on {host} only, which cannot be reached from outside"
            return _Listening(port=int(number), host="127.0.0.1", evidence=evidence, warnings=(warning,))
        return _Listening(port=int(number), host=host or None, evidence=evidence)
    if framework in _DEFAULT_PORTS:
        written = find_written_port(project_dir, readme)
        if written is None:
            return _Listening(port=_DEFAULT_PORTS[framework])
        return _Listening(port=written[0], evidence=(written[1],))
    named = sources.find(r"getenv\(\s*\"((?:\w+_)?PORT)\"")
    if named is not None:  # it would fail without the variable
        environment = () if named.match[1] == "PORT" else ((named.match[1], str(STAND_IN_PORT)),)
        given = named.evidence(f"takes its port from `{named.match[1]}`: {STAND_IN_PORT} is given", decides="port")
        return _Listening(port=STAND_IN_PORT, environment=environment, evidence=(given,))
    return _Listening(port=None)


def _is_web(project_dir: ProjectDir, framework: str) -> bool:
    """A Spring Boot application without a web starter, or with `web-application-type=none`, is a worker."""
    if framework != "spring-boot":
        return True
    for file in _configurations(project_dir):
        if re.search(r"web-application-type\s*[:=]\s*none", project_dir.find_text(file) or ""):
            return False
    builds = [file for file in project_dir.files() if re.search(r"(^|/)(pom\.xml|build\.gradle(\.kts)?)$", file)]
    text = "\n".join(project_dir.find_text(file) or "" for file in builds[:40])
    web = r"starter-(web|webflux|webmvc|jersey|data-rest|actuator|thymeleaf|undertow|jetty|tomcat|graphql|hateoas)"
    return re.search(web, text) is not None or "org.springframework.boot" not in text


def _configurations(project_dir: ProjectDir) -> list[str]:
    named = r"(^|/)(src/main/resources|config)/(config/)?(application|bootstrap)\.(properties|ya?ml)$"
    files = (file for file in project_dir.files() if re.search(named, file) and "src/test/" not in file)
    return sorted(files, key=lambda file: file.count("/"))


def _configured(project_dir: ProjectDir, framework: str) -> _Listening:
    """The port of `application.properties` or `application.yml`; the variable for it wins over both."""
    port, port_variable, host_variable = _SETTINGS[framework]
    evidence: tuple[Evidence, ...] = ()
    environment: list[tuple[str, str]] = []
    block = "http" if framework == "quarkus" else "server"
    for file in _configurations(project_dir):
        text = project_dir.find_text(file) or ""
        flat = rf"^\s*(?:[\w.]+\.)?{block}\.port\s*[=:]\s*(?:\$\{{\w+:)?(\d{{2,5}})"
        nested = rf"^[ ]*{block}:[ ]*\n(?:[ ]+[^\n]*\n|\s*\n)*?[ ]+port:\s*['\"]?(?:\$\{{\w+:)?(\d{{2,5}})"
        match = re.search(flat, text, re.MULTILINE) or re.search(nested, text, re.MULTILINE)
        if match and is_port(match[1]):
            port = int(match[1])
            evidence = (
                Evidence(file=file, line=text.count("\n", 0, match.start(1)) + 1, why="names the port", decides="port"),
            )
        if re.search(r"(server|http)\.(address|host)\s*=\s*(127\.0\.0\.1|localhost)|^\s+(address|host):\s*['\"]?(127\.0\.0\.1|localhost)", text, re.MULTILINE):  # fmt: skip
            environment.append((host_variable, _EVERYWHERE))
    environment.insert(0, (port_variable, str(port)))
    return _Listening(port=port, environment=tuple(environment), host=_EVERYWHERE, evidence=evidence)
