"""`deployer package`: what would be uploaded, what stays behind, and nothing left on disk that was not asked for."""

import json
import os
import tempfile
import zipfile
from pathlib import Path

import pytest

from deployer.cli.main import run
from deployer.clock import SystemClock
from deployer.operations.run_folder import RunFolder

CONFIG = "deployer:\n  ignore: ['*.md']\n  includeSecrets: [certs]\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "app.py": "x" * 3000, "bin/run.sh": "#!/bin/sh\n", "notes.md": "n", ".env": "TOKEN=canary", "certs/a.pem": "p",
        "node_modules/m/i.js": "m", ".appmanager/config.yaml": CONFIG,
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "shop" / "bin" / "run.sh").chmod(0o755)
    monkeypatch.setenv("DEPLOYER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "shop"


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert run(["package", "shop", "--output", "json", *arguments]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])["data"]


def test_files_sizes_and_what_stays_behind_are_shown(project: Path, capsys) -> None:
    data = call(capsys, "--list")
    assert [(one["path"], one["size_bytes"], one["executable"]) for one in data["files"]] == [
        ("app.py", 3000, False), ("bin/run.sh", 10, True), ("certs/a.pem", 1, False)
    ]  # fmt: skip
    assert data["left_out"] == [{"path": ".env", "reason": "secret"}]
    assert (data["file_count"], data["unpacked_bytes"], data["ignored_count"]) == (3, 3011, 3)
    assert [one["path"] for one in data["largest"]] == ["app.py", "bin/run.sh", "certs/a.pem"]
    assert "files" not in call(capsys)


def test_a_person_reads_the_largest_first_and_no_content(project: Path, capsys) -> None:
    assert run(["package", "shop", "--list", "--sizes", "--include-secret", "gone.pem"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["2.9", "KiB", "app.py"]
    assert [".env", "secret"] in [line.split() for line in lines]
    assert any("`gone.pem`" in line for line in lines)
    assert "canary" not in "".join(lines)


def test_the_archive_is_kept_where_it_is_wanted_and_is_no_part_of_itself(project: Path, tmp_path: Path, capsys) -> None:
    first = call(capsys, "--to", "shop/new/shop.zip")
    again = call(capsys, "--to", "shop/new/shop.zip")
    named = call(capsys, "--to", str(tmp_path))
    with zipfile.ZipFile(project / "new" / "shop.zip") as archive:
        assert sorted(archive.namelist()) == ["app.py", "bin/run.sh", "certs/a.pem"]
    assert first == again
    assert first["archive"] == "shop/new/shop.zip"
    assert Path(named["archive"]).name == f"{named['sha256']}.zip"


def test_nothing_stays_in_the_cache_after_packing_or_failing(project: Path, tmp_path: Path, capsys) -> None:
    call(capsys)
    (project / "dangling\udcff").write_text("a name that cannot be packed")
    assert run(["package", "shop"]) == 65
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.name != "runs"]


def test_a_place_that_cannot_be_written_is_named(project: Path, capsys) -> None:
    assert run(["package", "shop", "--to", "/dev/null/shop.zip"]) == 65
    assert "/dev/null/shop.zip" in capsys.readouterr().err


def test_without_a_cache_folder_the_systems_folder_serves(project: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setenv("DEPLOYER_CACHE_DIR", "/dev/null/cache")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    assert run(["package", "shop", "--output", "json"]) == 65
    error = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (error["code"], "DEPLOYER_CACHE_DIR" in error["hint"]) == ("package.no_folder", True)
    (tmp_path / "tmp").mkdir()
    assert call(capsys)["file_count"] == 3
    assert not list((tmp_path / "tmp").iterdir())


def test_what_a_killed_run_left_is_removed_a_day_later(tmp_path: Path) -> None:
    base = tmp_path / "runs"
    for name, age_seconds in (("killed", 90_000), ("at-work", 60)):
        (base / name).mkdir(parents=True)
        (base / name / "x.zip").write_text("x")
        then = SystemClock().now().timestamp() - age_seconds
        os.utime(base / name, (then, then))
    folder = RunFolder(base, SystemClock())
    with folder:
        assert folder.path.stat().st_mode & 0o077 == 0
        (folder.path / "y.zip").write_text("y")
    assert [path.name for path in base.iterdir()] == ["at-work"]
