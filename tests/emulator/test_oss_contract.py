"""What the emulator knows of OSS: every request has a name, and nothing unknown is answered by a guess."""

import io

import alibabacloud_oss_v2 as oss
import pytest
from oss_harness import PAGES, OssCloud, fetch, refused

from deployer.emulator.faults import Fault
from deployer.emulator.http import HttpRequest
from deployer.emulator.wire.oss_address import read_address

UNSIGNED = {"Authorization": "OSS anyone:anything", "Date": "Sun, 22 Nov 2026 07:12:11 GMT"}


@pytest.fixture
def cloud(server):
    cloud = OssCloud(server=server)
    cloud.client_with_bucket("some-bucket")
    cloud.service.verify_signatures = False
    return cloud


def request(method, target, host="127.0.0.1:80", **headers):
    found = {name.replace("_", "-"): value for name, value in headers.items()} | {"host": host}
    return HttpRequest(method=method, target=target, headers=found, body=io.BytesIO(), content_length=0)


@pytest.mark.assumed("what the contract does not know is refused as not emulated; the cloud may ignore or answer it")
@pytest.mark.parametrize(
    ("method", "target", "headers", "named"),
    [
        ("GET", "/some-bucket?website", {}, "GetBucketWebsite"),
        ("PUT", "/some-bucket?inventory&inventoryId=1", {}, "PutBucketInventory"),
        ("GET", "/some-bucket?surprise", {}, "surprise"),
        ("PUT", "/some-bucket/a", {"x-oss-surprise": "1"}, "x-oss-surprise"),
        ("PUT", "/some-bucket/a", {"x-oss-callback": "e30="}, "x-oss-callback"),
        ("GET", "/some-bucket/a?x-oss-process=image/info", {}, "x-oss-process"),
        ("GET", "/some-bucket/a?uploadId=1", {"x-oss-copy-source": "/b/c"}, "uploadId"),
    ],
)
def test_what_is_not_known_is_refused_by_name(cloud, method, target, headers, named):
    answer = fetch(cloud.url + target, method, headers=UNSIGNED | headers)

    assert answer.status_code == 501
    assert "<Code>Emulator.NotImplemented</Code>" in answer.text
    assert named in answer.text


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses")
def test_a_method_a_resource_does_not_have_is_refused(cloud):
    answer = fetch(cloud.url + "/some-bucket/a?acl", "DELETE", headers=UNSIGNED)

    assert (answer.status_code, "<Code>MethodNotAllowed</Code>" in answer.text) == (405, True)


@pytest.mark.documented(PAGES + "putbucketlifecycle")
@pytest.mark.parametrize(
    "body",
    [
        "<LifecycleConfiguration><Rule><Surprise/></Rule></LifecycleConfiguration>",
        "<Other/>",
        "no xml",
        '<!DOCTYPE x [<!ENTITY a "b">]><LifecycleConfiguration/>',
    ],
)
def test_xml_the_contract_does_not_know_is_refused(cloud, body):
    answer = fetch(cloud.url + "/some-bucket?lifecycle", "PUT", headers=UNSIGNED, data=body)

    assert (answer.status_code, "<Code>MalformedXML</Code>" in answer.text) == (400, True)


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function")
@pytest.mark.parametrize(
    ("method", "target", "name"),
    [
        ("GET", "/", "ListBuckets"),
        ("PUT", "/b", "PutBucket"),
        ("GET", "/b", "ListObjects"),
        ("GET", "/b/?list-type=2&prefix=x", "ListObjectsV2"),
        ("GET", "/b?bucketInfo=", "GetBucketInfo"),
        ("POST", "/b?delete&encoding-type=url", "DeleteMultipleObjects"),
        ("GET", "/b?uploads", "ListMultipartUploads"),
        ("PUT", "/b/k", "PutObject"),
        ("GET", "/b/k?versionId=1", "GetObject"),
        ("HEAD", "/b/k", "HeadObject"),
        ("HEAD", "/b/k?objectMeta", "GetObjectMeta"),
        ("POST", "/b/k?uploads", "InitiateMultipartUpload"),
        ("PUT", "/b/k?partNumber=1&uploadId=2", "UploadPart"),
        ("POST", "/b/k?uploadId=2", "CompleteMultipartUpload"),
        ("GET", "/b/k?uploadId=2", "ListParts"),
        ("DELETE", "/b/k?uploadId=2", "AbortMultipartUpload"),
        ("PUT", "/b/k?tagging", "PutObjectTagging"),
    ],
)
def test_every_request_has_the_name_of_its_operation(cloud, method, target, name):
    assert cloud.service.operation_of(request(method, target)) == name


@pytest.mark.documented(PAGES + "copyobject")
def test_a_put_with_a_source_is_a_copy(cloud):
    assert cloud.service.operation_of(request("PUT", "/b/k", x_oss_copy_source="/b/other")) == "CopyObject"


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/developer-reference/list-of-operations-by-function")
def test_all_operations_of_the_contract_are_answered(cloud):
    missing = set(cloud.service.contract_operations) - set(cloud.service.sources)

    assert missing == set()
    assert all(source.startswith("https://") for source in cloud.service.sources.values())


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/oss-domain-names")
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (request("GET", "/?Action=DescribeInstances", "oss-cn-hangzhou.aliyuncs.com"), True),
        (request("GET", "/", "bucket.oss-cn-hangzhou-internal.aliyuncs.com"), True),
        (request("GET", "/bucket/key"), True),
        (request("GET", "/bucket/key?OSSAccessKeyId=a&Expires=1&Signature=b"), True),
        (request("POST", "/", authorization="OSS4-HMAC-SHA256 Credential=x"), True),
        (request("POST", "/", authorization="ACS3-HMAC-SHA256 Credential=x", x_acs_action="RunInstances"), False),
        (request("GET", "/?Action=DescribeInstances&Version=2014-05-26"), False),
        (request("POST", "/", "ecs.cn-beijing.aliyuncs.com"), False),
    ],
)
def test_requests_for_oss_are_told_from_those_for_other_products(cloud, made, expected):
    assert cloud.service.matches(made) is expected


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses")
def test_an_armed_fault_is_answered_the_way_oss_words_errors_and_recorded(server):
    cloud = OssCloud(server=server)
    client = cloud.client_with_bucket("some-bucket")
    cloud.emulator.faults.add(Fault(action="PutObject", product="oss", status=503, code="SlowDown", message="Slow."))
    request = oss.PutObjectRequest(bucket="some-bucket", key="a", body=b"x" * 3_000_000)
    with refused(503, "SlowDown") as errors:
        client.put_object(request)
    client.put_object(request)

    assert len(errors[0].request_id) == 24
    calls = [(call.action, call.status, call.code) for call in cloud.emulator.recorder.calls]
    assert calls == [("PutBucket", 200, ""), ("PutObject", 503, "SlowDown"), ("PutObject", 200, "")]


@pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/user-guide/regions-and-endpoints")
@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("a-bucket.oss-cn-beijing.aliyuncs.com", ("a-bucket", "cn-beijing")),
        ("a-bucket.oss-cn-beijing-internal.aliyuncs.com", ("a-bucket", "cn-beijing")),
        ("a-bucket.cn-beijing.oss.aliyuncs.com", ("a-bucket", "cn-beijing")),
        ("cn-beijing.oss.aliyuncs.com", (None, "cn-beijing")),
        ("a-bucket.oss.aliyuncs.com", ("a-bucket", "cn-hangzhou")),
        ("oss.aliyuncs.com", (None, "cn-hangzhou")),
        ("a-bucket.oss-accelerate.aliyuncs.com", ("a-bucket", None)),
        ("a-bucket.localhost:4566", ("a-bucket", None)),
    ],
)
def test_hosts_old_and_new_name_the_bucket_and_the_region(host, place):
    target = "/" if place[0] is None else "/dir/key"
    address = read_address(request("GET", target, host=host))
    assert (address.bucket_name, address.region_id, address.object_name) == (*place, place[0] and "dir/key")
