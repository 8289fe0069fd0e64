"""The rules of a security group: added, changed, taken away and described, in both directions.

Outbound rules are kept and described; no machine's traffic is held back by them.
"""

from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import timestamps
from deployer.emulator.services.ecs.firewall import Direction, SecurityGroup, StoredRule
from deployer.emulator.services.ecs.rule_reading import entry_of, read_entries, read_rule
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import missing_parameter, refuse_unsupported
from deployer.emulator.services.regions import get_region
from deployer.emulator.services.visibility import is_seen

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
MAX_RULES_IN_GROUP = 200  # Source: https://www.alibabacloud.com/help/en/ecs/user-guide/limits


class RuleActions:
    """The operations on the rules of a group."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("AuthorizeSecurityGroup", source=_HELP + "authorizesecuritygroup")
    def authorize(self, call: Call) -> Body:
        """Nothing; the rules are there. Adding one that exists succeeds and changes nothing."""
        return self._state.tokens.once(call, lambda: self._authorize(call, Direction.INGRESS))

    @action("AuthorizeSecurityGroupEgress", source=_HELP + "authorizesecuritygroupegress")
    def authorize_egress(self, call: Call) -> Body:
        """The same for outbound rules."""
        return self._state.tokens.once(call, lambda: self._authorize(call, Direction.EGRESS))

    @action("RevokeSecurityGroup", source=_HELP + "revokesecuritygroup")
    def revoke(self, call: Call) -> Body:
        """Nothing; the rules are gone. Taking away one that does not exist succeeds."""
        return self._state.tokens.once(call, lambda: self._revoke(call, Direction.INGRESS))

    @action("RevokeSecurityGroupEgress", source=_HELP + "revokesecuritygroupegress")
    def revoke_egress(self, call: Call) -> Body:
        """The same for outbound rules."""
        return self._state.tokens.once(call, lambda: self._revoke(call, Direction.EGRESS))

    @action("ModifySecurityGroupRule", source=_HELP + "modifysecuritygrouprule")
    def modify_rule(self, call: Call) -> Body:
        """Nothing; the rule of that id says what is given, and what it said before where nothing is."""
        return self._state.tokens.once(call, lambda: self._modify(call, Direction.INGRESS))

    @action("ModifySecurityGroupEgressRule", source=_HELP + "modifysecuritygroupegressrule")
    def modify_egress_rule(self, call: Call) -> Body:
        """The same for outbound rules."""
        return self._state.tokens.once(call, lambda: self._modify(call, Direction.EGRESS))

    @action("DescribeSecurityGroupAttribute", source=_HELP + "describesecuritygroupattribute")
    def describe_attribute(self, call: Call) -> Body:
        """One group with its rules, newest first, inbound before outbound."""
        get_region(call.region_id)
        refuse_unsupported(call, "Attribute")
        group = self._state.get_group(call.params["SecurityGroupId"], call.region_id)
        if not is_seen(self._state.context, group.created_at, call.params):
            raise ApiError(404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.")
        wanted = call.params.get("Direction", "all")
        rules = [stored for one in Direction if wanted in {"all", one.value} for stored in group.rules_of(one)[::-1]]
        page, token = page_by_token(
            rules, call.params, key=lambda stored: stored.rule_id, default_size=500, max_size=1000
        )
        return {
            "SecurityGroupId": group.security_group_id,
            "SecurityGroupName": group.security_group_name,
            "Description": group.description,
            "VpcId": group.vpc_id,
            "RegionId": group.region_id,
            "InnerAccessPolicy": group.inner_access_policy,
            "NextToken": token,
            "Permissions": {"Permission": [self._view(stored) for stored in page]},
        }

    def _authorize(self, call: Call, direction: Direction) -> Body:
        group = self._get_group(call)
        entries = read_entries(call)
        if not entries:
            raise missing_parameter("Permissions")
        rules = [
            (read_rule(entry, call, group, self._state, direction), entry.get("Description", "")) for entry in entries
        ]
        kept = group.rules_of(direction)
        fresh = [(rule, text) for rule, text in rules if group.find_rule(rule, direction) is None]
        if len(kept) + len({rule for rule, _ in fresh}) > MAX_RULES_IN_GROUP:
            raise ApiError(403, "AuthorizationLimitExceed", "The limit of authorization records is reached.")
        for rule, description in fresh:
            if group.find_rule(rule, direction) is None:
                kept.append(
                    StoredRule(
                        rule=rule,
                        direction=direction,
                        rule_id=self._state.context.ids.resource_id("sgr"),
                        description=description,
                        created_at=self._state.context.clock.now(),
                    )
                )
        return {}

    def _revoke(self, call: Call, direction: Direction) -> Body:
        group = self._get_group(call)
        rule_ids = call.params.get("SecurityGroupRuleId", [])
        entries = read_entries(call)
        if not entries and not rule_ids:
            raise missing_parameter("Permissions")
        rules = {read_rule(entry, call, group, self._state, direction) for entry in entries}
        kept = group.rules_of(direction)
        kept[:] = [stored for stored in kept if stored.rule not in rules and stored.rule_id not in rule_ids]
        return {}

    def _modify(self, call: Call, direction: Direction) -> Body:
        """Errors: 404 InvalidSecurityGroupRuleId.NotFound, 403 InvalidParam.SecurityRuleExist. Assumed: the codes."""
        group = self._get_group(call)
        if "SecurityGroupRuleId" not in call.params:
            raise missing_parameter("SecurityGroupRuleId")
        wanted = call.params["SecurityGroupRuleId"]
        stored = next((one for one in group.rules_of(direction) if one.rule_id == wanted), None)
        if stored is None:
            raise ApiError(404, "InvalidSecurityGroupRuleId.NotFound", "The specified rule does not exist.")
        [given] = read_entries(call) or [{}]
        rule = read_rule({**entry_of(stored.rule), **given}, call, group, self._state, direction)
        if group.find_rule(rule, direction) not in {None, stored}:
            raise ApiError(403, "InvalidParam.SecurityRuleExist", "Another rule says the same.")
        stored.rule = rule
        stored.description = call.params.get("Description", stored.description)
        return {}

    def _get_group(self, call: Call) -> SecurityGroup:
        return self._state.get_group(call.params["SecurityGroupId"], call.region_id)

    def _view(self, stored: StoredRule) -> dict[str, Any]:
        rule = stored.rule
        return {
            "SecurityGroupRuleId": stored.rule_id,
            "Direction": stored.direction.value,
            "IpProtocol": rule.protocol,
            "PortRange": rule.port_range,
            "SourcePortRange": rule.source_port_range,
            "SourceCidrIp": rule.source_cidr,
            "Ipv6SourceCidrIp": rule.source_ipv6_cidr,
            "SourceGroupId": rule.source_group_id,
            "SourceGroupName": self._name_of(rule.source_group_id),
            "SourceGroupOwnerAccount": "",
            "SourcePrefixListId": "",
            "SourcePrefixListName": "",
            "DestCidrIp": rule.destination_cidr,
            "Ipv6DestCidrIp": rule.destination_ipv6_cidr,
            "DestGroupId": rule.destination_group_id,
            "DestGroupName": self._name_of(rule.destination_group_id),
            "DestGroupOwnerAccount": "",
            "DestPrefixListId": "",
            "DestPrefixListName": "",
            "NicType": "intranet",
            "Policy": rule.policy,
            "Priority": str(rule.priority),
            "Description": stored.description,
            "CreateTime": timestamps.to_second(stored.created_at),
        }

    def _name_of(self, group_id: str) -> str:
        group = self._state.security_groups.get(group_id)
        return group.security_group_name if group else ""
