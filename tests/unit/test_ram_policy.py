"""Policy documents on their own: what is one, and what it says about an access."""

import json

import pytest

from deployer.emulator.ram.policy import Access, MalformedPolicy, Verdict, judge, read_policy

INSTANCE = "acs:ecs:cn-hangzhou:123:instance/i-1"


def statement(**elements):
    return {"Effect": "Allow", "Action": "*", "Resource": "*", **elements}


def verdict(*statements, action="ecs:DeleteInstance", resource=INSTANCE, **facts):
    policy = read_policy({"Version": "1", "Statement": list(statements)})
    known = {key.replace("__", ":").replace("_", "/"): values for key, values in facts.items()}
    return judge([policy], Access(action=action, resource=resource, facts=known))


@pytest.mark.parametrize(
    ("actions", "allowed"),
    [
        ("*", True),
        ("ecs:*", True),
        ("*:DeleteInstance", True),
        ("ecs:Delete*", True),
        ("ecs:deleteinstance", True),
        (["ecs:Run*", "ecs:DeleteInstanc?"], True),
        ("ecs:Delete", False),
        ("vpc:*", False),
        ("ecs:DeleteInstance?", False),
    ],
)
def test_actions_have_wildcards_and_no_letter_case(actions, allowed):
    assert (verdict(statement(Action=actions)) is Verdict.ALLOW) is allowed


@pytest.mark.parametrize(
    ("resources", "allowed"),
    [
        ("acs:ecs:*:*:instance/*", True),
        ("acs:ecs:cn-*:123:*", True),
        (["acs:oss:*:*:*", "acs:ecs:*:*:instance/i-?"], True),
        ("acs:ecs:cn-beijing:*:*", False),
        ("acs:ecs:*:456:*", False),
        ("acs:ecs:*:*:instance/I-1", False),
    ],
)
def test_resources_have_wildcards(resources, allowed):
    assert (verdict(statement(Resource=resources)) is Verdict.ALLOW) is allowed


def test_a_denial_beats_every_permission_and_silence_is_one():
    denied = statement(Effect="Deny", Action="ecs:Delete*")

    assert verdict(statement(), denied) is Verdict.EXPLICIT_DENY
    assert verdict(denied, statement()) is Verdict.EXPLICIT_DENY
    assert verdict(statement(), denied, action="ecs:StopInstance") is Verdict.ALLOW
    assert verdict(statement(Action="ecs:StopInstance")) is Verdict.IMPLICIT_DENY


def test_the_not_forms_mean_everything_else():
    all_but = {"Effect": "Allow", "NotAction": ["ecs:Delete*", "ram:*"], "Resource": "*"}
    elsewhere = {"Effect": "Allow", "Action": "*", "NotResource": "acs:ecs:*:*:instance/i-1"}

    assert verdict(all_but) is Verdict.IMPLICIT_DENY
    assert verdict(all_but, action="ecs:StopInstance") is Verdict.ALLOW
    assert verdict(elsewhere) is Verdict.IMPLICIT_DENY
    assert verdict(elsewhere, resource="acs:ecs:cn-hangzhou:123:instance/i-2") is Verdict.ALLOW


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "holds"),
    [
        ("StringEquals", "dev", "dev", True),
        ("StringEquals", ["prod", "dev"], "dev", True),
        ("StringEquals", "DEV", "dev", False),
        ("StringNotEquals", ["prod", "dev"], "dev", False),
        ("StringNotEquals", "prod", "dev", True),
        ("StringEqualsIgnoreCase", "DEV", "dev", True),
        ("StringNotEqualsIgnoreCase", "DEV", "dev", False),
        ("StringLike", "d?*", "dev", True),
        ("StringLike", "D*", "dev", False),
        ("StringNotLike", "d*", "dev", False),
        ("NumericEquals", "10", "10.0", True),
        ("NumericNotEquals", 10, "11", True),
        ("NumericLessThan", 10, "9", True),
        ("NumericLessThanEquals", 10, "10", True),
        ("NumericGreaterThan", 9, "10", True),
        ("NumericGreaterThanEquals", "11", "10", False),
        ("NumericLessThan", 10, "many", False),
        ("DateLessThan", "2026-01-02T00:00:00+08:00", "2026-01-01T15:59:59Z", True),
        ("DateLessThan", "2026-01-02T00:00:00+08:00", "2026-01-01T16:00:00Z", False),
        ("DateGreaterThanEquals", "2026-01-01T16:00:00Z", "2026-01-02T00:00:00+08:00", True),
        ("DateEquals", "2026-01-01T16:00:00Z", "2026-01-02T00:00:00+08:00", True),
        ("DateNotEquals", "2026-01-01T16:00:00Z", "2026-01-02T00:00:00+08:00", False),
        ("Bool", True, "true", True),
        ("Bool", "false", "true", False),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("IpAddress", ["192.168.0.0/16", "10.1.2.3"], "10.1.2.3", True),
        ("IpAddress", "fd00::/8", "10.1.2.3", False),
        ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
    ],
)
def test_conditions_compare(operator, wanted, actual, holds):
    found = verdict(statement(Condition={operator: {"acs:SourceIp": wanted}}), acs__sourceip=(actual,))

    assert (found is Verdict.ALLOW) is holds


def test_all_conditions_have_to_hold_and_a_key_ignores_letter_case():
    both = {"Bool": {"ACS:SecureTransport": "true"}, "StringLike": {"acs:RequestTag/Team": "a*"}}

    assert verdict(statement(Condition=both), acs__securetransport=("true",)) is Verdict.IMPLICIT_DENY
    facts = {"acs:securetransport": ("true",), "acs:requesttag/Team": ("atlas",)}
    policy = read_policy({"Version": "1", "Statement": [statement(Condition=both)]})
    assert judge([policy], Access(action="ecs:X", resource="*", facts=facts)) is Verdict.ALLOW


def test_a_key_the_request_does_not_have_fits_negated_operators_only():
    assert verdict(statement(Condition={"StringEquals": {"acs:SourceVpc": "vpc-1"}})) is Verdict.IMPLICIT_DENY
    assert verdict(statement(Condition={"StringNotEquals": {"acs:SourceVpc": "vpc-1"}})) is Verdict.ALLOW


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "no JSON"),
        ([], "object"),
        ({"Version": "2012-10-17", "Statement": [statement()]}, "Version"),
        ({"Version": "1"}, "Statement"),
        ({"Version": "1", "Statement": []}, "Statement"),
        ({"Version": "1", "Statement": [statement()], "Id": "x"}, "'Id'"),
        ({"Version": "1", "Statement": ["x"]}, "object"),
        ({"Version": "1", "Statement": [statement(Effect="allow")]}, "Effect"),
        ({"Version": "1", "Statement": [{"Effect": "Allow", "Resource": "*"}]}, "either Action or NotAction"),
        ({"Version": "1", "Statement": [statement(NotAction="ecs:*")]}, "either Action or NotAction"),
        ({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*"}]}, "either Resource or NotResource"),
        ({"Version": "1", "Statement": [statement(Action="RunInstances")]}, "no action"),
        ({"Version": "1", "Statement": [statement(Action=[])]}, "Action"),
        ({"Version": "1", "Statement": [statement(Resource="arn:aws:s3:::x")]}, "no resource"),
        ({"Version": "1", "Statement": [statement(Principal={"RAM": "*"})]}, "Principal"),
        ({"Version": "1", "Statement": [statement(Condition={"StringIs": {"a": "b"}})]}, "'StringIs'"),
        ({"Version": "1", "Statement": [statement(Condition={"StringEqualsIfExists": {"a": "b"}})]}, "IfExists"),
        ({"Version": "1", "Statement": [statement(Condition={"Null": {"a": "true"}})]}, "Null"),
        ({"Version": "1", "Statement": [statement(Condition={"ForAnyValue:StringLike": {"a": "b"}})]}, "ForAnyValue"),
        ({"Version": "1", "Statement": [statement(Condition={"Bool": "true"})]}, "Bool"),
        ({"Version": "1", "Statement": [statement(Condition={"Bool": {"a": {}}})]}, "value"),
        ({"Version": "1", "Statement": [statement(Conditions={})]}, "'Conditions'"),
    ],
)
def test_what_is_no_policy_is_refused_with_the_reason(document, said):
    with pytest.raises(MalformedPolicy, match=said):
        read_policy(document if isinstance(document, str) else json.dumps(document))
