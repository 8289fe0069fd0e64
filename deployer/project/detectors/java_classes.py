"""Java programs that no build plugin packs: a web application for a servlet container, a class with a main method."""

import re
from dataclasses import dataclass

from deployer.models.analysis import Evidence
from deployer.project.project_dir import ProjectDir

# The last Jetty for `javax.servlet`, which Java 8 runs, and one for `jakarta.servlet`, which wants Java 11. Maven checks
# what it fetches by the sums of its repository.
_RUNNERS = {
    "javax": "org.eclipse.jetty:jetty-runner:9.4.55.v20240627",
    "jakarta": "org.eclipse.jetty:jetty-runner:11.0.25",
}
_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
_RUNNER = "target/server/jetty-runner.jar"
SERVLET_PORT = 8080
_MOST_SOURCES = 400
_MAIN = re.compile(r"\bstatic\s+(?:final\s+)?void\s+main\s*\(|\bvoid\s+static\s+main\s*\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaProgram:
    """What has to be added to `mvn package`, the command that starts the result, and why."""

    goals: str
    start_command: str
    port: int | None
    evidence: Evidence


def find_web_application(project_dir: ProjectDir, archive: str) -> JavaProgram:
    """The WAR in a servlet container that Maven fetches.

    Source: https://jetty.org/docs/jetty/9/index.html#jetty-runner
    """
    sources = (project_dir.find_text(file) or "" for file in _sources(project_dir))
    names = "jakarta" if any("jakarta.servlet" in text for text in sources) else "javax"
    copy = f"{_DEPENDENCIES}:copy -Dmdep.stripVersion=true -DoutputDirectory=target/server"
    return JavaProgram(
        goals=f"{copy} -Dartifact={_RUNNERS[names]}",
        start_command=f"java -jar {_RUNNER} --port {SERVLET_PORT} {archive}",
        port=SERVLET_PORT,
        evidence=Evidence(file="pom.xml", line=None, why="makes a WAR: a servlet container runs it"),
    )


def find_main_class(project_dir: ProjectDir) -> JavaProgram | None:
    """The only class with a main method, run with the libraries beside it; None without one, and with several."""
    found = [
        (file, text.count("\n", 0, match.start()) + 1)
        for file in _sources(project_dir)
        if file.startswith("src/main/java/")
        and (text := project_dir.find_text(file) or "")
        and (match := _MAIN.search(text))
    ]
    if len(found) != 1:
        return None
    file, line = found[0]
    name = file.removeprefix("src/main/java/").removesuffix(".java").replace("/", ".")
    return JavaProgram(
        goals=f"{_DEPENDENCIES}:copy-dependencies -DincludeScope=runtime",
        start_command=f"java -cp 'target/classes:target/dependency/*' {name}",
        port=None,
        evidence=Evidence(file=file, line=line, why="the only class with a main method"),
    )


def _sources(project_dir: ProjectDir) -> list[str]:
    return [file for file in project_dir.files() if file.endswith(".java") and re.fullmatch(r"[\w/.-]+", file)][
        :_MOST_SOURCES
    ]
