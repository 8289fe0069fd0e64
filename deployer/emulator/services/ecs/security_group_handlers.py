"""CreateSecurityGroup and its siblings."""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import names, timestamps
from deployer.emulator.services.ecs.batches import read_ids
from deployer.emulator.services.ecs.firewall import SecurityGroup
from deployer.emulator.services.ecs.instance_view import tag_list
from deployer.emulator.services.ecs.instances import Instance, InstanceStatus
from deployer.emulator.services.ecs.launch_rules import MAX_GROUPS_OF_INSTANCE
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_either_way
from deployer.emulator.services.refusals import missing_parameter, not_implemented, refuse_unsupported, stop_dry_run
from deployer.emulator.services.regions import get_region, region_asked
from deployer.emulator.services.tagging import carries, read_tags
from deployer.emulator.services.visibility import is_seen
from deployer.emulator.services.vpc.networks import NetworkStatus, Vpc

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
# Source: https://www.alibabacloud.com/help/en/ecs/user-guide/limits (security groups)
MAX_INSTANCES_IN_GROUP = 2000


class SecurityGroupActions:
    """The operations on groups; their rules have their own."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("CreateSecurityGroup", source=_HELP + "createsecuritygroup")
    def create_security_group(self, call: Call) -> Body:
        """The id of a new group that lets nothing in."""
        get_region(call.region_id)
        return self._state.tokens.once(call, lambda: self._create(call))

    @action("DescribeSecurityGroups", source=_HELP + "describesecuritygroups")
    def describe_security_groups(self, call: Call) -> Body:
        """The groups that match every filter, newest first."""
        get_region(call.region_id)
        stop_dry_run(call)
        found = [
            group
            for group in list(self._state.security_groups.values())[::-1]
            if group.region_id == call.region_id
            and is_seen(self._state.context, group.created_at, call.params)
            and _matches(group, call)
        ]
        page, fields = page_either_way(found, call.params, key=lambda group: group.security_group_id)
        counted = call.params.get("IsQueryEcsCount", False)
        views = [self._view(group, counted=counted) for group in page]
        return {"SecurityGroups": {"SecurityGroup": views}, "RegionId": call.region_id, **fields}

    @action("DeleteSecurityGroup", source=_HELP + "deletesecuritygroup")
    def delete_security_group(self, call: Call) -> Body:
        """Nothing; the group is gone. Refused while an interface is in it or another group names it."""
        group = self._state.get_group(call.params["SecurityGroupId"], call.region_id)
        others = [other for other in self._state.security_groups.values() if other is not group]
        named_elsewhere = any(other.names(group.security_group_id) for other in others)
        if named_elsewhere or self._state.is_group_in_use(group.security_group_id):
            raise ApiError(403, "DependencyViolation", "There is still instance(s) in the specified security group.")
        del self._state.security_groups[group.security_group_id]
        vpc = self._state.vpc_state.find_vpc(group.vpc_id, group.region_id)
        if vpc is not None:
            vpc.security_group_ids.discard(group.security_group_id)
        return {}

    @action("JoinSecurityGroup", source=_HELP + "joinsecuritygroup")
    def join_security_group(self, call: Call) -> Body:
        """Nothing; the instance is in one more group."""
        group, instance = self._group_and_instance(call)
        if group.security_group_id in instance.security_group_ids:
            raise ApiError(403, "InvalidInstanceId.AlreadyExists", "The specified instance is already in the group.")
        if group.vpc_id != instance.vpc_id:
            raise ApiError(403, "InvalidOperation.VpcMismatch", "The group is not in the VPC of the instance.")
        if len(instance.security_group_ids) >= MAX_GROUPS_OF_INSTANCE:
            raise ApiError(403, "InstanceSecurityGroupLimitExceeded", "The instance is in too many groups.")
        instance.security_group_ids.append(group.security_group_id)
        return {}

    @action("LeaveSecurityGroup", source=_HELP + "leavesecuritygroup")
    def leave_security_group(self, call: Call) -> Body:
        """Nothing; the instance is in one group less. It stays in its last one."""
        group, instance = self._group_and_instance(call)
        if group.security_group_id not in instance.security_group_ids:
            raise ApiError(403, "InstanceNotInSecurityGroup", "The instance not in the group.")
        if len(instance.security_group_ids) == 1:
            raise ApiError(403, "InstanceLastSecurityGroup", "The instance is in its last security group.")
        instance.security_group_ids.remove(group.security_group_id)
        return {}

    @action("ModifySecurityGroupAttribute", source=_HELP + "modifysecuritygroupattribute")
    def modify_attribute(self, call: Call) -> Body:
        """Nothing; name and description are as given."""
        group = self._state.get_group(call.params["SecurityGroupId"], call.region_id)
        _check_texts(call)
        group.security_group_name = call.params.get("SecurityGroupName", group.security_group_name)
        group.description = call.params.get("Description", group.description)
        return {}

    @action("ModifySecurityGroupPolicy", source=_HELP + "modifysecuritygrouppolicy")
    def modify_policy(self, call: Call) -> Body:
        """Nothing; members reach each other, or not. An enterprise group cannot accept."""
        group = self._state.get_group(call.params["SecurityGroupId"], call.region_id)
        policy = str(call.params["InnerAccessPolicy"]).capitalize()
        if policy not in {"Accept", "Drop"}:
            raise ApiError(400, "InvalidPolicy.Malformed", "The specified parameter InnerAccessPolicy is not valid.")
        if group.group_type == "enterprise" and policy == "Accept":
            raise ApiError(403, "InvalidOperation.InvalidSecurityGroupType", "An enterprise group cannot accept.")
        group.chosen_inner_policy = policy
        return {}

    @action("DescribeSecurityGroupReferences", source=_HELP + "describesecuritygroupreferences")
    def describe_references(self, call: Call) -> Body:
        """For each group asked for that others name: who names it."""
        get_region(call.region_id)
        groups = [self._state.get_group(group_id, call.region_id) for group_id in call.params["SecurityGroupId"]]
        account_id = self._state.context.account_id
        found = []
        for group in groups:
            naming = [
                {"SecurityGroupId": other.security_group_id, "AliUid": account_id}
                for other in self._state.security_groups.values()
                if other is not group and other.names(group.security_group_id)
            ]
            if naming:
                references = {"ReferencingSecurityGroup": naming}
                found.append({"SecurityGroupId": group.security_group_id, "ReferencingSecurityGroups": references})
        return {"SecurityGroupReferences": {"SecurityGroupReference": found}}

    def _create(self, call: Call) -> Body:
        params, context = call.params, self._state.context
        _check_texts(call)
        vpc = self._read_vpc(call)
        if vpc.status is not NetworkStatus.AVAILABLE:
            raise ApiError(400, "IncorrectVpcStatus", "Current VPC status does not support this operation.")
        in_region = sum(group.region_id == call.region_id for group in self._state.security_groups.values())
        if in_region >= context.assumptions.security_group_quota:
            raise ApiError(403, "QuotaExceed.SecurityGroup", "The maximum number of security groups is exceeded.")
        group = SecurityGroup(
            security_group_id=context.ids.resource_id("sg"),
            region_id=call.region_id,
            vpc_id=vpc.vpc_id,
            security_group_name=params.get("SecurityGroupName", ""),
            description=params.get("Description", ""),
            group_type=params.get("SecurityGroupType", "normal"),
            created_at=context.clock.now(),
            resource_group_id=params.get("ResourceGroupId", ""),
            tags=read_tags(params.get("Tag", [])),
        )
        self._state.security_groups[group.security_group_id] = group
        vpc.security_group_ids.add(group.security_group_id)
        return {"SecurityGroupId": group.security_group_id}

    def _read_vpc(self, call: Call) -> Vpc:
        """The VPC named, else the default one. Errors: 404 InvalidVpcId.NotFound, 501 where there is no default one."""
        if "VpcId" in call.params:
            return self._state.vpc_state.get_vpc(call.params["VpcId"], call.region_id)
        vpc = self._state.vpc_state.default_vpc(call.region_id)
        if vpc is None:
            raise not_implemented(call, "a group without VpcId (classic network)")
        return vpc

    def _group_and_instance(self, call: Call) -> tuple[SecurityGroup, Instance]:
        """The two that join or part; the instance runs or is stopped."""
        refuse_unsupported(call, "NetworkInterfaceId")
        if "InstanceId" not in call.params:
            raise missing_parameter("InstanceId")
        group = self._state.get_group(call.params["SecurityGroupId"], region_asked(call))
        instance = self._state.get_instance(call.params["InstanceId"], group.region_id)
        self._state.lifecycle.require(instance, InstanceStatus.RUNNING, InstanceStatus.STOPPED)
        return group, instance

    def _view(self, group: SecurityGroup, *, counted: bool) -> dict[str, Any]:
        members = len(self._state.members(group.security_group_id)) if counted else 0
        return {
            "SecurityGroupId": group.security_group_id,
            "SecurityGroupName": group.security_group_name,
            "SecurityGroupType": group.group_type,
            "Description": group.description,
            "VpcId": group.vpc_id,
            "CreationTime": timestamps.to_second(group.created_at),
            "EcsCount": members,
            "AvailableInstanceAmount": MAX_INSTANCES_IN_GROUP - members if counted else 0,
            "RuleCount": len(group.rules),
            "GroupToGroupRuleCount": sum(bool(stored.rule.source_group_id) for stored in group.rules),
            "ResourceGroupId": group.resource_group_id,
            "ServiceManaged": False,
            "Tags": tag_list(group.tags),
        }


def _check_texts(call: Call) -> None:
    """Errors: 400 InvalidSecurityGroupName.Malformed, InvalidSecurityGroupDiscription.Malformed (spelt so)."""
    name, description = call.params.get("SecurityGroupName"), call.params.get("Description")
    if name is not None and not names.is_valid_name(name):
        raise ApiError(400, "InvalidSecurityGroupName.Malformed", "Specified security group name is not valid.")
    if description is not None and not names.is_valid_description(description):
        raise ApiError(
            400, "InvalidSecurityGroupDiscription.Malformed", "Specified security group description is not valid."
        )


def _matches(group: SecurityGroup, call: Call) -> bool:
    params = call.params
    wanted_ids = read_ids(params, "SecurityGroupIds", 100)
    return (
        (wanted_ids is None or group.security_group_id in wanted_ids)
        and params.get("SecurityGroupId", group.security_group_id) == group.security_group_id
        and params.get("VpcId", group.vpc_id) == group.vpc_id
        and params.get("SecurityGroupName", group.security_group_name) == group.security_group_name
        and params.get("SecurityGroupType", group.group_type) == group.group_type
        and params.get("ResourceGroupId", group.resource_group_id) == group.resource_group_id
        and params.get("NetworkType", "vpc") == "vpc"
        and not params.get("ServiceManaged", False)
        and carries(group.tags, params.get("Tag", []))
    )
