"""Security groups as the emulator holds them, and which packets their rules let in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

PROTOCOLS_WITH_PORTS = frozenset({"TCP", "UDP"})
ANY_PORT = "-1/-1"


class Direction(str, Enum):
    """Which way a rule's traffic goes."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a rule says; two equal rules are one rule, whatever their descriptions.

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
    destination_group_id: str = ""

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
    direction: Direction
    rule_id: str
    description: str
    created_at: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class SecurityGroup:
    """One security group. `rules` are the inbound ones; without outbound ones, a `normal` group lets everything out."""

    security_group_id: str
    region_id: str
    vpc_id: str
    security_group_name: str
    description: str
    group_type: str  # normal, enterprise
    created_at: datetime
    resource_group_id: str = ""
    rules: list[StoredRule] = field(default_factory=list)
    outbound_rules: list[StoredRule] = field(default_factory=list)
    chosen_inner_policy: str | None = None  # Accept, Drop: set by ModifySecurityGroupPolicy
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def inner_access_policy(self) -> str:
        """Whether members reach each other: `Accept` in a normal group, `Drop` in an enterprise one."""
        return self.chosen_inner_policy or ("Accept" if self.group_type == "normal" else "Drop")

    def rules_of(self, direction: Direction) -> list[StoredRule]:
        """The rules of one direction, oldest first; the list itself."""
        return self.rules if direction is Direction.INGRESS else self.outbound_rules

    def find_rule(self, rule: Rule, direction: Direction) -> StoredRule | None:
        """The rule that says the same; None when there is none."""
        return next((stored for stored in self.rules_of(direction) if stored.rule == rule), None)

    def names(self, security_group_id: str) -> bool:
        """True when a rule of this group speaks of that one."""
        stored = [*self.rules, *self.outbound_rules]
        return any(security_group_id in {one.rule.source_group_id, one.rule.destination_group_id} for one in stored)


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
