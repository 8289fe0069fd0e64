"""What policies let through, by every product's client: the denial in the product's words, and only where it is due."""

import json

import pytest
from alibabacloud_ecs20140526 import models as ecs_models
from alibabacloud_sts20150401 import models as sts_models
from ecs_lab import REGION, open_lab, refused

from deployer.emulator.actions import ApiError

ELEMENTS = "https://help.aliyun.com/en/ram/policy-elements"
GATEWAY = "https://developer.aliyun.com/ask/278265"
ASSUME = "https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole"
PASS_ROLE = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances"
ACCOUNT = "1234567890123456"


def allowing(*actions, resource="*", **elements):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **elements}


def policy(*statements):
    return {"Version": "1", "Statement": list(statements)}


@pytest.fixture
def call(virtual_emulator):
    """`call(statements, product, action, **params)`: an operation asked for by a RAM user with that policy."""

    def ask(statements, product, action, **params):
        accounts = virtual_emulator.accounts
        name = f"user{len(accounts.users)}"
        key = accounts.add_access_key(f"LTAI{name}", "secret", user_name=name, policy=policy(*statements))
        return virtual_emulator.call_api(product, action, params, region_id=REGION, principal=key.principal)

    return ask


def denied(ask) -> dict:
    with pytest.raises(ApiError) as caught:
        ask()
    assert caught.value.status == 403
    detail = caught.value.extra["AccessDeniedDetail"]
    return {"Code": caught.value.code, **detail}


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("product", "action", "params", "code", "missing"),
    [
        ("ecs", "DescribeInstances", {"RegionId": REGION}, "Forbidden.RAM", "ecs:DescribeInstances"),
        ("vpc", "CreateVpc", {"RegionId": REGION}, "Forbidden.RAM", "vpc:CreateVpc"),
        ("oos", "ListExecutions", {"RegionId": REGION}, "NoPermission", "oos:ListExecutions"),
        ("bss", "QueryAccountBalance", {}, "NotAuthorized", "bssapi:QueryAccountBalance"),
        ("ram", "ListUsers", {}, "NoPermission", "ram:ListUsers"),
    ],
)
def test_what_no_policy_allows_is_denied_in_the_words_of_the_product(call, product, action, params, code, missing):
    detail = denied(lambda: call([allowing("slb:*")], product, action, **params))

    assert (detail["Code"], detail["AuthAction"], detail["NoPermissionType"]) == (code, missing, "ImplicitDeny")
    assert detail["AuthPrincipalType"] == "SubUser"
    assert detail["PolicyType"] == "AccountLevelIdentityBasedPolicy"


@pytest.mark.documented(ELEMENTS)
def test_an_explicit_denial_is_told_from_a_missing_permission(call):
    deny = {"Effect": "Deny", "Action": "ecs:DescribeInstances", "Resource": "*"}

    detail = denied(lambda: call([allowing("*"), deny], "ecs", "DescribeInstances", RegionId=REGION))

    assert detail["NoPermissionType"] == "ExplicitDeny"


@pytest.mark.documented("https://help.aliyun.com/knowledge_detail/139650.html")
def test_either_name_of_a_billing_operation_is_enough_and_either_denial_final(call):
    old, new = "bss:DescribeAcccount", "bssapi:QueryAccountBalance"
    deny = {"Effect": "Deny", "Action": old, "Resource": "*"}

    assert call([allowing(old)], "bss", "QueryAccountBalance")["Success"]
    assert call([allowing(new)], "bss", "QueryAccountBalance")["Success"]
    assert denied(lambda: call([allowing(new), deny], "bss", "QueryAccountBalance"))["AuthAction"] == old


@pytest.mark.documented(PASS_ROLE)
@pytest.mark.parametrize(
    ("action", "params", "resource", "other"),
    [
        ("StopInstance", {"InstanceId": "i-1"}, "instance/i-1", "instance/i-2"),
        ("DeleteInstances", {"RegionId": REGION, "InstanceId": ["i-1", "i-2"]}, "instance/i-?", "instance/i-1"),
        ("DescribeInstances", {"RegionId": REGION, "InstanceIds": ["i-1"]}, "instance/i-1", "instance/i-2"),
        ("DescribeInstances", {"RegionId": REGION}, "instance/*", "instance/i-1"),
        ("DeleteSecurityGroup", {"RegionId": REGION, "SecurityGroupId": "sg-1"}, "securitygroup/sg-1", "instance/*"),
        (
            "TagResources",
            {
                "RegionId": REGION,
                "ResourceType": "Instance",
                "ResourceId": ["i-1"],
                "Tag": [{"Key": "a", "Value": "b"}],
            },
            "instance/i-1",
            "disk/*",
        ),
    ],
)
def test_rights_are_needed_for_what_the_request_names(call, action, params, resource, other):
    arn = f"acs:ecs:{REGION}:{ACCOUNT}:"

    detail = denied(lambda: call([allowing("ecs:*", resource=arn + other)], "ecs", action, **params))
    assert detail["AuthAction"] == f"ecs:{action}"
    try:
        call([allowing("ecs:*", resource=arn + resource)], "ecs", action, **params)
    except ApiError as error:
        assert error.status == 404  # noqa: PT017  (allowed, and there is no such thing)


@pytest.mark.documented("https://www.alibabacloud.com/help/en/ecs/user-guide/cloud-assistant-overview")
def test_commands_need_rights_for_instance_and_command_and_can_be_tied_to_a_system_user(call):
    params = {
        "RegionId": REGION,
        "InstanceId": ["i-1"],
        "Type": "RunShellScript",
        "CommandContent": "id",
        "Username": "web",
    }
    only_instances = allowing("ecs:RunCommand", resource="acs:ecs:*:*:instance/*")
    as_web = allowing("ecs:RunCommand", Condition={"StringEquals": {"ecs:CommandRunAs": "web"}})

    assert denied(lambda: call([only_instances], "ecs", "RunCommand", **params))["AuthAction"] == "ecs:RunCommand"
    assert denied(lambda: call([as_web], "ecs", "RunCommand", **{**params, "Username": ""}))
    with pytest.raises(ApiError) as absent:
        call([as_web], "ecs", "RunCommand", **params)
    assert absent.value.code == "InvalidInstance.NotFound"


@pytest.mark.documented(PASS_ROLE)
def test_giving_an_instance_a_role_needs_the_right_to_pass_it(call):
    pass_web = allowing(
        "ram:PassRole",
        resource=f"acs:ram::{ACCOUNT}:role/web",
        Condition={"StringEquals": {"acs:Service": "ecs.aliyuncs.com"}},
    )
    params = {"RegionId": REGION, "RamRoleName": "Web", "InstanceIds": ["i-1"]}

    detail = denied(lambda: call([allowing("ecs:*")], "ecs", "AttachInstanceRamRole", **params))
    assert (detail["Code"], detail["AuthAction"]) == ("InvalidUser.PassRoleForbidden", "ram:PassRole")
    assert call([allowing("ecs:*"), pass_web], "ecs", "AttachInstanceRamRole", **params)["FailCount"] == 1


@pytest.mark.documented("https://www.alibabacloud.com/help/en/ram/conditional-operator")
def test_tags_of_request_and_resource_are_conditions(virtual_server):
    lab = open_lab(virtual_server)
    team_a = {"StringEquals": {"acs:RequestTag/team": "a"}}
    own = {"StringEquals": {"acs:ResourceTag/team": "a"}}
    rights = policy(
        allowing("vpc:*", "ecs:Describe*", "ecs:AuthorizeSecurityGroup", "ecs:RevokeSecurityGroup"),
        allowing("ecs:CreateSecurityGroup", Condition=team_a),
        allowing("ecs:DeleteSecurityGroup", Condition=own),
    )
    lab.emulator.accounts.add_access_key("LTAIa", "secret", user_name="a", policy=rights)
    vpc_id = lab.vpc("create_vpc", cidr_block="192.168.0.0/16").vpc_id
    lab.settle()
    foreign = lab.ecs("create_security_group", vpc_id=vpc_id).security_group_id
    lab.ecs_client = type(lab.ecs_client)(virtual_server.sdk_config(access_key_id="LTAIa", access_key_secret="secret"))
    tag = ecs_models.CreateSecurityGroupRequestTag(key="team", value="a")

    refused("Forbidden.RAM", lambda: lab.ecs("create_security_group", vpc_id=vpc_id), status=403)
    made = lab.ecs("create_security_group", vpc_id=vpc_id, tag=[tag]).security_group_id
    refused("Forbidden.RAM", lambda: lab.ecs("delete_security_group", security_group_id=foreign))
    lab.ecs("delete_security_group", security_group_id=made)


@pytest.mark.documented(ASSUME)
def test_a_session_may_do_what_role_and_session_policy_both_allow(virtual_emulator):
    emulator = virtual_emulator
    role = emulator.accounts.add_role("ops", policy=policy(allowing("ecs:Describe*", "vpc:Describe*")))
    session = emulator.call_api(
        "sts",
        "AssumeRole",
        {
            "RoleArn": role.arn,
            "RoleSessionName": "ci",
            "Policy": json.dumps(policy(allowing("ecs:*"))),
        },
        region_id=REGION,
        principal=emulator.accounts.root,
    )
    key = emulator.accounts.secret_for(session["Credentials"]["AccessKeyId"])

    def ask(product, action):
        return emulator.call_api(product, action, {"RegionId": REGION}, region_id=REGION, principal=key.principal)

    assert ask("ecs", "DescribeInstances")["TotalCount"] == 0
    by_session = denied(lambda: ask("vpc", "DescribeVpcs"))
    assert (by_session["PolicyType"], by_session["AuthPrincipalType"]) == ("SessionPolicy", "AssumedRoleUser")
    by_role = denied(lambda: ask("ecs", "CreateSecurityGroup"))
    assert by_role["PolicyType"] == "AccountLevelIdentityBasedPolicy"


@pytest.mark.documented(ASSUME)
@pytest.mark.parametrize(
    ("document", "code"),
    [("{", "InvalidParameter.PolicyGrammar"), ("x" * 2049, "InvalidParameter.PolicySize")],
)
def test_a_session_policy_that_is_none_is_refused(virtual_emulator, document, code):
    role = virtual_emulator.accounts.add_role("ops")
    params = {"RoleArn": role.arn, "RoleSessionName": "ci", "Policy": document}

    with pytest.raises(ApiError) as caught:
        virtual_emulator.call_api(
            "sts", "AssumeRole", params, region_id=REGION, principal=virtual_emulator.accounts.root
        )

    assert caught.value.code == code


@pytest.mark.documented("https://www.alibabacloud.com/help/en/ram/user-guide/edit-the-trust-policy-of-a-ram-role")
@pytest.mark.parametrize(
    ("principal", "condition", "trusted"),
    [
        ({"RAM": [f"acs:ram::{ACCOUNT}:root"]}, {}, True),
        ({"RAM": [f"acs:ram::{ACCOUNT}:user/alice"]}, {}, True),
        ({"RAM": [f"acs:ram::{ACCOUNT}:user/bob"]}, {}, False),
        ({"Service": ["ecs.aliyuncs.com"]}, {}, False),
        ({"RAM": [f"acs:ram::{ACCOUNT}:root"]}, {"StringEquals": {"sts:ExternalId": "x"}}, False),
    ],
)
def test_a_role_is_assumed_by_whom_it_trusts(virtual_emulator, principal, condition, trusted):
    accounts = virtual_emulator.accounts
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}
    role = accounts.add_role("ops", trust=policy(trust))
    alice = accounts.add_access_key("LTAIalice", "secret", user_name="alice")

    def assume():
        params = {"RoleArn": role.arn, "RoleSessionName": "ci"}
        return virtual_emulator.call_api("sts", "AssumeRole", params, region_id=REGION, principal=alice.principal)

    if trusted:
        assert assume()["Credentials"]["SecurityToken"]
    else:
        assert denied(assume)["PolicyType"] == "AssumeRolePolicy"


@pytest.mark.documented(GATEWAY)
def test_denials_reach_sdk_clients_with_the_missing_action(emulator, sdk_config):
    from alibabacloud_sts20150401.client import Client

    emulator.accounts.add_role("ops")
    emulator.accounts.add_access_key("LTAIuser", "secret", user_name="ci", policy=policy(allowing("ecs:*")))
    client = Client(sdk_config(access_key_id="LTAIuser", access_key_secret="secret"))
    request = sts_models.AssumeRoleRequest(role_arn=f"acs:ram::{ACCOUNT}:role/ops", role_session_name="ci")

    error = refused("NoPermission", lambda: client.assume_role(request), status=403)

    assert error.access_denied_detail["AuthAction"] == "sts:AssumeRole"
    assert error.access_denied_detail["NoPermissionType"] == "ImplicitDeny"
