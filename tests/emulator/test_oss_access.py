"""Who gets at a bucket by its own policy, and uploads by forms of web pages."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone

import alibabacloud_oss_v2 as oss
import pytest
import requests
from oss_harness import ACCESS_KEY_ID, ACCESS_KEY_SECRET, PAGES, OssCloud, fetch, refused

BUCKET = "some-bucket"
POLICIES = "https://www.alibabacloud.com/help/en/oss/user-guide/bucket-policies"


@pytest.fixture
def cloud(server) -> OssCloud:
    return OssCloud(server=server)


@pytest.fixture
def client(cloud) -> oss.Client:
    client = cloud.client_with_bucket(BUCKET)
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="shared/object", body=b"content"))
    return client


def statement(effect: str, actions, principals, resource: str = "shared/*", **more):
    return {
        "Effect": effect,
        "Action": actions,
        "Principal": principals,
        "Resource": [f"acs:oss:*:*:{BUCKET}/{resource}"],
        **more,
    }


def put_policy(client, *statements) -> None:
    body = json.dumps({"Version": "1", "Statement": list(statements)})
    client.put_bucket_policy(oss.PutBucketPolicyRequest(bucket=BUCKET, body=body))


def read(client, key: str = "shared/object") -> bytes:
    return client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=key)).body.read()


@pytest.mark.documented(POLICIES)
def test_a_user_without_rights_reads_what_the_buckets_policy_allows_and_no_more(cloud, client):
    nothing = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]}
    key = cloud.emulator.accounts.add_access_key("LTAI5tReader", "secret", user_name="reader", policy=nothing)
    reader = cloud.client(key=("LTAI5tReader", "secret", None))
    with refused(403, "AccessDenied"):
        read(reader)
    put_policy(client, statement("Allow", ["oss:GetObject"], [key.principal.user_id]))
    assert read(reader) == b"content"
    with refused(403, "AccessDenied"):
        reader.put_object(oss.PutObjectRequest(bucket=BUCKET, key="shared/new", body=b""))


@pytest.mark.documented(POLICIES)
def test_a_denial_in_the_policy_keeps_out_those_who_may_otherwise_do_everything(client):
    put_policy(client, statement("Deny", ["oss:GetObject"], ["*"]))
    with refused(403, "AccessDenied") as found:
        read(client)
    assert "bucket policy" in found[0].message
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="shared/new", body=b""))
    client.delete_bucket_policy(oss.DeleteBucketPolicyRequest(bucket=BUCKET))
    assert read(client) == b"content"


@pytest.mark.documented(POLICIES)
def test_a_policy_for_everybody_opens_the_object_only_while_public_access_is_not_blocked(cloud, client):
    put_policy(client, statement("Allow", ["oss:GetObject"], ["*"]))
    url = f"{cloud.url}/{BUCKET}/shared/object"
    assert fetch(url).status_code == 403
    client.delete_bucket_public_access_block(oss.DeleteBucketPublicAccessBlockRequest(bucket=BUCKET))
    assert fetch(url).content == b"content"


@pytest.mark.documented(POLICIES)
def test_a_condition_of_the_policy_is_heeded(client):
    secure = {"Bool": {"acs:SecureTransport": "false"}}
    put_policy(client, statement("Deny", ["oss:GetObject"], ["*"], Condition=secure))
    with refused(403, "AccessDenied"):
        read(client)


@pytest.mark.documented(PAGES + "putbucketpolicy")
@pytest.mark.parametrize(
    "broken",
    [
        {"Effect": "Allow", "Action": ["oss:*"], "Resource": ["acs:oss:*:*:*"]},
        statement("Perhaps", ["oss:*"], ["*"]),
        statement("Allow", ["oss:*"], "*"),
    ],
    ids=["nobody", "effect", "principal"],
)
def test_a_policy_that_is_none_is_refused(client, broken):
    with refused(400, "MalformedPolicy"):
        put_policy(client, broken)


def form_policy(*conditions) -> str:
    expiration = (datetime.now(timezone.utc) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    document = {"expiration": expiration, "conditions": [{"bucket": BUCKET}, *conditions]}
    return base64.b64encode(json.dumps(document).encode()).decode()


def signed_fields(policy: str, secret: str = ACCESS_KEY_SECRET) -> dict[str, str]:
    signature = base64.b64encode(hmac.new(secret.encode(), policy.encode(), hashlib.sha1).digest()).decode()
    return {"OSSAccessKeyId": ACCESS_KEY_ID, "policy": policy, "Signature": signature}


def signed_fields_v4(policy: str) -> dict[str, str]:
    date = datetime.now(timezone.utc).strftime("%Y%m%d")
    key = f"aliyun_v4{ACCESS_KEY_SECRET}".encode()
    for part in (date, "cn-hangzhou", "oss", "aliyun_v4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return {
        "policy": policy,
        "x-oss-signature-version": "OSS4-HMAC-SHA256",
        "x-oss-credential": f"{ACCESS_KEY_ID}/{date}/cn-hangzhou/oss/aliyun_v4_request",
        "x-oss-date": f"{date}T000000Z",
        "x-oss-signature": hmac.new(key, policy.encode(), hashlib.sha256).hexdigest(),
    }


def post(cloud, fields: dict[str, str], content: bytes = b"of a form") -> requests.Response:
    return requests.post(
        f"{cloud.url}/{BUCKET}/", data=fields, files={"file": ("my file.txt", content, "text/x-note")}, timeout=10
    )


@pytest.mark.documented(PAGES + "postobject")
@pytest.mark.parametrize("sign", [signed_fields, signed_fields_v4])
def test_a_form_uploads_its_file_with_what_its_fields_say(cloud, client, sign):
    body = b"--\r\n" * 200_000
    policy = form_policy(["starts-with", "$key", "in/"], ["content-length-range", 1, 10**6])
    fields = {"key": "in/${filename}", "x-oss-meta-who": "me", "success_action_status": "201", **sign(policy)}
    answer = post(cloud, fields, body)
    found = client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="in/my file.txt"))
    assert (answer.status_code, "<Key>in/my file.txt</Key>" in answer.text) == (201, True)
    assert (found.body.read(), found.content_type, found.metadata["who"]) == (body, "text/x-note", "me")


@pytest.mark.documented(PAGES + "postobject")
@pytest.mark.parametrize(
    ("make_fields", "status", "code"),
    [
        (lambda: {"key": "k", **signed_fields(form_policy(), "wrong")}, 403, "SignatureDoesNotMatch"),
        (lambda: {"key": "k", **signed_fields(form_policy(["eq", "$key", "other"]))}, 403, "AccessDenied"),
        (lambda: {"key": "k", **signed_fields(form_policy(["content-length-range", 0, 3]))}, 400, "EntityTooLarge"),
        (lambda: {"key": "k", **signed_fields("bm8=")}, 400, "InvalidPolicyDocument"),
        (lambda: signed_fields(form_policy()), 400, "InvalidArgument"),
        (lambda: {"key": "k"}, 403, "AccessDenied"),
    ],
    ids=["signature", "condition", "size", "policy", "no key", "nobody"],
)
def test_a_form_that_may_not_is_refused_and_leaves_nothing(cloud, client, make_fields, status, code):
    answer = post(cloud, make_fields())
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (status, True), answer.text
    assert cloud.state.list_object_names(BUCKET) == ["shared/object"]
    assert len(list((cloud.emulator.context.data_dir / "oss").iterdir())) == 1


@pytest.mark.documented(PAGES + "postobject")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (
            b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--b--\r\n',
            "IncorrectNumberOfFilesInPOSTRequest",
        ),
        (b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\ncut', "MalformedPOSTRequest"),
        (b"nonsense", "MalformedPOSTRequest"),
    ],
)
def test_a_form_that_is_none_is_refused(cloud, client, body, code):
    answer = fetch(
        f"{cloud.url}/{BUCKET}", "POST", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert (answer.status_code, f"<Code>{code}</Code>" in answer.text) == (400, True), answer.text
