"""The first and the last event of a run: always there, always of the same session."""

import re

import pytest

from deployer import Deployer
from deployer.errors.base import ProjectError, UsageError
from deployer.events import RunFinished, RunStarted

SESSION_ID = "00112233445566778899aabbccddeeff"


@pytest.fixture
def project(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/main.py").write_text("print('hello')\n", encoding="utf-8")
    return tmp_path / "app"


def test_a_run_begins_with_its_session_and_ends_with_its_exit_code(project):
    events = []
    deployer = Deployer(on_event=events.append)

    deployer.detect(project)
    deployer.detect(project)

    first, last = events[0], events[-1]
    assert (type(first), type(last)) == (RunStarted, RunFinished)
    assert re.fullmatch(r"[0-9a-f]{32}", first.session_id)
    assert {one.session_id for one in events if isinstance(one, RunStarted)} == {first.session_id}
    assert (last.command, last.exit_code, last.error) == ("detect", 0, None)


def test_the_session_can_be_given_by_argument_or_variable(project, monkeypatch):
    events = []
    monkeypatch.setenv("DEPLOYER_SESSION_ID", SESSION_ID)

    Deployer(on_event=events.append).detect(project)
    Deployer(on_event=events.append, session_id=SESSION_ID[::-1]).detect(project)

    assert [one.session_id for one in events if isinstance(one, RunStarted)] == [SESSION_ID, SESSION_ID[::-1]]
    with pytest.raises(UsageError):
        Deployer(session_id="Not An Id")


def test_a_run_that_fails_says_so_in_its_last_event(tmp_path):
    events = []

    with pytest.raises(ProjectError):
        Deployer(on_event=events.append).detect(tmp_path / "nowhere")

    assert (events[-1].exit_code, events[-1].error["code"]) == (65, "project.missing")


def test_a_listener_that_fails_does_not_fail_the_run(project):
    def fail(_event):
        raise RuntimeError("a listener's own trouble")

    assert Deployer(on_event=fail).detect(project).language == "python"
