"""Which region is asked, which instances are offered, and what is not taken on trust."""

import dataclasses
from pathlib import Path

import pytest
from cloud_lab import REGION, CloudLab

from deployer.cloud.oss import OssClient
from deployer.emulator.faults import Fault
from deployer.errors.cloud import UploadDamaged

pytestmark = pytest.mark.sandbox
CONTROL_REGION = "cn-hangzhou"
ELSEWHERE = "cn-beijing"


def test_one_region_reaches_every_call_and_applications_are_asked_for_in_hangzhou(lab: CloudLab, make_project) -> None:
    """M46, M48: the region of the file goes verbatim to plan, price, deploy, verify and delete."""
    project = make_project("northern", group=f"default-{ELSEWHERE}")
    config = project.path / ".appmanager" / "config.yaml"
    config.write_text(config.read_text().replace(f'"regionId": "{REGION}"', f'"regionId": "{ELSEWHERE}"'))

    with lab.recording() as recording:
        assert lab.call_cli("deploy", project.path, "--yes", "--output", "json").data["deploy_region_id"] == ELSEWHERE
        assert lab.call_cli("verify", project.path).exit_code == 0
        assert lab.call_cli("delete", project.path, "--yes").exit_code == 0

    asked: dict[str, set[str]] = {}
    for call in recording.calls:
        if "RegionId" in call.params:
            is_control = call.product == "oos" and "Application" in call.action
            asked.setdefault("control" if is_control else call.product, set()).add(call.params["RegionId"])
    assert asked.pop("control") == {CONTROL_REGION}
    assert asked == {"ecs": {ELSEWHERE}, "vpc": {ELSEWHERE}, "oos": {ELSEWHERE}}
    assert {call.params["Region"] for call in recording.calls if call.action == "GetPayAsYouGoPrice"} == {ELSEWHERE}
    created = [call for call in recording.calls if call.action == "CreateApplicationGroup"]
    assert [call.params["DeployRegionId"] for call in created] == [ELSEWHERE]


def test_the_newest_ten_instances_are_offered_and_all_on_request(empty_lab: CloudLab) -> None:
    """M45, M47."""
    none = empty_lab.call_cli("instances", "--region", REGION)
    assert none.exit_code == 0
    assert "`--ecs new`" in none.stdout
    assert "--instance-id" in none.stdout
    first = empty_lab.make_instance("oldest")
    place = empty_lab.emulator.services.ecs_state.get_instance(first, REGION)
    launched = empty_lab.call(
        "ecs",
        "RunInstances",
        RegionId=REGION,
        ImageFamily="acs:alibaba_cloud_linux_3_2104_lts_x64",
        InstanceType="ecs.u1-c1m2.large",
        InstanceName="many",
        VSwitchId=place.vswitch.vswitch_id,
        SecurityGroupId=place.security_group_ids[0],
        Amount=11,
    )
    assert len(launched["InstanceIdSets"]["InstanceIdSet"]) == 11
    empty_lab.wait(lambda: len(empty_lab.deployer().list_instances(REGION)) == 12)

    newest = empty_lab.call_cli("instances", "--region", REGION, "--output", "json").data
    every = empty_lab.call_cli("instances", "--region", REGION, "--all", "--output", "json").data

    assert (newest["total"], len(newest["instances"]), len(every["instances"])) == (12, 10, 12)
    assert first not in [one["instance_id"] for one in newest["instances"]]
    assert every["instances"][-1]["instance_id"] == first
    assert {"instance_id", "instance_name", "status", "created_at", "public_ip"} <= set(newest["instances"][0])


def test_a_group_whose_state_cannot_be_read_stops_the_deploy(lab: CloudLab, make_project) -> None:
    """M103, D5: an unknown state is no permission to go on."""
    project = make_project("unknown-state")
    lab.emulator.faults.add(Fault(action="GetApplicationGroup", status=400, code="UnheardOf", times=None))
    try:
        with lab.recording() as recording:
            result = lab.call_cli("deploy", project.path, "--yes", "--output", "json")
    finally:
        lab.emulator.faults.clear()

    assert (result.exit_code, result.last["code"]) == (69, "cloud.refused")
    assert result.last["facts"]["api_code"] == "UnheardOf"
    assert recording.changing == []


def test_an_upload_that_arrives_otherwise_than_it_was_sent_is_taken_back(
    lab: CloudLab, make_project, tmp_path: Path
) -> None:
    """P11: OSS's own CRC-64 of the object decides, not that the call succeeded."""
    project = make_project("damaged")
    deployer = lab.deployer()
    plan = deployer.plan(project.path)
    assert plan.package is not None
    session = deployer._connection.open_session()
    oss = OssClient(session, REGION)
    archive = tmp_path / "archive.zip"
    archive.write_bytes(b"another" * 9)
    other = dataclasses.replace(plan.package, path=archive, size_bytes=63)
    backend = deployer._connection.open_backend(REGION)

    with pytest.raises(UploadDamaged) as caught, backend.begin(plan, "deploy", lambda _event: None):
        backend.upload(plan, other)

    bucket_name = oss.list_bucket_names("deployer", "artifacts")[0]
    assert oss.find_object(bucket_name, caught.value.facts["object_name"]) is None


def test_a_log_that_is_gone_is_told_apart_from_an_empty_one(lab: CloudLab, make_project) -> None:
    """M136: the application runs; only its log is missing."""
    project = make_project("silent")
    report = lab.deployer().deploy(project.path, yes=True)
    command = {"Type": "RunShellScript", "CommandContent": "rm -f /root/silent/shared/app.log"}
    invoked = lab.call("ecs", "RunCommand", RegionId=REGION, InstanceId=list(report.instance_ids), **command)
    lab.wait(lambda: _is_over(lab, invoked["InvokeId"]))

    result = lab.call_cli("logs", project.path)

    assert result.exit_code == 0
    assert "no log file" in result.stdout
    assert lab.call_cli("verify", project.path).exit_code == 0


def _is_over(lab: CloudLab, invoke_id: str) -> bool:
    answer = lab.call("ecs", "DescribeInvocationResults", RegionId=REGION, InvokeId=invoke_id)
    results = answer["Invocation"]["InvocationResults"]["InvocationResult"]
    return bool(results) and results[0]["InvocationStatus"] == "Success"
