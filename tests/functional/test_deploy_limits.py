"""Money, time and temporary keys: what bounds a deploy from outside."""

import time

import pytest
from cloud_lab import CloudLab

from deployer.emulator.faults import Fault

pytestmark = pytest.mark.sandbox


def test_too_low_a_balance_names_the_sum_and_the_way_out(lab: CloudLab, make_project) -> None:
    """M119: top-up address, and an instance one has already."""
    project = make_project("poor")
    lab.emulator.faults.add(
        Fault(action="RunInstances", status=403, code="InvalidAccountStatus.NotEnoughBalance", times=None)
    )
    try:
        result = lab.call_cli("deploy", project.path, "--yes", "--output", "json")
    finally:
        lab.emulator.faults.clear()

    assert result.exit_code == 1  # the network was made by then: it is listed
    cause = result.last["facts"]["cause"]
    assert cause["code"] == "cloud.not_enough_balance"
    assert "100 CNY" in cause["message"]
    assert "usercenter2.aliyun.com" in result.last["hint"]
    assert "--ecs existing" in result.last["hint"]
    assert {one["kind"] for one in result.last["facts"]["left"]} >= {"security group"}
    assert lab.call_cli("delete", project.path, "--yes").exit_code == 0


def test_the_whole_run_ends_with_its_time(lab: CloudLab, make_project) -> None:
    """M126, P14: the run stops waiting, says what is left, and how to look."""
    project = make_project("endless", start="#!/bin/bash\nsleep 30\n")

    started = time.monotonic()
    result = lab.call_cli("deploy", project.path, "--yes", "--timeout", "4", "--output", "json")

    assert time.monotonic() - started < 10
    assert result.exit_code == 1
    assert "4 s" in result.last["message"]
    assert {one["kind"] for one in result.last["facts"]["left"]} >= {"instance"}
    assert any("deployer status" in command for command in result.last["next"])


def test_a_start_script_that_hangs_is_ended_and_its_words_shown(lab: CloudLab, make_project) -> None:
    """F54: within its own limit; the process tree is gone."""
    project = make_project(
        "hanging", start="#!/bin/bash\necho waiting for the database\nsleep 300\n", deployer={"startTimeoutSeconds": 2}
    )

    result = lab.call_cli("deploy", project.path, "--yes", "--output", "json")

    assert (result.exit_code, result.last["facts"]["stage"]) == (1, "start")
    assert "waiting for the database" in str(result.last["facts"])


def test_a_worker_needs_no_port_and_opens_none(lab: CloudLab, make_project) -> None:
    """M49, M143."""
    project = make_project("worker", port=None)
    (project.path / "app.py").write_text("import time\nprint('at work', flush=True)\ntime.sleep(3600)\n")

    result = lab.call_cli("deploy", project.path, "--yes", "--output", "json")

    data = result.data
    assert data["port"] is None
    assert data["urls"] == []
    assert lab.open_ports(data["instance_ids"][0]) == set()
    assert "deployer logs" in data["usage"][0]
    assert "at work" in lab.call_cli("logs", project.path).stdout


def test_a_temporary_key_from_the_environment_is_used_whole(lab: CloudLab, running) -> None:
    """D3, M21: with its token, for every service."""
    accounts = lab.emulator.accounts
    key = accounts.add_session(accounts.add_role("pipeline"), "build-7", 900)
    environment = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token,
    }

    checks = lab.run_cli("check", "--output", "json", env=environment)
    status = lab.run_cli("deploy", running.project.path, "--output", "json", env=environment)

    assert "assumed-role/pipeline/build-7" in str(checks.data)
    assert status.data["status"] == "unchanged"
    assert key.security_token not in checks.stdout + status.stdout
