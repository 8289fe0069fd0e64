""".NET projects: which one makes the program, and where Kestrel listens."""

from pathlib import Path

import pytest
from project_trees import analyze_example, analyze_tree

WEB = '<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>\n'
CONSOLE = '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><OutputType>Exe</OutputType></PropertyGroup></Project>\n'
LIBRARY = '<Project Sdk="Microsoft.NET.Sdk"></Project>\n'


def test_the_example_is_published_and_reachable() -> None:
    found = analyze_example("dotnet_web")
    assert (found.language, found.framework, found.language_version) == ("dotnet", "aspnet", "8.0")
    assert found.build_command == "dotnet publish Orders.csproj -c Release -o out"
    assert found.start_command == "dotnet out/Orders.dll --urls http://0.0.0.0:5080"
    assert (found.port, found.bind_host) == (5080, "0.0.0.0")
    assert ("appsettings.json", 3) in {(one.file, one.line) for one in found.evidence}


@pytest.mark.parametrize(
    ("files", "start", "port"),
    [
        ({"A.csproj": WEB}, "dotnet out/A.dll --urls http://0.0.0.0:8080", 8080),
        ({"A.csproj": CONSOLE}, "dotnet out/A.dll", None),
        ({"A.csproj": WEB, "P.cs": 'app.Run("http://*:5005");'}, "dotnet out/A.dll --urls http://0.0.0.0:5005", 5005),
        ({"S.sln": "", "src/Api/Api.csproj": WEB, "src/Core/Core.csproj": LIBRARY, "tests/T/T.csproj": CONSOLE},
         "dotnet out/Api.dll --urls http://0.0.0.0:8080", 8080),
        ({"S.sln": "", "a/A.csproj": WEB, "b/B.csproj": WEB, "README.md": "```\ndotnet run --project b\n```\n"},
         "dotnet out/B.dll --urls http://0.0.0.0:8080", 8080),
        ({"x.dll": "", "x.runtimeconfig.json": '{"name": "Microsoft.AspNetCore.App"}'},
         "dotnet x.dll --urls http://0.0.0.0:8080", 8080),
    ],
)  # fmt: skip
def test_the_program_and_the_port_are_found(
    tmp_path: Path, files: dict[str, str], start: str, port: int | None
) -> None:
    found = analyze_tree(tmp_path, files)
    assert (found.start_command, found.port) == (start, port)


def test_equal_projects_and_libraries_are_not_guessed_at(tmp_path: Path) -> None:
    several = analyze_tree(tmp_path / "one", {"S.sln": "", "a/A.csproj": WEB, "b/B.csproj": WEB})
    assert not several.supported
    assert any("`a/A.csproj`" in one for one in several.warnings)
    assert not analyze_tree(tmp_path / "two", {"L.csproj": LIBRARY}).supported


def test_code_that_listens_on_localhost_is_said(tmp_path: Path) -> None:
    found = analyze_tree(tmp_path, {"A.csproj": WEB, "P.cs": 'app.Run("http://localhost:5006");'})
    assert any("cannot be reached" in one for one in found.warnings)


def test_the_sdk_of_global_json_is_wanted_first(tmp_path: Path) -> None:
    files = {"A.csproj": WEB, "global.json": '{"sdk": {"version": "9.0.100"}}'}
    assert analyze_tree(tmp_path, files).language_version == "9.0"
