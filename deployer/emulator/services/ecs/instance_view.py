"""An instance and a disk in the words of the Describe operations."""

from collections.abc import Sequence
from typing import Any

from deployer.emulator.services import timestamps
from deployer.emulator.services.ecs.instances import Disk, Instance
from deployer.emulator.services.ecs.interfaces import NetworkInterface
from deployer.emulator.services.vpc.networks import EipStatus

NEVER = "2099-12-31T15:59Z"  # when a pay-as-you-go instance expires. Source: DescribeInstances page, ExpiredTime


def describe_instance(instance: Instance, secondary: Sequence[NetworkInterface] = ()) -> dict[str, Any]:
    """One element of DescribeInstances, with its secondary interfaces. Times are to the minute."""
    network = _network(instance)
    network["NetworkInterfaces"]["NetworkInterface"] += [_secondary(interface) for interface in secondary]
    return {
        **_identity(instance),
        **_hardware(instance),
        **network,
        "RegionId": instance.region_id,
        "OSName": instance.image.os_name,
        "OSNameEn": instance.image.os_name.replace("64位", "64 bit").replace("ARM版", "ARM Edition"),
        "OSType": instance.os_type,
        "StartTime": timestamps.to_minute(instance.started_at) if instance.started_at else "",
        "AutoReleaseTime": timestamps.to_minute(instance.auto_release_at) if instance.auto_release_at else "",
        "DeletionProtection": instance.deletion_protection,
        "DeviceAvailable": True,
        "IoOptimized": True,
        "KeyPairName": instance.key_pair_name,
        "Recyclable": False,
        "ResourceGroupId": instance.resource_group_id,
        "SaleCycle": "",
        "SpotDuration": 1,
        "SpotPriceLimit": 0.0,
        "SpotStrategy": "NoSpot",
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": "", "DedicatedHostClusterId": ""},
        "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
        "DeploymentSetId": "",
        "EcsCapacityReservationAttr": {"CapacityReservationId": "", "CapacityReservationPreference": ""},
        "HibernationOptions": {"Configured": False},
        "HpcClusterId": "",
        "MetadataOptions": {
            "HttpEndpoint": instance.metadata.http_endpoint,
            "HttpTokens": instance.metadata.http_tokens,
            "HttpPutResponseHopLimit": instance.metadata.hop_limit,
        },
        "Tags": tag_list(instance.tags),
    }


def describe_attribute(instance: Instance) -> dict[str, Any]:
    """The body of DescribeInstanceAttribute. IoOptimized is a word here, a boolean elsewhere."""
    eip = _eip(instance)
    eip.pop("IsSupportUnassociate", None)
    network = _network(instance)
    return {
        **_identity(instance),
        "Cpu": instance.instance_type.cores,
        "Memory": int(instance.instance_type.memory_gib * 1024),
        "InstanceType": instance.instance_type.instance_type_id,
        **{name: value for name, value in network.items() if name not in {"NetworkInterfaces", "RdmaIpAddress"}},
        "EipAddress": eip,
        "RegionId": instance.region_id,
        "IoOptimized": "optimized",
        "CreditSpecification": "",
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
        "EnableJumboFrame": False,
        "EnableNetworkEncryption": False,
        "SecurityOptions": {"EnableSecureBoot": False},
    }


def describe_disk(disk: Disk) -> dict[str, Any]:
    """One element of DescribeDisks."""
    attached = timestamps.to_second(disk.attached_at) if disk.attached_at else ""
    attachments = []
    if disk.instance_id is not None:
        attachments.append({"InstanceId": disk.instance_id, "Device": disk.device, "AttachedTime": attached})
    return {
        "DiskId": disk.disk_id,
        "DiskName": disk.disk_name,
        "Description": disk.description,
        "RegionId": disk.region_id,
        "ZoneId": disk.zone_id,
        "Type": disk.disk_type,
        "Category": disk.category,
        "PerformanceLevel": disk.performance_level,
        "Size": disk.size_gib,
        "Device": disk.device if disk.instance_id else "",
        "InstanceId": disk.instance_id or "",
        "Attachments": {"Attachment": attachments},
        "MountInstances": {"MountInstance": []},
        "MountInstanceNum": len(attachments),
        "MultiAttach": "Disabled",
        "Status": disk.status,
        "AttachedTime": attached,
        "DetachedTime": timestamps.to_second(disk.detached_at) if disk.detached_at else "",
        "CreationTime": timestamps.to_second(disk.created_at),
        "ExpiredTime": NEVER,
        "DiskChargeType": "PostPaid",
        "DeleteWithInstance": disk.delete_with_instance,
        **_snapshots_of(disk),
        "Encrypted": disk.encrypted,
        "Portable": disk.disk_type == "data",
        "ImageId": disk.image_id,
        "KMSKeyId": "",
        "ProductCode": "",
        "ResourceGroupId": disk.resource_group_id,
        "OperationLocks": {"OperationLock": []},
        "Tags": tag_list(disk.tags),
    }


def _snapshots_of(disk: Disk) -> dict[str, Any]:
    return {
        "DeleteAutoSnapshot": disk.delete_auto_snapshot,
        "EnableAutoSnapshot": disk.enable_auto_snapshot,
        "EnableAutomatedSnapshotPolicy": bool(disk.snapshot_policy_id),
        "AutoSnapshotPolicyId": disk.snapshot_policy_id,
        "SourceSnapshotId": disk.source_snapshot_id,
    }


def tag_list(tags: dict[str, str]) -> dict[str, Any]:
    """Tags as ECS answers spell them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def _identity(instance: Instance) -> dict[str, Any]:
    return {
        "InstanceId": instance.instance_id,
        "InstanceName": instance.instance_name,
        "HostName": instance.hostname,
        "Description": instance.description,
        "Status": instance.status.value,
        "StoppedMode": instance.stopped_mode,
        "ZoneId": instance.zone_id,
        "ClusterId": "",
        "SerialNumber": instance.serial_number,
        "ImageId": instance.image.image_id,
        "CreationTime": timestamps.to_minute(instance.created_at),
        "ExpiredTime": NEVER,
        "InstanceChargeType": "PostPaid",
        "OperationLocks": {"LockReason": []},
    }


def _hardware(instance: Instance) -> dict[str, Any]:
    kind = instance.instance_type
    return {
        "InstanceType": kind.instance_type_id,
        "InstanceTypeFamily": kind.family,
        "Cpu": kind.cores,
        "Memory": int(kind.memory_gib * 1024),
        "CpuOptions": {"CoreCount": max(1, kind.cores // 2), "ThreadsPerCore": 2, "Numa": "ON"},
        "GPUAmount": kind.gpu_amount,
        "GPUSpec": kind.gpu_spec,
        "LocalStorageAmount": 0,
        "LocalStorageCapacity": 0,
    }


def _network(instance: Instance) -> dict[str, Any]:
    return {
        "InstanceNetworkType": "vpc",
        "VlanId": "",
        "InternetMaxBandwidthIn": _bandwidth_in(instance),
        "InternetMaxBandwidthOut": instance.internet_max_bandwidth_out,
        "InternetChargeType": instance.internet_charge_type,
        "PublicIpAddress": {"IpAddress": [instance.public_ip] if instance.public_ip else []},
        "EipAddress": _eip(instance),
        "InnerIpAddress": {"IpAddress": []},
        "RdmaIpAddress": {"IpAddress": []},
        "SecurityGroupIds": {"SecurityGroupId": list(instance.security_group_ids)},
        "VpcAttributes": {
            "VpcId": instance.vpc_id,
            "VSwitchId": instance.vswitch.vswitch_id,
            "PrivateIpAddress": {"IpAddress": [instance.private_ip]},
            "NatIpAddress": "",
        },
        "NetworkInterfaces": {
            "NetworkInterface": [
                {
                    "NetworkInterfaceId": instance.network_interface_id,
                    "MacAddress": instance.mac_address,
                    "PrimaryIpAddress": instance.private_ip,
                    "Type": "Primary",
                    "PrivateIpSets": {
                        "PrivateIpSet": [{"PrivateIpAddress": instance.private_ip, "Primary": True}],
                    },
                }
            ]
        },
    }


def _secondary(interface: NetworkInterface) -> dict[str, Any]:
    addresses = [str(address) for address in interface.private_ips]
    listed = [{"PrivateIpAddress": text, "Primary": text == addresses[0]} for text in addresses]
    return {
        "NetworkInterfaceId": interface.network_interface_id,
        "MacAddress": interface.mac_address,
        "PrimaryIpAddress": addresses[0],
        "Type": "Secondary",
        "PrivateIpSets": {"PrivateIpSet": listed},
    }


def _bandwidth_in(instance: Instance) -> int:
    """At least 10 Mbit/s in, or as much as out, for an instance with a public address.

    Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances
    """
    return max(10, instance.internet_max_bandwidth_out) if instance.internet_max_bandwidth_out else 0


def _eip(instance: Instance) -> dict[str, Any]:
    eip = instance.eip
    if eip is None or eip.status is not EipStatus.IN_USE:
        return {"AllocationId": "", "IpAddress": "", "InternetChargeType": "", "IsSupportUnassociate": False}
    return {
        "AllocationId": eip.allocation_id,
        "IpAddress": eip.ip_address,
        "Bandwidth": eip.bandwidth,
        "InternetChargeType": eip.internet_charge_type,
        "IsSupportUnassociate": True,
    }
