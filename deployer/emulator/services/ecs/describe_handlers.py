"""DescribeInstances, DescribeInstanceStatus, DescribeInstanceAttribute and DescribeDisks."""

from collections.abc import Mapping
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.ecs.batches import read_ids
from deployer.emulator.services.ecs.instance_view import describe_attribute, describe_disk, describe_instance
from deployer.emulator.services.ecs.instances import Disk, Instance, InstanceStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number, page_by_token, wants_token_paging
from deployer.emulator.services.refusals import refuse_unsupported
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.tagging import carries

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_IDS = 100
# Values a filter may have; another one is refused, not just unmatched. Source: DescribeInstances page, error codes
_FILTER_VALUES: Mapping[str, tuple[frozenset[str], str]] = {
    "Status": (frozenset(status.value for status in InstanceStatus), "InvalidStatus.NotFound"),
    "InstanceChargeType": (frozenset({"PostPaid", "PrePaid"}), "InvalidInstanceChargeType.NotFound"),
    "InternetChargeType": (
        frozenset({"PayByBandwidth", "PayByTraffic"}),
        "InvalidInternetChargeType.ValueNotSupported",
    ),
    "InstanceNetworkType": (frozenset({"vpc", "classic"}), "InvalidNetworkType.NotFound"),
}


class DescribeActions:
    """The operations that look at instances and disks."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("DescribeInstances", source=_HELP + "describeinstances")
    def describe_instances(self, call: Call) -> Body:
        """The instances that match every filter, newest first; unknown ids match nothing."""
        get_region(call.region_id)
        refuse_unsupported(call, "RdmaIpAddresses", "HpcClusterId", "InnerIpAddresses", "Ipv6Address")
        _check_filter_values(call)
        wanted = _Wanted(call)
        if call.params.get("DryRun"):
            raise ApiError(400, "DryRunOperation", "Request validation has been passed with DryRun flag set.")
        found = [instance for instance in self._state.instances(call.region_id) if wanted.matches(instance)]
        if wants_token_paging(call.params):
            page, token = page_by_token(found, call.params, key=lambda instance: instance.instance_id)
            fields: dict[str, Any] = {"NextToken": token, "TotalCount": 0, "PageNumber": 0, "PageSize": 0}
        else:
            page, numbers = page_by_number(found, call.params)
            fields = {"NextToken": "", **numbers}
        return {"Instances": {"Instance": [describe_instance(instance) for instance in page]}, **fields}

    @action("DescribeInstanceStatus", source=_HELP + "describeinstancestatus")
    def describe_instance_status(self, call: Call) -> Body:
        """Id and state of the instances asked for."""
        get_region(call.region_id)
        refuse_unsupported(call, "ClusterId")
        wanted_ids = call.params.get("InstanceId")
        found = [
            instance
            for instance in self._state.instances(call.region_id)
            if (wanted_ids is None or instance.instance_id in wanted_ids)
            and call.params.get("ZoneId", instance.zone_id) == instance.zone_id
        ]
        page, fields = page_by_number(found, call.params, max_size=50)
        statuses = [{"InstanceId": instance.instance_id, "Status": instance.status.value} for instance in page]
        return {"InstanceStatuses": {"InstanceStatus": statuses}, **fields}

    @action("DescribeInstanceAttribute", source=_HELP + "describeinstanceattribute")
    def describe_instance_attribute(self, call: Call) -> Body:
        """Everything about one instance."""
        return describe_attribute(self._state.get_instance(call.params["InstanceId"], region_asked(call)))

    @action("DescribeDisks", source=_HELP + "describedisks")
    def describe_disks(self, call: Call) -> Body:
        """The disks that match every filter, newest first."""
        get_region(call.region_id)
        refuse_unsupported(call, "Filter", "LockReason", "KMSKeyId")
        found = [
            disk
            for disk in list(self._state.disks.values())[::-1]
            if disk.region_id == call.region_id and _disk_matches(disk, call.params)
        ]
        if wants_token_paging(call.params):
            page, token = page_by_token(found, call.params, key=lambda disk: disk.disk_id, max_size=500)
            fields: dict[str, Any] = {"NextToken": token, "TotalCount": 0, "PageNumber": 0, "PageSize": 0}
        else:
            page, numbers = page_by_number(found, call.params)
            fields = {"NextToken": "", **numbers}
        return {"Disks": {"Disk": [describe_disk(disk) for disk in page]}, **fields}


class _Wanted:
    """The filters of DescribeInstances, read once."""

    def __init__(self, call: Call) -> None:
        self._params = call.params
        self._ids = read_ids(call.params, "InstanceIds", _MAX_IDS)
        self._public = read_ids(call.params, "PublicIpAddresses", _MAX_IDS)
        self._private = read_ids(call.params, "PrivateIpAddresses", _MAX_IDS)
        self._elastic = read_ids(call.params, "EipAddresses", _MAX_IDS)
        self._created_from, self._created_until = _read_creation_window(call.params.get("Filter", []))

    def matches(self, instance: Instance) -> bool:
        return (
            self._matches_addresses(instance)
            and self._matches_plain_fields(instance)
            and self._matches_times(instance)
            and carries(instance.tags, self._params.get("Tag", []))
        )

    def _matches_addresses(self, instance: Instance) -> bool:
        return (
            (self._ids is None or instance.instance_id in self._ids)
            and (self._public is None or instance.public_ip in self._public)
            and (self._private is None or instance.private_ip in self._private)
            and (self._elastic is None or (instance.eip is not None and instance.eip.ip_address in self._elastic))
        )

    def _matches_plain_fields(self, instance: Instance) -> bool:
        actual = {
            "Status": instance.status.value,
            "InstanceChargeType": "PostPaid",
            "InternetChargeType": instance.internet_charge_type,
            "InstanceNetworkType": "vpc",
            "InstanceType": instance.instance_type.instance_type_id,
            "InstanceTypeFamily": instance.instance_type.family,
            "ImageId": instance.image.image_id,
            "VpcId": instance.vpc_id,
            "VSwitchId": instance.vswitch.vswitch_id,
            "ZoneId": instance.zone_id,
            "ResourceGroupId": instance.resource_group_id,
            "IoOptimized": True,
            "DeviceAvailable": True,
            "HttpEndpoint": instance.metadata.http_endpoint,
            "HttpTokens": instance.metadata.http_tokens,
            "HttpPutResponseHopLimit": instance.metadata.hop_limit,
        }
        if any(self._params.get(name, value) != value for name, value in actual.items()):
            return False
        group_id = self._params.get("SecurityGroupId")
        name = self._params.get("InstanceName")
        return (
            (group_id is None or group_id in instance.security_group_ids)
            and (name is None or names.matches_wildcard(instance.instance_name, name))
            and self._params.get("KeyPairName", instance.key_pair_name) == instance.key_pair_name
            and "LockReason" not in self._params
        )

    def _matches_times(self, instance: Instance) -> bool:
        created = timestamps.to_minute(instance.created_at)
        return self._created_from <= created and (not self._created_until or created <= self._created_until)


def _check_filter_values(call: Call) -> None:
    for name, (allowed, code) in _FILTER_VALUES.items():
        if name in call.params and call.params[name] not in allowed:
            raise ApiError(404, code, f"The specified {name} does not exist.")


def _read_creation_window(filters: list[Mapping[str, Any]]) -> tuple[str, str]:
    """CreationStartTime and CreationEndTime of Filter.N, "" where open. Errors: 404 InvalidFilterKey.NotFound."""
    window = {"CreationStartTime": "", "CreationEndTime": ""}
    for entry in filters:
        key = entry.get("Key", "")
        if key in {"ExpiredStartTime", "ExpiredEndTime"}:
            continue  # pay-as-you-go instances never expire
        if key not in window:
            raise ApiError(404, "InvalidFilterKey.NotFound", "The specified filter key is not found.")
        window[key] = str(entry.get("Value", ""))
    return window["CreationStartTime"], window["CreationEndTime"]


def _disk_matches(disk: Disk, params: Mapping[str, Any]) -> bool:
    disk_ids = read_ids(params, "DiskIds", _MAX_IDS)
    return (
        (disk_ids is None or disk.disk_id in disk_ids)
        and params.get("InstanceId", disk.instance_id) == disk.instance_id
        and params.get("DiskType", "all") in {"all", disk.disk_type}
        and params.get("Category", "all") in {"all", disk.category}
        and params.get("Status", "All") in {"All", disk.status}
        and params.get("PerformanceLevel", disk.performance_level) == disk.performance_level
        and params.get("DiskName", disk.disk_name) == disk.disk_name
        and params.get("ZoneId", disk.zone_id) == disk.zone_id
        and params.get("DiskChargeType", "PostPaid") == "PostPaid"
        and params.get("Portable", disk.disk_type == "data") == (disk.disk_type == "data")
        and params.get("ResourceGroupId", disk.resource_group_id) == disk.resource_group_id
        and params.get("MultiAttach", "Disabled") == "Disabled"
        and params.get("SnapshotId", disk.source_snapshot_id) == disk.source_snapshot_id
        and params.get("AutoSnapshotPolicyId", disk.snapshot_policy_id) == disk.snapshot_policy_id
        and params.get("EnableAutoSnapshot", disk.enable_auto_snapshot) == disk.enable_auto_snapshot
        and params.get("DeleteWithInstance", disk.delete_with_instance) == disk.delete_with_instance
        and params.get("DeleteAutoSnapshot", disk.delete_auto_snapshot) == disk.delete_auto_snapshot
        and params.get("Encrypted", disk.encrypted) == disk.encrypted
        and carries(disk.tags, params.get("Tag", []))
    )
