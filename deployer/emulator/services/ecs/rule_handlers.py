"""AuthorizeSecurityGroup, RevokeSecurityGroup and DescribeSecurityGroupAttribute: the rules of a group."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from deployer.emulator.actions import ApiError, Body, Call, action
from deployer.emulator.services import timestamps
from deployer.emulator.services.ecs.firewall import (
    ANY_PORT,
    PROTOCOLS_WITH_PORTS,
    Rule,
    SecurityGroup,
    StoredRule,
)
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.paging import page_by_token
from deployer.emulator.services.refusals import missing_parameter, not_implemented, refuse_unsupported
from deployer.emulator.services.regions import get_region

_HELP = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-"
MAX_RULES_IN_GROUP = 200  # Source: https://www.alibabacloud.com/help/en/ecs/user-guide/limits
_MAX_PERMISSIONS = 100
_PROTOCOLS = frozenset({"TCP", "UDP", "ICMP", "ICMPV6", "GRE", "ALL"})
_UNSUPPORTED = ("SourcePrefixListId", "PortRangeListId", "SourceGroupOwnerId", "SourceGroupOwnerAccount")
# The rule fields that may also stand at the top level, in the deprecated form.
_TOP_LEVEL = (
    "Description",
    "DestCidrIp",
    "IpProtocol",
    "Ipv6DestCidrIp",
    "Ipv6SourceCidrIp",
    "NicType",
    "Policy",
    "PortRange",
    "Priority",
    "SourceCidrIp",
    "SourceGroupId",
    "SourcePortRange",
)


class RuleActions:
    """The operations on the inbound rules of a group."""

    def __init__(self, state: EcsState) -> None:
        self._state = state

    @action("AuthorizeSecurityGroup", source=_HELP + "authorizesecuritygroup")
    def authorize(self, call: Call) -> Body:
        """Nothing; the rules are there. Adding one that exists succeeds and changes nothing."""
        return self._state.tokens.once(call, lambda: self._authorize(call))

    @action("RevokeSecurityGroup", source=_HELP + "revokesecuritygroup")
    def revoke(self, call: Call) -> Body:
        """Nothing; the rules are gone. Taking away one that does not exist succeeds."""
        return self._state.tokens.once(call, lambda: self._revoke(call))

    @action("DescribeSecurityGroupAttribute", source=_HELP + "describesecuritygroupattribute")
    def describe_attribute(self, call: Call) -> Body:
        """One group with its rules, newest first. Outbound rules are none: everything may go out."""
        get_region(call.region_id)
        refuse_unsupported(call, "Attribute")
        group = self._state.get_group(call.params["SecurityGroupId"], call.region_id)
        rules = group.rules[::-1] if call.params.get("Direction", "all") in {"all", "ingress"} else []
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

    def _authorize(self, call: Call) -> Body:
        group = self._state.get_group(call.params["SecurityGroupId"], call.region_id)
        entries = _read_entries(call)
        if not entries:
            raise missing_parameter("Permissions")
        rules = [(self._read_rule(entry, call, group), entry.get("Description", "")) for entry in entries]
        fresh = [(rule, description) for rule, description in rules if group.find_rule(rule) is None]
        if len(group.rules) + len({rule for rule, _ in fresh}) > MAX_RULES_IN_GROUP:
            raise ApiError(403, "AuthorizationLimitExceed", "The limit of authorization records is reached.")
        for rule, description in fresh:
            if group.find_rule(rule) is None:
                group.rules.append(
                    StoredRule(
                        rule=rule,
                        rule_id=self._state.context.ids.resource_id("sgr"),
                        description=description,
                        created_at=self._state.context.clock.now(),
                    )
                )
        return {}

    def _revoke(self, call: Call) -> Body:
        group = self._state.get_group(call.params["SecurityGroupId"], call.region_id)
        rule_ids = call.params.get("SecurityGroupRuleId", [])
        entries = _read_entries(call)
        if not entries and not rule_ids:
            raise missing_parameter("Permissions")
        rules = {self._read_rule(entry, call, group) for entry in entries}
        group.rules = [stored for stored in group.rules if stored.rule not in rules and stored.rule_id not in rule_ids]
        return {}

    def _read_rule(self, entry: Mapping[str, Any], call: Call, group: SecurityGroup) -> Rule:
        """The rule an entry means. Errors: 400 MissingParameter.Source, and those of its parts."""
        unsupported = [name for name in _UNSUPPORTED if name in entry]
        if unsupported:
            raise not_implemented(call, ", ".join(unsupported))
        sources = ("SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId")
        if not any(name in entry for name in sources):
            raise ApiError(400, "MissingParameter.Source", f"One of {', '.join(sources)} must be set.")
        protocol = _read_protocol(entry)
        return Rule(
            protocol=protocol,
            port_range=_read_ports(entry, protocol),
            policy=_read_policy(entry),
            priority=_read_priority(entry),
            source_cidr=_read_ipv4(entry.get("SourceCidrIp", ""), "InvalidParam.SourceIp"),
            source_ipv6_cidr=_read_ipv6(entry.get("Ipv6SourceCidrIp", ""), "InvalidParam.Ipv6SourceCidrIp"),
            source_group_id=self._read_source_group(entry.get("SourceGroupId", ""), group),
            source_port_range=entry.get("SourcePortRange", ""),
            destination_cidr=_read_ipv4(entry.get("DestCidrIp", ""), "InvalidParam.DestIp"),
            destination_ipv6_cidr=_read_ipv6(entry.get("Ipv6DestCidrIp", ""), "InvalidParam.Ipv6DestCidrIp"),
        )

    def _read_source_group(self, source_group_id: str, group: SecurityGroup) -> str:
        """Errors: 404 InvalidSourceGroupId.NotFound, 403 InvalidSourceGroupId.Mismatch."""
        if source_group_id:
            source = self._state.find_group(source_group_id, group.region_id)
            if source is None:
                raise ApiError(404, "InvalidSourceGroupId.NotFound", "The specified SourceGroupId does not exist.")
            if source.vpc_id != group.vpc_id:
                raise ApiError(403, "InvalidSourceGroupId.Mismatch", "The groups are in different VPCs.")
        return source_group_id

    def _view(self, stored: StoredRule) -> dict[str, Any]:
        rule = stored.rule
        source_group = self._state.security_groups.get(rule.source_group_id)
        return {
            "SecurityGroupRuleId": stored.rule_id,
            "Direction": "ingress",
            "IpProtocol": rule.protocol,
            "PortRange": rule.port_range,
            "SourcePortRange": rule.source_port_range,
            "SourceCidrIp": rule.source_cidr,
            "Ipv6SourceCidrIp": rule.source_ipv6_cidr,
            "SourceGroupId": rule.source_group_id,
            "SourceGroupName": source_group.security_group_name if source_group else "",
            "SourceGroupOwnerAccount": "",
            "SourcePrefixListId": "",
            "SourcePrefixListName": "",
            "DestCidrIp": rule.destination_cidr,
            "Ipv6DestCidrIp": rule.destination_ipv6_cidr,
            "DestGroupId": "",
            "DestGroupName": "",
            "DestGroupOwnerAccount": "",
            "DestPrefixListId": "",
            "DestPrefixListName": "",
            "NicType": "intranet",
            "Policy": rule.policy,
            "Priority": str(rule.priority),
            "Description": stored.description,
            "CreateTime": timestamps.to_second(stored.created_at),
        }


def _read_entries(call: Call) -> list[Mapping[str, Any]]:
    """The rules a call speaks of, in the new form or the deprecated one. Errors: 403 InvalidParamter.Conflict."""
    refuse_unsupported(call, *_UNSUPPORTED)
    permissions: list[Mapping[str, Any]] = call.params.get("Permissions", [])
    if len(permissions) > _MAX_PERMISSIONS:
        raise ApiError(400, "InvalidParamter.Conflict", "At most 100 permissions can be given.")
    if permissions:
        return permissions
    top_level = {name: call.params[name] for name in _TOP_LEVEL if name in call.params}
    return [top_level] if top_level else []


def _read_protocol(entry: Mapping[str, Any]) -> str:
    """In upper case, as answers have it. Errors: 403 MissingParameter, 400 InvalidIpProtocol.ValueNotSupported."""
    if "IpProtocol" not in entry:
        raise ApiError(403, "MissingParameter", "The input parameter IpProtocol is mandatory.")
    protocol = str(entry["IpProtocol"]).upper()
    if protocol not in _PROTOCOLS:
        raise ApiError(400, "InvalidIpProtocol.ValueNotSupported", "The specified IpProtocol is not supported.")
    return protocol


def _read_ports(entry: Mapping[str, Any], protocol: str) -> str:
    """`from/to`, or `-1/-1` where there are no ports. Errors: 403 MissingParameter, 400 InvalidIpPortRange.Malformed."""
    if "PortRange" not in entry:
        raise ApiError(403, "MissingParameter", "The input parameter PortRange is mandatory.")
    text = str(entry["PortRange"])
    first, slash, last = text.partition("/")
    if protocol in PROTOCOLS_WITH_PORTS:
        is_fine = bool(slash) and first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last) <= 65535
    else:
        is_fine = text == ANY_PORT
    if not is_fine:
        raise ApiError(400, "InvalidIpPortRange.Malformed", "The specified parameter PortRange is not valid.")
    return text


def _read_policy(entry: Mapping[str, Any]) -> str:
    """`Accept` or `Drop`. Errors: 400 InvalidPolicy.Malformed."""
    policy = str(entry.get("Policy", "accept")).capitalize()
    if policy not in {"Accept", "Drop"}:
        raise ApiError(400, "InvalidPolicy.Malformed", "The specified parameter Policy is not valid.")
    return policy


def _read_priority(entry: Mapping[str, Any]) -> int:
    """1 (first) to 100. Errors: 400 InvalidPriority.Malformed, InvalidPriority.ValueNotSupported."""
    text = str(entry.get("Priority", "1"))
    if not text.isdigit():
        raise ApiError(400, "InvalidPriority.Malformed", "The specified parameter Priority is not valid.")
    if not 1 <= int(text) <= 100:
        raise ApiError(400, "InvalidPriority.ValueNotSupported", "The specified parameter Priority is not supported.")
    return int(text)


def _read_ipv4(text: str, code: str) -> str:
    """A CIDR block or an address, as it was given; "" for none."""
    if text:
        try:
            IPv4Network(text, strict=False)
        except ValueError as error:
            raise ApiError(400, code, f"The specified IP address block {text} is not valid.") from error
    return text


def _read_ipv6(text: str, code: str) -> str:
    """A CIDR block or an address, as it was given; "" for none."""
    if text:
        try:
            IPv6Network(text, strict=False)
        except ValueError as error:
            raise ApiError(400, code, f"The specified IP address block {text} is not valid.") from error
    return text
