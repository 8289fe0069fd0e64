"""Packages from hosts that mainland instances hardly reach: named with file and line; what mirrors answer for is not."""

from pathlib import Path

import pytest
from project_trees import analyze_tree

from deployer.project.far_hosts import find_far_host, nearer
from deployer.project.far_packages import find_far_packages
from deployer.project.project_dir import ProjectDir


@pytest.mark.parametrize(
    ("file", "text", "places"),
    [
        ("requirements.txt", "flask\ngit+https://github.com/a/b@main#egg=b\n", ["requirements.txt:2"]),
        ("requirements.txt", "b @ https://github.com/a/b/archive/x.zip\n", ["requirements.txt:1"]),
        ("requirements.txt", "--extra-index-url https://pypi.org/simple\n", ["requirements.txt:1"]),
        ("requirements.txt", "# git+https://github.com/a/b\nflask  # see https://github.com/a\n", []),
        ("requirements.txt", "git+https://gitee.com/a/b\n-i https://mirrors.aliyun.com/pypi/simple/\n", []),
        ("pyproject.toml", '[tool.poetry.dependencies]\nx = { git = "https://github.com/a/b.git" }\n', ["pyproject.toml:2"]),
        ("Pipfile", '[[source]]\nurl = "https://pypi.org/simple"\n[packages]\nx = {git = "https://github.com/a/b"}\n', ["Pipfile:4"]),
        ("pyproject.toml", '[[tool.poetry.source]]\nurl = "https://download.pytorch.org"\n', []),
        ("pyproject.toml", '[project.urls]\nHomepage = "https://github.com/a/b"\n', []),
        ("package.json", '{"repository": "github:a/b", "dependencies": {"x": "a/b#v1", "y": "^1.2.0"}}', ["package.json"]),
        ("package.json", '{"devDependencies": {"x": "git+ssh://git@github.com/a/b.git"}}', ["package.json"]),
        ("package.json", '{"dependencies": {"x": "npm:y@1", "z": "file:../z", "w": "workspace:*"}}', []),
        ("package.json", '{"dependencies": ["a"]', []),
        ("package.json", "[]", []),
        (".npmrc", "@a:registry=https://registry.npmjs.org\n", [".npmrc:1"]),
        ("Gemfile", "source 'https://rubygems.org'\ngem 'x', github: 'a/b'\n", ["Gemfile:2"]),
        ("Cargo.toml", '[dependencies]\nx = { git = "https://github.com/a/b" }\n', ["Cargo.toml:2"]),
    ],
)  # fmt: skip
def test_what_is_taken_from_far_away_is_named(tmp_path: Path, file: str, text: str, places: list[str]) -> None:
    (tmp_path / file).write_text(text)
    assert [one.split("`")[1] for one in find_far_packages(ProjectDir.open(tmp_path))] == places


def test_at_most_five_are_told(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("git+https://github.com/a/b\n" * 9)
    assert len(find_far_packages(ProjectDir.open(tmp_path))) == 5


def test_a_token_in_the_address_is_not_repeated_and_the_analysis_warns(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "flask\ngit+https://secret-token@github.com/a/b\n",
        "app.py": "from flask import Flask\napp = Flask('x')\n",
    }
    warnings = analyze_tree(tmp_path, files).warnings
    assert [one for one in warnings if "`requirements.txt:2` takes a package from `github.com`" in one]
    assert "secret-token" not in "".join(warnings)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://RAW.githubusercontent.com/x", "raw.githubusercontent.com"),
        ("git@github.com:a/b", "github.com"),
        ("ssh://git@github.com/a", "github.com"),
        ("https://github.com.example/x", None),
        ("https://mygithub.com/x", None),
        ("github.com", None),
        ("https://registry.npmmirror.com", None),
    ],
)
def test_a_host_is_known_by_its_whole_name(text: str, host: str | None) -> None:
    assert (find_far_host(text) or (None,))[0] == host


@pytest.mark.parametrize(
    ("far", "near"),
    [
        ("pip install -i https://pypi.org/simple flask", "pip install -i https://mirrors.aliyun.com/pypi/simple flask"),
        ("-f=https://pypi.org/simple/;", "-f=https://mirrors.aliyun.com/pypi/simple/;"),
        ('npm --registry "https://registry.npmjs.org"', 'npm --registry "https://registry.npmmirror.com"'),
        ("https://nodejs.org/dist/v22.1.0/a.tar.xz", "https://registry.npmmirror.com/-/binary/node/v22.1.0/a.tar.xz"),
        ("GOPROXY=https://proxy.golang.org,direct", "GOPROXY=https://goproxy.cn,direct"),
        ("https://registry.npmjs.org.example/x https://pypi.org/project/flask https://github.com/a/b", None),
    ],
)
def test_an_address_that_a_mirror_stands_in_for_is_given_in_its_words(far: str, near: str | None) -> None:
    assert nearer(far) == (near or far)


def test_an_index_line_is_told_with_the_mirror_to_name_instead(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-i https://pypi.org/simple\n")
    assert find_far_packages(ProjectDir.open(tmp_path))[0].endswith(
        "; https://mirrors.aliyun.com/pypi/simple/ has the same"
    )
