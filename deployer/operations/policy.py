"""A RAM policy that is enough for everything deployer does, and no more."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Every action deployer calls, by what for. A test holds this table against the calls of real deploys.
ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "look": (
            "ecs:DescribeAvailableResource",
            "ecs:DescribeCloudAssistantStatus",
            "ecs:DescribeImageFromFamily",
            "ecs:DescribeInstances",
            "ecs:DescribeInstanceTypes",
            "ecs:DescribeInvocationResults",
            "ecs:DescribePrice",
            "ecs:DescribeRegions",
            "ecs:DescribeSecurityGroupAttribute",
            "ecs:DescribeSecurityGroups",
            "oos:GetApplication",
            "oos:GetApplicationGroup",
            "oos:ListApplicationGroups",
            "oos:ListApplications",
            "oos:ListExecutions",
            "oos:ListTaskExecutions",
            "vpc:DescribeVpcAttribute",
            "vpc:DescribeVpcs",
            "vpc:DescribeVSwitches",
        ),
        "price": ("bssapi:GetPayAsYouGoPrice", "bssapi:QueryAccountBalance"),
        "make": (
            "ecs:AuthorizeSecurityGroup",
            "ecs:CreateSecurityGroup",
            "ecs:RunCommand",
            "ecs:RunInstances",
            "ecs:TagResources",
            "ecs:UntagResources",
            "oos:CreateApplication",
            "oos:CreateApplicationGroup",
            "oos:StartExecution",
            "vpc:CreateVpc",
            "vpc:CreateVSwitch",
            "vpc:TagResources",
        ),
        "remove": (
            "ecs:DeleteInstance",
            "ecs:DeleteSecurityGroup",
            "oos:DeleteApplication",
            "oos:DeleteApplicationGroup",
            "vpc:DeleteVpc",
            "vpc:DeleteVSwitch",
        ),
    }
)
BUCKET_ACTIONS = (
    "oss:DeleteBucket",
    "oss:GetBucketInfo",
    "oss:ListMultipartUploads",
    "oss:ListObjects",
    "oss:PutBucket",
    "oss:PutBucketEncryption",
    "oss:PutBucketLifecycle",
    "oss:PutBucketPublicAccessBlock",
    "oss:PutBucketTagging",
)
OBJECT_ACTIONS = ("oss:AbortMultipartUpload", "oss:DeleteObject", "oss:GetObject", "oss:PutObject")


def policy_document() -> dict[str, Any]:
    """The policy as RAM takes it. OSS is limited to buckets of deployer's names; reads cannot be limited by tag.

    Source: https://www.alibabacloud.com/help/en/ram/policy-structure-and-syntax-1
    """
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": list(actions), "Resource": "*"} for actions in ACTIONS.values()
    ]
    statements += [
        {"Effect": "Allow", "Action": ["oss:ListBuckets"], "Resource": "acs:oss:*:*:*"},
        {"Effect": "Allow", "Action": list(BUCKET_ACTIONS), "Resource": "acs:oss:*:*:deployer-*"},
        {"Effect": "Allow", "Action": list(OBJECT_ACTIONS), "Resource": "acs:oss:*:*:deployer-*/*"},
    ]
    return {"Version": "1", "Statement": statements}
