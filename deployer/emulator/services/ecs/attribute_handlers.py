"""ModifyInstanceAttribute, AllocatePublicIpAddress and the instance's RAM role."""

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services.ecs.batches import read_ids
from deployer.emulator.services.ecs.instances import Instance, InstanceStatus
from deployer.emulator.services.ecs.launch_rules import MAX_GROUPS_OF_INSTANCE, check_texts
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_number
from deployer.emulator.services.refusals import not_implemented, refuse_unsupported
from deployer.emulator.services.regions import get_region, region_asked

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
_MAX_IDS = 100
_UNSUPPORTED_CHANGES = (
    "CpuOptions",
    "CreditSpecification",
    "EnableJumboFrame",
    "EnableNetworkEncryption",
    "NetworkInterfaceQueueNumber",
    "PrivateDnsNameOptions",
    "Recyclable",
    "RemoteConnectionOptions",
    "UserData",
)


class AttributeActions:
    """The operations that change what an instance is called and carries."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("ModifyInstanceAttribute", source=_HELP + "modifyinstanceattribute")
    def modify_instance_attribute(self, call: Call) -> Body:
        """Nothing; the attributes given are changed. A new host name counts from the next boot on."""
        refuse_unsupported(call, *_UNSUPPORTED_CHANGES)
        params = call.params
        instance = self._state.get_instance(params["InstanceId"], region_asked(call))
        check_texts(call)
        if "SecurityGroupIds" in params:
            instance.security_group_ids = self._read_groups(call, instance)
        instance.instance_name = params.get("InstanceName", instance.instance_name)
        instance.hostname = params.get("HostName", instance.hostname)
        instance.description = params.get("Description", instance.description)
        instance.deletion_protection = params.get("DeletionProtection", instance.deletion_protection)
        return {}

    @action("AllocatePublicIpAddress", source=_HELP + "allocatepublicipaddress")
    def allocate_public_ip_address(self, call: Call) -> Body:
        """The instance's own public address. It needs bandwidth above 0 and a Running or Stopped instance."""
        refuse_unsupported(call, "IpAddress", "VlanId")
        instance = self._state.get_instance(call.params["InstanceId"], region_asked(call))
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        if instance.public_ip is not None or instance.eip is not None:
            raise ApiError(403, "AllocatedAlready", "The specified instance has already allocated a public IP address.")
        if instance.internet_max_bandwidth_out <= 0:
            raise ApiError(
                400,
                "AllocateIpInvalidInstanceBandwidth",
                "A public IP cannot be assigned to an instance whose outbound bandwidth is 0.",
            )
        self._state.assign_public_ip(instance)
        return {"IpAddress": instance.public_ip}

    @action("AttachInstanceRamRole", source=_HELP + "attachinstanceramrole")
    def attach_instance_ram_role(self, call: Call) -> Body:
        """What became of each instance: the call succeeds even when single instances fail."""
        get_region(call.region_id)
        refuse_unsupported(call, "Policy")
        role_name = call.params["RamRoleName"]
        if self._state.ram_roles is not None and role_name not in self._state.ram_roles:
            raise ApiError(404, "InvalidRamRole.NotFound", "The specified RamRoleName does not exist.")
        results = [
            self._attach(call, instance_id) for instance_id in read_ids(call.params, "InstanceIds", _MAX_IDS) or []
        ]
        return {
            "AttachInstanceRamRoleResults": {"AttachInstanceRamRoleResult": results},
            "FailCount": sum(not result["Success"] for result in results),
            "TotalCount": len(results),
            "RamRoleName": role_name,
        }

    @action("DescribeInstanceRamRole", source=_HELP + "describeinstanceramrole")
    def describe_instance_ram_role(self, call: Call) -> Body:
        """The role of each instance that matches; instances without one have an empty name."""
        get_region(call.region_id)
        instance_ids, role_name = read_ids(call.params, "InstanceIds", _MAX_IDS), call.params.get("RamRoleName")
        if instance_ids is None and role_name is None:
            raise ApiError(403, "InvalidParameter.AllEmpty", "The InstanceIds and RamRoleName are both empty.")
        found = [
            instance
            for instance in self._state.instances(call.region_id)
            if (instance_ids is None or instance.instance_id in instance_ids)
            and role_name in {None, instance.ram_role_name}
        ]
        page, fields = page_by_number(found, call.params, max_size=50)
        roles = [{"InstanceId": instance.instance_id, "RamRoleName": instance.ram_role_name} for instance in page]
        return {
            "InstanceRamRoleSets": {"InstanceRamRoleSet": roles},
            "RegionId": call.region_id,
            "TotalCount": fields["TotalCount"],
        }

    def _attach(self, call: Call, instance_id: str) -> dict[str, str | bool]:
        role_name = call.params["RamRoleName"]
        instance = self._state.find_instance(instance_id, call.region_id)
        if instance is None:
            code, message = "InvalidInstanceId.NotFound", "The specified InstanceId does not exist."
        elif instance.ram_role_name not in {"", role_name}:
            raise not_implemented(call, "an instance that has another role")
        else:
            instance.ram_role_name = role_name
            code, message = "200", "success"
        return {"InstanceId": instance_id, "Code": code, "Message": message, "Success": code == "200"}

    def _read_groups(self, call: Call, instance: Instance) -> list[str]:
        group_ids = list(dict.fromkeys(call.params["SecurityGroupIds"]))
        groups = [self._state.get_group(group_id, instance.region_id) for group_id in group_ids]
        if len(groups) > MAX_GROUPS_OF_INSTANCE:
            raise ApiError(403, "SecurityGroupInstanceLimitExceed", "The maximum number of groups is exceeded.")
        if any(group.vpc_id != instance.vpc_id for group in groups):
            raise ApiError(400, "InvalidParameter", "The security groups are not in the VPC of the instance.")
        return group_ids
