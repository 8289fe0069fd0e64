"""Java projects: a JAR that is there, or the build that makes one, and where it listens."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

MAIN = "class Main { public static void main(String[] a) throws Exception { %s } }\n"
POM = "<project><artifactId>shop</artifactId><version>1.0</version><build><plugins>%s</plugins></build></project>\n"
JAR_PLUGIN = "<plugin><configuration><mainClass>a.Main</mainClass></configuration></plugin>"
BOOT = "<plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin>"
WEB = "<dependency><artifactId>spring-boot-starter-web</artifactId></dependency>"


def test_the_example_is_packaged_and_its_settings_are_made_reachable() -> None:
    found = analyze_example("java_spring")
    assert (found.language, found.framework, found.language_version) == ("java", "spring-boot", "21")
    assert found.build_command == "mvn -q -B -DskipTests package"
    assert found.start_command == "java -jar target/books-1.2.0.jar"
    assert (found.port, found.bind_host) == (8086, "0.0.0.0")
    assert dict(found.environment) == {"SERVER_PORT": "8086", "SERVER_ADDRESS": "0.0.0.0"}
    assert {("pom.xml", 13), ("README.md", 6), ("src/main/resources/application.yml", 6)} <= {
        (one.file, one.line) for one in found.evidence
    }
    assert found.source == "readme"


@pytest.mark.parametrize(
    ("properties", "port"),
    [("server.port=9001\n", 9001), ("server.port = ${PORT:9002}\n", 9002), ("#server.port=9003\n", 8080), ("", 8080)],
)
def test_the_port_of_spring_is_read_from_its_properties(tmp_path: Path, properties: str, port: int) -> None:
    files = {
        "pom.xml": POM % BOOT + WEB,
        "src/main/java/Main.java": MAIN % "",
        "src/main/resources/application.properties": properties,
    }
    assert analyze_tree(tmp_path, files).port == port


def test_spring_without_a_web_starter_is_a_worker(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path, {"pom.xml": POM % BOOT, "src/main/java/Main.java": MAIN % ""})
    assert found.start_command == "java -jar target/shop-1.0.jar"
    assert (found.port, found.environment) == (None, ())


@pytest.mark.parametrize(
    ("code", "port", "host"),
    [
        ("HttpServer.create(new InetSocketAddress(8081), 0).start();", 8081, None),
        ('new InetSocketAddress("127.0.0.1", 8082);', 8082, "127.0.0.1"),
        ("Javalin.create().start(7001);", 7001, None),
        ("new ServerSocket(9090);", 9090, None),
        ("int port = 8083; listen(port);", 8083, None),
        ("while (true) { work(); }", None, None),
    ],
)
def test_the_port_of_plain_code_is_read(tmp_path: Path, code: str, port: int | None, host: str | None) -> None:
    files = {"pom.xml": POM % JAR_PLUGIN, "src/main/java/a/Main.java": MAIN % code}
    found = analyze_tree(tmp_path, files)
    assert found.start_command == "java -jar target/shop-1.0.jar"
    assert (found.port, found.bind_host) == (port, host)


@pytest.mark.parametrize(
    ("script", "build", "start"),
    [
        ("plugins { id 'org.springframework.boot' version '3.3.0' }\nversion = '2.0'\n", "bootJar", "java -jar build/libs/shop-2.0.jar"),
        ("plugins {\n  application\n}\n", "installDist", "./build/install/shop/bin/shop"),
        ("plugins { id 'com.github.johnrengelman.shadow' }\n", "shadowJar", "java -jar build/libs/*-all.jar"),
        ("plugins { id 'io.quarkus' }\n", "quarkusBuild", "java -jar build/quarkus-app/quarkus-run.jar"),
        ("jar { manifest { attributes('Main-Class': 'a.B') } }\n", "jar", "java -jar build/libs/shop*.jar"),
    ],
)  # fmt: skip
def test_gradle_makes_what_its_plugins_are_for(tmp_path: Path, script: str, build: str, start: str) -> None:
    files = {
        "build.gradle": script,
        "settings.gradle": "rootProject.name = 'shop'\n",
        "gradlew": "#!/bin/sh\n",
        "gradle/wrapper/gradle-wrapper.properties": "x\n",
        "src/main/java/Main.java": MAIN % "",
    }
    found = analyze_tree(tmp_path, files)
    assert found.build_command == f"./gradlew --no-daemon -q {build}"
    assert found.start_command == start


def test_the_only_module_that_makes_a_program_is_built_with_what_it_needs(tmp_path: Path) -> None:
    files = {
        "pom.xml": "<project><packaging>pom</packaging><modules><module>core</module><module>web</module></modules></project>",
        "core/pom.xml": "<project><artifactId>core</artifactId></project>",
        "core/src/main/java/Core.java": "class Core {}\n",
        "web/pom.xml": POM % BOOT + WEB,
        "web/src/main/java/Main.java": MAIN % "",
    }
    found = analyze_tree(tmp_path, files)
    assert found.build_command == "mvn -q -B -DskipTests -pl web -am package"
    assert found.start_command == "java -jar web/target/shop-1.0.jar"


def test_a_jar_that_is_there_is_started_and_not_built_again(tmp_path: Path) -> None:
    files = {
        "README.md": "```\njava -Xmx256m -jar shop.jar --server.port=9009\n```\n",
        "shop.jar": "PK",
        "gradle/wrapper/gradle-wrapper.jar": "PK",
        "pom.xml": POM % BOOT + WEB,
        "src/main/java/Main.java": MAIN % "",
    }
    found = analyze_tree(tmp_path, files)
    assert found.start_command == "java -Xmx256m -jar shop.jar"
    assert found.build_command is None
    assert found.port == 9009
    assert dict(found.environment) == {"SERVER_PORT": "9009"}


@pytest.mark.parametrize(("names", "runner"), [("javax", "9.4"), ("jakarta", "11.0")])
def test_a_war_is_run_in_the_container_of_its_servlets(tmp_path: Path, names: str, runner: str) -> None:
    files = {
        "pom.xml": "<project><artifactId>shop</artifactId><version>2.0</version><packaging>war</packaging></project>",
        "src/main/java/shop/Basket.java": f"package shop;\nimport {names}.servlet.http.HttpServlet;\n",
        "src/main/webapp/index.jsp": "<p>hello</p>",
    }
    found = analyze_tree(tmp_path, files)
    assert found.start_command == "java -jar target/server/jetty-runner.jar --port 8080 target/shop-2.0.war"
    assert f"jetty-runner:{runner}" in (found.build_command or "")
    assert found.port == 8080


def test_the_only_main_class_runs_with_the_libraries_beside_it(tmp_path: Path) -> None:
    files = {
        "pom.xml": "<project><artifactId>tally</artifactId></project>",
        "src/main/java/org/tally/Count.java": "package org.tally;\nclass Count {\n  public static void main(String[] a) {\n"
        '    listen(System.getenv("TALLY_PORT"));\n  }\n}\n',
        "src/main/java/org/tally/Sum.java": "package org.tally;\nclass Sum {}\n",
    }
    found = analyze_tree(tmp_path, files)
    assert found.start_command == "java -cp 'target/classes:target/dependency/*' org.tally.Count"
    assert ":copy-dependencies" in (found.build_command or "")
    assert (found.port, dict(found.environment)) == (8080, {"TALLY_PORT": "8080"})
    second = {"src/main/java/org/tally/Sum.java": "class Sum {\n  public static void main(String[] a) {}\n}\n"}
    assert not analyze_tree(tmp_path, second).supported  # two of them: which one?


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"pom.xml": "<project><packaging>war</packaging></project>"}, "servlet container"),
        ({"pom.xml": "<project><artifactId>lib</artifactId></project>"}, "main class"),
        ({"build.gradle": "plugins { id 'java-library' }\n"}, "starts by itself"),
    ],
)
def test_what_cannot_start_is_refused_with_the_reason(tmp_path: Path, files: dict[str, str], word: str) -> None:
    found = analyze_tree(tmp_path, files)
    assert found.language == "java"
    assert not found.supported
    assert any(word in one for one in found.warnings)


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({".java-version": "11.0.2\n"}, "11"),
        ({"system.properties": "java.runtime.version=1.8\n"}, "8"),
        ({".sdkmanrc": "java=21.0.2-tem\n"}, "21"),
        ({".tool-versions": "java temurin-17.0.9+9\n"}, "17"),
        ({"pom.xml": "<project><properties><maven.compiler.source>1.8</maven.compiler.source></properties></project>"}, "8"),
        ({"build.gradle": "java.sourceCompatibility = JavaVersion.VERSION_1_8\n"}, "8"),
        ({"build.gradle": "kotlin { jvmToolchain(21) }\n"}, "21"),
    ],
)  # fmt: skip
def test_the_java_that_is_wanted_is_read(tmp_path: Path, files: dict[str, str], version: str) -> None:
    build = {} if "build.gradle" in files else {"pom.xml": "<project/>"}
    assert analyze_tree(tmp_path, {**build, **files}).language_version == version


def test_the_settings_of_tests_are_not_those_of_the_application(tmp_path: Path) -> None:
    files = {
        "pom.xml": "<project><parent><groupId>org.springframework.boot</groupId></parent><artifactId>a</artifactId>"
        "<version>1</version><artifactId>spring-boot-starter-web</artifactId><artifactId>spring-boot-maven-plugin</artifactId></project>",
        "src/main/java/A.java": MAIN % "",
        "src/test/resources/config/application.yml": "server:\n  port: 10344\n",
    }
    assert analyze_tree(tmp_path, files).port == 8080
