"""Ignore patterns against `git check-ignore`: any pattern, any path, in two files of one repository."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.project.gitignore import GitIgnore

PIECES = (
    "a", "b", "A", "é", ".", "-", "#", "!", "*", "**", "***", "?", "[ab]", "[!a]", "[^b]", "[a-b]", "[]]", "[!]a]", "[a",
    "[[:alpha:]]", "[[:space:]-b]", "[[:no:]]", "[\\]]", "[a/b]", "\\", "\\a", "\\/", " ", "\\ ", "\t", "[", "]", "/", "//",
    "{a,b}",
)  # fmt: skip
LINES = st.builds(
    "{0}{1}{2}{3}".format,
    st.sampled_from(["", "", "", "!"]),
    st.sampled_from(["", "", "/", "**/"]),
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join),
    st.sampled_from(["", "", "/", "/**", "/*", " ", "\\ ", "\r"]),
)
TEXTS = st.lists(LINES, max_size=4).map("\n".join)
NAMES = st.text("ab. -#!Aé", min_size=1, max_size=3).filter(lambda name: name.strip(".") != "")
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=1, max_size=12)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / "a").mkdir()
    return root


def ignored_by_git(root: Path, paths: list[str]) -> set[str]:
    answer = subprocess.run(
        ["git", "-C", str(root), "check-ignore", "--no-index", "-z", "--stdin"],
        input="\0".join(paths).encode(),
        capture_output=True,
        check=False,
    )
    assert answer.returncode in (0, 1), answer.stderr
    return {path for path in answer.stdout.decode().split("\0") if path}


def is_ignored(texts: dict[str, str], path: str) -> bool:
    """Asked from the top down, as a walk does: what lies in an ignored directory is ignored."""
    parts = path.split("/")
    files: list[tuple[int, GitIgnore]] = []
    for depth in range(len(parts)):
        above = "".join(f"{part}/" for part in parts[:depth])
        if above in texts:
            files.append((len(above), GitIgnore.of(texts[above])))
        here = "/".join(parts[: depth + 1])
        answers = (one.says(here[start:], is_directory=depth + 1 < len(parts)) for start, one in reversed(files))
        if next((answer for answer in answers if answer is not None), False):
            return True
    return False


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(top=TEXTS, below=TEXTS, paths=PATHS)
def test_any_pattern_ignores_what_git_ignores(repository: Path, top: str, below: str, paths: list[str]) -> None:
    (repository / ".gitignore").write_bytes(top.encode())
    (repository / "a" / ".gitignore").write_bytes(below.encode())
    asked = sorted({path for path in paths if path != "a"})
    texts = {"": top, "a/": below}
    assert {path for path in asked if is_ignored(texts, path)} == ignored_by_git(repository, asked)


@pytest.mark.parametrize(
    ("pattern", "path", "is_directory", "answer"),
    [
        ("build/", "build", False, None),
        ("build/", "x/build", True, True),
        ("/build", "x/build", True, None),
        ("*.log", "x/y.log", False, True),
        ("!keep", "keep", False, False),
        ("a/**/b", "a/b", False, True),
        ("a/*", "a/b/c", False, None),
        ("trailing ", "trailing", False, True),
        ("\\#hash", "#hash", False, True),
        ("# comment", "# comment", False, None),
        ("\ufeff*.pyc", "a.pyc", False, True),
        ("caf?", "café", False, None),
    ],
)
def test_the_examples_of_the_manual_hold(pattern, path, is_directory, answer) -> None:
    assert GitIgnore.of(pattern).says(path, is_directory=is_directory) is answer


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 100 + "b", "a" * 255),
        ("**/a/" * 100 + "b", "a/" * 2000 + "c"),
        ("**/*a*a*a/" * 30 + "b", "aaaa/" * 800 + "c"),
        ("*?" * 120 + "x", "a" * 255),
    ],
)
def test_no_pattern_of_a_stranger_takes_long(pattern: str, path: str) -> None:
    began = time.process_time()
    assert GitIgnore.of(pattern).says(path, is_directory=False) is None
    assert time.process_time() - began < 1
