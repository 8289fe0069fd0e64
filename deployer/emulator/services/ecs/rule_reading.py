"""From what a call says to rules of a security group, everything checked."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from deployer.emulator.actions import ApiError, Call
from deployer.emulator.services.ecs.firewall import ANY_PORT, PROTOCOLS_WITH_PORTS, Direction, Rule, SecurityGroup
from deployer.emulator.services.ecs.state import EcsState
from deployer.emulator.services.refusals import not_implemented, refuse_unsupported

_MAX_PERMISSIONS = 100
_PROTOCOLS = frozenset({"TCP", "UDP", "ICMP", "ICMPV6", "GRE", "ALL"})
_UNSUPPORTED = (
    "SourcePrefixListId",
    "DestPrefixListId",
    "PortRangeListId",
    "SourceGroupOwnerId",
    "SourceGroupOwnerAccount",
    "DestGroupOwnerId",
    "DestGroupOwnerAccount",
)
# The rule fields that may also stand at the top level, in the deprecated form.
_TOP_LEVEL = (
    "Description",
    "DestCidrIp",
    "DestGroupId",
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
_OTHER_SIDE: Mapping[Direction, tuple[str, ...]] = {
    Direction.INGRESS: ("SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId"),
    Direction.EGRESS: ("DestCidrIp", "Ipv6DestCidrIp", "DestGroupId"),
}
_NO_OTHER_SIDE: Mapping[Direction, str] = {
    Direction.INGRESS: "MissingParameter.Source",
    Direction.EGRESS: "MissingParameter.Dest",
}


def read_entries(call: Call) -> list[Mapping[str, Any]]:
    """The rules a call speaks of, in the new form or the deprecated one. Errors: 400 InvalidParamter.Conflict."""
    refuse_unsupported(call, *_UNSUPPORTED)
    permissions: list[Mapping[str, Any]] = call.params.get("Permissions", [])
    if len(permissions) > _MAX_PERMISSIONS:
        raise ApiError(400, "InvalidParamter.Conflict", "At most 100 permissions can be given.")
    if permissions:
        return permissions
    top_level = {name: call.params[name] for name in _TOP_LEVEL if name in call.params}
    return [top_level] if top_level else []


def read_rule(
    entry: Mapping[str, Any], call: Call, group: SecurityGroup, state: EcsState, direction: Direction
) -> Rule:
    """The rule an entry means. Errors: 400 MissingParameter.Source, MissingParameter.Dest, and those of its parts."""
    unsupported = [name for name in _UNSUPPORTED if name in entry]
    if unsupported:
        raise not_implemented(call, ", ".join(unsupported))
    others = _OTHER_SIDE[direction]
    if not any(entry.get(name) for name in others):
        raise ApiError(400, _NO_OTHER_SIDE[direction], f"One of {', '.join(others)} must be set.")
    protocol = _read_protocol(entry)
    return Rule(
        protocol=protocol,
        port_range=_read_ports(entry, protocol),
        policy=_read_policy(entry),
        priority=_read_priority(entry),
        source_cidr=_read_ipv4(entry.get("SourceCidrIp", ""), "InvalidParam.SourceIp"),
        source_ipv6_cidr=_read_ipv6(entry.get("Ipv6SourceCidrIp", ""), "InvalidParam.Ipv6SourceCidrIp"),
        source_group_id=_read_group(entry.get("SourceGroupId", ""), group, state, "SourceGroupId"),
        source_port_range=entry.get("SourcePortRange", ""),
        destination_cidr=_read_ipv4(entry.get("DestCidrIp", ""), "InvalidParam.DestIp"),
        destination_ipv6_cidr=_read_ipv6(entry.get("Ipv6DestCidrIp", ""), "InvalidParam.Ipv6DestCidrIp"),
        destination_group_id=_read_group(entry.get("DestGroupId", ""), group, state, "DestGroupId"),
    )


def entry_of(rule: Rule) -> dict[str, Any]:
    """The entry that means this rule."""
    fields = {
        "IpProtocol": rule.protocol,
        "PortRange": rule.port_range,
        "Policy": rule.policy,
        "Priority": str(rule.priority),
        "SourceCidrIp": rule.source_cidr,
        "Ipv6SourceCidrIp": rule.source_ipv6_cidr,
        "SourceGroupId": rule.source_group_id,
        "SourcePortRange": rule.source_port_range,
        "DestCidrIp": rule.destination_cidr,
        "Ipv6DestCidrIp": rule.destination_ipv6_cidr,
        "DestGroupId": rule.destination_group_id,
    }
    return {name: value for name, value in fields.items() if value}


def _read_group(group_id: str, group: SecurityGroup, state: EcsState, name: str) -> str:
    """Errors: 404 InvalidSourceGroupId.NotFound, InvalidDestGroupId.NotFound; 403 Invalid….Mismatch."""
    if group_id:
        other = state.find_group(group_id, group.region_id)
        if other is None:
            raise ApiError(404, f"Invalid{name}.NotFound", f"The specified {name} does not exist.")
        if other.vpc_id != group.vpc_id:
            raise ApiError(403, f"Invalid{name}.Mismatch", "The groups are in different VPCs.")
    return group_id


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
