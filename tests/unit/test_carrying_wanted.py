"""What an application's files ask for, read without running anything of it; what cannot be a wheel is refused by place."""

from dataclasses import replace
from pathlib import Path

import pytest
from carrying_trees import write
from project_trees import analyze_tree

from deployer.errors.carrying import PackagesNotCarried
from deployer.models.analysis import ProjectAnalysis
from deployer.project.carrying.requirements import LocalProject
from deployer.project.carrying.wanted import Wanted, carrying, find_wanted
from deployer.project.project_dir import ProjectDir

APP = {"main.py": "import flask\nprint(1)\n"}
PEP_621 = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask>=3"]\n'
BUILT = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
POETRY = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.11"\nflask = {version = "^3.0", extras = ["async"]}\nold = {version = "*", markers = "python_version < \'3.9\'"}\nspare = {version = "*", optional = true}\n'
LOCK = '[[package]]\nname = "flask"\nversion = "3.0.3"\n{source}[[package]]\nname = "twice"\nversion = "1"\n[[package]]\nname = "twice"\nversion = "2"\n'
UV_LOCK = '[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n' + LOCK.format(
    source='source = { registry = "https://pypi.org/simple" }\n'
)


def wanted_of(path: Path, files: dict[str, str]) -> Wanted:
    analysis = analyze_tree(path, files)
    return find_wanted(ProjectDir.open(path), analysis)


@pytest.mark.parametrize(
    ("text", "wanted", "constraints", "settings"),
    [
        ("flask==3.0\r\n\r\n# a comment\r\nclick>=8  # why\r\n", ["flask==3.0", "click>=8"], [], []),
        ("-r more/base.txt\nflask[async]\n", ["gunicorn", "flask[async]"], [], []),
        ("-rmore/base.txt\n--constraint=limits.txt\n", ["gunicorn"], ["click<9"], []),
        ("flask==3 \\\n  --hash=sha256:ab \\\n  --hash=sha256:cd\n", ["flask==3"], [], []),
        ("x @ https://h.example/x-1-py3-none-any.whl\n", ["x @ https://h.example/x-1-py3-none-any.whl"], [], []),
        ("./vendor/y-1-py3-none-any.whl\n", ["./vendor/y-1-py3-none-any.whl"], [], []),
        ("--index-url https://h.example\n--pre\n-f vendor\n--no-binary :all:\nflask ; python_version < '4'\n",
         ["flask ; python_version < '4'"], [], ["--index-url https://h.example", "--pre", "--find-links vendor"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_requirement_files_of_every_shape_are_read(
    tmp_path: Path, text: str, wanted: list[str], constraints: list[str], settings: list[str], encoding: str
):
    write(tmp_path, {**APP, "more/base.txt": "gunicorn\n", "limits.txt": "click<9\n"})
    (tmp_path / "requirements.txt").write_bytes(text.encode(encoding))
    found = wanted_of(tmp_path, {}).requirements
    assert (found.wanted, found.constraints, found.settings) == (wanted, constraints, settings)


@pytest.mark.parametrize(
    ("files", "wanted", "constraints", "builds", "locals_"),
    [
        ({"pyproject.toml": PEP_621 + BUILT}, ["flask>=3"], [], ("hatchling",), (LocalProject(path="."),)),
        ({"pyproject.toml": '[project]\nname = "a"\ndynamic = 3\ndependencies = 4\noptional-dependencies = []\n' + BUILT}, [], [], ("hatchling",), (LocalProject(path="."),)),
        ({"pyproject.toml": PEP_621, "uv.lock": UV_LOCK}, ["flask>=3"], ["flask==3.0.3"], (), ()),
        ({"pyproject.toml": PEP_621 + '[project.scripts]\nserve = "main:main"\n' + BUILT, "uv.lock": UV_LOCK},
         ["flask>=3"], ["flask==3.0.3"], ("hatchling",), (LocalProject(path="."),)),
        ({"pyproject.toml": POETRY, "poetry.lock": LOCK.format(source="")},
         ["flask[async]", "old ; python_version < '3.9'"], ["flask==3.0.3"], (), ()),
        ({"pyproject.toml": POETRY, "poetry.lock": LOCK.format(source='[package.source]\ntype = "legacy"\nurl = "https://h.example/simple"\n')},
         ["flask[async]", "old ; python_version < '3.9'"], ["flask==3.0.3"], (), ()),
        ({"pyproject.toml": PEP_621, "pdm.lock": LOCK.format(source="")}, ["flask>=3"], ["flask==3.0.3"], (), ()),
        ({"Pipfile": '[packages]\nflask = "*"\n', "Pipfile.lock": '{"default": {"flask": {"version": "==3.0.3"}}}'},
         ["flask"], ["flask==3.0.3"], (), ()),
        ({"Pipfile": '[packages]\nflask = ">=3"\n'}, ["flask>=3"], [], (), ()),
        ({"requirements.txt": "-e .[web]\n", "pyproject.toml": PEP_621 + 'optional-dependencies = {web = ["gunicorn"]}\n'},
         ["flask>=3", "gunicorn"], [], ("setuptools>=40.8.0", "wheel"), (LocalProject(path=".", extras=("web",), editable=True),)),
    ],
)  # fmt: skip
def test_every_manager_is_understood_from_its_files(
    tmp_path: Path, files: dict[str, str], wanted, constraints, builds, locals_
):
    found = wanted_of(tmp_path, {**APP, **files})
    assert (found.requirements.wanted, found.requirements.constraints) == (wanted, constraints)
    assert (found.builds, found.locals_) == (builds, locals_)


@pytest.mark.parametrize(
    ("files", "place", "reason"),
    [
        ({"requirements.txt": "flask\ngit+https://me:canary@h.example/a\n"}, "requirements.txt:2", "repository"),
        ({"requirements.txt": "x @ https://h.example/x.tar.gz\n"}, "requirements.txt:1", "source archive"),
        ({"requirements.txt": "-r gone.txt\n"}, "gone.txt", "cannot be read"),
        ({"requirements.txt": "-r requirements.txt\n"}, "requirements.txt", "cannot be read"),
        ({"requirements.txt": "flask = 3\n"}, "requirements.txt:1", "no requirement"),
        ({"requirements.txt": "-e .\n", "setup.py": "from setuptools import setup\nsetup()\n"}, ".", "by a program"),
        ({"pyproject.toml": '[project]\nname = "a"\ndynamic = ["dependencies"]\n' + BUILT}, "pyproject.toml", "by a program"),
        ({"pyproject.toml": POETRY}, "pyproject.toml", "no `poetry.lock`"),
        ({"pyproject.toml": POETRY, "poetry.lock": LOCK.format(source='[package.source]\ntype = "git"\nurl = "https://h.example/a"\n')}, "poetry.lock", "package index"),
        ({"pyproject.toml": PEP_621, "uv.lock": LOCK.format(source='source = { git = "https://h.example/a" }\n')}, "uv.lock", "package index"),
        ({"Pipfile": '[packages]\nx = {git = "https://h.example/a"}\n'}, "Pipfile", "package index"),
        ({"requirements.txt": "-e ../lib\n"}, "../lib", "outside the project"),
        ({"pyproject.toml": PEP_621, "uv.lock": 'package = [3, {name = 4, version = 5, source = 6}, {version = 1}, {name = "b", git = "x", version = 1}]\n'}, "uv.lock", "package index"),
        ({"requirements.txt": "\n"}, "pip install -r requirements.txt", "installs nothing"),
        ({"main.py": "", "package.json": '{"scripts": {"start": "node a.js"}}', "a.js": "require('http').createServer().listen(3000)"}, None, "is node"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_refused_with_its_place(
    tmp_path: Path, files: dict[str, str], place: str | None, reason: str
):
    with pytest.raises(PackagesNotCarried) as raised:
        wanted_of(tmp_path, {**APP, **files})
    assert raised.value.facts["place"] == (place or analyze_tree(tmp_path, {}).name)
    assert reason in str(raised.value)
    assert "canary" not in str(raised.value.as_dict())


@pytest.mark.parametrize(
    ("install", "commands"),
    [
        ("(cd api && pip install -r requirements.txt && pip install gunicorn) && pip install 'click>=8'", 1),
        ("cd api && pip install -r requirements.txt", 1),
        ("pip install ./api", 2),
    ],
)
def test_commands_in_directories_and_lists_are_followed(tmp_path: Path, install: str, commands: int):
    files = {**APP, "api/requirements.txt": "flask\n", "api/pyproject.toml": PEP_621}
    analysis = _installed_by(analyze_tree(tmp_path, files), install)
    made = carrying(ProjectDir.open(tmp_path), analysis).install_command or ""
    assert len(made.split(" && ")) == commands
    assert made.endswith("--no-deps ./api" if commands == 2 else '-$(uname -m).txt"')
    assert find_wanted(ProjectDir.open(tmp_path), analysis).requirements.wanted[0].startswith("flask")


@pytest.mark.parametrize(("install", "build"), [("conda install flask", None), ("pip install flask", "npm run build")])
def test_steps_that_ask_somebody_else_are_refused(tmp_path: Path, install: str, build: str | None):
    analysis = _installed_by(analyze_tree(tmp_path, APP), install, build)
    with pytest.raises(PackagesNotCarried, match=r"conda install flask|`npm`"):
        find_wanted(ProjectDir.open(tmp_path), analysis)


def _installed_by(analysis: ProjectAnalysis, install: str, build: str | None = None) -> ProjectAnalysis:
    return replace(analysis, install_command=install, build_command=build)
