"""Manifests that are broken or odd (B61, B62): named, converted or masked, and something fitting is started all the same."""

import zipfile
from pathlib import Path

import pytest
from project_trees import analyze_tree, run_bash

from deployer.project.packing.archive import build_package
from deployer.project.project_dir import ProjectDir
from deployer.project.scripts.make import preparation

SERVER = "require('http').createServer((q, s) => s.end('x')).listen(3000, '0.0.0.0')\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("package.json", '{"scripts": {"start": "node gone.js"}}', "the script `start` runs `gone.js`, which is not there"),
        ("package.json", '{"main": "dist/gone.js"}', "`main` names `dist/gone.js`, which is not there: `node server.js` is used"),
        ("package.json", '{"main": "dist/gone.js", "scripts": {"build": "tsc"}}', None),  # the build makes it
        ("package.json", '{"scripts": {"start": "node server.js"}, "main": "gone.js"}', None),  # nobody asks for it
        ("package.json", '{"scripts": ["node server.js"], "dependencies": "express"}', "`scripts` is no object"),
        ("package.json", " \n", "`package.json` is empty"),
        ("package.json", '\ufeff{"name": "shop"}', None),
        ("package.json", '{"name": "shop", "dependencies": {"express": "4"}}', None),  # no scripts
        ("package.json5", "{scripts: {start: 'node other.js'}}", "`package.json5` is no file npm reads"),
        ("package.json5", '{"scripts": {"start": "node other.js"}}', "`package.json5` is no file npm reads"),
    ],
)  # fmt: skip
def test_a_package_json_of_any_shape_leads_to_the_entry_that_is_there(
    tmp_path: Path, file: str, text: str, told: str | None
):
    found = analyze_tree(tmp_path, {file: text, "server.js": SERVER})
    assert (found.start_command, found.port) == ("node server.js", 3000)
    assert [warning for warning in found.warnings if told and told in warning] or not (told or found.warnings)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("-e .", "`requirements.txt:2` installs `.`, which has no pyproject.toml or setup.py"),
        ("-e ./lib[extra]", None),
        ("./vendor/x-1-py3-none-any.whl", None),
        ("--editable=../other", "`requirements.txt:2` installs from outside the project"),
        ("numpy @ file:///croot/numpy/work", "`requirements.txt:2` installs a file of another computer"),
        ("x @ https://me:canary@h.example/x.whl", "`requirements.txt:2` installs from a URL"),
        ("git+ssh://git@h.example/a/b.git@v1#egg=b", "`requirements.txt:2` installs by ssh: the instance has no key"),
        ("--extra-index-url https://me:canary@h.example/simple", "`requirements.txt:2` names a package index"),
        (f"click==8.1 \\\n  --hash=sha256:{'a' * 64}", None),
    ],
)
def test_requirements_that_an_instance_may_not_get_are_reported_without_their_passwords(
    tmp_path: Path, line: str, told: str | None
):
    files = {
        "requirements.txt": f"flask\r\n{line}\r\n",
        "app.py": FLASK,
        "lib/setup.py": "",
        "vendor/x-1-py3-none-any.whl": "",
    }
    found = analyze_tree(tmp_path, files)
    assert found.start_command == "gunicorn --bind 0.0.0.0:5000 app:app"
    assert [warning for warning in found.warnings if told and told in warning] or not (told or found.warnings)
    assert "canary" not in repr(found)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "gb18030", "utf-8"])
def test_a_list_of_packages_is_utf_8_in_the_archive_whatever_it_is_here(tmp_path: Path, encoding: str):
    root = tmp_path / "shop"
    analyze_tree(root, {"app.py": FLASK})
    (root / "requirements.txt").write_bytes("# 依赖\r\nflask\r\n".encode(encoding))
    package = build_package(ProjectDir.open(root), out_dir=tmp_path / "out")
    with zipfile.ZipFile(package.path) as archive:
        assert archive.read("requirements.txt").decode("utf-8").splitlines() == ["# 依赖", "flask"]
    told = "the encoding became UTF-8, in the archive alone: `requirements.txt`"
    assert package.warnings == (() if encoding == "utf-8" else (told,))


@pytest.mark.parametrize(
    ("file", "text", "installs"),
    [
        ("requirements.txt", "flask\ngit+https://h.example/a/b\n", True),
        ("api/requirements.txt", "b @ git+https://h.example/a/b\n", True),
        ("pyproject.toml", '[tool.poetry.dependencies]\nb = {git = "https://h.example/a/b"}\n', True),
        ("requirements.txt", "gitpython\n", False),
    ],
)
def test_git_is_installed_where_a_requirement_stands_in_a_repository(
    tmp_path: Path, file: str, text: str, *, installs: bool
):
    analysis = analyze_tree(tmp_path, {"requirements.txt": "flask\n", "app.py": FLASK, file: text})
    script = preparation(analysis)
    start = script.index("if ! command -v git ")
    asking = script[start : script.index("\nfi\n", start) + 4]
    hidden = 'command() { [ "$2" != git ]; }\ninstall_packages() { echo "installs $*"; }\n'
    assert run_bash(tmp_path, hidden + asking, {}).stdout == ("installs git\n" if installs else "")
