"""Go projects: which program is built, where it listens, and with which Go."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

MAIN = "package main\n\nfunc main() {\n%s\n}\n"


def test_the_example_is_built_from_the_package_its_readme_runs() -> None:
    found = analyze_example("go_service")
    assert (found.language, found.framework, found.port) == ("go", "chi", 8085)
    assert found.install_command == "go mod download"
    assert found.build_command == "go build -o bin/server ./cmd/server"
    assert found.start_command == "./bin/server"
    assert found.language_version == ">=1.22"
    assert found.source == "readme"
    assert ("README.md", 5) in {(one.file, one.line) for one in found.evidence}
    assert ("cmd/server/main.go", 15) in {(one.file, one.line) for one in found.evidence}


@pytest.mark.parametrize(
    ("code", "port", "host"),
    [
        ('http.ListenAndServe(":8081", nil)', 8081, "0.0.0.0"),
        ('http.ListenAndServe("0.0.0.0:8082", nil)', 8082, "0.0.0.0"),
        ('http.ListenAndServe("localhost:8083", nil)', 8083, "127.0.0.1"),
        ('s := &http.Server{Addr: ":8084"}', 8084, "0.0.0.0"),
        ('e := echo.New(); e.Start(":1323")', 1323, "0.0.0.0"),
        ('app := fiber.New(); app.Listen(":3000")', 3000, "0.0.0.0"),
        ("r := gin.Default(); r.Run()", 8080, None),
        ('port := flag.Int("port", 50051, "x"); net.Listen("tcp", fmt.Sprintf(":%d", *port))', 50051, None),
        ('viper.SetDefault("server.port", 9000); http.ListenAndServe(addr(), nil)', 9000, None),
        ('port := getEnv("PORT", "7070"); http.ListenAndServe(":"+port, nil)', 7070, None),
        ('http.ListenAndServe(":"+os.Getenv("PORT"), nil)', 8080, None),
        ("for { work() }", None, None),
        ('url := "http://localhost:9999"; fetch(url)', None, None),
    ],
)
def test_the_port_is_read_from_the_code(tmp_path: Path, code: str, port: int | None, host: str | None) -> None:
    found = analyze_tree(tmp_path, {"go.mod": "module example.com/x\ngo 1.21\n", "main.go": MAIN % code})
    assert found.start_command == "./bin/x"
    assert (found.port, found.bind_host) == (port, host)
    assert any("cannot be reached" in one for one in found.warnings) is (host == "127.0.0.1")


def test_commented_code_and_tests_tell_nothing(tmp_path: Path) -> None:
    code = 'http.ListenAndServe(":8090", nil) // was http.ListenAndServe(":8091", nil)\n/* r.Run(":8092") */'
    files = {
        "go.mod": "module x\n",
        "main.go": MAIN % code,
        "a_test.go": 'package main\nfunc f() { r.Run(":8093") }\n',
    }
    assert analyze_tree(tmp_path, files).port == 8090


def test_a_toolchain_line_is_wanted_before_the_go_line(tmp_path: Path) -> None:
    files = {"go.mod": "module x\n\ngo 1.22.0\n\ntoolchain go1.23.4\n", "main.go": MAIN % ""}
    assert analyze_tree(tmp_path, files).language_version == ">=1.23.4"


def test_the_program_named_like_the_module_is_built_among_several(tmp_path: Path) -> None:
    files = {
        "go.mod": "module example.com/acme/pager/v2\n",
        "cmd/pager/main.go": MAIN % 'http.ListenAndServe(":8080", nil)',
        "cmd/other/main.go": MAIN % 'http.ListenAndServe(":9090", nil)',
        "tools/gen/main.go": MAIN % "",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.build_command, found.port) == ("go build -o bin/pager ./cmd/pager", 8080)


def test_several_equal_programs_are_listed_and_none_is_guessed(tmp_path: Path) -> None:
    files = {"go.mod": "module x\n", "cmd/red/main.go": MAIN % "", "cmd/blue/main.go": MAIN % ""}
    found = analyze_tree(tmp_path, files)
    assert not found.supported
    assert any("`cmd/blue`" in one and "`cmd/red`" in one for one in found.warnings)


def test_a_library_is_not_started(tmp_path: Path) -> None:
    assert not analyze_tree(tmp_path, {"go.mod": "module x\n", "x.go": "package x\n"}).supported


def test_a_procfile_names_the_program_and_its_arguments(tmp_path: Path) -> None:
    files = {
        "go.mod": "module x\n",
        "Procfile": "web: bin/api --port=9001\n",
        "cmd/api/main.go": MAIN % "",
        "cmd/jobs/main.go": MAIN % "",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.port) == ("./bin/api --port=9001", 9001)


def test_without_a_module_one_is_made_and_without_sums_they_are_made(tmp_path: Path) -> None:
    assert (analyze_tree(tmp_path / "one", {"web.go": MAIN % ""}).build_command or "").startswith("go mod init one && ")
    files = {"go.mod": "module x\nrequire a.b/c v1.0.0\n", "main.go": MAIN % ""}
    assert analyze_tree(tmp_path / "two", files).install_command == "go mod tidy"


def test_a_page_that_has_to_be_built_before_it_is_embedded_is_said(tmp_path: Path) -> None:
    files = {
        "go.mod": "module x\n",
        "main.go": "package main\n\n//go:embed web/dist\nvar f embed.FS\n\nfunc main() {}\n",
    }
    assert any("`main.go:3` embeds `web/dist`" in one for one in analyze_tree(tmp_path, files).warnings)


def test_the_only_program_of_a_workspace_is_built_from_its_top(tmp_path: Path) -> None:
    files = {
        "go.work": "go 1.23\n\nuse (\n\t./api\n\t./shared\n)\n",
        "api/go.mod": "module example.com/api\n",
        "api/main.go": MAIN % 'http.ListenAndServe(":8095", nil)',
        "shared/go.mod": "module example.com/shared\n",
        "shared/x.go": "package shared\n",
    }
    found = analyze_tree(tmp_path, files)
    assert (found.build_command, found.install_command) == ("go build -o bin/api ./api", None)
    assert (found.port, found.language_version) == (8095, ">=1.23")
