"""The RAM API: identities and policies made over the wire decide at once over other products' calls."""

import json

import pytest

from deployer.emulator.actions import ApiError
from deployer.emulator.contract.check import undeclared_fields
from deployer.emulator.contract.document import Contract

REGION = "cn-hangzhou"
ERRORS = "https://www.alibabacloud.com/help/doc-detail/28710.htm"
HELP = "https://www.alibabacloud.com/help/en/ram/developer-reference/api-ram-2015-05-01-"
DOCUMENT = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "ecs:Describe*", "Resource": "*"}]})
DENIAL = json.dumps({"Version": "1", "Statement": [{"Effect": "Deny", "Action": "ecs:*", "Resource": "*"}]})
TRUST = json.dumps(
    {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": ["acs:ram::1234567890123456:root"]}}
        ],
    }
)
contract = Contract()


@pytest.fixture
def ram(virtual_emulator):
    """`ram("CreateUser", UserName="a")` as the account; every answer's field names are held against the contract."""

    def call(action, *, product="ram", principal=None, **params):
        principal = principal or virtual_emulator.accounts.root
        body = virtual_emulator.call_api(product, action, params, region_id=REGION, principal=principal)
        assert undeclared_fields(contract.find(product, action), body) == []
        return body

    return call


@pytest.fixture
def user(virtual_emulator, ram):
    """A user with a key and a policy made over the API; its principal."""
    ram("CreateUser", UserName="alice", DisplayName="Alice")
    key = ram("CreateAccessKey", UserName="alice")["AccessKey"]
    assert key["AccessKeySecret"]
    ram("CreatePolicy", PolicyName="look", PolicyDocument=DOCUMENT)
    ram("AttachPolicyToUser", PolicyName="look", PolicyType="Custom", UserName="alice")
    return virtual_emulator.accounts.secret_for(key["AccessKeyId"]).principal


def refused(call) -> str:
    with pytest.raises(ApiError) as caught:
        call()
    return f"{caught.value.status} {caught.value.code}"


@pytest.mark.documented(HELP + "attachpolicytouser")
def test_what_a_user_may_do_follows_its_policies(ram, user):
    def look():
        return ram("DescribeInstances", product="ecs", principal=user, RegionId=REGION)

    assert look()["TotalCount"] == 0
    ram("CreatePolicyVersion", PolicyName="look", PolicyDocument=DENIAL, SetAsDefault=True)
    assert refused(look) == "403 Forbidden.RAM"
    ram("SetDefaultPolicyVersion", PolicyName="look", VersionId="v1")
    look()
    ram("DetachPolicyFromUser", PolicyName="look", PolicyType="Custom", UserName="alice")
    assert refused(look) == "403 Forbidden.RAM"
    ram("AttachPolicyToUser", PolicyName="AliyunECSReadOnlyAccess", PolicyType="System", UserName="alice")
    look()


@pytest.mark.documented(HELP + "listpoliciesforuser")
def test_who_has_what_can_be_listed(ram, user):
    ram("CreateRole", RoleName="ops", AssumeRolePolicyDocument=TRUST, Description="operations")
    ram("AttachPolicyToRole", PolicyName="look", PolicyType="Custom", RoleName="ops")

    entities = ram("ListEntitiesForPolicy", PolicyName="look", PolicyType="Custom")
    assert [one["UserName"] for one in entities["Users"]["User"]] == ["alice"]
    assert [one["RoleName"] for one in entities["Roles"]["Role"]] == ["ops"]
    for action, name in (("ListPoliciesForUser", {"UserName": "alice"}), ("ListPoliciesForRole", {"RoleName": "ops"})):
        assert [one["PolicyName"] for one in ram(action, **name)["Policies"]["Policy"]] == ["look"]
    assert ram("GetPolicy", PolicyName="look", PolicyType="Custom")["Policy"]["AttachmentCount"] == 2
    assert [one["UserName"] for one in ram("ListUsers")["Users"]["User"]] == ["alice"]
    assert ram("GetRole", RoleName="OPS")["Role"]["AssumeRolePolicyDocument"] == TRUST
    custom = ram("ListPolicies", PolicyType="Custom")["Policies"]["Policy"]
    assert [one["PolicyName"] for one in custom] == ["look"]
    first = ram("ListPolicies", PolicyType="System", MaxItems=2)
    rest = ram("ListPolicies", PolicyType="System", Marker=first["Marker"])
    assert first["IsTruncated"]
    assert not rest["IsTruncated"]
    assert len(first["Policies"]["Policy"] + rest["Policies"]["Policy"]) > 10


@pytest.mark.documented(HELP + "updaterole")
def test_a_role_lends_its_rights_as_long_as_it_may(ram, virtual_emulator):
    role = ram("CreateRole", RoleName="ops", AssumeRolePolicyDocument=TRUST)["Role"]
    params = {"RoleArn": role["Arn"], "RoleSessionName": "ci", "DurationSeconds": 7200}

    assert refused(lambda: ram("AssumeRole", product="sts", **params)) == "400 InvalidParameter.DurationSeconds"
    ram("UpdateRole", RoleName="ops", NewMaxSessionDuration=7200, NewDescription="longer")
    session = ram("AssumeRole", product="sts", **params)["Credentials"]
    principal = virtual_emulator.accounts.secret_for(session["AccessKeyId"]).principal
    assert refused(lambda: ram("ListUsers", principal=principal)) == "403 NoPermission"
    ram("AttachPolicyToRole", PolicyName="AliyunRAMReadOnlyAccess", PolicyType="System", RoleName="ops")
    ram("ListUsers", principal=principal)


@pytest.mark.documented(HELP + "updateaccesskey")
def test_keys_can_be_switched_off_and_taken_away(ram, user, virtual_emulator):
    key = user.access_key_id
    ram("UpdateAccessKey", UserName="alice", UserAccessKeyId=key, Status="Inactive")
    assert not virtual_emulator.accounts.secret_for(key).active
    assert ram("ListAccessKeys", UserName="alice")["AccessKeys"]["AccessKey"][0]["Status"] == "Inactive"
    ram("DeleteAccessKey", UserName="alice", UserAccessKeyId=key)
    assert virtual_emulator.accounts.secret_for(key) is None


@pytest.mark.documented(HELP + "updateuser")
def test_a_renamed_user_keeps_keys_and_rights(ram, user, virtual_emulator):
    ram("UpdateUser", UserName="alice", NewUserName="alicia", NewComments="married")

    key = virtual_emulator.accounts.secret_for(user.access_key_id)
    assert key.principal.arn.endswith(":user/alicia")
    assert ram("DescribeInstances", product="ecs", principal=key.principal, RegionId=REGION)["TotalCount"] == 0
    assert ram("GetUser", UserName="alicia")["User"]["Comments"] == "married"


@pytest.mark.documented(ERRORS)
@pytest.mark.parametrize(
    ("action", "params", "said"),
    [
        ("CreateUser", {"UserName": "alice"}, "409 EntityAlreadyExists.User"),
        ("CreateUser", {"UserName": "a/b"}, "400 InvalidParameter.UserName.InvalidChars"),
        ("CreateUser", {"UserName": "a" * 65}, "400 InvalidParameter.UserName.Length"),
        ("GetUser", {"UserName": "bob"}, "404 EntityNotExist.User"),
        ("DeleteUser", {"UserName": "alice"}, "409 DeleteConflict.User.AccessKey"),
        ("GetRole", {"RoleName": "none"}, "404 EntityNotExist.Role"),
        ("CreatePolicy", {"PolicyName": "look", "PolicyDocument": DOCUMENT}, "409 EntityAlreadyExists.Policy"),
        ("CreatePolicy", {"PolicyName": "bad", "PolicyDocument": "{}"}, "400 MalformedPolicyDocument"),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": DOCUMENT}, "400 MalformedPolicyDocument"),
        ("GetPolicy", {"PolicyName": "no", "PolicyType": "Custom"}, "404 EntityNotExist.Policy"),
        ("GetPolicy", {"PolicyName": "look", "PolicyType": "Mine"}, "400 InvalidParameter.PolicyType"),
        ("DeletePolicy", {"PolicyName": "look"}, "409 DeleteConflict.Policy.User"),
        (
            "AttachPolicyToUser",
            {"PolicyName": "look", "PolicyType": "Custom", "UserName": "alice"},
            "409 EntityAlreadyExists.User.Policy",
        ),
        (
            "DetachPolicyFromUser",
            {"PolicyName": "AdministratorAccess", "PolicyType": "System", "UserName": "alice"},
            "404 EntityNotExist.User.Policy",
        ),
        ("DeletePolicyVersion", {"PolicyName": "look", "VersionId": "v1"}, "409 DeleteConflict.Policy.Version.Default"),
        ("SetDefaultPolicyVersion", {"PolicyName": "look", "VersionId": "v9"}, "404 EntityNotExist.Policy.Version"),
        ("DeleteAccessKey", {"UserName": "alice", "UserAccessKeyId": "LTAI0"}, "404 EntityNotExist.User.AccessKey"),
        ("CreateGroup", {"GroupName": "g"}, "501 Emulator.NotImplemented"),
    ],
)
def test_what_cannot_be_is_refused_by_name(ram, user, action, params, said):
    assert refused(lambda: ram(action, **params)) == said


@pytest.mark.documented(ERRORS)
def test_everything_can_be_taken_away_again_in_order(ram, user):
    ram("CreateAccessKey", UserName="alice")
    assert refused(lambda: ram("CreateAccessKey", UserName="alice")) == "409 LimitExceeded.User.AccessKey"
    for key in ram("ListAccessKeys", UserName="alice")["AccessKeys"]["AccessKey"]:
        ram("DeleteAccessKey", UserName="alice", UserAccessKeyId=key["AccessKeyId"])
    assert refused(lambda: ram("DeleteUser", UserName="alice")) == "409 DeleteConflict.User.Policy"
    ram("DetachPolicyFromUser", PolicyName="look", PolicyType="Custom", UserName="alice")
    ram("DeleteUser", UserName="alice")
    version = ram("CreatePolicyVersion", PolicyName="look", PolicyDocument=DENIAL)["PolicyVersion"]["VersionId"]
    assert refused(lambda: ram("DeletePolicy", PolicyName="look")) == "409 DeleteConflict.Policy.Version"
    assert (
        len(ram("ListPolicyVersions", PolicyName="look", PolicyType="Custom")["PolicyVersions"]["PolicyVersion"]) == 2
    )
    assert ram("GetPolicyVersion", PolicyName="look", PolicyType="Custom", VersionId=version)["PolicyVersion"]
    ram("DeletePolicyVersion", PolicyName="look", VersionId=version)
    ram("DeletePolicy", PolicyName="look")
    ram("CreateRole", RoleName="ops", AssumeRolePolicyDocument=TRUST)
    ram("DeleteRole", RoleName="ops")
    assert ram("ListRoles")["Roles"]["Role"] == []
