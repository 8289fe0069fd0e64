"""What goes into the archive and what stays behind."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from deployer.errors.base import DeployerError
from deployer.project.packing.secrets import why_secret
from deployer.project.packing.select import Selection, select_files
from deployer.project.project_dir import ProjectDir


def _tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def _paths(selection: Selection) -> list[str]:
    return [one.path for one in selection.files]


def _select(root: Path, ignore: tuple[str, ...] = (), include: tuple[str, ...] = ()) -> Selection:
    return select_files(ProjectDir.open(root), ignore=ignore, include_secrets=include)


def test_caches_environments_and_editors_stay_behind(tmp_path: Path) -> None:
    files = dict.fromkeys(("app.py", ".git/config", ".venv/a.py", "venv/a.py", "node_modules/a/i.js", "a/__pycache__/a.pyc", "b.pyc", ".idea/x.xml", ".vscode/s.json", ".appmanager/config.yaml", ".DS_Store", "own/pyvenv.cfg", "own/a.py", "target/CACHEDIR.TAG", "target/x.o", ".github/workflows/ci.yml"), "x")  # fmt: skip
    selection = _select(_tree(tmp_path, files))
    assert _paths(selection) == [".github/workflows/ci.yml", "app.py"]
    assert selection.ignored_count > 8


@pytest.mark.parametrize(
    "path",
    [
        ".env", ".env.production", "a/.env.local", "server.pem", "tls.key", "id_rsa", "id_ed25519", ".aws/credentials",
        ".aliyun/config.json", ".ssh/known_hosts", "terraform.tfstate", "terraform.tfstate.backup", ".netrc", ".pypirc",
        ".docker/config.json", "credentials.json", "db.sqlite3", "x.sqlite", ".git-credentials",
    ],
)  # fmt: skip
def test_secrets_stay_behind_and_are_listed(tmp_path: Path, path: str) -> None:
    selection = _select(_tree(tmp_path, {"app.py": "x", path: "canary"}))
    assert _paths(selection) == ["app.py"]
    assert any(path.startswith(one.path.rstrip("/")) for one in selection.left_out)


@pytest.mark.parametrize(
    "path", [".env.example", ".env.sample", "id_rsa.pub", "keys.py", "environment.yml", "token.go"]
)
def test_names_that_only_look_alike_are_no_secrets(path: str) -> None:
    assert why_secret(path) is None


def test_settings_of_package_managers_are_secret_only_with_a_token(tmp_path: Path) -> None:
    files = {
        ".npmrc": "registry=https://r.test/\n",
        "web/.npmrc": "//r.test/:_authToken=abc\n",
        "pip.conf": "x=https://u:p@r.test/\n",
    }
    selection = _select(_tree(tmp_path, files))
    assert _paths(selection) == [".npmrc"]
    assert [one.path for one in selection.left_out] == ["pip.conf", "web/.npmrc"]


def test_a_secret_that_is_named_is_packed_also_when_git_ignores_it(tmp_path: Path) -> None:
    root = _tree(tmp_path, {".gitignore": ".env\n", ".env": "A=1", "app.py": "x", ".env.local": "x"})
    assert _paths(_select(root, include=(".env",))) == [".env", ".gitignore", "app.py"]


def test_a_directory_of_secrets_may_be_named_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    root = _tree(
        tmp_path, {"app.py": "x", "certs/.ssh/id_rsa": "k", "certs/a.pem": "c", "keys.pem": "k", "no/.env": "x"}
    )
    selection = _select(root, ignore=("no/",), include=("./certs/", "gone.pem", "no/.env", "key"))
    assert _paths(selection) == ["app.py", "certs/.ssh/id_rsa", "certs/a.pem"]
    assert selection.not_found == ("gone.pem", "key", "no/.env")


def test_an_ignored_secret_is_listed_all_the_same(tmp_path: Path) -> None:
    root = _tree(tmp_path, {".gitignore": ".env\n", ".env": "A=1", "app.py": "x"})
    assert [(one.path, one.reason) for one in _select(root).left_out] == [(".env", "secret")]


def test_deployignore_and_the_configuration_win_over_gitignore(tmp_path: Path) -> None:
    files = {
        ".gitignore": "dist/\n*.log\n",
        ".deployignore": "!dist/\n*.md\n",
        "dist/a.js": "",
        "a.md": "",
        "b.txt": "",
        "x.log": "",
    }
    root = _tree(tmp_path, files)
    assert _paths(_select(root)) == [".deployignore", ".gitignore", "b.txt", "dist/a.js"]
    assert _paths(_select(root, ignore=("b.*", "!x.log"))) == [".deployignore", ".gitignore", "dist/a.js", "x.log"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_ignore_rules_agree_with_git(tmp_path: Path) -> None:
    files = {
        ".gitignore": "*.log\n!important.log\n/build\ndoc/**/*.txt\ntrail \nesc\\ \n# c\n\\#hash\n**/deep\nfoo/*\n!foo/keep\nCase\n",
        "sub/.gitignore": "!*.log\nlocal\n/top\n",
    }
    names = [
        "a.log", "important.log", "build/x", "sub/build/x", "doc/a.txt", "doc/x/y/b.txt", "trail", "trail ", "esc ", "#hash",
        "x/deep/f", "deep", "foo/drop", "foo/keep", "sub/a.log", "sub/local/f", "local/f", "sub/top", "sub/x/top", "case",
        "tracked.log", "sub/deep/f", "Case",
    ]  # fmt: skip
    root = _tree(tmp_path, files | dict.fromkeys(names, "x"))
    git = ["git", "-c", "init.defaultBranch=main", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "-f", "tracked.log"], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True
    )
    expected = sorted(name for name in listed.stdout.decode().split("\0") if name)
    assert sorted(_paths(_select(root))) == expected


def test_an_ignore_file_that_cannot_be_honoured_is_an_error_and_a_link_is_none(tmp_path: Path) -> None:
    root = _tree(tmp_path / "p", {"app.py": "x", "rules": "*.py\n", "sub/a.py": "x"})
    (root / ".gitignore").symlink_to("rules")
    assert "app.py" in _paths(_select(root))
    _tree(root, {"sub/.gitignore": "*a*b\n" * 60_000})
    with pytest.raises(DeployerError) as caught:
        _select(root)
    assert (caught.value.code, caught.value.facts["path"]) == ("project.file_too_large", "sub/.gitignore")


def test_links_inside_become_copies_and_links_outside_stay_behind(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "key").write_text("canary")
    root = _tree(tmp_path / "p", {"a.txt": "1", "d/b.txt": "2", ".env": "canary"})
    links = {
        "copy.txt": "a.txt", "dir": "d", "out": "../outside", "out.txt": "../outside/key", "abs": "/etc/passwd",
        "gone": "nothing", "self": ".", "d/up": "..", "hidden": ".env", "ring": "ring",
    }  # fmt: skip
    for name, target in links.items():
        (root / name).symlink_to(target)
    selection = _select(root)
    assert _paths(selection) == ["a.txt", "copy.txt", "d/b.txt", "dir/b.txt"]
    reasons = {one.path: one.reason for one in selection.left_out}
    assert {reasons[name] for name in ("out", "out.txt", "abs")} == {"links outside the project"}
    assert reasons["gone"] == reasons["ring"] == "link that leads nowhere"
    assert reasons["hidden"] == "secret"
    assert {"self", "d/up"} <= reasons.keys()


def test_pipes_and_sockets_are_left_out_with_a_note(tmp_path: Path) -> None:
    _tree(tmp_path, {"a": "x"})
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tmp_path)
        try:
            listening.bind("sock")
        finally:
            os.chdir(here)
        selection = _select(tmp_path)
    assert _paths(selection) == ["a"]
    assert [one.path for one in selection.left_out] == ["pipe", "sock"]


def test_empty_directories_are_kept(tmp_path: Path) -> None:
    _tree(tmp_path, {"a": "x"})
    (tmp_path / "uploads").mkdir()
    assert _paths(_select(tmp_path)) == ["a", "uploads"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_files_are_an_error_that_lists_them(tmp_path: Path) -> None:
    _tree(tmp_path, {"a": "x", "b": "x"})
    (tmp_path / "b").chmod(0)
    with pytest.raises(DeployerError) as caught:
        _select(tmp_path)
    assert caught.value.facts["paths"] == ["b"]


def test_a_file_that_vanishes_while_the_tree_is_walked_is_no_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _tree(tmp_path, {"a": "x", "b.swap": "x"})
    access = os.access

    def vanish(path: Path, mode: int) -> bool:
        if path.name == "b.swap":
            path.unlink()
        return access(path, mode)

    monkeypatch.setattr(os, "access", vanish)
    assert _paths(_select(root)) == ["a"]


def test_a_name_that_is_not_utf8_is_refused_and_a_control_character_left_out(tmp_path: Path) -> None:
    _tree(tmp_path, {"a": "x", "Icon\r": "x"})
    assert [one.path for one in _select(tmp_path).left_out] == ["'Icon\\r'"]
    (tmp_path / os.fsdecode(b"bad\xff")).write_text("x")
    with pytest.raises(DeployerError) as caught:
        _select(tmp_path)
    assert caught.value.code == "project.file_name_invalid"
    assert "\\xff" in caught.value.message


def test_rules_that_leave_nothing_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeployerError) as caught:
        _select(_tree(tmp_path, {"a": "x"}), ignore=("*",))
    assert caught.value.code == "project.nothing_to_pack"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_settings_of_the_repository_run_no_program(tmp_path: Path) -> None:
    root = _tree(tmp_path / "p", {"a": "x"})
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    marker = tmp_path / "marker"
    subprocess.run(["git", "-C", str(root), "config", "core.fsmonitor", f"touch {marker}; false"], check=True)
    _select(root)
    assert not marker.exists()
