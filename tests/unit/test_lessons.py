"""Known failures, each with lines of a real log that show it; a notebook that believes what was seen twice (M149, M150)."""

import json
import time
from pathlib import Path

import pytest

from deployer.cli.main import run
from deployer.errors.base import UsageError
from deployer.errors.release import RunnerFailed, VerificationFailed
from deployer.lessons import Notebook, find_lessons, lesson_facts, read_catalogue, recall

LOGS = {
    "java-build-use-release-jar": [
        "# There is insufficient memory for the Java Runtime Environment to continue.",
        "[ERROR] Failed to execute goal maven-compiler-plugin:3.11.0:compile: java.lang.OutOfMemoryError: GC overhead limit exceeded",
        "/root/shop-start.sh: line 88: 20433 Killed                  ./mvnw -B -DskipTests package",
        "> Gradle build daemon disappeared unexpectedly (it may have been killed or may have crashed)",
    ],
    "node-build-out-of-memory": [
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "start.sh: line 12:  4711 Killed                  npm run build",
    ],
    "killed-out-of-memory": [
        "[ 1234.5] Out of memory: Killed process 871 (gunicorn) total-vm:1824512kB", "OSError: [Errno 12] Cannot allocate memory",
    ],
    "disk-full": ["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "npm ERR! code ENOSPC"],
    "port-in-use": [
        "Error: listen EADDRINUSE: address already in use :::3000", "OSError: [Errno 98] Address already in use",
        "Web server failed to start. Port 8080 was already in use.", "panic: listen tcp :8080: bind: address already in use",
    ],
    "windows-newlines": ["start.sh: line 2: $'\\r': command not found", "/bin/bash^M: bad interpreter: No such file or directory^M"],
    "not-executable": ["bash: ./gradlew: Permission denied"],
    "python-module-missing": ["ModuleNotFoundError: No module named 'flask_cors'"],
    "python-too-old": ["ERROR: Package 'shop' requires a different Python: 3.6.8 not in '>=3.9'"],
    "node-module-missing": ["Error: Cannot find module 'express'", "  code: 'ERR_MODULE_NOT_FOUND',"],
    "compiler-missing": ["error: command 'gcc' failed: No such file or directory", "psutil/_psutil_common.c:9:10: fatal error: Python.h: No such file or directory", "gyp ERR! find Python"],
    "glibc-too-old": ["node: /lib64/libc.so.6: version `GLIBC_2.28' not found (required by node)"],
    "database-refused": ["Error: connect ECONNREFUSED 127.0.0.1:5432", "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused."],
    "table-missing": ["sqlite3.OperationalError: no such table: users", 'psycopg2.errors.UndefinedTable: relation "orders" does not exist'],
    "variable-missing": ["KeyError: 'SECRET_KEY'", "Error: DATABASE_URL is required"],
    "allowed-hosts": ["Invalid HTTP_HOST header: '47.1.2.3:8000'. You may need to add '47.1.2.3' to ALLOWED_HOSTS."],
    "model-key-refused": ['{"code":"InvalidApiKey","message":"Invalid API-key provided."}'],
    "image-unreachable": ["ERROR: failed to resolve source metadata for docker.io/library/node:22: dial tcp: i/o timeout", "toomanyrequests: You have reached your pull rate limit."],
    "far-host": ["fatal: unable to access 'https://github.com/a/b/': Failed to connect to github.com port 443 after 130 ms", "npm ERR! network request to https://registry.npmjs.org/express failed, reason: connect ETIMEDOUT https://registry.npmjs.org"],
    "packages-locked": ["E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1423 (unattended-upgr)"],
}  # fmt: skip
HARMLESS = """\
=== release 20261122-180000-abcd 2026-11-22T18:00:00Z ===
Picked up JAVA_TOOL_OPTIONS: -Xmx384m
INFO: Application startup complete, killed 0 stale workers, exit code 0
127.0.0.1 - - "GET /health HTTP/1.1" 200 137
listening on 0.0.0.0:5432 out of memory of a happy day
"""
ENTRY = {"id": "ca-missing", "title": "No certificates", "symptoms": ["unable to get local issuer"], "cause": "no CA file", "solution": "install ca-certificates"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "log"), [pytest.param(name, log, id=name) for name, logs in LOGS.items() for log in logs]
)
def test_a_failure_is_recognised_by_a_line_of_its_log(name: str, log: str) -> None:
    found = find_lessons(f"{HARMLESS}{log}\nmore\n", read_catalogue())
    assert found[0].lesson.id == name
    assert log.split("\n")[found[0].line - HARMLESS.count("\n") - 1].strip().startswith(found[0].text[:40])


def test_every_lesson_has_a_log_that_shows_it_and_a_healthy_log_shows_none() -> None:
    assert {one.id for one in read_catalogue()} == LOGS.keys()
    assert find_lessons(HARMLESS, read_catalogue()) == ()


def test_a_java_build_too_large_is_answered_with_the_release_jar_and_a_heap_that_fits() -> None:
    """M150: matched from the log, with a change of the configuration that can be applied."""
    [facts] = lesson_facts(find_lessons(LOGS["java-build-use-release-jar"][2], read_catalogue()))
    assert "the one the project releases" in facts["solution"]
    assert "-Xmx384m -jar" in facts["solution"]
    assert "15 minutes" in facts["cause"]
    assert facts["patch"] == [{"op": "add", "path": "/deployer/env/JAVA_TOOL_OPTIONS", "value": "-Xmx384m"}]


def test_a_failed_release_and_a_failed_verification_carry_what_is_known_of_their_log() -> None:
    lessons = recall("ModuleNotFoundError: No module named 'yaml'")
    failed = RunnerFailed("i-1", "gate", "it died", next_commands=(), lessons=lessons, log_tail="x")
    assert failed.hint == lessons[0]["solution"]
    assert failed.facts["lessons"][0]["id"] == "python-module-missing"
    assert VerificationFailed(["it died"], (), lessons=lessons).hint == lessons[0]["solution"]
    assert "mend the application" in (RunnerFailed("i-1", "gate", "it died", next_commands=(), lessons=[]).hint or "")


def test_what_was_seen_once_is_noted_and_what_was_seen_twice_is_believed(tmp_path: Path) -> None:
    notebook = Notebook(path=tmp_path / "new" / "lessons.yml")
    log = "curl: (60) SSL certificate problem: unable to get local issuer certificate"
    assert notebook.read() == ()
    assert notebook.add(ENTRY).sightings == 1
    assert find_lessons(log, notebook.all_lessons()) == ()
    again = notebook.add({**ENTRY, "symptoms": ["SSL certificate problem"]})
    assert (again.sightings, again.symptoms) == (2, ("unable to get local issuer", "SSL certificate problem"))
    assert [one.lesson.id for one in find_lessons(log, notebook.all_lessons())] == ["ca-missing"]
    assert notebook.path.read_text().startswith("# Lessons noted by")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "No Id"}, "is no id"), ({"id": "port-in-use"}, "in the catalogue already"), ({"title": " "}, "has no title"),
        ({"symptoms": []}, "has no symptoms"), ({"symptoms": ["("]}, "is no regular expression"), ({"symptoms": [".*"]}, "fits every line"),
    ],
)  # fmt: skip
def test_an_entry_without_its_parts_is_refused(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Notebook(path=tmp_path / "lessons.yml").add({**ENTRY, **change})
    assert not (tmp_path / "lessons.yml").exists()


@pytest.mark.parametrize("text", ["a: [", "just text", "- 3", "- {id: x-y}"])
def test_a_broken_notebook_is_told_and_hides_no_failed_release(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPLOYER_STATE_DIR", str(tmp_path))
    (tmp_path / "lessons.yml").write_text(text)
    with pytest.raises(UsageError):
        Notebook(path=tmp_path / "lessons.yml").read()
    assert [one["id"] for one in recall("No space left on device")] == ["disk-full"]


def test_a_log_of_many_megabytes_is_read_from_its_end_at_once() -> None:
    log = "x" * 5_000_000 + "\n" * 1000 + "a b " * 500_000 + "\nNo space left on device"
    began = time.process_time()
    [found] = find_lessons(log, read_catalogue())
    assert time.process_time() - began < 2
    assert found.line == 1002


def test_the_command_lists_matches_and_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("DEPLOYER_STATE_DIR", str(tmp_path))
    (tmp_path / "app.log").write_text("fine\nError: listen EADDRINUSE: address already in use :::3000\n")

    def called(*arguments: str) -> dict:
        assert run(["lessons", *arguments, "--output", "json"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])["data"]

    noting = (
        "add",
        "--id",
        "ca-missing",
        "--title",
        "t",
        "--symptom",
        "local issuer",
        "--cause",
        "c",
        "--solution",
        "s",
    )
    assert called("match", str(tmp_path / "app.log"))["matches"][0] | {"cause": "", "solution": ""} == {
        "id": "port-in-use", "line": 2, "text": "Error: listen EADDRINUSE: address already in use :::3000", "cause": "", "solution": "",
    }  # fmt: skip
    assert called(*noting) == {"id": "ca-missing", "sightings": 1, "counts": False}
    assert called(*noting)["counts"] is True
    assert {"port-in-use", "ca-missing"} <= {one["id"] for one in called("list")["lessons"]}
    assert run(["lessons", "match", str(tmp_path / "app.log")]) == 0
    assert "line 2: Error: listen EADDRINUSE" in capsys.readouterr().out
    (tmp_path / "app.log").write_text(LOGS["java-build-use-release-jar"][2])
    assert run(["lessons", "match", str(tmp_path / "app.log")]) == 0
    assert "  set: deployer.env.JAVA_TOOL_OPTIONS: -Xmx384m\n" in capsys.readouterr().out
