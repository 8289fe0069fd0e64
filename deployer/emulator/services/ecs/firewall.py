"""Security groups as the emulator holds them, and which packets their rules let in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

PROTOCOLS_WITH_PORTS = frozenset({"TCP", "UDP"})
ANY_PORT = "-1/-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an inbound rule says; two equal rules are one rule, whatever their descriptions.

    `protocol` is in upper case, `port_range` is `from/to` or `-1/-1`, `priority` 1 (first) to 100.
    """

    protocol: str
    port_range: str
    policy: str = "Accept"  # Accept, Drop
    priority: int = 1
    source_cidr: str = ""
    source_ipv6_cidr: str = ""
    source_group_id: str = ""
    source_port_range: str = ""
    destination_cidr: str = ""
    destination_ipv6_cidr: str = ""

    def covers(self, protocol: str, port: int) -> bool:
        """True when the rule speaks of that protocol and port."""
        if self.protocol not in {"ALL", protocol.upper()}:
            return False
        if self.port_range == ANY_PORT:
            return True
        first, _, last = self.port_range.partition("/")
        return int(first) <= port <= int(last)


@dataclass(slots=True, kw_only=True, eq=False)
class StoredRule:
    """A rule in a group, with what the group knows about it."""

    rule: Rule
    rule_id: str
    description: str
    created_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class SecurityGroup:
    """One security group. Outbound traffic is allowed as a whole in a group of type `normal`."""

    security_group_id: str
    region_id: str
    vpc_id: str
    security_group_name: str
    description: str
    group_type: str  # normal, enterprise
    created_at: datetime
    resource_group_id: str = ""
    rules: list[StoredRule] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def inner_access_policy(self) -> str:
        """Whether members reach each other: `Accept` in a normal group, `Drop` in an enterprise one."""
        return "Accept" if self.group_type == "normal" else "Drop"

    def find_rule(self, rule: Rule) -> StoredRule | None:
        """The rule that says the same; None when there is none."""
        return next((stored for stored in self.rules if stored.rule == rule), None)


def lets_in(
    groups: Iterable[SecurityGroup], *, protocol: str, port: int, source: str, is_member: Callable[[str, str], bool]
) -> bool:
    """True when a packet from `source` gets through the groups' inbound rules taken together.

    The rule with the lowest priority number decides; on a tie, drop beats accept; without a rule nothing gets in but
    the traffic between members of a normal group. `is_member(group id, address)` says whether a member has it.
    Source: https://www.alibabacloud.com/help/en/ecs/user-guide/security-group-rules
    """
    address = ip_address(source)
    groups = tuple(groups)
    if any(group.inner_access_policy == "Accept" and is_member(group.security_group_id, source) for group in groups):
        return True
    deciding = [
        stored.rule
        for group in groups
        for stored in group.rules
        if stored.rule.covers(protocol, port) and _matches_source(stored.rule, address, is_member)
    ]
    if not deciding:
        return False
    first = min(rule.priority for rule in deciding)
    return all(rule.policy == "Accept" for rule in deciding if rule.priority == first)


def _matches_source(rule: Rule, source: IPv4Address | IPv6Address, is_member: Callable[[str, str], bool]) -> bool:
    if rule.source_group_id:
        return is_member(rule.source_group_id, str(source))
    cidr = rule.source_cidr if source.version == 4 else rule.source_ipv6_cidr
    return bool(cidr) and source in ip_network(cidr, strict=False)
