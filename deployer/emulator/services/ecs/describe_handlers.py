"""DescribeInstances, DescribeInstanceStatus, DescribeInstanceAttribute and DescribeDisks."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.ecs.batches import read_ids
from deployer.emulator.services.ecs.instance_view import describe_attribute, describe_disk, describe_instance
from deployer.emulator.services.ecs.instances import Disk, Instance, InstanceStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number, page_either_way
from deployer.emulator.services.refusals import refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.tagging import carries
from deployer.emulator.services.visibility import is_seen

Read = Callable[[Instance], object]
Test = Callable[[Instance], bool]

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
# What a filter of that name is compared with.
_PLAIN_FIELDS: Mapping[str, Read] = MappingProxyType(
    {
        "Status": lambda instance: instance.status.value,
        "InstanceChargeType": lambda _: "PostPaid",
        "InternetChargeType": lambda instance: instance.internet_charge_type,
        "InstanceNetworkType": lambda _: "vpc",
        "InstanceType": lambda instance: instance.instance_type.instance_type_id,
        "InstanceTypeFamily": lambda instance: instance.instance_type.family,
        "ImageId": lambda instance: instance.image.image_id,
        "VpcId": lambda instance: instance.vpc_id,
        "VSwitchId": lambda instance: instance.vswitch.vswitch_id,
        "ZoneId": lambda instance: instance.zone_id,
        "ResourceGroupId": lambda instance: instance.resource_group_id,
        "IoOptimized": lambda _: True,
        "DeviceAvailable": lambda _: True,
        "HttpEndpoint": lambda instance: instance.metadata.http_endpoint,
        "HttpTokens": lambda instance: instance.metadata.http_tokens,
        "HttpPutResponseHopLimit": lambda instance: instance.metadata.hop_limit,
        "KeyPairName": lambda instance: instance.key_pair_name,
    }
)
# And what a list of that name is looked through for.
_LISTED_FIELDS: Mapping[str, Read] = MappingProxyType(
    {
        "InstanceIds": lambda instance: instance.instance_id,
        "PublicIpAddresses": lambda instance: instance.public_ip,
        "PrivateIpAddresses": lambda instance: instance.private_ip,
        "EipAddresses": lambda instance: instance.eip.ip_address if instance.eip is not None else None,
    }
)


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
        instances = self._state.instances(call.region_id)
        if "Tag" in call.params:
            instances = [one for one in instances if is_seen(self._state.context, one.created_at, call.params)]
        found = _matching(instances, call.params)
        stop_dry_run(call)
        page, fields = page_either_way(found, call.params, key=lambda instance: instance.instance_id)
        return {
            "Instances": {"Instance": [describe_instance(one, self._state.interfaces_of(one)) for one in page]},
            **fields,
        }

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
        page, fields = page_either_way(found, call.params, key=lambda disk: disk.disk_id, max_results=500)
        return {"Disks": {"Disk": [describe_disk(disk) for disk in page]}, **fields}


def _matching(instances: list[Instance], params: Mapping[str, Any]) -> list[Instance]:
    """Those that pass every filter of DescribeInstances. Errors: ApiError for filters that cannot be read."""
    tests = list(_tests(params))
    return [instance for instance in instances if all(test(instance) for test in tests)] if tests else instances


def _tests(params: Mapping[str, Any]) -> Iterator[Test]:
    """One test for each filter that is given: fleets of thousands are asked for page by page."""
    for name, read in _PLAIN_FIELDS.items():
        if name in params:
            yield partial(_has, read, params[name])
    for name, read in _LISTED_FIELDS.items():
        found = read_ids(params, name, _MAX_IDS)
        if found is not None:
            yield partial(_is_among, read, found)
    if "SecurityGroupId" in params:
        yield lambda instance: params["SecurityGroupId"] in instance.security_group_ids
    if "InstanceName" in params:
        yield lambda instance: names.matches_wildcard(instance.instance_name, params["InstanceName"])
    if "LockReason" in params:
        yield lambda _: False
    if "Tag" in params:
        yield lambda instance: carries(instance.tags, params["Tag"])
    created_from, created_until = _read_creation_window(params.get("Filter", []))
    if created_from or created_until:
        yield (
            lambda instance: (
                created_from <= timestamps.to_minute(instance.created_at)
                and (not created_until or timestamps.to_minute(instance.created_at) <= created_until)
            )
        )


def _has(read: Read, value: object, instance: Instance) -> bool:
    return read(instance) == value


def _is_among(read: Read, values: Collection[str], instance: Instance) -> bool:
    return read(instance) in values


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
