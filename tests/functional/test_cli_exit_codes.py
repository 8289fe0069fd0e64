"""The table of exit codes, one command for each."""

import signal
import subprocess
import sys
import time

import pytest
from cloud_lab import ROOT, CloudLab, apply_environment

from deployer.emulator.faults import Fault

pytestmark = pytest.mark.sandbox


def test_0_is_done(lab: CloudLab, running) -> None:
    assert lab.call_cli("verify", running.project.path).exit_code == 0


def test_1_is_a_release_that_failed(lab: CloudLab, make_project) -> None:
    project = make_project("failing", start="#!/bin/bash\necho nothing to start\nexit 7\n")

    result = lab.call_cli("deploy", project.path, "--yes")

    assert result.exit_code == 1
    assert "❌" in result.stderr
    assert "release.runner_failed" in result.stderr
    assert "nothing to start" in result.stderr
    assert "Traceback" not in result.stderr
    assert "deployer delete --name failing" in result.stderr


def test_1_and_2_are_verdicts(lab: CloudLab, make_project) -> None:
    """M135, D1: failed when it is proven not to run; cannot tell when the agent is gone or nothing was released."""
    project = make_project("judged")
    (instance_id,) = lab.deployer().deploy(project.path, yes=True).instance_ids
    machine = lab.emulator.services.ecs_state.get_instance(instance_id, None)

    run_on_machine(lab, instance_id, "kill -9 $(cat /root/app.pid)")
    dead = lab.call_cli("verify", project.path, "--wait", "0", "--output", "json")
    assert (dead.exit_code, dead.last["code"]) == (1, "verification.failed")
    assert dead.last["data"]["verdict"] == "failed"
    assert "serving hello" in dead.last["data"]["instances"][0]["log"]

    machine.agent_installed = False
    gone = lab.call_cli("verify", project.path, "--wait", "0", "--output", "json")
    assert (gone.exit_code, gone.last["code"]) == (2, "verification.inconclusive")
    assert "ssh root@" in str(gone.last)  # M130
    machine.agent_installed = True

    lab.call("ecs", "DeleteInstance", InstanceId=instance_id, Force=True)
    lab.wait(lambda: instance_id not in lab.existing()["instances"])
    without = lab.call_cli("verify", project.path, "--wait", "0", "--output", "json")
    assert (without.exit_code, without.last["code"]) == (2, "verification.inconclusive")
    assert "no instance" in without.last["message"]
    assert "serving hello" in without.last["data"]["instances"][0]["log"]  # M129, M137: from the release itself
    unknown = lab.call_cli("verify", "--name", "nobody", "--region", "cn-hangzhou", "--wait", "0")
    assert unknown.exit_code == 69

    again = lab.deployer().deploy(project.path, yes=True)
    assert again.application_group_name == "default-cn-hangzhou"
    assert again.instance_ids != (instance_id,)
    assert lab.call_cli("verify", project.path).exit_code == 0


def run_on_machine(lab: CloudLab, instance_id: str, script: str) -> None:
    where = {"RegionId": "cn-hangzhou", "InstanceId": [instance_id]}
    invoke_id = lab.call("ecs", "RunCommand", Type="RunShellScript", CommandContent=script, **where)["InvokeId"]

    def ended() -> bool:
        told = lab.call("ecs", "DescribeInvocations", RegionId="cn-hangzhou", InvokeId=invoke_id)
        return told["Invocations"]["Invocation"][0]["InvocationStatus"] in {"Success", "Failed"}

    lab.wait(ended)


def test_3_is_an_answer_that_is_missing(lab: CloudLab, make_project) -> None:
    project = make_project("asking")

    result = lab.call_cli("deploy", project.path)

    assert result.exit_code == 3
    assert "❌ 错误: " in lab.call_cli("deploy", project.path, "--lang", "zh").stderr
    assert "--approve" in result.stderr
    assert "CNY an hour" in result.stderr  # what is to be agreed to, not only the question


@pytest.mark.parametrize(
    "arguments", [("--nonsense",), ("deploy", "--nonsense"), ("nonsense",), ("schema", "x"), ("local",)]
)
def test_64_is_a_command_line_that_cannot_be_understood(lab: CloudLab, arguments) -> None:
    result = lab.call_cli(*arguments)

    assert result.exit_code == 64
    assert result.stdout == ""
    assert result.stderr.count("\n") <= 3
    assert "--help`" in result.stderr
    assert "error: No" not in result.stderr  # click begins its sentences with a capital, ours do not


def test_65_is_a_project_or_a_file_to_be_mended(lab: CloudLab, tmp_path, make_project) -> None:
    assert lab.call_cli("detect", tmp_path / "missing").exit_code == 65
    assert lab.call_cli("detect", "").exit_code == 65  # as of a variable that is not set
    assert lab.call_cli("deploy", "", "--yes").exit_code == 65
    assert lab.call_cli("deploy", tmp_path, "--yes", "--region", "cn-hangzhou", "--ecs", "new").exit_code == 65
    broken = make_project("broken", port=99999)
    result = lab.call_cli("deploy", broken.path, "--yes")
    assert result.exit_code == 65
    assert "common.deployment.port" in result.stderr
    assert "99999" in result.stderr


def test_69_is_a_refusal_of_the_cloud_before_anything_changed(lab: CloudLab) -> None:
    result = lab.call_cli("status", "--name", "nobody", "--region", "cn-hangzhou")

    assert result.exit_code == 69
    assert "cloud.group_not_found" in result.stderr


def test_70_is_a_defect_of_ours(lab: CloudLab, running, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback on the screen: it goes to a file that is named."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("deployer.api.Deployer.list", lambda *_arguments, **_named: 1 / 0)

    result = lab.call_cli("list")

    assert result.exit_code == 70
    assert "Traceback" not in result.stderr
    (written,) = tmp_path.glob("deployer-defect-*.txt")
    assert str(written) in result.stderr
    assert "ZeroDivisionError" in written.read_text()


def test_75_is_what_may_work_later(lab: CloudLab, running, make_project) -> None:
    """P1 as well: the lock of a deploy that runs names its holder."""
    from deployer.ledger.names import LedgerNames

    bucket = next(name for name in lab.emulator.services.oss.state.buckets if name.startswith("deployer-"))
    project = make_project("locked")
    names = LedgerNames(application_name="locked", application_group_name="default-cn-hangzhou")
    holder = (
        '{"command":"deploy","deploy_id":"20990101-000000-aaaaaa","expires_at":"2099-01-01T00:00:00+00:00",'
        '"holder":"ann@laptop (process 1)"}'
    )
    lab.put_object(bucket, names.lock, holder)

    result = lab.call_cli("deploy", project.path, "--yes", "--output", "json")

    assert (result.exit_code, result.last["code"]) == (75, "transient.lock_held")
    assert result.last["retryable"] is True
    assert "ann@laptop" in result.last["message"]


def test_77_is_credentials_or_permissions(lab: CloudLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """F11: nothing else is asked with a key that is wrong."""
    apply_environment(
        monkeypatch,
        {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tUnknown", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "canary-secret-of-nobody"},
    )

    with lab.recording() as recording:
        result = lab.call_cli("list", "--output", "json")

    assert (result.exit_code, result.last["code"]) == (77, "access.credentials_refused")
    assert "canary-secret" not in result.stdout + result.stderr
    assert len(recording.calls) == 1


def test_130_is_an_interruption_with_what_is_left(lab: CloudLab, make_project) -> None:
    """P8: Ctrl-C in the middle of a release ends within seconds, with one last line and the way on."""
    project = make_project("stopped", start="#!/bin/bash\nsleep 60\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "deployer", "deploy", str(project.path), "--yes", "--output", "json"],
        env={**lab.environment, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if '"execution.progressed"' in line:
            process.send_signal(signal.SIGINT)
            break
    sent = time.monotonic()
    rest, errors = process.communicate(timeout=30)

    assert process.returncode == 130, rest + errors
    assert time.monotonic() - sent < 10
    last = rest.splitlines()[-1]
    assert '"type":"error"' in last
    assert '"code":"interrupted"' in last
    assert '"kind":"instance"' in last
    assert "deployer status --name stopped" in last
    assert "Traceback" not in errors


def test_throttling_is_waited_out(lab: CloudLab, running) -> None:
    """F1: a call refused once is made again; nobody notices."""
    lab.emulator.faults.add(Fault(action="DescribeInstances", status=503, code="ServiceUnavailable"))
    try:
        assert lab.call_cli("status", running.project.path).exit_code == 0
    finally:
        lab.emulator.faults.clear()
