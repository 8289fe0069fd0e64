"""The .NET, Deno and shell rows of the start script."""

from pathlib import Path

import pytest
from project_trees import analyze_example, clean_scripts, run_bash

from deployer.project.scripts.deno import deno_runtime
from deployer.project.scripts.dotnet import dotnet_runtime
from deployer.project.scripts.make import with_functions

FUNCTIONS = 'fail() { echo "$1"; exit 1; }\ninstall_packages() { echo "installs $*"; }\nset -e\n'


@pytest.mark.parametrize("tree", ["dotnet_web", "deno_api", "shell_loop"])
def test_the_scripts_are_clean(tmp_path: Path, tree: str) -> None:
    clean_scripts(tmp_path, analyze_example(tree))


@pytest.mark.parametrize(
    ("sdk", "enough"), [("8.0.404 [/usr/share]", True), ("10.0.100 [/x]", True), ("6.0.1 [/x]", False)]
)
def test_an_sdk_that_fits_is_used_and_another_is_installed(tmp_path: Path, sdk: str, *, enough: bool) -> None:
    tools = {"dotnet": f'[ "$1" = --list-sdks ] && echo "{sdk}" || echo "dotnet $*"'}
    done = run_bash(tmp_path, FUNCTIONS + with_functions(dotnet_runtime(analyze_example("dotnet_web"))), tools)
    if enough:
        assert done.stdout == "dotnet restore Orders.csproj\n"
    else:
        assert done.stdout.split("\n")[:2] == ["installs dotnet-sdk-8.0", "installs dotnet-sdk-10.0"]
        assert done.returncode == 1


def test_deno_that_is_there_is_used_and_else_comes_through_npm(tmp_path: Path) -> None:
    text = FUNCTIONS + 'APP_DIR="$PWD"\n' + with_functions(deno_runtime(analyze_example("deno_api")))
    assert run_bash(tmp_path, text, {"deno": 'echo "deno $*"'}).stdout == "deno install\n"
    (tmp_path / "tools" / "deno").unlink()
    done = run_bash(tmp_path, text, {"npm": 'echo "npm $* from $NPM_CONFIG_REGISTRY"'})
    assert "npm install --no-audit --no-fund --prefix .tools deno from https://registry.npmmirror.com" in done.stdout
    assert "Deno cannot be installed" in done.stdout
