"""Security groups and their rules through the SDK, and which packets they let in."""

import pytest
from alibabacloud_ecs20140526 import models
from ecs_lab import ECS_PAGES, IDEMPOTENCE, REGION, RULES_PAGE, open_lab, refused

AUTHORIZE = ECS_PAGES + "authorizesecuritygroup"
REVOKE = ECS_PAGES + "revokesecuritygroup"
DELETE = ECS_PAGES + "deletesecuritygroup"


@pytest.fixture
def lab(virtual_server):
    return open_lab(virtual_server)


@pytest.fixture
def network(lab):
    return lab.make_network()


@pytest.fixture
def instance(lab, network):
    return lab.state.get_instance(lab.launch_running(network, internet_max_bandwidth_out=1), REGION)


def permission(**fields):
    return models.AuthorizeSecurityGroupRequestPermissions(
        **{"ip_protocol": "tcp", "port_range": "8080/8080", "source_cidr_ip": "0.0.0.0/0", **fields}
    )


def authorize(lab, network, *permissions, **fields):
    lab.ecs(
        "authorize_security_group",
        security_group_id=network.security_group_id,
        permissions=list(permissions),
        **fields,
    )


def rules(lab, network):
    answer = lab.ecs("describe_security_group_attribute", security_group_id=network.security_group_id)
    return answer.permissions.permission


@pytest.mark.documented(ECS_PAGES + "createsecuritygroup")
def test_a_new_group_lets_nothing_in(lab, network, instance):
    assert rules(lab, network) == []
    assert not lab.state.inbound_allowed(instance, 22)


@pytest.mark.documented(AUTHORIZE)
def test_an_opened_port_is_listed_in_upper_case_and_lets_anybody_in(lab, network, instance):
    authorize(lab, network, permission(description="the app"))

    [rule] = rules(lab, network)

    assert (rule.ip_protocol, rule.port_range, rule.policy, rule.priority) == ("TCP", "8080/8080", "Accept", "1")
    assert (rule.source_cidr_ip, rule.direction, rule.description) == ("0.0.0.0/0", "ingress", "the app")
    assert lab.state.inbound_allowed(instance, 8080)
    assert not lab.state.inbound_allowed(instance, 8081)
    assert not lab.state.inbound_allowed(instance, 8080, "udp")


@pytest.mark.documented(AUTHORIZE)
def test_adding_a_rule_that_exists_succeeds_and_changes_nothing(lab, network):
    authorize(lab, network, permission(description="first"))
    [before] = rules(lab, network)

    authorize(lab, network, permission(ip_protocol="TCP", description="second"), permission())

    [after] = rules(lab, network)
    assert (after.security_group_rule_id, after.description) == (before.security_group_rule_id, "first")


@pytest.mark.documented(AUTHORIZE)
def test_the_deprecated_top_level_form_still_works(lab, network):
    lab.ecs(
        "authorize_security_group",
        security_group_id=network.security_group_id,
        ip_protocol="tcp",
        port_range="443/443",
        source_cidr_ip="10.0.0.0/8",
        policy="drop",
        priority="7",
    )

    [rule] = rules(lab, network)
    assert (rule.port_range, rule.source_cidr_ip, rule.policy, rule.priority) == ("443/443", "10.0.0.0/8", "Drop", "7")


@pytest.mark.documented(REVOKE)
def test_rules_are_revoked_by_content_or_by_id_and_missing_ones_are_no_mistake(lab, network):
    authorize(lab, network, permission(), permission(port_range="9090/9090"))
    rule_id = next(rule.security_group_rule_id for rule in rules(lab, network) if rule.port_range == "9090/9090")
    revoked = models.RevokeSecurityGroupRequestPermissions(
        ip_protocol="TCP", port_range="8080/8080", source_cidr_ip="0.0.0.0/0"
    )

    for _ in range(2):
        lab.ecs("revoke_security_group", security_group_id=network.security_group_id, permissions=[revoked])
    lab.ecs("revoke_security_group", security_group_id=network.security_group_id, security_group_rule_id=[rule_id])

    assert rules(lab, network) == []


@pytest.mark.documented(AUTHORIZE)
@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"ip_protocol": "carrier-pigeon"}, 400, "InvalidIpProtocol.ValueNotSupported"),
        ({"port_range": "8080"}, 400, "InvalidIpPortRange.Malformed"),
        ({"port_range": "0/80"}, 400, "InvalidIpPortRange.Malformed"),
        ({"port_range": "90/80"}, 400, "InvalidIpPortRange.Malformed"),
        ({"ip_protocol": "icmp", "port_range": "1/1"}, 400, "InvalidIpPortRange.Malformed"),
        ({"source_cidr_ip": "999.0.0.0/8"}, 400, "InvalidParam.SourceIp"),
        ({"source_cidr_ip": None}, 400, "MissingParameter.Source"),
        ({"policy": "maybe"}, 400, "InvalidPolicy.Malformed"),
        ({"priority": "101"}, 400, "InvalidPriority.ValueNotSupported"),
        ({"priority": "high"}, 400, "InvalidPriority.Malformed"),
        ({"source_cidr_ip": None, "source_group_id": "sg-none"}, 404, "InvalidSourceGroupId.NotFound"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_none_of_its_call_is_added(lab, network, fields, status, code):
    refused(code, lambda: authorize(lab, network, permission(), permission(**fields)), status=status)

    assert rules(lab, network) == []


@pytest.mark.documented(IDEMPOTENCE)
def test_a_rule_token_used_with_another_rule_is_a_mismatch(lab, network):
    authorize(lab, network, permission(), client_token="open")
    authorize(lab, network, permission(), client_token="open")

    refused(
        "IdempotentParameterMismatch",
        lambda: authorize(lab, network, permission(port_range="1/2"), client_token="open"),
    )


@pytest.mark.documented(RULES_PAGE)
def test_the_lowest_priority_number_decides_and_drop_wins_a_tie(lab, network, instance):
    authorize(lab, network, permission(priority="5"), permission(priority="5", policy="drop"))
    tie = lab.state.inbound_allowed(instance, 8080)
    authorize(lab, network, permission(priority="4"))
    accepted_first = lab.state.inbound_allowed(instance, 8080)
    authorize(lab, network, permission(priority="3", policy="drop", source_cidr_ip="203.0.113.0/24"))

    assert (tie, accepted_first) == (False, True)
    assert not lab.state.inbound_allowed(instance, 8080, source="203.0.113.9")
    assert lab.state.inbound_allowed(instance, 8080, source="198.51.100.9")


@pytest.mark.documented(RULES_PAGE)
def test_a_rule_for_some_addresses_does_not_let_anybody_in(lab, network, instance):
    authorize(lab, network, permission(source_cidr_ip="203.0.113.0/24", port_range="1/65535"))

    assert not lab.state.inbound_allowed(instance, 8080)
    assert lab.state.inbound_allowed(instance, 8080, source="203.0.113.9")


@pytest.mark.documented(RULES_PAGE)
def test_members_of_a_normal_group_reach_each_other_and_groups_can_be_sources(lab, network, instance):
    other_group = lab.ecs("create_security_group", vpc_id=network.vpc_id).security_group_id
    neighbour = lab.state.get_instance(lab.launch_running(network), REGION)
    stranger = lab.state.get_instance(lab.launch_running(network, security_group_id=other_group), REGION)

    before = lab.state.inbound_allowed(instance, 80, source=stranger.private_ip)
    authorize(lab, network, permission(source_cidr_ip=None, source_group_id=other_group, port_range="80/80"))

    assert lab.state.inbound_allowed(instance, 80, source=neighbour.private_ip)
    assert (before, lab.state.inbound_allowed(instance, 80, source=stranger.private_ip)) == (False, True)


@pytest.mark.documented(RULES_PAGE)
def test_the_rules_of_all_groups_of_an_instance_count_together(lab, network, instance):
    second = lab.ecs("create_security_group", vpc_id=network.vpc_id).security_group_id
    lab.ecs("authorize_security_group", security_group_id=second, permissions=[permission(port_range="5000/5000")])

    before = lab.state.inbound_allowed(instance, 5000)
    lab.ecs("join_security_group", security_group_id=second, instance_id=instance.instance_id)

    assert (before, lab.state.inbound_allowed(instance, 5000)) == (False, True)
    refused(
        "InvalidInstanceId.AlreadyExists",
        lambda: lab.ecs("join_security_group", security_group_id=second, instance_id=instance.instance_id),
        status=403,
    )


@pytest.mark.documented(DELETE)
def test_a_group_that_is_used_or_named_as_a_source_stays(lab, network, instance):
    source = lab.ecs("create_security_group", vpc_id=network.vpc_id).security_group_id
    authorize(lab, network, permission(source_cidr_ip=None, source_group_id=source))

    for group_id in (source, network.security_group_id):
        refused(
            "DependencyViolation",
            lambda group_id=group_id: lab.ecs("delete_security_group", security_group_id=group_id),
            status=403,
        )
    assert instance.security_group_ids == [network.security_group_id]
    refused(
        "InvalidSecurityGroupId.NotFound",
        lambda: lab.ecs("delete_security_group", security_group_id="sg-none"),
        status=404,
    )


@pytest.mark.documented(ECS_PAGES + "createsecuritygroup")
def test_a_group_needs_a_vpc_that_is_available(lab):
    vpc_id = lab.vpc("create_vpc").vpc_id

    refused("IncorrectVpcStatus", lambda: lab.ecs("create_security_group", vpc_id=vpc_id), status=400)
    refused("InvalidVpcId.NotFound", lambda: lab.ecs("create_security_group", vpc_id="vpc-none"), status=404)


@pytest.mark.documented(ECS_PAGES + "describesecuritygroups")
def test_groups_are_found_by_vpc_tag_and_name(lab, network):
    tag = models.CreateSecurityGroupRequestTag(key="deployer:group", value="prod")
    ours = lab.ecs(
        "create_security_group", vpc_id=network.vpc_id, security_group_name="shop-prod", tag=[tag]
    ).security_group_id

    wanted = models.DescribeSecurityGroupsRequestTag(key="deployer:group", value="prod")
    by_tag = lab.ecs("describe_security_groups", tag=[wanted]).security_groups.security_group
    by_name = lab.ecs("describe_security_groups", security_group_name="shop-prod").security_groups.security_group

    assert [group.security_group_id for group in by_tag] == [group.security_group_id for group in by_name] == [ours]
    assert lab.ecs("describe_security_groups", vpc_id=network.vpc_id).total_count == 2
    first = lab.ecs("describe_security_groups", max_results=1)
    second = lab.ecs("describe_security_groups", max_results=1, next_token=first.next_token)
    listed = first.security_groups.security_group + second.security_groups.security_group
    assert len({group.security_group_id for group in listed}) == 2


@pytest.mark.documented("https://www.alibabacloud.com/help/en/ecs/user-guide/limits")
def test_a_group_holds_two_hundred_rules(lab, network):
    for start in (1, 101):
        many = [permission(port_range=f"{port}/{port}") for port in range(start, start + 100)]
        authorize(lab, network, *many)

    refused("AuthorizationLimitExceed", lambda: authorize(lab, network, permission()), status=403)
