"""What `pom.xml` and `build.gradle` say: the framework, the Java they want, and the program a build leaves."""

import re
from dataclasses import dataclass, replace

from deployer.models.analysis import Evidence
from deployer.project.command_shapes import is_plain_path
from deployer.project.detectors.java_classes import JavaProgram, find_main_class, find_web_application
from deployer.project.project_dir import ProjectDir

_FRAMEWORKS = (
    ("spring-boot", r"org\.springframework\.boot|spring-boot-starter"), ("quarkus", r"io\.quarkus"),
    ("micronaut", r"io\.micronaut"), ("ktor", r"io\.ktor"), ("javalin", r"io\.javalin"), ("spark", r"com\.sparkjava"),
    ("dropwizard", r"io\.dropwizard"), ("helidon", r"io\.helidon"), ("vertx", r"io\.vertx"),
)  # fmt: skip
_VERSIONS = (
    r"<(?:java\.version|maven\.compiler\.release|maven\.compiler\.source|release|jdk\.version)>\s*(?:1\.)?(\d+)\s*<",
    r"JavaLanguageVersion\.of\(\s*(\d+)\s*\)",
    r"jvmToolchain\(\s*(\d+)\s*\)",
    r"(?:source|target)Compatibility\s*=?\s*['\"]?(?:JavaVersion\.VERSION_)?(?:1[._])?(\d+)",
)
_PINS = ((".java-version", r"^\s*(?:[\w-]*?)(?:1\.)?(\d+)"), ("system.properties", r"java\.runtime\.version\s*=\s*(?:1\.)?(\d+)"),
         (".sdkmanrc", r"^java\s*=\s*(\d+)"), (".tool-versions", r"^java\s+(?:[a-z]+-)?(\d+)"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaBuild:
    """How a build file makes a program. `start_command` None when it makes none that starts by itself."""

    tool: str
    file: str
    why: str
    line: int | None = None
    framework: str | None
    command: str | None
    start_command: str | None
    port: int | None = None  # of the container it is run in
    version: str | None = None
    version_evidence: tuple[Evidence, ...] = ()
    warnings: tuple[str, ...] = ()


def read_build(project_dir: ProjectDir) -> JavaBuild | None:
    """The build of the top directory, Maven before Gradle; None when there is none."""
    build = None
    if project_dir.is_file("pom.xml"):
        build = _read_maven(project_dir)
    elif any(
        project_dir.is_file(f"{stem}{end}") for stem in ("build", "settings") for end in (".gradle", ".gradle.kts")
    ):
        build = _read_gradle(project_dir)
    if build is None:
        return None
    version, evidence = _version(project_dir, "pom.xml" if build.tool == "maven" else build.file)
    return replace(build, version=version, version_evidence=evidence)


def _version(project_dir: ProjectDir, file: str) -> tuple[str | None, tuple[Evidence, ...]]:
    for name, pattern in (*_PINS, *((file, pattern) for pattern in _VERSIONS)):
        text = project_dir.find_text(name) or ""
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            line = text.count("\n", 0, match.start(1)) + 1
            return match[1], (Evidence(file=name, line=line, why=f"wants Java {match[1]}", decides="version"),)
    return None, ()


def _framework(text: str) -> str | None:
    return next((name for name, pattern in _FRAMEWORKS if re.search(pattern, text)), None)


def _read_maven(project_dir: ProjectDir) -> JavaBuild:
    """The module whose POM makes an executable JAR: the top one, else the only one below it that does."""
    wrapper = (
        "./mvnw"
        if project_dir.is_file("mvnw") and project_dir.is_file(".mvn/wrapper/maven-wrapper.properties")
        else "mvn"
    )
    poms = ["pom.xml", *(file for file in project_dir.files() if file.endswith("/pom.xml") and file.count("/") <= 3)]
    texts = {file: _without_comments(project_dir.find_text(file) or "") for file in poms[:60] if is_plain_path(file)}
    makers = [file for file, text in texts.items() if _makes_program(project_dir, file, text)]
    every = "\n".join(texts.values())
    file = "pom.xml" if "pom.xml" in makers or not makers else makers[0]
    directory = file.rpartition("/")[0]
    base = JavaBuild(
        tool="maven", file=file, why="is built by Maven", framework=_framework(texts[file]) or _framework(every),
        command=None, start_command=None,
    )  # fmt: skip
    if not makers:
        return _without_plugin(project_dir, replace(base, warnings=(_maven_refusal(texts["pom.xml"]),)), wrapper, texts)
    if len(makers) > 1 and "pom.xml" not in makers:
        listed = ", ".join(f"`{one.rpartition('/')[0]}`" for one in makers)
        return replace(base, warnings=(f"several modules make a program: {listed}; say which one",))
    module = f" -pl {directory} -am" if directory else ""
    start = f"java -jar {_maven_jar(texts[file], directory, base.framework)}"
    return replace(base, command=f"{wrapper} -q -B -DskipTests{module} package", start_command=start)


def _without_plugin(project_dir: ProjectDir, base: JavaBuild, wrapper: str, texts: dict[str, str]) -> JavaBuild:
    """A project of one module whose POM packs nothing that starts: its WAR in a container, or its only main class."""
    text = texts["pom.xml"]
    if len(texts) > 1 or re.search(r"<packaging>\s*(pom|maven-plugin|ear)\s*</packaging>", text):
        return base
    program: JavaProgram | None
    if re.search(r"<packaging>\s*war\s*</packaging>", text):
        if not _has_main(project_dir, ""):
            return base
        program = find_web_application(project_dir, _maven_jar(text, "", None))
    else:
        program = find_main_class(project_dir)
    if program is None:
        return base
    return replace(
        base,
        command=f"{wrapper} -q -B -DskipTests package {program.goals}",
        start_command=program.start_command,
        port=program.port,
        line=program.evidence.line,
        file=program.evidence.file,
        why=program.evidence.why,
        warnings=(),
    )


def _makes_program(project_dir: ProjectDir, file: str, text: str) -> bool:
    if re.search(r"<packaging>\s*(pom|war|maven-plugin|ear)\s*</packaging>", text):
        # Spring Boot makes a WAR that starts by itself, even where its server is "provided".
        return "spring-boot-maven-plugin" in text and "<packaging>war" in re.sub(r"\s", "", text)
    if re.search(r"spring-boot-maven-plugin|quarkus-maven-plugin|micronaut-maven-plugin", text):
        return _has_main(project_dir, file.rpartition("/")[0])
    return re.search(r"<(mainClass|Main-Class)>\s*[\w.$]+\s*</", text) is not None


def _has_main(project_dir: ProjectDir, directory: str) -> bool:
    """Whether there is code below a module: its plugin stands in parents of libraries as well."""
    base = f"{directory}/src/main/" if directory else "src/main/"
    return any(file.startswith(base) for file in project_dir.files())


def _maven_refusal(text: str) -> str:
    if re.search(r"<packaging>\s*war\s*</packaging>", text):
        return "makes a WAR, which needs a servlet container; make an executable JAR, for example with Spring Boot"
    return "makes no JAR that starts by itself: nothing names a main class"


def _maven_jar(text: str, directory: str, framework: str | None) -> str:
    """Where the JAR will be: by its final name, else by artifact and version where both are plain, else the only one."""
    base = f"{directory}/target" if directory else "target"
    if framework == "quarkus":
        return f"{base}/quarkus-app/quarkus-run.jar"
    own = re.sub(r"<(parent|dependencies|dependencyManagement|profiles|properties)>.*?</\1>", "", text, flags=re.DOTALL)
    final = re.search(r"<finalName>\s*([\w.-]+)\s*</finalName>", own)
    plugins = re.sub(r"<build>.*?</build>", "", own, flags=re.DOTALL)
    artifact = re.search(r"<artifactId>\s*([\w.-]+)\s*</artifactId>", plugins)
    version = re.search(r"<version>\s*([\w.-]+)\s*</version>", plugins)
    packaging = "war" if re.search(r"<packaging>\s*war\s*</packaging>", text) else "jar"
    if "jar-with-dependencies" in text and artifact:
        return f"{base}/{artifact[1]}-*-jar-with-dependencies.jar"
    if final:
        return f"{base}/{final[1]}.{packaging}"
    if artifact and version:
        return f"{base}/{artifact[1]}-{version[1]}.{packaging}"
    return f"{base}/{artifact[1]}-*.{packaging}" if artifact else f"{base}/*.{packaging}"


def _read_gradle(project_dir: ProjectDir) -> JavaBuild:
    wrapper = project_dir.is_file("gradlew") and project_dir.is_file("gradle/wrapper/gradle-wrapper.properties")
    tool = "./gradlew" if wrapper else "gradle"
    named = r"(.+/)?build\.gradle(\.kts)?"
    files = [
        file
        for file in project_dir.files()
        if re.fullmatch(named, file) and file.count("/") <= 3 and is_plain_path(file)
    ]
    texts = {file: _without_comments(project_dir.find_text(file) or "") for file in files[:60]}
    ordered = sorted(texts, key=lambda file: (file.count("/"), file))
    makers = [file for file in ordered if _gradle_task(texts[file])]
    every = "\n".join(texts.values())
    file = makers[0] if makers else next(iter(ordered), "settings.gradle")
    base = JavaBuild(
        tool="gradle", file=file, why="is built by Gradle", framework=_framework(texts.get(file, "")) or _framework(every),
        command=None, start_command=None,
    )  # fmt: skip
    if not makers:
        return replace(base, warnings=("Gradle makes nothing here that starts by itself",))
    if len(makers) > 1 and "/" in file:
        listed = ", ".join(f"`{one.rpartition('/')[0]}`" for one in makers)
        return replace(base, warnings=(f"several projects make a program: {listed}; say which one",))
    directory = file.rpartition("/")[0]
    task = _gradle_task(texts[file])
    path = f":{directory.replace('/', ':')}:{task}" if directory else task
    return replace(
        base,
        command=f"{tool} --no-daemon -q {path}",
        start_command=_gradle_start(project_dir, texts[file], directory, task),
    )


def _gradle_task(text: str) -> str:
    """The task that makes the program; "" for a build that makes none."""
    if re.search(
        r"org\.springframework\.boot['\"\)]|libs\.plugins\.(\w+\.)*(spring\.boot|springboot|springBoot)\b", text
    ) and ("apply false" not in text):
        return (
            "bootWar"
            if re.search(r"(?m)^\s*(id\s*\(?['\"]war['\"]|war\s*$|apply plugin:\s*['\"]war['\"])", text)
            else "bootJar"
        )
    if re.search(r"io\.quarkus['\"\)]", text):
        return "quarkusBuild"
    if re.search(r"shadow['\"\)]", text):
        return "shadowJar"
    if re.search(r"io\.ktor\.plugin|libs\.plugins\.ktor", text):
        return "buildFatJar"
    if re.search(r"^\s*application\b|id\s*\(?['\"]application['\"]|apply plugin:\s*['\"]application['\"]|io\.micronaut\.application", text, re.MULTILINE):  # fmt: skip
        return "installDist"
    return "jar" if "Main-Class" in text else ""


def _gradle_start(project_dir: ProjectDir, text: str, directory: str, task: str) -> str:
    base = f"{directory}/build" if directory else "build"
    settings = project_dir.find_text("settings.gradle") or project_dir.find_text("settings.gradle.kts") or ""
    root = re.search(r"rootProject\.name\s*=\s*['\"]([\w.-]+)['\"]", settings)
    name = directory.rpartition("/")[2] if directory else (root[1] if root else "")
    if task == "installDist":
        program = re.search(r"applicationName\s*=\s*['\"]([\w.-]+)['\"]", text)
        return f"./{base}/install/{name or '*'}/bin/{program[1] if program else name or '*'}"
    if task == "quarkusBuild":
        return f"java -jar {base}/quarkus-app/quarkus-run.jar"
    if task in {"shadowJar", "buildFatJar"}:
        return f"java -jar {base}/libs/*-all.jar"
    archive = re.search(r"archiveFileName\s*(?:=|\.set\()\s*['\"]([\w.-]+\.jar)['\"]", text)
    version = re.search(r"^\s*version\s*=?\s*['\"]([\w.-]+)['\"]", text, re.MULTILINE)
    ending = "war" if task == "bootWar" else "jar"
    if archive:
        return f"java -jar {base}/libs/{archive[1]}"
    if name and version:
        return f"java -jar {base}/libs/{name}-{version[1]}.{ending}"
    return f"java -jar {base}/libs/{name}*.{ending}" if name else f"java -jar {base}/libs/*.{ending}"


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?-->|/\*.*?\*/|^\s*//[^\n]*", lambda one: "\n" * one[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)  # fmt: skip
