"""Applications and start scripts that do not come up, on a machine that really runs them: what is said, what runs after."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cloud_lab import REGION, START, CloudLab, Project

from deployer.errors.release import RunnerFailed

pytestmark = [pytest.mark.sandbox, pytest.mark.xdist_group("brittle")]  # one deploy serves them all

SERVER = """\
import http.server, os, sys, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status})
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"up\\n")

print("listening soon", flush=True)
{before}
http.server.ThreadingHTTPServer(("{address}", int(os.environ["APP_PORT"]) + {offset}), Handler).serve_forever()
"""
PLAIN = {"status": 200, "before": "", "address": "0.0.0.0", "offset": 0}


@pytest.fixture(scope="module")
def good(session_lab: CloudLab, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """An application that runs well, and its release; each test breaks it in its own way."""
    project = Project(path=tmp_path_factory.mktemp("brittle") / "brittle", name="brittle", port=8090).write("first")
    report = session_lab.run_cli("deploy", project.path, "--yes", "--output", "json").data
    return project, report["release_id"]


def change(project: Project, *, start: str = START, **values: object) -> None:
    """The application changed in one way."""
    (project.path / "app.py").write_text(SERVER.format(**{**PLAIN, **values}))
    health = {"aliveSeconds": 1, "timeoutSeconds": 2}
    replace(project, start=start, deployer={"health": health, "startTimeoutSeconds": 1}).write_config()


def fail_to_deploy(lab: CloudLab, project: Project, *confirm: str) -> RunnerFailed:
    """The error of a deploy that everything was agreed to."""
    plan = lab.deployer().plan(project.path)
    with pytest.raises(RunnerFailed) as caught:
        lab.deployer().deploy(project.path, approve=plan.plan_id, confirm=confirm)
    return caught.value


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        ({"before": "sys.exit('no database')"}, "gate.process_ended", "no database"),
        ({"address": "127.0.0.1"}, "gate.loopback_only", "bind 0.0.0.0"),
        ({"offset": 1}, "gate.wrong_port", "8091"),
        ({"status": 500}, "gate.http_status", "500"),
        ({"before": "threading.Timer(0.6, os._exit, [3]).start()"}, "gate.process_ended", "ended"),
        ({"start": "#!/bin/bash\necho 'pip: no such package'\nexit 7\n"}, "start.exit_code", "7"),
    ],
    ids=["dies at once", "loopback only", "another port", "answers 500", "dies later", "start script fails"],
)
def test_a_release_that_does_not_come_up_says_why_and_the_one_before_runs_again(
    lab: CloudLab, good: tuple[Project, str], values: dict[str, object], code: str, words: str
) -> None:
    project, good_release_id = good
    change(project, **values)

    error = fail_to_deploy(lab, project, "overwrite")

    assert error.exit_code == 1
    assert error.facts["evidence"]["code"] == code
    assert words in error.message + error.facts["log_tail"]
    assert error.facts["log_tail"].count("=== release") <= 1
    assert error.facts["restored_release_id"] == good_release_id
    assert good_release_id in error.message
    assert {"kind": "instance", "id": error.facts["instance_id"]} in error.facts["left"]
    assert error.hint
    assert {command.split()[1] for command in error.next_commands} >= {"logs", "status", "delete"}
    assert lab.ask(error.facts["instance_id"], project.port) == "first"


def test_a_start_script_that_hangs_is_ended_with_all_its_processes(lab: CloudLab, good: tuple[Project, str]) -> None:
    project, _ = good
    change(project, start="#!/bin/bash\necho waiting for a key\n(sleep 4711 & sleep 4711)\nread -r answer\n")
    plan = lab.deployer().plan(project.path)

    result = lab.run_cli("deploy", project.path, "--approve", plan.plan_id, "--confirm", "overwrite")

    assert result.exit_code == 1
    assert "did not end within 1 s" in result.stderr
    assert "| waiting for a key" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    lines = result.stderr.splitlines()
    assert any(line.startswith("try: deployer logs") for line in lines)
    assert not _processes_with("4711")


def _processes_with(word: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"sleep") and word.encode() in words:
            found.append(path.parent.name)
    return found


def test_a_first_release_that_fails_leaves_the_instance_listed_and_the_next_one_needs_no_new_consent(
    lab: CloudLab, make_project: Callable[..., Project]
) -> None:
    project = make_project("unlucky", port=8092)
    (project.path / "app.py").write_text("raise SystemExit('not today')\n")
    with pytest.raises(RunnerFailed) as caught:
        lab.deployer().deploy(project.path, yes=True)
    instance_id = caught.value.facts["instance_id"]
    assert {"kind": "instance", "id": instance_id} in caught.value.facts["left"]
    kinds = {thing["kind"] for thing in caught.value.facts["left"]}
    assert kinds >= {"instance", "security group", "application", "application group", "object"}
    assert caught.value.facts["restored_release_id"] is None
    project.write("mended")

    assert lab.deployer().deploy(project.path, yes=True).status == "deployed"

    assert lab.ask(instance_id, project.port) == "mended"
    lab.deployer().delete(yes=True, name=project.name, group=project.group, region=REGION)
    assert instance_id not in lab.existing()["instances"]


def test_a_port_that_another_application_holds_is_named_with_its_holder(
    lab: CloudLab, good: tuple[Project, str], make_project: Callable[..., Project]
) -> None:
    """The other application's instance is brought along as an existing one, with the same port."""
    first, _ = good
    status = lab.deployer().status(name=first.name, group=first.group, region=REGION)
    holder = status.instances[0].instance_id
    project = make_project("second", port=first.port, deployment={"instanceId": holder})

    error = fail_to_deploy(lab, project, "existing-ecs", "overwrite")

    assert error.facts["stage"] == "port"
    assert str(first.port) in error.message
    assert "python3" in error.message
    assert lab.ask(holder, first.port) == "first"
