"""What an instance is made of and how it is reached, changed later: type, bandwidth, place, metadata, release time."""

import base64
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs import launch_rules as rules
from deployer.emulator.services.ecs.batches import answer_each, read_ids
from deployer.emulator.services.ecs.instances import Instance, InstanceStatus
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import missing_parameter, refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.vpc.networks import Eip, EipStatus, NetworkStatus

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_IDS = 100
_STATUS_CODES = {"Pending": 128, "Starting": 128, "Running": 16, "Stopping": 64, "Stopped": 80}


class InstanceSpecActions:
    """The operations that give an existing instance other properties."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("ModifyInstanceSpec", source=_HELP + "modifyinstancespec")
    def modify_spec(self, call: Call) -> Body:
        """Nothing; a Stopped instance has another type, one in either state another bandwidth."""
        refuse_unsupported(call, "Temporary", "SystemDisk", "Disk", "ModifyMode", "AllowMigrateAcrossZone")
        return self._state.tokens.once(call, lambda: self._modify_spec(call))

    @action("ModifyInstanceNetworkSpec", source=_HELP + "modifyinstancenetworkspec")
    def modify_network_spec(self, call: Call) -> Body:
        """Nothing; the bandwidth is as given, and there is a public address when one was asked for."""
        refuse_unsupported(call, "ISP", "StartTime", "EndTime")
        return self._state.tokens.once(call, lambda: self._modify_network_spec(call))

    @action("ModifyInstanceMetadataOptions", source=_HELP + "modifyinstancemetadataoptions")
    def modify_metadata_options(self, call: Call) -> Body:
        """Nothing; the metadata service answers as given from now on."""
        refuse_unsupported(call, "InstanceMetadataTags")
        if "InstanceId" not in call.params:
            raise missing_parameter("InstanceId")
        instance = self._state.get_instance(call.params["InstanceId"], call.region_id)
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        instance.metadata = rules.read_metadata_options(call)
        return {}

    @action("ModifyInstanceAutoReleaseTime", source=_HELP + "modifyinstanceautoreleasetime")
    def modify_auto_release_time(self, call: Call) -> Body:
        """Nothing; the instance releases itself at that time, without one not at all."""
        instance = self._state.get_instance(call.params["InstanceId"], region_asked(call))
        self._state.lifecycle.release_at(instance, rules.read_auto_release(call, self._state.context.clock.now()))
        return {}

    @action("ModifyInstanceVpcAttribute", source=_HELP + "modifyinstancevpcattribute")
    def modify_vpc_attribute(self, call: Call) -> Body:
        """Nothing; a Stopped instance has another private address, or another vSwitch of its zone and VPC."""
        refuse_unsupported(call, "SecurityGroupId")
        instance = self._state.get_instance(call.params["InstanceId"], region_asked(call))
        self._state.lifecycle.require(instance, InstanceStatus.STOPPED)
        vswitch = self._state.vpc_state.find_vswitch(call.params["VSwitchId"], instance.region_id)
        if vswitch is None:
            raise ApiError(404, "InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist.")
        if vswitch.vpc.vpc_id != instance.vpc_id or call.params.get("VpcId", instance.vpc_id) != instance.vpc_id:
            raise ApiError(403, "InvalidVpcId.NotSupported", "The instance cannot move to another VPC.")
        if vswitch.zone_id != instance.zone_id:
            raise ApiError(403, "InvalidVSwitchId.NotSupported", "The VSwitch is not in the zone of the instance.")
        if vswitch.status is not NetworkStatus.AVAILABLE:
            raise ApiError(400, "IncorrectVSwitchStatus", "The current status of virtual switch does not support this.")
        address = rules.read_private_ip(call, vswitch, 1)
        taken = vswitch.take_address(instance.network_interface_id, address)
        instance.vswitch.release_addresses(instance.network_interface_id, but=taken)
        instance.vswitch, instance.private_ip = vswitch, str(taken)
        return {}

    @action("ReleasePublicIpAddress", source=_HELP + "releasepublicipaddress")
    def release_public_ip_address(self, call: Call) -> Body:
        """Nothing; the instance has no address of its own any more."""
        refuse_unsupported(call, "DryRun")
        address, region_id = call.params["PublicIpAddress"], region_asked(call)
        instance = next((one for one in self._state.instances(region_id) if one.public_ip == address), None)
        if instance is None or call.params.get("InstanceId", instance.instance_id) != instance.instance_id:
            raise ApiError(404, "InvalidIpAddress.NotFound", "The specified IP address does not exist.")
        self._state.release_public_ip(instance)
        return {"RemainTimes": "2"}

    @action("ConvertNatPublicIpToEip", source=_HELP + "convertnatpubliciptoeip")
    def convert_to_eip(self, call: Call) -> Body:
        """Nothing; the instance's own address is an elastic one from now on, bound to it."""
        instance = self._state.get_instance(call.params["InstanceId"], call.region_id)
        if instance.public_ip is None:
            raise ApiError(403, "PublicIpAddressNotExist", "The specified instance has no public IP address.")
        context = self._state.context
        eip = Eip(
            allocation_id=context.ids.resource_id("eip", 21),
            region_id=instance.region_id,
            ip_address=instance.public_ip,
            bandwidth=max(1, instance.internet_max_bandwidth_out),
            internet_charge_type=instance.internet_charge_type,
            name="",
            description="",
            isp="BGP",
            allocated_at=context.clock.now(),
            status=EipStatus.IN_USE,
            instance_id=instance.bindable_id,
            instance_type=instance.bindable_type,
        )
        self._state.vpc_state.eips[eip.allocation_id] = eip
        instance.public_ip, instance.eip, instance.internet_max_bandwidth_out = None, eip, 0
        return {}

    @action("DetachInstanceRamRole", source=_HELP + "detachinstanceramrole")
    def detach_instance_ram_role(self, call: Call) -> Body:
        """What became of each instance: the call succeeds even when single instances fail."""
        get_region(call.region_id)
        role_name = call.params.get("RamRoleName")

        def detach(instance: Instance) -> None:
            if not instance.ram_role_name or role_name not in {None, instance.ram_role_name}:
                raise ApiError(404, "InvalidRamRole.NotFound", "The instance does not have the specified role.")
            instance.ram_role_name = ""

        before = {one.instance_id: one.ram_role_name for one in self._state.instances(call.region_id)}
        instance_ids = read_ids(call.params, "InstanceIds", _MAX_IDS) or []
        results = answer_each(self._state, call.region_id, instance_ids, detach)
        for result in results:
            role = {"InstanceId": result["InstanceId"], "RamRoleName": before.get(result["InstanceId"], "")}
            result["InstanceRamRoleSets"] = {"InstanceRamRoleSet": [role] if result["Success"] else []}
        return {
            "DetachInstanceRamRoleResults": {"DetachInstanceRamRoleResult": results},
            "TotalCount": len(results),
            "FailCount": sum(not result["Success"] for result in results),
            "RamRoleName": role_name or "",
        }

    @action("DescribeUserData", source=_HELP + "describeuserdata")
    def describe_user_data(self, call: Call) -> Body:
        """The instance's UserData, base64 as it was given; empty when there is none."""
        instance = self._state.get_instance(call.params["InstanceId"], call.region_id)
        text = base64.b64encode(instance.user_data).decode() if instance.user_data else ""
        return {"InstanceId": instance.instance_id, "RegionId": instance.region_id, "UserData": text}

    @action("DescribeInstancesFullStatus", source=_HELP + "describeinstancesfullstatus")
    def describe_full_status(self, call: Call) -> Body:
        """State and health of the instances asked for. Nothing is ever planned for them (system events)."""
        get_region(call.region_id)
        refuse_unsupported(call, "EventId", "EventPublishTime", "EventType", "InstanceEventType", "NotBefore")
        wanted_ids = call.params.get("InstanceId")
        found = [
            instance
            for instance in self._state.instances(call.region_id)
            if (wanted_ids is None or instance.instance_id in wanted_ids)
            and call.params.get("Status", instance.status.value) == instance.status.value
            and call.params.get("HealthStatus", _health(instance)["Name"]) == _health(instance)["Name"]
        ]
        page, fields = page_by_number(found, call.params)
        statuses = [
            {
                "InstanceId": instance.instance_id,
                "Status": {"Code": _STATUS_CODES[instance.status.value], "Name": instance.status.value},
                "HealthStatus": _health(instance),
                "ScheduledSystemEventSet": {"ScheduledSystemEventType": []},
            }
            for instance in page
        ]
        return {"InstanceFullStatusSet": {"InstanceFullStatusType": statuses}, **fields}

    def _modify_spec(self, call: Call) -> Body:
        instance = self._state.get_instance(call.params["InstanceId"], region_asked(call))
        if "InstanceType" in call.params:
            self._state.lifecycle.require(instance, InstanceStatus.STOPPED)
            instance_type = rules.read_instance_type(call)
            rules.check_on_sale(call, self._state, instance.zone_id, instance_type)
            if instance_type.image_architecture != instance.image.architecture:
                raise ApiError(
                    403, "ImageNotSupportInstanceType", "The specified image don't support the InstanceType instance."
                )
        else:
            self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
            instance_type = instance.instance_type
        bandwidth, _ = rules.read_bandwidth(call)
        stop_dry_run(call)
        instance.instance_type = instance_type
        if "InternetMaxBandwidthOut" in call.params:
            instance.internet_max_bandwidth_out = bandwidth
        return {}

    def _modify_network_spec(self, call: Call) -> Body:
        instance = self._state.get_instance(call.params["InstanceId"], region_asked(call))
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        bandwidth, _ = rules.read_bandwidth(call)
        if "InternetMaxBandwidthOut" in call.params:
            instance.internet_max_bandwidth_out = bandwidth
        instance.internet_charge_type = call.params.get("NetworkChargeType", instance.internet_charge_type)
        if call.params.get("AllocatePublicIp", False) and instance.internet_max_bandwidth_out > 0:
            self._state.assign_public_ip(instance)
        return {}


def _health(instance: Instance) -> dict[str, Any]:
    """`Ok` while the system is up, `Initializing` while it comes up, `NotApplicable` otherwise."""
    if instance.status is InstanceStatus.RUNNING:
        return {"Code": 0, "Name": "Ok"} if instance.boot_error is None else {"Code": 16, "Name": "Impaired"}
    if instance.status in {InstanceStatus.PENDING, InstanceStatus.STARTING}:
        return {"Code": 64, "Name": "Initializing"}
    return {"Code": 272, "Name": "NotApplicable"}
