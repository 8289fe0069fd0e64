"""Editing keeps every other byte; a crash, a link or a full disk never leaves half a file."""

import errno
import os
import stat
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.config import writing
from deployer.config.document import parse_document, read_document
from deployer.config.edit import CannotEdit, edit_config, set_value
from deployer.config.new_file import write_new_config
from deployer.errors.config import ConfigInvalid, ConfigNotWritten

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=timezone.utc)

SAMPLE = """\
# who and where
metadata:
  name: my-flask-app   # the folder
  type: 'app'
  groupName: "default-cn-beijing"
  regionId: cn-beijing

common:
  deployment: {ecsInstanceType: ecs.u1-c1m2.large, systemDiskSize: 40}
  scripts:
    start: |
      #!/bin/bash
      # keep: this  "line"
      echo 'a: b' >> /root/app.log

      sleep 3 && cat /root/app.log
    stop: |-
      true   # 你好
# the end
"""

PLAIN_KEYS = [
    ("metadata", "name"),
    ("metadata", "type"),
    ("metadata", "groupName"),
    ("metadata", "regionId"),
    ("common", "deployment", "ecsInstanceType"),
    ("common", "deployment", "systemDiskSize"),
]
VALUES = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40),
    st.sampled_from(["on", "0123", "1e3", "2024-01-01", "a: b", "a #b", "- x", "{x", "'", '"', "", " ", "~", "x\ny\n"]),
    st.integers(min_value=-(10**6), max_value=10**6),
)


def without_value(text: str, path: tuple[str, ...]) -> tuple[str, str]:
    mark = parse_document(text, path="x").marks[path]
    return text[: mark.start], text[mark.end :]


@given(path=st.sampled_from(PLAIN_KEYS), value=VALUES)
def test_a_scalar_edit_keeps_all_other_bytes(path: tuple[str, ...], value: str | int) -> None:
    changed = set_value(SAMPLE, path, value)
    before, after = without_value(SAMPLE, path)
    assert changed.startswith(before)
    tail_lines = after.split("\n", 1)
    assert changed.endswith(tail_lines[1])
    data = parse_document(changed, path="x").data
    for key in path:
        data = data[key]
    assert data == value


@given(path=st.sampled_from(PLAIN_KEYS), value=VALUES)
def test_setting_a_value_back_gives_the_same_values(path: tuple[str, ...], value: str | int) -> None:
    original = parse_document(SAMPLE, path="x").data
    old = original
    for key in path:
        old = old[key]
    back = set_value(set_value(SAMPLE, path, value), path, old)
    assert parse_document(back, path="x").data == original


@given(value=st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60))
def test_any_script_survives_being_set(value: str) -> None:
    changed = set_value(SAMPLE, ("common", "scripts", "start"), value)
    assert parse_document(changed, path="x").data["common"]["scripts"]["start"] == value


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("a:\n  b: 1\n# c\nd: 2\n", "a.x", "y", "a:\n  b: 1\n  x: y\n# c\nd: 2\n"),
        ("a:\n  b: 1", "a.x", "y", "a:\n  b: 1\n  x: y\n"),
        ("a:\nd: 2\n", "a.x", "y", "a:\n  x: y\nd: 2\n"),
        ("a: ~\n", "a.x", "y", "a: {x: y}\n"),
        ("a: {}\n", "a.x", "y", "a: {x: y}\n"),
        ("a: {b: 1}\n", "a.x", "y", "a: {b: 1, x: y}\n"),
        ("a: {b: 1,}\n", "a.x", "y", "a: {b: 1, x: y}\n"),
        ("a: {b: 1}\n", "a.x.z", 3, "a: {b: 1, x: {z: 3}}\n"),
        ("a: 1\n", "m.n.o", 3, "a: 1\nm:\n  n:\n    o: 3\n"),
        ("# only a comment\n", "m.n", "v", "# only a comment\nm:\n  n: v\n"),
        ("", "m.n", "v", "m:\n  n: v\n"),
        ("a:\n  b: 1\n  c:\n", "a.c", "v", "a:\n  b: 1\n  c: v\n"),
        ("a:\r\n  b: 1\r\n  c: 2\r\n", "a.b", 5, "a:\r\n  b: 5\r\n  c: 2\r\n"),
        ("a:\r\n  b: 1\r\n", "a.x", 5, "a:\r\n  b: 1\r\n  x: 5\r\n"),
        ("\ufeffa: 1\n", "a", 2, "\ufeffa: 2\n"),
        ("a:\n  s: |\n    x\n\n\n# c\n", "a.t", 1, "a:\n  s: |\n    x\n  t: 1\n\n\n# c\n"),
        ("a:\n  s: |+\n    x\n\n\nb: 1\n", "a.t", 1, "a:\n  s: |+\n    x\n\n\n  t: 1\nb: 1\n"),
        ("a:\n  l:\n  - x\n  - y\n", "a.t", 1, "a:\n  l:\n  - x\n  - y\n  t: 1\n"),
        ("a:\n  s: old # why\n  t: 1\n", "a.s", "x\ny\n", "a:\n  s: | # why\n    x\n    y\n  t: 1\n"),
        ("a:\n  s: |\n    x\n\n  t: 1\n", "a.s", "p\nq\n", "a:\n  s: |\n    p\n    q\n\n  t: 1\n"),
        ("a: 'x'\n", "a", "it's", "a: 'it''s'\n"),
        ('a: "x"\n', "a", "y", 'a: "y"\n'),
    ],
)
def test_values_are_set_where_a_person_would_write_them(text, path, value, expected):
    assert set_value(text, tuple(path.split(".")), value) == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: &x 1\nb: *x\n", "b"),
        ("a: &x 1\nb: *x\n", "a"),
        ("a:\n  - 1\n", "a"),
        ("a: 1\n", "a.b"),
        ("a: &x {k: 1}\nb: *x\n", "b.k"),
    ],
)
def test_what_cannot_be_set_alone_is_refused(text, path):
    with pytest.raises(CannotEdit):
        set_value(text, tuple(path.split(".")), 7)


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    path = tmp_path / ".appmanager" / "config.yaml"
    path.parent.mkdir()
    path.write_text(SAMPLE)
    return path


def test_a_file_keeps_its_mode_and_leaves_nothing_behind(config_file):
    config_file.chmod(0o640)
    assert edit_config(config_file, {"metadata.groupName": "default-cn-beijing-2"})
    assert stat.S_IMODE(config_file.stat().st_mode) == 0o640
    assert config_file.read_text() == SAMPLE.replace('"default-cn-beijing"', '"default-cn-beijing-2"')
    assert [path.name for path in config_file.parent.iterdir()] == ["config.yaml"]


def test_setting_the_same_value_writes_nothing(config_file):
    before = config_file.stat().st_mtime_ns
    assert not edit_config(config_file, {"metadata.regionId": "cn-beijing"})
    assert config_file.stat().st_mtime_ns == before


def test_a_full_disk_leaves_the_old_file(config_file, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(ConfigNotWritten, match=r"the disk is full, \d+ bytes"):
        edit_config(config_file, {"metadata.name": "other"})
    assert config_file.read_text() == SAMPLE
    assert [path.name for path in config_file.parent.iterdir()] == ["config.yaml"]


def test_a_link_inside_the_project_is_followed(config_file, tmp_path):
    real = tmp_path / "real.yaml"
    config_file.rename(real)
    config_file.symlink_to(real)
    edit_config(config_file, {"metadata.name": "other"})
    assert config_file.is_symlink()
    assert "name: other   # the folder" in real.read_text()


def test_a_new_file_is_never_written_through_a_link_out_of_the_project(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    project = tmp_path / "project"
    project.mkdir()
    (project / ".appmanager").symlink_to(outside)
    with pytest.raises(ConfigNotWritten, match="outside the project"):
        write_new_config(project / ".appmanager" / "config.yaml", {"metadata.name": "x"}, now=NOW)
    assert list(outside.iterdir()) == []


def test_a_new_file_has_a_fixed_order_and_readable_scripts(tmp_path):
    path = tmp_path / ".appmanager" / "config.yaml"
    values = {
        "common.scripts.start": "#!/bin/bash\necho 你好\n",
        "metadata.regionId": "cn-hangzhou",
        "metadata.name": "on",
        "deployer.env": {"ON": "yes", "A": "x: y"},
        "deployer.ignore": ("*.log", "- x"),
        "common.deployment.port": 8080,
    }
    written = write_new_config(path, values, now=NOW)
    assert written.backup_path is None
    assert path.read_text().split("\n", 1)[1] == (
        'metadata:\n  name: "on"\n  regionId: cn-hangzhou\n'
        "common:\n  deployment:\n    port: 8080\n  scripts:\n    start: |\n      #!/bin/bash\n      echo 你好\n"
        'deployer:\n  env:\n    "ON": "yes"\n    A: "x: y"\n  ignore:\n    - "*.log"\n    - "- x"\n'
    )
    assert read_document(path).data["deployer"]["env"] == {"ON": "yes", "A": "x: y"}


def test_an_older_file_is_backed_up_before_it_is_replaced(config_file):
    config_file.chmod(0o600)
    first = write_new_config(config_file, {"metadata.name": "one"}, now=NOW)
    second = write_new_config(config_file, {"metadata.name": "two"}, now=NOW)
    assert first.backup_path is not None
    assert first.backup_path.name == "config.yaml.bak.20261122093000"
    assert first.backup_path.read_text() == SAMPLE
    assert stat.S_IMODE(first.backup_path.stat().st_mode) == 0o600
    assert second.backup_path is not None
    assert "name: one" in second.backup_path.read_text()


def test_wrong_values_are_refused_before_anything_is_written(config_file):
    with pytest.raises(ConfigInvalid) as caught:
        write_new_config(config_file, {"metadata.name": "1x", "common.deployment.port": 22}, now=NOW)
    assert {problem.path for problem in caught.value.problems} == {"metadata.name", "common.deployment.port"}
    assert config_file.read_text() == SAMPLE


def test_a_new_file_with_a_secret_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "config.yaml"
    write_new_config(path, {"agent.model.apiKey": "sk-0123456789abcdef0123456789"}, now=NOW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
