"""An execution that waits for a person."""

import pytest
from cloud_lab import CloudLab

from deployer.events import Event, ExecutionProgressed, WarningRaised
from deployer.oos.execution import Status

pytestmark = pytest.mark.sandbox


def test_a_waiting_execution_is_told_with_the_page_to_go_on(lab: CloudLab, make_project) -> None:
    """M118: `Waiting` is neither success nor failure; the flow page is named, and the deploy goes on once it goes on."""
    project = make_project("patient")
    told: list[Event] = []

    def pause_once(event: Event) -> None:
        told.append(event)
        if not isinstance(event, ExecutionProgressed) or event.status not in {"Running", "Waiting"}:
            return
        with lab.emulator.lock:
            execution = lab.emulator.services.oos.state.executions[event.execution_id].execution
            seen = [one.status for one in told if isinstance(one, ExecutionProgressed)]
            execution.status = Status.WAITING if "Waiting" not in seen else Status.RUNNING

    report = lab.deployer(on_event=pause_once).deploy(project.path, yes=True)

    assert report.status == "deployed"
    seen = [event.status for event in told if isinstance(event, ExecutionProgressed)]
    assert "Waiting" in seen
    assert seen[-1] == "Success"
    (warning,) = [event for event in told if isinstance(event, WarningRaised) and event.code == "release.waiting"]
    assert "tabKey=flow&appName=patient" in warning.message
    assert f"/execution/detail/{report.execution_id}" in warning.message
