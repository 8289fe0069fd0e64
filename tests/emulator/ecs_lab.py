"""ECS and VPC through the real SDK clients, in virtual time: what tests of both services start from."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from alibabacloud_ecs20140526 import models as ecs_models
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_vpc20160428 import models as vpc_models
from alibabacloud_vpc20160428.client import Client as VpcClient

from deployer.emulator.core import Emulator
from deployer.emulator.services.ecs.state import EcsState

ECS_PAGES = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
VPC_PAGES = "https://www.alibabacloud.com/help/en/vpc/developer-reference/api-vpc-2016-04-28-"
EIP_PAGES = "https://www.alibabacloud.com/help/en/eip/developer-reference/api-vpc-2016-04-28-"
IDEMPOTENCE = "https://www.alibabacloud.com/help/doc-detail/25693.html"
STATES_PAGE = "https://www.alibabacloud.com/help/en/ecs/user-guide/overview-of-instance-states"
RULES_PAGE = "https://www.alibabacloud.com/help/en/ecs/user-guide/security-group-rules"

REGION = "cn-hangzhou"
ZONE = "cn-hangzhou-h"
TYPE = "ecs.u1-c1m2.large"
FAMILY = "acs:alibaba_cloud_linux_3_2104_lts_x64"
ARM_FAMILY = "acs:alibaba_cloud_linux_3_2104_lts_arm64"


@dataclass(frozen=True, kw_only=True)
class Network:
    """A VPC, a vSwitch and a security group that are Available."""

    vpc_id: str
    vswitch_id: str
    security_group_id: str


@dataclass(kw_only=True)
class EcsLab:
    """Two clients of one emulator whose time the test moves. Calls take the names of the SDK's request fields."""

    emulator: Emulator
    state: EcsState
    ecs_client: EcsClient
    vpc_client: VpcClient

    def ecs(self, operation: str, **fields):
        """The body of an ECS answer: `lab.ecs("start_instance", instance_id=…)`."""
        return _call(self.ecs_client, ecs_models, operation, fields)

    def vpc(self, operation: str, **fields):
        """The body of a VPC answer."""
        return _call(self.vpc_client, vpc_models, operation, fields)

    def settle(self) -> None:
        """Let everything under way come to its end."""
        self.emulator.advance(20)

    def make_network(self, *, zone_id: str = ZONE, cidr_block: str = "192.168.0.0/24") -> Network:
        vpc_id = self.vpc("create_vpc", cidr_block="192.168.0.0/16").vpc_id
        self.settle()
        vswitch_id = self.vpc("create_vswitch", vpc_id=vpc_id, zone_id=zone_id, cidr_block=cidr_block).v_switch_id
        security_group_id = self.ecs("create_security_group", vpc_id=vpc_id).security_group_id
        self.settle()
        return Network(vpc_id=vpc_id, vswitch_id=vswitch_id, security_group_id=security_group_id)

    def launch(self, network: Network, **fields) -> list[str]:
        """Ids straight from RunInstances; a u1 with Alibaba Cloud Linux unless `fields` say otherwise."""
        settings = {
            "instance_type": TYPE,
            "image_family": FAMILY,
            "v_switch_id": network.vswitch_id,
            "security_group_id": network.security_group_id,
            "system_disk": ecs_models.RunInstancesRequestSystemDisk(category="cloud_essd", size="40"),
            **fields,
        }
        return self.ecs("run_instances", **settings).instance_id_sets.instance_id_set

    def launch_running(self, network: Network, **fields) -> str:
        """The id of one instance that is Running."""
        [instance_id] = self.launch(network, **fields)
        self.settle()
        return instance_id

    def describe(self, instance_id: str):
        """The instance as DescribeInstances has it; None when it is not listed."""
        found = self.ecs("describe_instances", instance_ids=f'["{instance_id}"]').instances.instance
        return found[0] if found else None

    def status(self, instance_id: str) -> str | None:
        instance = self.describe(instance_id)
        return instance.status if instance else None


def _call(client, models, operation: str, fields: dict):
    request_class = next(
        getattr(models, name)
        for name in dir(models)
        if name.endswith("Request") and name.lower() == operation.replace("_", "") + "request"
    )
    request = request_class(**fields)
    if getattr(request, "region_id", "") is None:
        request.region_id = REGION
    return getattr(client, operation)(request).body


def refused(code: str, call: Callable[[], object], *, status: int | None = None) -> ClientException:
    """The refusal with that code (and status) a call ends in."""
    with pytest.raises(ClientException) as caught:
        call()
    assert caught.value.code == code
    if status is not None:
        assert caught.value.status_code == status
    return caught.value


def open_lab(server, region_id: str = REGION) -> EcsLab:
    """Clients of the emulator behind that server."""
    emulator = server.emulator
    return EcsLab(
        emulator=emulator,
        state=emulator.services.ecs_state,
        ecs_client=EcsClient(server.sdk_config(region_id)),
        vpc_client=VpcClient(server.sdk_config(region_id)),
    )
