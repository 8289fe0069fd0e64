"""STS through the SDK: who am I, and keys of a role that really verify."""

import pytest
from alibabacloud_sts20150401.client import Client
from alibabacloud_sts20150401.models import AssumeRoleRequest
from alibabacloud_tea_openapi.exceptions import ClientException

IDENTITY_PAGE = "https://help.aliyun.com/en/ram/developer-reference/api-sts-2015-04-01-getcalleridentity"
ASSUME_PAGE = "https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole"


@pytest.mark.documented(IDENTITY_PAGE)
def test_the_account_is_told_who_it_is(sdk_config):
    body = Client(sdk_config()).get_caller_identity().body

    assert (body.identity_type, body.account_id, body.arn) == (
        "Account",
        "1234567890123456",
        "acs:ram::1234567890123456:root",
    )
    assert body.user_id == "1234567890123456"
    assert body.role_id is None


@pytest.mark.documented(IDENTITY_PAGE)
def test_a_ram_user_is_told_its_own_arn(emulator, sdk_config):
    emulator.accounts.add_access_key("LTAIuser", "user-secret", user_name="alice")

    body = Client(sdk_config(access_key_id="LTAIuser", access_key_secret="user-secret")).get_caller_identity().body

    assert body.identity_type == "RAMUser"
    assert body.arn == "acs:ram::1234567890123456:user/alice"


def session_config(sdk_config, credentials):
    return sdk_config(
        access_key_id=credentials.access_key_id,
        access_key_secret=credentials.access_key_secret,
        security_token=credentials.security_token,
    )


@pytest.mark.documented(ASSUME_PAGE)
@pytest.mark.parametrize("signature", ["v2", "ACS3-HMAC-SHA256"])
def test_keys_of_an_assumed_role_verify_in_both_signatures(emulator, sdk_config, signature):
    emulator.accounts.add_role("Deployer")
    request = AssumeRoleRequest(role_arn="acs:ram::1234567890123456:role/deployer", role_session_name="from-ci")
    answer = Client(sdk_config(signature_algorithm=signature)).assume_role(request).body

    config = session_config(sdk_config, answer.credentials)
    config.signature_algorithm = signature
    body = Client(config).get_caller_identity().body

    assert body.identity_type == "AssumedRoleUser"
    assert body.arn == "acs:ram::1234567890123456:assumed-role/Deployer/from-ci"
    assert body.role_id
    assert body.user_id is None
    assert answer.assumed_role_user.arn == body.arn


@pytest.mark.documented(ASSUME_PAGE)
def test_a_session_ends_when_its_time_is_over(virtual_server):
    emulator = virtual_server.emulator
    emulator.accounts.add_role("Deployer")
    request = AssumeRoleRequest(
        role_arn="acs:ram::1234567890123456:role/deployer", role_session_name="from-ci", duration_seconds=900
    )
    credentials = Client(virtual_server.sdk_config()).assume_role(request).body.credentials
    client = Client(session_config(virtual_server.sdk_config, credentials))
    client.get_caller_identity()

    emulator.advance(901)

    with pytest.raises(ClientException) as caught:
        client.get_caller_identity()
    assert caught.value.code == "InvalidSecurityToken.Expired"


@pytest.mark.documented(ASSUME_PAGE)
@pytest.mark.parametrize(
    ("role_arn", "session_name", "seconds", "code"),
    [
        ("acs:ram::1234567890123456:role/nobody", "ci", 900, "EntityNotExist.Role"),
        ("acs:ram::9999:role/deployer", "ci", 900, "EntityNotExist.Role"),
        ("arn:aws:iam::1:role/x", "ci", 900, "InvalidParameter.RoleArn"),
        ("acs:ram::1234567890123456:role/deployer", "a b", 900, "InvalidParameter.RoleSessionName"),
        ("acs:ram::1234567890123456:role/deployer", "ci", 899, "InvalidParameter.DurationSeconds"),
        ("acs:ram::1234567890123456:role/deployer", "ci", 3601, "InvalidParameter.DurationSeconds"),
    ],
)
def test_a_role_that_cannot_be_assumed_is_refused(emulator, sdk_config, role_arn, session_name, seconds, code):
    emulator.accounts.add_role("Deployer")
    request = AssumeRoleRequest(role_arn=role_arn, role_session_name=session_name, duration_seconds=seconds)

    with pytest.raises(ClientException) as caught:
        Client(sdk_config()).assume_role(request)

    assert caught.value.code == code


@pytest.mark.documented("https://developer.aliyun.com/ask/278265")
def test_a_denied_user_may_still_ask_who_it_is_but_not_assume_a_role(emulator, sdk_config):
    emulator.accounts.add_role("Deployer")
    emulator.accounts.add_access_key("LTAIuser", "user-secret", user_name="alice", deny=("*",))
    client = Client(sdk_config(access_key_id="LTAIuser", access_key_secret="user-secret"))
    client.get_caller_identity()

    with pytest.raises(ClientException) as caught:
        client.assume_role(
            AssumeRoleRequest(role_arn="acs:ram::1234567890123456:role/deployer", role_session_name="ci")
        )

    assert caught.value.code == "NoPermission"
    assert caught.value.access_denied_detail["AuthAction"] == "sts:AssumeRole"
    assert caught.value.access_denied_detail["AuthPrincipalDisplayName"] == "alice"
