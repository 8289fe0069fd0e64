"""A network and machines in it, for tests that need some."""

from dataclasses import dataclass

from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_vpc20160428 import models as vpc
from clients import REGION_ID, ecs_client, vpc_client

from deployer.testing import mock_aliyun


@dataclass(frozen=True, kw_only=True)
class Network:
    vswitch_id: str
    security_group_id: str


def make_network() -> Network:
    """Part of the cloud whose mock runs."""
    network = vpc_client()
    with mock_aliyun() as aliyun:
        vpc_id = network.create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID, cidr_block="10.0.0.0/8")).body.vpc_id
        aliyun.clock.advance(5)
        vswitch = vpc.CreateVSwitchRequest(
            region_id=REGION_ID, vpc_id=vpc_id, zone_id="cn-hangzhou-h", cidr_block="10.0.0.0/16"
        )
        vswitch_id = network.create_vswitch(vswitch).body.v_switch_id
        group = ecs.CreateSecurityGroupRequest(region_id=REGION_ID, vpc_id=vpc_id)
        group_id = ecs_client().create_security_group(group).body.security_group_id
        aliyun.clock.advance(5)
    return Network(vswitch_id=vswitch_id, security_group_id=group_id)


def run_instances(network: Network, *, amount: int, tags: dict[str, str] | None = None) -> list[str]:
    """Ids of instances that run."""
    request = ecs.RunInstancesRequest(
        region_id=REGION_ID,
        image_family="acs:alibaba_cloud_linux_3_2104_lts_x64",
        instance_type="ecs.e-c1m2.large",
        security_group_id=network.security_group_id,
        v_switch_id=network.vswitch_id,
        amount=amount,
        system_disk=ecs.RunInstancesRequestSystemDisk(category="cloud_essd"),
        tag=[ecs.RunInstancesRequestTag(key=key, value=value) for key, value in (tags or {}).items()],
    )
    found = ecs_client().run_instances(request).body.instance_id_sets.instance_id_set
    with mock_aliyun() as aliyun:
        aliyun.clock.advance(30)
    return found
