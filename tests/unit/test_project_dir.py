"""The door to the user's files: what it opens, what it refuses, what it reads."""

import os
import threading
from pathlib import Path

import pytest

from deployer.errors.base import DeployerError
from deployer.project.names import is_valid_name, suggest_name
from deployer.project.project_dir import ProjectDir


def _write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def _refusal(path: Path | str, home: Path | None = None) -> DeployerError:
    with pytest.raises(DeployerError) as caught:
        ProjectDir.open(path, home=home)
    return caught.value


def test_each_path_that_is_no_project_is_refused_with_its_own_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "x").write_text("x")
    found = {
        "missing": _refusal(tmp_path / "none").code,
        "file": _refusal(tmp_path / "file").code,
        "empty": _refusal(tmp_path / "empty").code,
        "root": _refusal("/").code,
        "home": _refusal(tmp_path / "home", home=tmp_path / "home").code,
    }
    assert found == {
        "missing": "project.missing",
        "file": "project.not_a_directory",
        "empty": "project.empty",
        "root": "project.is_root",
        "home": "project.is_home",
    }


def test_refusals_quote_the_path_and_say_one_thing_to_do(tmp_path: Path) -> None:
    error = _refusal(tmp_path / "it's $(here)")
    assert f"`{tmp_path}/it's $(here)`" in error.message
    assert error.facts["path"].endswith("it's $(here)")
    assert error.hint
    assert error.exit_code == 65


def test_the_root_reached_by_dots_and_the_home_reached_by_a_link_are_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    _write(home, a="x")
    (tmp_path / "link").symlink_to(home)
    assert _refusal("/usr/../").code == "project.is_root"
    assert _refusal(tmp_path / "link", home=home).code == "project.is_home"


def test_a_directory_with_nothing_but_git_is_empty(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert _refusal(tmp_path).code == "project.empty"


def test_odd_names_and_trailing_slashes_open(tmp_path: Path) -> None:
    odd = tmp_path / "my 应用 'x' $(id)"
    _write(odd, a="x")
    assert ProjectDir.open(f"{odd}/").name == odd.name
    assert ProjectDir.open(odd / ".." / odd.name).path == odd.resolve()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gbk"])
def test_text_is_read_whatever_its_encoding(tmp_path: Path, encoding: str) -> None:
    text = "flask==3.0  # 一个应用程序的依赖\r\nrequests\r\n" * 3
    (tmp_path / "r.txt").write_bytes(text.encode(encoding))
    assert ProjectDir.open(tmp_path).read_text("r.txt") == text.replace("\r\n", "\n")


def test_nothing_outside_is_read_by_dots_by_an_absolute_path_or_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    root = _write(tmp_path / "p", a="x")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "inside").symlink_to("a")
    project = ProjectDir.open(root)
    for path in ("../secret", str(tmp_path / "secret"), "link"):
        assert project.find_text(path) is None
        assert not project.exists(path)
        with pytest.raises(DeployerError) as caught:
            project.read_text(path)
        assert caught.value.code == "project.path_outside"
    assert project.read_text("inside") == "x"


def test_a_pipe_does_not_hang_and_a_large_file_is_refused(tmp_path: Path) -> None:
    root = _write(tmp_path, a="x" * 2000)
    os.mkfifo(root / "pipe")
    project = ProjectDir.open(root)
    reader = threading.Thread(target=project.find_text, args=("pipe",), daemon=True)
    reader.start()
    reader.join(5)
    assert not reader.is_alive()
    with pytest.raises(DeployerError) as caught:
        project.read_text("a", limit_bytes=1000)
    assert caught.value.code == "project.file_too_large"


def test_the_listing_honours_ignore_files_and_does_not_follow_links(tmp_path: Path) -> None:
    root = _write(
        tmp_path, **{".gitignore": "*.log\n!keep.log\n", "a.log": "", "keep.log": "", "sub__b.py": "", "venv__c.py": ""}
    )
    _write(root, **{"env9__pyvenv.cfg": "", "env9__lib.py": ""})
    (root / "loop").symlink_to(root)
    assert ProjectDir.open(root).files() == (".gitignore", "keep.log", "sub/b.py")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My_Flask App", "my_flask-app"),
        ("2048", "app-2048"),
        ("café.io", "cafe-io"),
        ("-rf", "rf"),
        ("$(id);rm", "id-rm"),
        ("name\n", "name"),
        ("x" * 200, "x" * 64),
    ],
)
def test_a_name_is_derived_from_the_directory(text: str, name: str) -> None:
    assert suggest_name(text) == name
    assert is_valid_name(name)


@pytest.mark.parametrize("text", ["我的应用", "🚀", ".", "---", ""])
def test_a_name_without_latin_letters_gets_a_stable_valid_one(text: str) -> None:
    assert is_valid_name(suggest_name(text))
    assert suggest_name(text) == suggest_name(text)


@pytest.mark.parametrize("name", ["", "1a", "-a", "a b", "a\n", "a" * 65, "../x", "应用"])
def test_invalid_names_are_told_apart(name: str) -> None:
    assert not is_valid_name(name)
