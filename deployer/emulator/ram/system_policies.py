"""The policies every account has. Only those for emulated products, and the two for everything.

Assumed: the documents change over the years; these follow the names and descriptions of the policy list.
Source: https://www.alibabacloud.com/help/en/ram/product-overview/services-that-work-with-ram
"""

from collections.abc import Mapping
from types import MappingProxyType

_READ = ("Describe", "Get", "List", "Query", "BatchGet", "Check", "View")


def _full(*prefixes: str) -> tuple[str, ...]:
    return tuple(f"{prefix}:*" for prefix in prefixes)


def _read_only(*prefixes: str) -> tuple[str, ...]:
    return tuple(f"{prefix}:{verb}*" for prefix in prefixes for verb in _READ)


# Name to the actions that are allowed on everything.
SYSTEM_POLICIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AdministratorAccess": ("*",),
        "ReadOnlyAccess": _read_only("*"),
        "AliyunECSFullAccess": (*_full("ecs"), "vpc:DescribeVpcs", "vpc:DescribeVSwitches"),
        "AliyunECSReadOnlyAccess": (*_read_only("ecs"), "vpc:DescribeVpcs", "vpc:DescribeVSwitches"),
        "AliyunVPCFullAccess": _full("vpc"),
        "AliyunVPCReadOnlyAccess": _read_only("vpc"),
        "AliyunEIPFullAccess": ("vpc:*Eip*",),
        "AliyunOSSFullAccess": _full("oss"),
        "AliyunOSSReadOnlyAccess": ("oss:Get*", "oss:List*"),
        "AliyunOOSFullAccess": (*_full("oos"), "ram:PassRole"),
        "AliyunOOSReadOnlyAccess": _read_only("oos"),
        "AliyunBSSFullAccess": _full("bss", "bssapi"),
        "AliyunBSSReadOnlyAccess": _read_only("bss", "bssapi"),
        "AliyunSTSAssumeRoleAccess": ("sts:AssumeRole",),
        "AliyunRAMFullAccess": _full("ram"),
        "AliyunRAMReadOnlyAccess": _read_only("ram"),
    }
)
