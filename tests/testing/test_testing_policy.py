"""Exactly one policy in force: what it lets through, what was used of it, and late or scarce things by choice."""

import alibabacloud_oss_v2 as oss
import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_vpc20160428 import models as vpc
from clients import REGION_ID, ecs_client, oss_client, vpc_client

from deployer.emulator.ram.policy import MalformedPolicy
from deployer.testing import mock_aliyun

READ_ONLY = {
    "Version": "1",
    "Statement": [{"Effect": "Allow", "Action": ["ecs:Describe*", "oss:GetObject"], "Resource": "*"}],
}


def describe() -> int:
    request = ecs.DescribeInstancesRequest(region_id=REGION_ID)
    return ecs_client().describe_instances(request).body.total_count


def create_vpc(client=None, **fields):
    return (client or vpc_client()).create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID, **fields)).body


@mock_aliyun(policy=READ_ONLY)
def test_what_the_policy_does_not_allow_is_denied():
    assert describe() == 0
    with pytest.raises(ClientException) as denied:
        create_vpc()
    assert denied.value.code == "Forbidden.RAM"
    assert denied.value.access_denied_detail["AuthAction"] == "vpc:CreateVpc"
    with pytest.raises(oss.exceptions.OperationError) as refused:
        oss_client().put_bucket(oss.PutBucketRequest(bucket="mine-of-all-names"))
    assert (refused.value.unwrap().code, refused.value.unwrap().ec) == ("AccessDenied", "0003-00000202")


@mock_aliyun(policy=READ_ONLY)
def test_keys_that_are_taken_on_trust_have_no_more_rights():
    client = vpc_client(access_key_id="LTAI5tFoundInAFile", access_key_secret="whatever")
    with pytest.raises(ClientException) as denied:
        create_vpc(client)
    assert denied.value.code == "Forbidden.RAM"


def work() -> None:
    """Some program: it makes a network and an object."""
    vpc_id = create_vpc(vpc_name="mine").vpc_id
    vpc_client().describe_vpcs(vpc.DescribeVpcsRequest(region_id=REGION_ID, vpc_id=vpc_id))
    client = oss_client()
    client.put_bucket(oss.PutBucketRequest(bucket="mine-of-all-names"))
    client.put_object(oss.PutObjectRequest(bucket="mine-of-all-names", key="a/b.txt", body=b"1"))


def test_the_rights_a_program_used_are_a_policy_that_is_enough_and_no_more():
    with mock_aliyun(seed=3) as aliyun:
        work()
        used, actions = aliyun.used_policy, aliyun.used_actions
    assert actions == ("oss:PutBucket", "oss:PutObject", "vpc:CreateVpc", "vpc:DescribeVpcs")
    resources = {statement["Action"][0]: statement["Resource"] for statement in used["Statement"]}
    assert resources["oss:PutObject"][0].endswith(":mine-of-all-names/a/b.txt")

    with mock_aliyun(seed=3, policy=used) as aliyun:
        work()
        assert aliyun.used_actions == actions
    for statement in used["Statement"]:
        others = [one for one in used["Statement"] if one is not statement]
        with mock_aliyun(seed=3, policy={**used, "Statement": others}) as aliyun:
            with pytest.raises((ClientException, oss.exceptions.OperationError)):
                work()
            assert statement["Action"][0] not in aliyun.used_actions


def test_a_policy_that_is_none_is_refused_at_once():
    with pytest.raises(MalformedPolicy), mock_aliyun(policy='{"Version": "2012-10-17", "Statement": []}'):
        pass


def test_things_come_late_and_are_scarce_when_asked_to():
    with mock_aliyun(clock="manual", assumptions={"network_pending_seconds": 30.0, "vpc_quota": 1}) as aliyun:
        request = vpc.DescribeVpcAttributeRequest(region_id=REGION_ID, vpc_id=create_vpc().vpc_id)
        aliyun.clock.advance(29)
        assert vpc_client().describe_vpc_attribute(request).body.status == "Pending"
        aliyun.clock.advance(2)
        assert vpc_client().describe_vpc_attribute(request).body.status == "Available"
        with pytest.raises(ClientException) as refused:
            create_vpc()
    assert refused.value.code == "QuotaExceeded.Vpc"


def test_an_assumption_nobody_makes_is_refused():
    with pytest.raises(TypeError), mock_aliyun(assumptions={"moon_phase": 1}):
        pass
