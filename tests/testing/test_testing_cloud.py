"""What a test does with the cloud it is given: time, machines, faults, rights, the metadata address."""

import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest
import requests
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_oos20190601 import models as oos
from alibabacloud_oos20190601.client import Client as OosClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_vpc20160428 import models as vpc
from clients import REGION_ID, config, ecs_client, oss_client, vpc_client

from deployer.clock import SystemClock
from deployer.testing import mock_aliyun

ZONE_ID = "cn-hangzhou-h"
NETWORK_SECONDS = 1.0


def run_instance(clock) -> str:
    """A running instance with a ready agent, in a network of its own."""
    network, compute = vpc_client(), ecs_client()
    vpc_id = network.create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID, cidr_block="10.0.0.0/8")).body.vpc_id
    clock.sleep(NETWORK_SECONDS)
    vswitch_id = network.create_vswitch(
        vpc.CreateVSwitchRequest(region_id=REGION_ID, vpc_id=vpc_id, zone_id=ZONE_ID, cidr_block="10.0.0.0/24")
    ).body.v_switch_id
    group_id = compute.create_security_group(
        ecs.CreateSecurityGroupRequest(region_id=REGION_ID, vpc_id=vpc_id)
    ).body.security_group_id
    clock.sleep(NETWORK_SECONDS)
    images = compute.describe_images(ecs.DescribeImagesRequest(region_id=REGION_ID, page_size=1)).body.images.image
    started = compute.run_instances(
        ecs.RunInstancesRequest(
            region_id=REGION_ID,
            image_id=images[0].image_id,
            instance_type="ecs.e-c1m2.large",
            security_group_id=group_id,
            v_switch_id=vswitch_id,
            system_disk=ecs.RunInstancesRequestSystemDisk(category="cloud_essd"),
        )
    )
    return started.body.instance_id_sets.instance_id_set[0]


def status_of(instance_id: str) -> str:
    """Its status; empty while it is not listed yet."""
    request = ecs.DescribeInstancesRequest(region_id=REGION_ID, instance_ids=f'["{instance_id}"]')
    found = ecs_client().describe_instances(request).body.instances.instance
    return found[0].status if found else ""


def is_agent_ready(instance_id: str) -> bool:
    request = ecs.DescribeCloudAssistantStatusRequest(region_id=REGION_ID, instance_id=[instance_id])
    answer = ecs_client().describe_cloud_assistant_status(request).body
    found = answer.instance_cloud_assistant_status_set.instance_cloud_assistant_status
    return bool(found) and found[0].cloud_assistant_status == "true"


def run_command(instance_id: str, script: str) -> str:
    request = ecs.RunCommandRequest(
        region_id=REGION_ID, type="RunShellScript", command_content=script, instance_id=[instance_id]
    )
    return ecs_client().run_command(request).body.invoke_id


def result_of(invoke_id: str):
    request = ecs.DescribeInvocationResultsRequest(region_id=REGION_ID, invoke_id=invoke_id)
    return ecs_client().describe_invocation_results(request).body.invocation.invocation_results.invocation_result[0]


def test_time_stands_still_until_it_is_advanced():
    with mock_aliyun(clock="manual") as aliyun:
        instance_id = run_instance(aliyun.clock)
        before = aliyun.clock.now()
        assert {status_of(instance_id) for _ in range(5)} == {""}
        aliyun.clock.advance(120)
        assert status_of(instance_id) == "Running"
        assert (aliyun.clock.now() - before).total_seconds() == 120


def test_a_client_that_polls_sees_things_happen_without_anybody_advancing_the_clock(aliyun):
    instance_id = run_instance(aliyun.clock)
    seen = [status_of(instance_id) for _ in range(10)]
    assert (seen[0], seen[-1]) == ("", "Running")
    assert "Starting" in seen


def test_a_template_that_sleeps_for_half_an_hour_is_over_when_it_was_looked_at_often_enough(aliyun):
    client = OosClient(config())
    template = {
        "FormatVersion": "OOS-2019-06-01",
        "Tasks": [{"Name": "wait", "Action": "ACS::Sleep", "Properties": {"Duration": "PT30M"}}],
    }
    client.create_template(
        oos.CreateTemplateRequest(region_id=REGION_ID, template_name="sleeps", content=json.dumps(template))
    )
    started = client.start_execution(oos.StartExecutionRequest(region_id=REGION_ID, template_name="sleeps"))
    look = oos.ListExecutionsRequest(region_id=REGION_ID, execution_id=started.body.execution.execution_id)
    before, statuses = aliyun.clock.now(), []
    while not statuses or statuses[-1] not in {"Success", "Failed"}:
        assert len(statuses) < 100
        statuses.append(client.list_executions(look).body.executions[0].status)
    assert (statuses[0], statuses[-1]) == ("Started", "Success")
    assert (aliyun.clock.now() - before).total_seconds() >= 1800


def open_bodies() -> list[str]:
    """The files of mocked clouds that this process has open; none where the system does not tell."""
    descriptors = Path("/proc/self/fd")
    links = [os.path.realpath(one) for one in descriptors.iterdir()] if descriptors.is_dir() else []
    return [link for link in links if "/mock-aliyun-" in link]


def test_the_file_behind_an_answer_is_closed_with_the_answer(aliyun):
    client = oss_client()
    client.put_bucket(oss.PutBucketRequest(bucket="a-bucket"))
    client.put_object(oss.PutObjectRequest(bucket="a-bucket", key="key", body=b"x" * 3_000_000))
    url = client.presign(oss.GetObjectRequest(bucket="a-bucket", key="key")).url
    with requests.get(url, stream=True, timeout=5) as answer:
        assert len(next(answer.iter_content(1000))) == 1000
        raw = answer.raw
        opened = open_bodies()
    assert raw.closed
    assert open_bodies() == []
    assert len(opened) == (1 if sys.platform == "linux" else 0)


def test_a_throttled_client_that_tries_again_gets_through(aliyun):
    aliyun.faults.add_described({"action": "DescribeRegions", "kind": "throttle"})
    codes = []
    for _ in range(8):
        try:
            ecs_client().describe_regions(ecs.DescribeRegionsRequest())
        except ClientException as refused:
            codes.append(refused.code)
    assert codes
    assert set(codes) == {"Throttling.User"}
    assert len(codes) < 8


def test_a_function_answers_the_commands(aliyun):
    @aliyun.on_command
    def answer(instance, script):
        return (3, f"{instance.instance_id} ran {script}") if "fail" in script else (0, b"fine")

    instance_id = run_instance(aliyun.clock)
    aliyun.clock.advance(300)
    failed, fine = run_command(instance_id, "fail now"), run_command(instance_id, "true")
    aliyun.clock.advance(60)
    result = result_of(failed)
    assert (result.invocation_status, result.exit_code) == ("Failed", 3)
    assert b64decode(result.output).decode() == f"{instance_id} ran fail now"
    assert (result_of(fine).invocation_status, b64decode(result_of(fine).output)) == ("Success", b"fine")


def test_the_answer_to_commands_may_change_while_machines_run(aliyun):
    instance_id = run_instance(aliyun.clock)
    aliyun.clock.advance(300)
    aliyun.on_command(lambda _instance, _script: (0, "later"))
    invoke_id = run_command(instance_id, "true")
    aliyun.clock.advance(60)
    assert b64decode(result_of(invoke_id).output) == b"later"


@pytest.mark.parametrize("kind", ["reset", "timeout_before", "timeout_after"])
def test_a_dropped_connection_is_the_clients_own_connection_error(aliyun, kind):
    import asyncio

    import aiohttp
    import urllib3

    url = "https://ecs.aliyuncs.com/?Action=DescribeRegions&Version=2014-05-26"
    aliyun.faults.add_described({"action": "*", "kind": kind, "times": None})
    aliyun.emulator.gateway._verify_signatures = False

    async def get():
        async with aiohttp.ClientSession() as session, session.get(url):
            pytest.fail("there was an answer")

    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        urllib3.PoolManager(retries=False).request("GET", url)
    with pytest.raises(aiohttp.ClientConnectionError):
        asyncio.run(get())


def test_silence_longer_than_a_client_waits_is_a_time_out_for_it_and_takes_no_time(aliyun):
    aliyun.faults.add_described({"action": "*", "kind": "timeout_before", "seconds": 3600})
    aliyun.emulator.gateway._verify_signatures = False
    with pytest.raises(requests.ReadTimeout):
        requests.get("https://ecs.aliyuncs.com/?Action=DescribeRegions&Version=2014-05-26", timeout=(5, 30))


def test_a_key_may_be_denied_actions(aliyun):
    aliyun.accounts.add_access_key("LTAI5tReader", "secret", user_name="reader", deny=["vpc:Create*"])
    client = vpc_client(access_key_id="LTAI5tReader", access_key_secret="secret")
    with pytest.raises(ClientException) as refused:
        client.create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID))
    assert refused.value.status_code == 403


def test_the_state_of_the_services_is_at_hand(aliyun):
    vpc_client().create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID, vpc_name="mine"))
    assert aliyun.state is aliyun.services
    assert aliyun.calls[0].params["VpcName"] == "mine"
    assert aliyun.calls[0].account_id == aliyun.account_id


def test_the_metadata_address_refuses_unless_the_instance_has_a_role(aliyun):
    with pytest.raises(requests.ConnectionError):
        requests.get("http://100.100.100.200/latest/meta-data/", timeout=5)


def test_the_metadata_address_hands_out_credentials_of_the_role():
    from alibabacloud_credentials.provider import EcsRamRoleCredentialsProvider

    with mock_aliyun(instance_role="web") as aliyun:
        provider = EcsRamRoleCredentialsProvider(async_update_enabled=False)
        temporary = provider.get_credentials()
        client = ecs_client(
            access_key_id=temporary.get_access_key_id(),
            access_key_secret=temporary.get_access_key_secret(),
            security_token=temporary.get_security_token(),
        )
        assert client.describe_regions(ecs.DescribeRegionsRequest()).status_code == 200
        aliyun.clock.advance(7 * 3600)
        with pytest.raises(ClientException) as refused:
            client.describe_regions(ecs.DescribeRegionsRequest())
    assert refused.value.code == "InvalidSecurityToken.Expired"


def test_a_metadata_token_that_was_never_issued_is_refused():
    address = "http://100.100.100.200/latest/meta-data/ram/security-credentials/"
    with mock_aliyun(instance_role="web"):
        wrong = requests.get(address, headers={"X-aliyun-ecs-metadata-token": "guess"}, timeout=5)
        assert wrong.status_code == 403
        assert requests.get(address, timeout=5).text == "web"
        assert requests.put("http://100.100.100.200/latest/api/token", timeout=5).status_code == 400


def test_importing_the_package_loads_neither_emulator_nor_clients():
    code = (
        "import sys, deployer.testing, deployer.testing.plugin;"
        "print([n for n in ('deployer.emulator', 'requests', 'aiohttp', 'fastcrc') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def wait_until(is_true, clock: SystemClock) -> None:
    deadline = clock.monotonic() + 60
    while not is_true():
        assert clock.monotonic() < deadline
        clock.sleep(0.05)


@pytest.mark.sandbox
def test_real_machines_run_the_commands():
    clock = SystemClock()
    with mock_aliyun(machines="real") as aliyun:
        with pytest.raises(TypeError):
            aliyun.on_command(lambda _instance, _script: (0, ""))
        with pytest.raises(TypeError):
            aliyun.clock.advance(1)
        instance_id = run_instance(clock)
        wait_until(lambda: status_of(instance_id) == "Running" and is_agent_ready(instance_id), clock)
        invoke_id = run_command(instance_id, "echo $((6 * 7)) on $(hostname)")
        wait_until(lambda: result_of(invoke_id).invocation_status == "Success", clock)
        assert b64decode(result_of(invoke_id).output).startswith(b"42 on ")


def test_what_nobody_published_can_be_set_for_one_cloud():
    with mock_aliyun(assumptions={"vpc_quota": 1}):
        vpc_client().create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID))
        with pytest.raises(ClientException, match=r"QuotaExceeded\.Vpc"):
            vpc_client().create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID))
    with pytest.raises(TypeError), mock_aliyun(assumptions={"colour": "red"}):
        pass
