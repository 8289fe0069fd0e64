"""The Java row of the start script: the JDK, the heap, the mirrors; a JAR really started where there is a JDK."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree, clean_scripts, run_bash
from real_start import answer_of

from deployer.project.scripts.java import java_runtime, wanted_release
from deployer.project.scripts.make import with_functions

FUNCTIONS = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\n'
GRADLE = {
    "build.gradle": "plugins {\n  application\n}\n",
    "gradlew": "x",
    "gradle/wrapper/gradle-wrapper.properties": "x",
}
SERVER = """
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
class Main {
  public static void main(String[] a) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(System.getenv("PORT"))), 0);
    server.createContext("/", exchange -> {
      byte[] text = ("\\"" + System.getProperty("java.version") + "\\"").getBytes();
      exchange.sendResponseHeaders(200, text.length);
      exchange.getResponseBody().write(text);
      exchange.close();
    });
    server.start();
  }
}
"""


def test_the_scripts_of_a_maven_project_are_clean_and_use_a_mirror(tmp_path: Path) -> None:
    start = clean_scripts(tmp_path, analyze_example("java_spring")).start
    assert "https://maven.aliyun.com/repository/central" in start
    assert (
        start.index("find_java") < start.index("mvn -q -B -DskipTests package") < start.index("exec java -jar target/")
    )
    assert 'export SERVER_PORT="$APP_PORT"' in start


def test_the_scripts_of_a_gradle_project_are_clean_and_its_mirrors_are_kept_out_of_the_project(tmp_path: Path) -> None:
    start = clean_scripts(tmp_path, analyze_tree(tmp_path, GRADLE)).start
    assert "init.d/deployer-mirrors.gradle" in start
    assert "./gradlew --no-daemon -q installDist" in start


@pytest.mark.parametrize(("constraint", "release"), [(None, 17), ("21", 21), ("8", 8), (">=11", 11)])
def test_the_release_is_the_one_that_is_named(constraint: str | None, release: int) -> None:
    assert wanted_release(constraint) == release


@pytest.mark.parametrize(
    ("memory_kib", "heap"), [(960_000, "-Xmx384m"), (1_800_000, "-Xmx702m"), (8_000_000, "unset"), (0, "unset")]
)
def test_the_heap_fits_the_memory(tmp_path: Path, memory_kib: int, heap: str) -> None:
    java = 'echo "javac 21.0.1"'
    awk = f"echo {memory_kib // 1024}" if memory_kib else "exit 2"
    text = (
        FUNCTIONS
        + with_functions(java_runtime(analyze_example("java_spring")))
        + '\necho "heap ${JAVA_TOOL_OPTIONS:-unset}"'
    )
    done = run_bash(tmp_path, text, {"javac": java, "awk": awk, "mvn": "true"})
    assert done.stdout == f"heap {heap}\n"


def test_settings_of_the_machine_are_not_touched_and_none_are_written_twice(tmp_path: Path) -> None:
    text = FUNCTIONS + with_functions(java_runtime(analyze_example("java_spring")))
    tools = {"javac": 'echo "javac 21.0.1"', "mvn": "true"}
    assert run_bash(tmp_path, text, tools).returncode == 0
    settings = tmp_path / ".m2" / "settings.xml"
    assert "<mirrorOf>central</mirrorOf>" in settings.read_text()
    settings.write_text("my own")
    assert run_bash(tmp_path, text, tools).returncode == 0
    assert settings.read_text() == "my own"


def test_an_older_java_is_not_enough_and_the_next_ones_are_tried(tmp_path: Path) -> None:
    text = FUNCTIONS + with_functions(java_runtime(analyze_example("java_spring"))).replace(
        "/usr/lib/jvm/", "/nowhere/"
    )
    tools = {"javac": 'echo "javac 1.8.0_400"', "mvn": "true", "apt-get": "true"}
    done = run_bash(tmp_path, text, tools)
    assert done.stdout.split("\n")[:2] == ["installs openjdk-21-jdk-headless", "installs openjdk-25-jdk-headless"]
    assert "no Java 21 or newer" in done.stdout
    assert done.returncode == 1


@pytest.mark.skipif(shutil.which("javac") is None or shutil.which("jar") is None, reason="there is no JDK here")
def test_a_jar_starts_and_stops_for_real(tmp_path: Path) -> None:
    release = tmp_path / "release"
    release.mkdir()
    (tmp_path / "Main.java").write_text(SERVER)
    subprocess.run(["javac", "-d", "classes", "Main.java"], cwd=tmp_path, check=True)
    subprocess.run(["jar", "cfe", "release/shop.jar", "Main", "-C", "classes", "."], cwd=tmp_path, check=True)
    assert int(json.loads(answer_of(tmp_path, {}, "java")).split(".")[0]) >= 17


@pytest.mark.parametrize(
    ("region", "there", "expected"),
    [
        ("cn-hangzhou", "v8.5.0", "https://mirrors.aliyun.com/gradle/distributions/v8.5.0/gradle-8.5-bin.zip"),
        ("cn-hangzhou", "v8.5", "https://mirrors.aliyun.com/gradle/distributions/v8.5/gradle-8.5-bin.zip"),
        ("cn-hangzhou", "nothing", "https\\://services.gradle.org/distributions/gradle-8.5-bin.zip"),
        ("eu-central-1", "v8.5.0", "https\\://services.gradle.org/distributions/gradle-8.5-bin.zip"),
    ],
)
def test_the_gradle_wrapper_asks_the_mirror_where_it_has_that_version(
    tmp_path: Path, region: str, there: str, expected: str
) -> None:
    settings = "distributionBase=GRADLE_USER_HOME\ndistributionUrl=https\\://services.gradle.org/distributions/gradle-8.5-bin.zip\nzipStorePath=x\n"
    files = {**GRADLE, "gradle/wrapper/gradle-wrapper.properties": settings}
    text = FUNCTIONS + with_functions(java_runtime(analyze_tree(tmp_path, files)))
    tools = {
        "javac": 'echo "javac 21.0.1"',
        "curl": f'case "$*" in *"--head"*/{there}/gradle-8.5-bin.zip) ;; *) exit 22 ;; esac',
    }
    done = run_bash(tmp_path, text, tools, DEPLOYER_REGION_ID=region)
    assert done.returncode == 0, done.stdout
    written = (tmp_path / "gradle/wrapper/gradle-wrapper.properties").read_text().split("\n")
    assert written == ["distributionBase=GRADLE_USER_HOME", f"distributionUrl={expected}", "zipStorePath=x", ""]
