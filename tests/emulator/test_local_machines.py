"""The local cloud with real machines: an application of an instance is reached, and nothing outlives the server."""

import contextlib
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest
from alibabacloud_ecs20140526 import models as ecs_models
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vpc20160428 import models as vpc_models
from alibabacloud_vpc20160428.client import Client as VpcClient

from deployer.emulator.daemon import ServerNotStarted, start_server, stop_server

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.assumed("that machines are processes of this computer is the local cloud's own affair"),
]

REGION_ID = "cn-hangzhou"


def wait_for(probe, seconds=20):
    """The first true answer of `probe`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            found = probe()
            if found:
                return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


class Cloud:
    """A few steps over the SDK, as a user would take them."""

    def __init__(self, info):
        config = {
            "access_key_id": info.access_key_id,
            "access_key_secret": info.access_key_secret,
            "endpoint": info.endpoint,
            "protocol": "http",
            "region_id": REGION_ID,
        }
        self.ecs, self.vpc = EcsClient(Config(**config)), VpcClient(Config(**config))

    def make_network(self) -> tuple[str, str]:
        """A vSwitch and a security group that opens no port."""
        vpc_id = self.vpc.create_vpc(
            vpc_models.CreateVpcRequest(region_id=REGION_ID, cidr_block="172.16.0.0/16")
        ).body.vpc_id
        about = vpc_models.DescribeVpcAttributeRequest(region_id=REGION_ID, vpc_id=vpc_id)
        wait_for(lambda: self.vpc.describe_vpc_attribute(about).body.status == "Available")
        zones = self.ecs.describe_zones(ecs_models.DescribeZonesRequest(region_id=REGION_ID)).body.zones.zone
        vswitch = vpc_models.CreateVSwitchRequest(
            region_id=REGION_ID, vpc_id=vpc_id, zone_id=zones[0].zone_id, cidr_block="172.16.0.0/24"
        )
        v_switch_id = self.vpc.create_vswitch(vswitch).body.v_switch_id
        about = vpc_models.DescribeVSwitchAttributesRequest(region_id=REGION_ID, v_switch_id=v_switch_id)
        wait_for(lambda: self.vpc.describe_vswitch_attributes(about).body.status == "Available")
        group = ecs_models.CreateSecurityGroupRequest(region_id=REGION_ID, vpc_id=vpc_id)
        return v_switch_id, self.ecs.create_security_group(group).body.security_group_id

    def run_instance(self) -> tuple[str, str, str]:
        """Instance id, public address and security group of an instance that answers Cloud Assistant."""
        v_switch_id, security_group_id = self.make_network()
        images = self.ecs.describe_images(ecs_models.DescribeImagesRequest(region_id=REGION_ID)).body.images.image
        request = ecs_models.RunInstancesRequest(
            region_id=REGION_ID,
            instance_type="ecs.u1-c1m2.large",
            image_id=images[0].image_id,
            v_switch_id=v_switch_id,
            security_group_id=security_group_id,
            internet_max_bandwidth_out=5,
            system_disk=ecs_models.RunInstancesRequestSystemDisk(
                category="cloud_essd", size="40", performance_level="PL0"
            ),
        )
        instance_id = self.ecs.run_instances(request).body.instance_id_sets.instance_id_set[0]
        status = ecs_models.DescribeCloudAssistantStatusRequest(region_id=REGION_ID, instance_id=[instance_id])

        def is_ready():
            found = self.ecs.describe_cloud_assistant_status(
                status
            ).body.instance_cloud_assistant_status_set.instance_cloud_assistant_status
            return found and found[0].cloud_assistant_status == "true"

        everything = ecs_models.DescribeInstancesRequest(region_id=REGION_ID)
        wait_for(lambda: self.ecs.describe_instances(everything).body.instances.instance)
        wait_for(is_ready)
        instance = self.ecs.describe_instances(everything).body.instances.instance[0]
        return instance_id, instance.public_ip_address.ip_address[0], security_group_id

    def run_command(self, instance_id: str, script: str) -> str:
        """What the script printed."""
        request = ecs_models.RunCommandRequest(
            region_id=REGION_ID, type="RunShellScript", command_content=script, instance_id=[instance_id]
        )
        results = ecs_models.DescribeInvocationResultsRequest(
            region_id=REGION_ID,
            invoke_id=self.ecs.run_command(request).body.invoke_id,
            content_encoding="PlainText",
        )

        def result():
            found = self.ecs.describe_invocation_results(results).body.invocation.invocation_results.invocation_result
            return found and found[0].invocation_status not in {"Pending", "Running"} and found[0]

        ended = wait_for(result)
        assert ended.invocation_status == "Success", ended.output
        return ended.output

    def open_port(self, security_group_id: str, port: int) -> None:
        rule = ecs_models.AuthorizeSecurityGroupRequestPermissions(
            ip_protocol="tcp", port_range=f"{port}/{port}", source_cidr_ip="0.0.0.0/0"
        )
        self.ecs.authorize_security_group(
            ecs_models.AuthorizeSecurityGroupRequest(
                region_id=REGION_ID, security_group_id=security_group_id, permissions=[rule]
            )
        )


@pytest.fixture
def state_dir(tmp_path):
    directory = tmp_path / "local-cloud"
    yield directory
    stop_server(directory)


def start_with(state_dir, sandbox):
    try:
        return start_server(state_dir, sandbox=sandbox)
    except ServerNotStarted as cannot:
        pytest.skip(f"no {sandbox} machines here: {str(cannot)[-200:]}")


@pytest.fixture
def mark():
    """A name no other process has."""
    return f"deployer-test-{uuid4().hex}"


@pytest.fixture
def port():
    """A port nothing on this computer listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def marked_processes(mark):
    """Ids of processes with the mark on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def page(address, port):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{address}:{port}/", timeout=5) as response:
        return response.read()


def test_an_application_is_reached_at_its_public_address_once_the_port_is_open(state_dir, port):
    cloud = Cloud(start_with(state_dir, "namespaces"))
    instance_id, address, security_group_id = cloud.run_instance()

    output = cloud.run_command(
        instance_id,
        "mkdir -p /root/www && cd /root/www && echo hello from $(hostname) > index.html\n"
        f"nohup python3 -m http.server {port} --bind 0.0.0.0 > /root/app.log 2>&1 &\necho started\n",
    )
    assert output.strip() == "started"
    with pytest.raises(OSError, match="refused"):
        page(address, port)

    cloud.open_port(security_group_id, port)

    assert wait_for(lambda: page(address, port)).startswith(b"hello from ")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("sandbox", ["namespaces", "process"])
def test_a_killed_server_leaves_no_machine_behind(state_dir, sandbox, mark):
    info = start_with(state_dir, sandbox)
    cloud = Cloud(info)
    instance_id, _, _ = cloud.run_instance()
    cloud.run_command(instance_id, f"setsid nohup bash -c 'exec -a {mark} sleep 300' > /dev/null 2>&1 &")
    wait_for(lambda: marked_processes(mark))

    os.kill(info.pid, signal.SIGKILL)
    os.waitpid(info.pid, 0)
    stop_server(state_dir)

    wait_for(lambda: not marked_processes(mark))
    assert not state_dir.exists()
