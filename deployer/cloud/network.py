"""VPC, vSwitch and security group: where a new instance lives and which of its ports are open."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from deployer.cloud.ecs import EcsClient
from deployer.cloud.session import Session
from deployer.errors.base import DeployerError

GONE = {
    "InvalidVpcId.NotFound",
    "InvalidVpcID.NotFound",
    "Forbidden.VpcNotFound",
    "InvalidVswitchID.NotFound",
    "InvalidVSwitchId.NotFound",
    "InvalidSecurityGroupId.NotFound",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VSwitchFacts:
    """A vSwitch as DescribeVSwitches shows it."""

    vswitch_id: str
    vpc_id: str
    zone_id: str
    cidr_block: str
    status: str
    free_addresses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcFacts:
    """A VPC as DescribeVpcs shows it."""

    vpc_id: str
    cidr_block: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRule:
    """One inbound rule of a security group."""

    protocol: str  # upper case: TCP, UDP, ALL …
    first_port: int  # -1 for all
    last_port: int
    source: str
    accepts: bool

    def lets_in(self, port: int) -> bool:
        """Whether the rule opens the TCP port to anybody."""
        covers = self.first_port <= port <= self.last_port or self.first_port == -1
        return self.accepts and self.protocol in {"TCP", "ALL"} and covers and self.source == "0.0.0.0/0"


class VpcClient:
    """Virtual Private Cloud 2016-04-28 in one region."""

    def __init__(self, session: Session, region_id: str) -> None:
        self._session = session
        self.region_id = region_id
        self._sdk: Any = None

    def _call(self, operation: str, method: str, request: Any, *, repeatable: bool = True) -> Any:
        if self._sdk is None:
            from alibabacloud_vpc20160428.client import Client

            self._sdk = Client(self._session.rpc_config("vpc", self.region_id))
        perform = getattr(self._sdk, method)
        return self._session.call(f"vpc:{operation}", lambda: perform(request), repeatable=repeatable).body

    def list_vpcs(self, tags: Mapping[str, str]) -> tuple[VpcFacts, ...]:
        """The VPCs with these tags, by id."""
        from alibabacloud_vpc20160428.models import DescribeVpcsRequest, DescribeVpcsRequestTag

        found: list[VpcFacts] = []
        page = 1
        while True:
            body = self._call(
                "DescribeVpcs",
                "describe_vpcs",
                DescribeVpcsRequest(
                    region_id=self.region_id,
                    tag=[DescribeVpcsRequestTag(key=key, value=value) for key, value in tags.items()],
                    page_number=page,
                    page_size=50,
                ),
            )
            vpcs = (body.vpcs.vpc if body.vpcs else None) or []
            found.extend(
                VpcFacts(vpc_id=vpc.vpc_id, cidr_block=vpc.cidr_block or "", status=vpc.status or "") for vpc in vpcs
            )
            if not vpcs or len(found) >= (body.total_count or 0):
                return tuple(sorted(found, key=lambda vpc: vpc.vpc_id))
            page += 1

    def get_vpc_status(self, vpc_id: str) -> str:
        """`Pending` or `Available`; empty while the service does not list it yet."""
        from alibabacloud_vpc20160428.models import DescribeVpcAttributeRequest

        try:
            body = self._call(
                "DescribeVpcAttribute",
                "describe_vpc_attribute",
                DescribeVpcAttributeRequest(region_id=self.region_id, vpc_id=vpc_id),
            )
        except DeployerError as error:
            if error.facts.get("api_code") in GONE:
                return ""
            raise
        return str(body.status or "")

    def create_vpc(
        self, cidr_block: str, name: str, client_token: str, tags: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """The id of a new VPC, Pending at first, tagged from the start. Removed by `delete_vpc`."""
        from alibabacloud_vpc20160428.models import CreateVpcRequest, CreateVpcRequestTag

        request = CreateVpcRequest(
            region_id=self.region_id,
            cidr_block=cidr_block,
            vpc_name=name,
            tag=[CreateVpcRequestTag(key=key, value=value) for key, value in tags.items()],
            client_token=client_token,
        )
        return str(self._call("CreateVpc", "create_vpc", request).vpc_id)

    def create_vswitch(
        self,
        vpc_id: str,
        zone_id: str,
        cidr_block: str,
        *,
        name: str,
        client_token: str,
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        """The id of a new vSwitch, Pending at first, tagged from the start. Removed by `delete_vswitch`."""
        from alibabacloud_vpc20160428.models import CreateVSwitchRequest, CreateVSwitchRequestTag

        request = CreateVSwitchRequest(
            region_id=self.region_id,
            vpc_id=vpc_id,
            zone_id=zone_id,
            cidr_block=cidr_block,
            v_switch_name=name,
            tag=[CreateVSwitchRequestTag(key=key, value=value) for key, value in tags.items()],
            client_token=client_token,
        )
        return str(self._call("CreateVSwitch", "create_vswitch", request).v_switch_id)

    def list_vswitches(self, vpc_id: str) -> tuple[VSwitchFacts, ...]:
        """Every vSwitch of the VPC, by id."""
        from alibabacloud_vpc20160428.models import DescribeVSwitchesRequest

        found: list[VSwitchFacts] = []
        page = 1
        while True:
            body = self._call(
                "DescribeVSwitches",
                "describe_vswitches",
                DescribeVSwitchesRequest(region_id=self.region_id, vpc_id=vpc_id, page_number=page, page_size=50),
            )
            vswitches = (body.v_switches.v_switch if body.v_switches else None) or []
            found.extend(
                VSwitchFacts(
                    vswitch_id=one.v_switch_id,
                    vpc_id=one.vpc_id or "",
                    zone_id=one.zone_id or "",
                    cidr_block=one.cidr_block or "",
                    status=one.status or "",
                    free_addresses=one.available_ip_address_count or 0,
                )
                for one in vswitches
            )
            if not vswitches or len(found) >= (body.total_count or 0):
                return tuple(sorted(found, key=lambda one: one.vswitch_id))
            page += 1

    def delete_vswitch(self, vswitch_id: str) -> None:
        from alibabacloud_vpc20160428.models import DeleteVSwitchRequest

        request = DeleteVSwitchRequest(region_id=self.region_id, v_switch_id=vswitch_id)
        _gone_is_fine(lambda: self._call("DeleteVSwitch", "delete_vswitch", request))

    def delete_vpc(self, vpc_id: str) -> None:
        from alibabacloud_vpc20160428.models import DeleteVpcRequest

        request = DeleteVpcRequest(region_id=self.region_id, vpc_id=vpc_id)
        _gone_is_fine(lambda: self._call("DeleteVpc", "delete_vpc", request))


class SecurityGroupClient:
    """Security groups of ECS in one region."""

    def __init__(self, ecs: EcsClient) -> None:
        self._ecs = ecs

    def list_ids(self, tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """(security group id, VPC id) of the groups with these tags, by id."""
        from alibabacloud_ecs20140526.models import DescribeSecurityGroupsRequest, DescribeSecurityGroupsRequestTag

        found: list[tuple[str, str]] = []
        token: str | None = None
        while True:
            body = self._ecs.call(
                "DescribeSecurityGroups",
                "describe_security_groups",
                DescribeSecurityGroupsRequest(
                    region_id=self._ecs.region_id,
                    tag=[DescribeSecurityGroupsRequestTag(key=key, value=value) for key, value in tags.items()],
                    max_results=100,
                    next_token=token,
                ),
            )
            groups = (body.security_groups.security_group if body.security_groups else None) or []
            found.extend((group.security_group_id, group.vpc_id or "") for group in groups)
            if not body.next_token or body.next_token == token:
                return tuple(sorted(found))
            token = body.next_token

    def create(self, name: str, vpc_id: str, tags: Mapping[str, str], client_token: str) -> str:
        """The id of a new group, which lets nothing in. Removed by `delete`."""
        from alibabacloud_ecs20140526.models import CreateSecurityGroupRequest, CreateSecurityGroupRequestTag

        body = self._ecs.call(
            "CreateSecurityGroup",
            "create_security_group",
            CreateSecurityGroupRequest(
                region_id=self._ecs.region_id,
                security_group_name=name,
                description="made by deployer: opens the application's port only",
                vpc_id=vpc_id,
                tag=[CreateSecurityGroupRequestTag(key=key, value=value) for key, value in tags.items()],
                client_token=client_token,
            ),
        )
        return str(body.security_group_id)

    def list_inbound_rules(self, security_group_id: str) -> tuple[InboundRule, ...]:
        from alibabacloud_ecs20140526.models import DescribeSecurityGroupAttributeRequest

        body = self._ecs.call(
            "DescribeSecurityGroupAttribute",
            "describe_security_group_attribute",
            DescribeSecurityGroupAttributeRequest(
                region_id=self._ecs.region_id, security_group_id=security_group_id, direction="ingress"
            ),
        )
        rules = (body.permissions.permission if body.permissions else None) or []
        return tuple(_inbound_rule(rule) for rule in rules)

    def open_port(self, security_group_id: str, port: int, cidr_block: str, client_token: str) -> None:
        """Let TCP connections to the port in; a rule that exists stays as it is. Goes with the group.

        Source: https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-authorizesecuritygroup
        """
        from alibabacloud_ecs20140526.models import (
            AuthorizeSecurityGroupRequest,
            AuthorizeSecurityGroupRequestPermissions,
        )

        self._ecs.call(
            "AuthorizeSecurityGroup",
            "authorize_security_group",
            AuthorizeSecurityGroupRequest(
                region_id=self._ecs.region_id,
                security_group_id=security_group_id,
                permissions=[
                    AuthorizeSecurityGroupRequestPermissions(
                        ip_protocol="TCP",
                        port_range=f"{port}/{port}",
                        source_cidr_ip=cidr_block,
                        policy="accept",
                        priority="1",
                        description="deployer: the application's port",
                    )
                ],
                client_token=client_token,
            ),
        )

    def delete(self, security_group_id: str) -> None:
        """Remove the group. Errors: ApiRefused with `DependencyViolation` while a released instance is still in it."""
        from alibabacloud_ecs20140526.models import DeleteSecurityGroupRequest

        request = DeleteSecurityGroupRequest(region_id=self._ecs.region_id, security_group_id=security_group_id)
        _gone_is_fine(lambda: self._ecs.call("DeleteSecurityGroup", "delete_security_group", request))


def _inbound_rule(rule: Any) -> InboundRule:
    first, _, last = (rule.port_range or "-1/-1").partition("/")
    return InboundRule(
        protocol=(rule.ip_protocol or "").upper(),
        first_port=int(first),
        last_port=int(last or first),
        source=rule.source_cidr_ip or "",
        accepts=(rule.policy or "Accept").lower() == "accept",
    )


def _gone_is_fine(remove: Any) -> None:
    try:
        remove()
    except DeployerError as error:
        if error.facts.get("api_code") not in GONE:
            raise
