"""The RPC form on the wire: signatures of both kinds, formats, routing, and what a broken request is told."""

import base64
import hashlib
import hmac
import http.client
import json
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, urlencode
from uuid import uuid4
from xml.etree import ElementTree as ET

import pytest
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from deployer.clock import VirtualClock

GATEWAY = "https://developer.aliyun.com/ask/278265"
IDEMPOTENCE = "https://www.alibabacloud.com/help/doc-detail/25693.html"
RPC = "https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism"


@pytest.fixture
def send_rpc1(server):
    """Sends an RPC 1.0 request as old SDKs do, signed by hand: an independent reading of the signature's rules."""

    def send(method="GET", secret="test-secret-of-the-account", **params):
        values = {
            "Version": "2015-04-01",
            "Action": "GetCallerIdentity",
            "AccessKeyId": "LTAI5tTestTestTestTest01",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid4().hex,
            "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **params,
        }
        values = {name: value for name, value in values.items() if value is not None}
        text = "&".join(f"{quote(k, safe='~')}={quote(values[k], safe='~')}" for k in sorted(values))
        to_sign = f"{method}&%2F&{quote(text, safe='~')}"
        digest = hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()
        encoded = urlencode({"Signature": base64.b64encode(digest).decode(), **values})
        connection = http.client.HTTPConnection(server.endpoint, timeout=10)
        if method == "POST":
            connection.request("POST", "/", body=encoded, headers={"Content-Type": "application/x-www-form-urlencoded"})
        else:
            connection.request(method, f"/?{encoded}")
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response, body

    return send


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_an_operation_is_asked_for_by_get_and_post_alone(send_rpc1, method):
    response, body = send_rpc1(method, Format="JSON")

    assert (response.status, json.loads(body)["Code"]) == (403, "UnsupportedHTTPMethod")


@pytest.mark.documented(RPC)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_old_client_that_names_no_format_is_answered_in_xml(send_rpc1, method):
    response, body = send_rpc1(method)

    root = ET.fromstring(body)
    assert response.status == 200
    assert response.getheader("content-type") == "text/xml;charset=utf-8"
    assert root.tag == "GetCallerIdentityResponse"
    assert root.findtext("AccountId") == "1234567890123456"
    assert root.findtext("RequestId") == response.getheader("x-acs-request-id")


@pytest.mark.documented(RPC)
def test_format_json_is_obeyed_and_so_is_xml_for_refusals(send_rpc1):
    _, body = send_rpc1(Format="json")
    refused, error = send_rpc1(Format="XML", Action="NoSuchThing")

    assert json.loads(body)["IdentityType"] == "Account"
    assert refused.status == 404
    assert ET.fromstring(error).findtext("Code") == "InvalidApi.NotFound"


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"secret": "wrong"}, 400, "SignatureDoesNotMatch"),
        ({"AccessKeyId": "LTAIunknown"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"AccessKeyId": None}, 400, "MissingAccessKeyId"),
        ({"Timestamp": "2020-01-01T00:00:00Z"}, 400, "InvalidTimeStamp.Expired"),
        ({"Timestamp": "yesterday"}, 400, "InvalidTimeStamp.Format"),
        ({"SignatureNonce": None}, 400, "MissingSignatureNonce"),
        ({"SecurityToken": "stray"}, 400, "InvalidSecurityToken.Malformed"),
        ({"SecurityToken": "CAIS" + 80 * "x"}, 400, "InvalidSecurityToken.MismatchWithAccessKey"),
        ({"Version": None}, 400, "MissingVersion"),
        ({"Version": "latest"}, 400, "NoSuchVersion"),
        ({"Surprise": "1"}, 400, "InvalidParameter"),
    ],
)
def test_a_broken_request_is_told_what_is_wrong(send_rpc1, params, status, code):
    response, body = send_rpc1(Format="JSON", **params)

    assert (response.status, json.loads(body)["Code"]) == (status, code)


@pytest.mark.documented(IDEMPOTENCE)
def test_a_nonce_can_be_used_once(send_rpc1):
    first, _ = send_rpc1(Format="JSON", SignatureNonce="same")
    second, body = send_rpc1(Format="JSON", SignatureNonce="same")

    assert (first.status, second.status) == (200, 400)
    assert json.loads(body)["Code"] == "SignatureNonceUsed"


@pytest.mark.documented(GATEWAY)
def test_a_client_whose_clock_is_wrong_by_more_than_15_minutes_is_refused(emulator, sdk_config):
    client = Client(sdk_config())
    emulator.set_wall_clock(VirtualClock(datetime.now(timezone.utc) + timedelta(minutes=14)))
    client.get_caller_identity()
    emulator.set_wall_clock(VirtualClock(datetime.now(timezone.utc) + timedelta(minutes=16)))

    with pytest.raises(ClientException) as caught:
        client.get_caller_identity()

    assert caught.value.code == "InvalidTimeStamp.Expired"


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"access_key_secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "LTAIunknown"}, "InvalidAccessKeyId.NotFound"),
        ({"security_token": "stray"}, "InvalidSecurityToken.Malformed"),
        ({"security_token": "CAIS" + 80 * "x"}, "InvalidSecurityToken.MismatchWithAccessKey"),
    ],
)
def test_the_sdk_raises_what_the_gateway_says(emulator, sdk_config, overrides, code):
    with pytest.raises(ClientException) as caught:
        Client(sdk_config(**overrides)).get_caller_identity()

    assert caught.value.code == code
    assert caught.value.request_id
    assert [(call.action, call.code) for call in emulator.recorder.calls] == [("GetCallerIdentity", code)]


@pytest.mark.documented(GATEWAY)
def test_an_sts_key_without_its_token_is_refused(emulator, sdk_config):
    key = emulator.accounts.add_session(emulator.accounts.add_role("Deployer"), "ci", 900)

    with pytest.raises(ClientException) as caught:
        Client(sdk_config(access_key_id=key.access_key_id, access_key_secret=key.secret)).get_caller_identity()

    assert caught.value.code == "MissingSecurityToken"


@pytest.mark.documented("https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature")
def test_an_error_holds_what_a_reader_and_a_program_need(sdk_config):
    with pytest.raises(ClientException) as caught:
        Client(sdk_config(access_key_id="LTAIunknown")).get_caller_identity()

    data = dict(caught.value.data)
    assert {"RequestId", "HostId", "Code", "Message", "Recommend"} <= set(data)
    assert data["RequestId"] in data["Recommend"]


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"Version": "2014-05-26", "Action": "FlyToTheMoon"}, 404, "InvalidApi.NotFound"),
        ({"Version": "2017-12-14", "Action": "QueryBill", "BillingCycle": "2026-01"}, 501, "Emulator.NotImplemented"),
        ({"Version": "2014-05-26", "Action": "DescribeDedicatedHosts"}, 501, "Emulator.NotImplemented"),
        ({"Version": "2019-10-01", "Action": "ListUsers"}, 501, "Emulator.NotImplemented"),
    ],
)
def test_what_is_not_emulated_is_never_guessed(send_rpc1, params, status, code):
    response, body = send_rpc1(Format="JSON", **params)

    assert (response.status, json.loads(body)["Code"]) == (status, code)
    assert params["Action"] in json.loads(body)["Message"] or status == 404


@pytest.mark.documented(RPC)
def test_names_and_values_of_any_kind_survive_the_signature(send_rpc1):
    response, body = send_rpc1(
        "POST", Format="JSON", Action="AssumeRole", RoleArn="*~ +/?&=%'()角色", RoleSessionName="ci"
    )

    assert json.loads(body)["Code"] == "InvalidParameter.RoleArn"
    assert response.status == 400


@pytest.mark.documented("https://github.com/aliyun/terraform-provider-alicloud")
def test_old_clients_may_ask_ecs_for_networks(send_rpc1):
    response, body = send_rpc1(
        Format="JSON", Version="2014-05-26", Action="CreateVpc", RegionId="cn-hangzhou", CidrBlock="172.16.0.0/16"
    )

    assert response.status == 200
    assert json.loads(body)["VpcId"].startswith("vpc-")


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("version", "action", "denied", "code"),
    [
        ("2014-05-26", "DescribeInstances", "ecs:DescribeInstances", "Forbidden.RAM"),
        ("2016-04-28", "DescribeVpcs", "vpc:*", "Forbidden.RAM"),
        ("2019-06-01", "ListTemplates", "oos:ListTemplates", "NoPermission"),
        ("2017-12-14", "QueryAccountBalance", "bssapi:*", "NotAuthorized"),
    ],
)
def test_each_product_denies_in_its_own_words(emulator, send_rpc1, version, action, denied, code):
    emulator.accounts.add_access_key("LTAIuser", "user-secret", user_name="alice", deny=(denied,))

    response, body = send_rpc1(
        secret="user-secret", AccessKeyId="LTAIuser", Format="JSON", Version=version, Action=action
    )

    detail = json.loads(body)["AccessDeniedDetail"]
    assert (response.status, json.loads(body)["Code"]) == (403, code)
    assert (detail["AuthPrincipalType"], detail["AuthPrincipalDisplayName"]) == ("SubUser", "alice")
    assert detail["AuthAction"].partition(":")[2] == action
