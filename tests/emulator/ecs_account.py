"""An account with a network, asked for operations from inside: checked as on the wire, without the cost of an SDK."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from ecs_lab import FAMILY, REGION, TYPE, ZONE

from deployer.emulator.actions import ApiError
from deployer.emulator.contract.document import Contract
from deployer.emulator.core import Emulator

CONTRACT = Contract()


@dataclass(kw_only=True)
class Account:
    """One emulated account in virtual time."""

    emulator: Emulator
    network: dict[str, str] = field(default_factory=dict)  # VpcId, VSwitchId, SecurityGroupId

    def __call__(self, action: str, *, product: str = "ecs", **params: Any) -> dict[str, Any]:
        """The body of the answer; RegionId is added where the operation takes one."""
        operation = CONTRACT.find(product, action)
        region = {"RegionId": REGION} if operation is None or "RegionId" in operation.parameters else {}
        root = self.emulator.accounts.root
        return self.emulator.call_api(product, action, {**region, **params}, region_id=REGION, principal=root)

    def settle(self) -> None:
        """Let everything under way come to its end."""
        self.emulator.advance(20)

    def launch(self, **fields: Any) -> str:
        """The id of one instance that is Running."""
        wanted = {"InstanceType": TYPE, "ImageFamily": FAMILY, **self.network, **fields}
        wanted.pop("VpcId", None)
        wanted.setdefault("SystemDisk", {"Category": "cloud_essd", "Size": "40"})
        [instance_id] = self("RunInstances", **wanted)["InstanceIdSets"]["InstanceIdSet"]
        self.settle()
        return instance_id

    def one(self, action: str, **params: Any) -> dict[str, Any]:
        """The only element of a list answer: `one("DescribeDisks", DiskIds=[…])`."""
        body = self(action, **params)
        [listed] = [value for value in body.values() if isinstance(value, dict)]
        [[found]] = listed.values()
        return found


def make_account(emulator: Emulator) -> Account:
    """An account with a VPC, a vSwitch and a security group."""
    account = Account(emulator=emulator)
    vpc_id = account("CreateVpc", product="vpc", CidrBlock="192.168.0.0/16")["VpcId"]
    account.settle()
    place = {"VpcId": vpc_id, "ZoneId": ZONE, "CidrBlock": "192.168.0.0/24"}
    account.network = {
        "VpcId": vpc_id,
        "VSwitchId": account("CreateVSwitch", product="vpc", **place)["VSwitchId"],
        "SecurityGroupId": account("CreateSecurityGroup", VpcId=vpc_id)["SecurityGroupId"],
    }
    account.settle()
    return account


def said(ask: Callable[[], object]) -> str:
    """`403 IncorrectDiskStatus`: how the call was refused."""
    with pytest.raises(ApiError) as caught:
        ask()
    return f"{caught.value.status} {caught.value.code}"
