"""Reading the file: what is no configuration is named, and nothing of it is ever run."""

import os
import socket
import time
from pathlib import Path

import pytest

from deployer.config import document as document_module
from deployer.config.document import parse_document, read_document
from deployer.errors.config import ConfigInvalid, ConfigNotFound, ConfigUnreadable


def refused(text: str):
    with pytest.raises(ConfigInvalid) as caught:
        parse_document(text, path="config.yaml")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n# comments\n", "null\n", "~", "---\n"])
def test_a_file_without_content_says_to_run_init(text):
    problem = refused(text)
    assert problem.code == "empty"
    assert problem.hint == "run `deployer init`"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a:\n\tb: 1\n", "tab", 2, 1),
        ('a: "x\nb: 1\n', "syntax", 3, 1),
        ("a: 1\n---\nb: 2\n", "documents", 2, 1),
        ("a: [1\nb: 2\n", "syntax", 2, 2),
        ("a: 1\nb: \x07\n", "character", 2, None),
        ("a: *nowhere\n", "syntax", 1, 4),
        ("- a\n", "type", 1, None),
        ("just text\n", "type", 1, None),
    ],
)
def test_broken_yaml_names_line_and_column(text, code, line, column):
    problem = refused(text)
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert problem.hint


def test_duplicate_keys_are_refused_with_both_lines():
    document = parse_document("metadata:\n  name: a\n  type: app\n  name: b\n", path="c")
    (problem,) = document.problems
    assert problem.path == "metadata.name"
    assert problem.message == "`name` stands twice, in line 2 and in line 4"


def test_keys_that_yaml_reads_as_something_else_are_named():
    document = parse_document("on: 1\n1: 2\n", path="c")
    assert [problem.hint for problem in document.problems] == ['put it in quotes: `"on"`', 'put it in quotes: `"1"`']


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!python/name:os.system", "!mine", "!!binary"])
def test_tags_are_refused_and_nothing_is_run(tag, tmp_path):
    marker = tmp_path / "ran"
    document = parse_document(f"a: {tag} ['touch {marker}']\nb: {tag} x\n", path="c")
    assert {problem.code for problem in document.problems} == {"tag"}
    assert not marker.exists()


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{n}: &{n} [{','.join([f'*{p}'] * 9)}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)),
        "a: &a [*a]\n",
        "a: " + "[" * 1000,
        "".join("  " * depth + "a:\n" for depth in range(1000)),
        "a: [" + "x, " * 30_000 + "]\n",
    ],
)
def test_bombs_are_refused_quickly(text):
    started = time.monotonic()
    assert refused(text).code in {"size", "depth"}
    assert time.monotonic() - started < 5


def test_merged_mappings_read_as_one():
    document = parse_document("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n", path="c")
    assert document.data["b"] == {"q": 3, "p": 1}
    assert document.problems == ()


def test_marks_say_where_each_value_stands():
    text = "metadata:\n  # c\n  name: 'x y'  # d\n"
    mark = parse_document(text, path="c").marks["metadata", "name"]
    assert (mark.key_line, mark.line, mark.column, mark.raw) == (3, 3, 9, "'x y'")
    assert text[mark.start : mark.end] == "'x y'"


def test_a_missing_file_says_to_run_init(tmp_path):
    with pytest.raises(ConfigNotFound) as caught:
        read_document(tmp_path / "config.yaml")
    assert caught.value.next_commands == ("deployer init",)


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "it is a directory"),
        (make_fifo, "it is a named pipe"),
        (make_socket, "it is a socket"),
    ],
)
def test_what_is_no_file_is_named_without_waiting(make, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    path = Path("config.yaml")
    make(path)
    with pytest.raises(ConfigUnreadable) as caught:
        read_document(path)
    assert caught.value.facts["reason"] == reason


def test_a_device_is_not_read():
    with pytest.raises(ConfigUnreadable, match="it is a device"):
        read_document(Path("/dev/zero"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("a: 1")
    path.chmod(0)
    with pytest.raises(ConfigUnreadable, match="permission denied"):
        read_document(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_of_another_user_that_anybody_may_write_is_refused(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("metadata: {name: x}")
    os.chown(path, 12345, 12345)
    path.chmod(0o646)
    with pytest.raises(ConfigUnreadable, match="anybody may write"):
        read_document(path)
    path.chmod(0o644)
    assert read_document(path).data == {"metadata": {"name": "x"}}


def test_a_link_out_of_the_project_is_not_read(tmp_path):
    secret = tmp_path / "shadow"
    secret.write_text("root:hash")
    path = tmp_path / "project" / ".appmanager" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.symlink_to(secret)
    with pytest.raises(ConfigUnreadable, match="outside the project") as caught:
        read_document(path)
    assert "hash" not in str(caught.value.as_dict())


@pytest.mark.parametrize(
    ("data", "guess"),
    [
        ("名称: 应用\n".encode("gbk"), "GBK"),
        ("metadata:\n  name: x\n".encode("utf-16"), "UTF-16"),
        ("name: café crème\n".encode("latin-1"), "Latin-1"),
    ],
)
def test_another_encoding_is_guessed_and_named(data, guess, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigUnreadable) as caught:
        read_document(path)
    assert f"it looks like {guess}" in caught.value.message
    assert caught.value.hint == "save it as UTF-8"


def test_a_byte_order_mark_and_windows_line_endings_are_read(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_bytes(b"\xef\xbb\xbfmetadata:\r\n  name: x\r\n")
    assert read_document(path).data == {"metadata": {"name": "x"}}


def test_a_large_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "config.yaml"
    with path.open("wb") as file:
        file.truncate(50 * document_module.MAX_BYTES)
    with pytest.raises(ConfigUnreadable, match="it has 52428800 bytes"):
        read_document(path)
