"""The Java row of the start script: the JDK, the heap, the mirrors; a JAR really started where there is a JDK."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree, clean_scripts, run_bash

from deployer.project.analysis import analyze
from deployer.project.project_dir import ProjectDir
from deployer.project.scripts import make_scripts
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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    scripts = make_scripts(analyze(ProjectDir.open(release)), "shop", port)
    places = {
        "DEPLOYER_RELEASE_DIR": str(release), "DEPLOYER_RELEASE_ID": "r1", "DEPLOYER_LOG": str(tmp_path / "log"),
        "DEPLOYER_PID_FILE": str(tmp_path / "pid"), "PATH": "/usr/bin:/bin",
    }  # fmt: skip
    try:
        started = run_bash(tmp_path, scripts.start, {}, **places)
        assert started.returncode == 0, started.stdout
        assert int(json.loads(_get(f"http://127.0.0.1:{port}/")).split(".")[0]) >= 17
    finally:
        subprocess.run(["bash", "-c", scripts.stop], env=places, check=True, timeout=20)
    assert not (tmp_path / "pid").exists()


def _get(url: str) -> str:
    """The body; "" when nobody listens after 20 seconds."""
    for _try in range(400):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return ""
