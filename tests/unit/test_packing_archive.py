"""The archive: the same tree gives the same bytes, every tool unpacks it, and a moving tree is noticed."""

import hashlib
import os
import random
import shutil
import stat
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from fastcrc import crc64
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployer.errors.base import DeployerError
from deployer.models.package import Package
from deployer.project.packing import archive as archive_module
from deployer.project.packing import oddities as oddities_module
from deployer.project.packing.archive import build_package
from deployer.project.packing.select import SelectedFile
from deployer.project.project_dir import ProjectDir


def _tree(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def _build(root: Path, out_dir: Path) -> Package:
    return build_package(ProjectDir.open(root), out_dir=out_dir)


_NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\\0", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12
)
_FILES = st.dictionaries(
    _NAMES.filter(lambda name: name.strip(". ") == name), st.binary(max_size=300), min_size=1, max_size=8
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(files=_FILES, seed=st.integers(0, 1000))
def test_the_same_tree_gives_the_same_bytes_whatever_times_order_and_masks(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], seed: int
) -> None:
    base = tmp_path_factory.mktemp("same")
    files = files | {"always.txt": b"1"}
    shuffled = list(files.items())
    random.Random(seed).shuffle(shuffled)
    first, second = _tree(base / "a", files), _tree(base / "b", dict(shuffled))
    for path in second.iterdir():
        os.utime(path, (seed, 10_000_000_000 + seed))
        path.chmod(0o600)
    one, two = _build(first, base / "o1"), _build(second, base / "o2")
    assert one.sha256 == two.sha256
    assert one.path.read_bytes() == two.path.read_bytes()


def test_hashes_size_and_name_are_those_of_the_file(tmp_path: Path) -> None:
    package = _build(_tree(tmp_path / "p", {"a": b"x" * 100_000, "b/c": os.urandom(200_000)}), tmp_path / "o")
    data = package.path.read_bytes()
    assert package.sha256 == hashlib.sha256(data).hexdigest()
    assert package.path.name == f"{package.sha256}.zip"
    assert package.crc64 == crc64.xz(data)
    assert package.size_bytes == len(data)
    assert package.file_count == 2
    assert [(one.path, one.size_bytes) for one in package.largest] == [("b/c", 200_000), ("a", 100_000)]
    assert [path.name for path in (tmp_path / "o").iterdir()] == [package.path.name]


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_info_zip_and_python_unpack_the_same_tree(tmp_path: Path) -> None:
    files = {
        "应用/主.py": "print('你好')\n".encode(), "emoji 🚀.txt": b"1", "-rf": b"2", "a b.txt": b"3", "back\\slash": b"4",
        "cafe\u0301": b"5", "caf\u00e9": b"6", "con": b"7", "dot.": b"8", "x" * 255: b"9", "empty": b"", "big": b"z" * 3_000_000,
        "noise.bin": os.urandom(300_000),
    }  # fmt: skip
    root = _tree(tmp_path / "p", files)
    (root / "uploads").mkdir()
    package = _build(root, tmp_path / "o")
    subprocess.run(
        ["unzip", "-q", str(package.path), "-d", str(tmp_path / "u")],
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    with zipfile.ZipFile(package.path) as opened:
        opened.extractall(tmp_path / "z")
    for target in (tmp_path / "u", tmp_path / "z"):
        found = {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}
        assert found == files
        assert (target / "uploads").is_dir()


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_the_executable_bit_survives_and_setuid_does_not(tmp_path: Path) -> None:
    root = _tree(tmp_path / "p", {"gradlew": b"#!/bin/sh\n", "private": b"x"})
    (root / "gradlew").chmod(0o4711)
    (root / "private").chmod(0o600)
    package = _build(root, tmp_path / "o")
    subprocess.run(["unzip", "-q", str(package.path), "-d", str(tmp_path / "u")], check=True)
    assert stat.S_IMODE((tmp_path / "u" / "gradlew").stat().st_mode) & 0o4111 == 0o111
    assert not (tmp_path / "u" / "private").stat().st_mode & 0o111


def test_times_before_1980_and_far_in_the_future_are_packed(tmp_path: Path) -> None:
    root = _tree(tmp_path / "p", {"old": b"1", "new": b"2"})
    os.utime(root / "old", (0, 0))
    os.utime(root / "new", (9_000_000_000, 9_000_000_000))
    assert _build(root, tmp_path / "o").file_count == 2


def test_shell_scripts_lose_carriage_returns_in_the_archive_alone(tmp_path: Path) -> None:
    files = {
        "start.sh": b"#!/bin/bash\r\necho 1\r\n", "gradlew": b"#!/bin/sh\r\n", "tool": b"#!/usr/bin/env bash\r\nls\r\n",
        "Procfile": b"web: x\r\n", "data.csv": b"a\r\n", "page.py": b"#!/usr/bin/python\r\n",
    }  # fmt: skip
    root = _tree(tmp_path / "p", files)
    package = _build(root, tmp_path / "o")
    assert [said for said in package.warnings if "`Procfile`, `gradlew`, `start.sh`, `tool`" in said]
    with zipfile.ZipFile(package.path) as opened:
        assert opened.read("start.sh") == b"#!/bin/bash\necho 1\n"
        assert opened.read("data.csv") == b"a\r\n"
        assert opened.read("page.py") == files["page.py"]
    assert (root / "start.sh").read_bytes() == files["start.sh"]


def test_what_its_author_may_not_know_of_is_told(tmp_path: Path) -> None:
    files = {
        "settings.py": b"KEY = 'LTAI5tCanaryCanaryCan'\n", "cert.txt": b"-----BEGIN RSA PRIVATE KEY-----\ncanary\n",
        "notes.txt": b"LTAI is how they begin\n", "Readme": b"1", "README": b"2",
    }  # fmt: skip
    keys, alike = _build(_tree(tmp_path / "p", files), tmp_path / "o").warnings
    assert keys.endswith("`cert.txt`, `settings.py`")
    assert alike.endswith("`README`, `Readme`")


def test_a_large_project_is_told_with_its_largest_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oddities_module, "LARGE_BYTES", 1000)
    root = _tree(tmp_path / "p", {"small": b"1", "movie.bin": b"x" * 2000})
    [said] = _build(root, tmp_path / "o").warnings
    assert "`movie.bin`, `small`" in said
    assert ".deployignore" in said


def test_what_is_compressed_already_is_stored(tmp_path: Path) -> None:
    root = _tree(tmp_path / "p", {"a.jar": b"x" * 50_000, "noise": os.urandom(100_000), "text": b"x" * 50_000})
    package = _build(root, tmp_path / "o")
    with zipfile.ZipFile(package.path) as opened:
        types = {one.filename: one.compress_type for one in opened.infolist()}
    assert types == {"a.jar": zipfile.ZIP_STORED, "noise": zipfile.ZIP_STORED, "text": zipfile.ZIP_DEFLATED}


def test_the_archive_is_never_packed_into_itself(tmp_path: Path) -> None:
    root = _tree(tmp_path / "p", {"a": b"1"})
    first = _build(root, root / "out")
    assert _build(root, root / "out").sha256 == first.sha256


class _Meddler:
    """Does something to the project each time a file is about to be read, up to a number of times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int, act) -> None:
        self._check, self._left, self._act = archive_module._check_unchanged, times, act
        monkeypatch.setattr(archive_module, "_check_unchanged", self)

    def __call__(self, one: SelectedFile, file, *, read_bytes: int) -> None:
        if self._left:
            self._left -= 1
            self._act()
        self._check(one, file, read_bytes=read_bytes)


def test_a_file_that_changes_once_costs_one_more_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = _tree(tmp_path / "p", {"a": b"1"})
    _Meddler(monkeypatch, 1, lambda: (root / "a").write_bytes(b"changed"))
    package = _build(root, tmp_path / "o")
    with zipfile.ZipFile(package.path) as opened:
        assert opened.read("a") == b"changed"
    assert len(list((tmp_path / "o").iterdir())) == 1


def test_a_file_that_keeps_changing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = _tree(tmp_path / "p", {"a": b"1"})
    _Meddler(monkeypatch, 99, lambda: (root / "a").write_bytes((root / "a").read_bytes() + b"1"))
    with pytest.raises(DeployerError) as caught:
        _build(root, tmp_path / "o")
    assert (caught.value.code, caught.value.facts["path"]) == ("project.changed_while_packing", "a")
    assert not list((tmp_path / "o").iterdir())


def test_a_file_swapped_for_a_link_outside_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_bytes(b"canary")
    root = _tree(tmp_path / "p", {"a": b"1", "b": b"2"})

    def swap() -> None:
        (root / "b").unlink(missing_ok=True)
        (root / "b").symlink_to(tmp_path / "key")

    _Meddler(monkeypatch, 1, swap)
    package = _build(root, tmp_path / "o")
    with zipfile.ZipFile(package.path) as opened:
        assert opened.namelist() == ["a"]
    assert [one.path for one in package.left_out] == ["b"]


def test_a_directory_moved_away_and_replaced_by_a_link_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files in it are the same ones, by inode and time: only the way to them tells."""
    root = _tree(tmp_path / "p", {"a": b"1", "sub/deep/b": b"2"})

    def swap() -> None:
        (root / "sub").rename(tmp_path / "outside")
        (root / "sub").symlink_to(tmp_path / "outside")

    _Meddler(monkeypatch, 1, swap)
    package = _build(root, tmp_path / "o")
    assert [one.path for one in package.files] == ["a"]
    assert [(one.path, one.reason) for one in package.left_out] == [("sub", "links outside the project")]


@pytest.mark.skipif(not Path("/dev/full").exists() or os.geteuid() != 0, reason="needs to mount a small file system")
def test_a_full_disk_is_a_clean_error_and_leaves_nothing(tmp_path: Path) -> None:
    _tree(tmp_path / "p", {"a": os.urandom(3_000_000)})
    (tmp_path / "o").mkdir()
    program = (
        "import sys, pathlib; from deployer.project.packing.archive import build_package;"
        "from deployer.project.project_dir import ProjectDir; from deployer.errors.base import DeployerError\n"
        "try: build_package(ProjectDir.open('p'), out_dir=pathlib.Path('o'))\n"
        "except DeployerError as error: print(error.code, list(pathlib.Path('o').iterdir()))"
    )
    (tmp_path / "program.py").write_text(program)
    command = 'mount -t tmpfs -o size=1m tmpfs o && exec "$0" program.py'
    done = subprocess.run(
        ["unshare", "-Urm", "bash", "-c", command, sys.executable],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("namespaces are not allowed here")
    assert done.stdout.strip() == "package.disk_full []"


def test_an_archive_over_the_limit_names_the_largest_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "LIMIT_BYTES", 100_000)
    root = _tree(tmp_path / "p", {"movie.mp4": os.urandom(200_000), "a": b"1"})
    with pytest.raises(DeployerError) as caught:
        _build(root, tmp_path / "o")
    assert caught.value.code == "package.too_large"
    assert caught.value.facts["largest"][0] == "movie.mp4"


def test_two_thousand_small_files_take_well_under_two_seconds(tmp_path: Path) -> None:
    _tree(tmp_path / "p", {f"d{number % 40}/f{number}.py": b"print(1)\n" * 20 for number in range(2000)})
    started = time.perf_counter()
    package = _build(tmp_path / "p", tmp_path / "o")
    assert package.file_count == 2000
    assert time.perf_counter() - started < 2


def test_memory_stays_small_for_a_large_file(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    with (tmp_path / "p" / "big").open("wb") as file:
        file.truncate(120_000_000)
    tracemalloc.start()
    _build(tmp_path / "p", tmp_path / "o")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_is_recorded_also_from_packed_references_and_below_the_top(tmp_path: Path) -> None:
    root = _tree(tmp_path / "p", {"sub/a": b"1"})
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert _build(root, tmp_path / "o").source_commit is None
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert _build(root, tmp_path / "o").source_commit == commit
    subprocess.run([*git, "pack-refs", "--all"], check=True)
    assert _build(root / "sub", tmp_path / "o").source_commit == commit
