"""Every client of Alibaba Cloud is caught, whatever it carries its requests with."""

import asyncio
import sys
import urllib.error
import urllib.request

import alibabacloud_oss_v2 as oss
import alibabacloud_oss_v2.aio as aio_oss
import pytest
import requests
import urllib3
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_sts20150401.client import Client as StsClient
from clients import REGION_ID, config, ecs_client, oss_client, oss_config, vpc_client

from deployer.testing import NetworkBlocked, mock_aliyun

MADE_BEFORE = ecs_client(access_key_id="LTAI5tSomebodyElse", access_key_secret="whatever")


def bucket_with(key: str, body: bytes) -> oss.Client:
    client = oss_client()
    client.put_bucket(oss.PutBucketRequest(bucket="a-bucket"))
    client.put_object(oss.PutObjectRequest(bucket="a-bucket", key=key, body=body))
    return client


def signed_url(client: oss.Client, key: str) -> str:
    return client.presign(oss.GetObjectRequest(bucket="a-bucket", key=key)).url


def test_a_sync_client_of_the_sdk_is_answered():
    with mock_aliyun() as aliyun:
        regions = ecs_client().describe_regions(ecs.DescribeRegionsRequest()).body.regions.region
    assert REGION_ID in {region.region_id for region in regions}
    assert [call.action for call in aliyun.calls] == ["DescribeRegions"]


def test_an_async_client_of_the_sdk_is_answered():
    async def ask():
        async with mock_aliyun():
            answers = await asyncio.gather(
                *(ecs_client().describe_regions_async(ecs.DescribeRegionsRequest()) for _ in range(5))
            )
        return [len(answer.body.regions.region) for answer in answers]

    counts = asyncio.run(ask())
    assert len(set(counts)) == 1
    assert counts[0] > 10


def test_a_client_made_before_the_mock_started_is_answered():
    with mock_aliyun():
        assert MADE_BEFORE.describe_regions(ecs.DescribeRegionsRequest()).status_code == 200


def test_the_host_header_decides_nothing_about_who_answers(aliyun):
    client = ecs_client(endpoint="ecs.eu-central-1.aliyuncs.com", region_id="eu-central-1")
    client.describe_vpcs(ecs.DescribeVpcsRequest(region_id="eu-central-1"))
    assert aliyun.calls[-1].region_id == "eu-central-1"


@pytest.mark.parametrize("body", [b"bytes", "text", iter([b"in ", b"", b"pieces"])], ids=["bytes", "text", "iterator"])
def test_the_oss_sdk_puts_and_gets_bodies_of_each_kind(aliyun, body):
    client = oss_client()
    client.put_bucket(oss.PutBucketRequest(bucket="a-bucket"))
    client.put_object(oss.PutObjectRequest(bucket="a-bucket", key="a b+ü", body=body))
    expected = {"bytes": b"bytes", "str": b"text"}.get(type(body).__name__, b"in pieces")
    assert client.get_object(oss.GetObjectRequest(bucket="a-bucket", key="a b+ü")).body.read() == expected


def test_the_answer_to_head_has_the_length_and_no_body(aliyun):
    client = bucket_with("key", b"12345")
    head = client.head_object(oss.HeadObjectRequest(bucket="a-bucket", key="key"))
    answer = requests.head(client.presign(oss.HeadObjectRequest(bucket="a-bucket", key="key")).url, timeout=5)
    assert (head.content_length, answer.headers["Content-Length"], answer.content) == (5, "5", b"")


def test_a_file_is_uploaded_and_downloaded_by_the_oss_sdk(aliyun, tmp_path):
    client = bucket_with("key", b"")
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 2048)
    client.put_object_from_file(oss.PutObjectRequest(bucket="a-bucket", key="file"), str(source))
    client.get_object_to_file(oss.GetObjectRequest(bucket="a-bucket", key="file"), str(target))
    assert target.read_bytes() == source.read_bytes()


def test_the_async_oss_sdk_is_answered(aliyun):
    async def copy() -> bytes:
        client = aio_oss.AsyncClient(oss_config())
        try:
            await client.put_bucket(oss.PutBucketRequest(bucket="a-bucket"))
            await client.put_object(oss.PutObjectRequest(bucket="a-bucket", key="key", body=b"x" * 400_000))
            answer = await client.get_object(oss.GetObjectRequest(bucket="a-bucket", key="key"))
            return await answer.body.read()
        finally:
            await client.close()

    assert asyncio.run(copy()) == b"x" * 400_000


def test_an_async_client_may_wait_for_100_continue_and_send_chunks(aliyun):
    import aiohttp

    client = bucket_with("key", b"")
    url = client.presign(oss.PutObjectRequest(bucket="a-bucket", key="chunks")).url

    async def pieces():
        yield b"0\r\n\r\n"
        yield b"the end"

    async def put() -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.put(url, data=pieces(), expect100=True, skip_auto_headers=["Content-Type"]) as answer,
        ):
            return answer.status

    assert asyncio.run(put()) == 200
    body = client.get_object(oss.GetObjectRequest(bucket="a-bucket", key="chunks")).body.read()
    assert body == b"0\r\n\r\nthe end"


def test_signed_urls_are_fetched_by_the_standard_library_and_urllib3(aliyun):
    url = signed_url(bucket_with("key", b"content"), "key")
    pool = urllib3.PoolManager()
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"content"
    assert [pool.request("GET", url).data for _ in range(2)] == [b"content", b"content"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url + "x")
    assert refused.value.code == 403
    refused.value.close()


def test_signed_urls_are_fetched_by_httpx(aliyun):
    httpx = pytest.importorskip("httpx")
    url = signed_url(bucket_with("key", b"content"), "key")

    async def get() -> bytes:
        async with httpx.AsyncClient() as client:
            return (await client.get(url)).content

    assert httpx.get(url).content == asyncio.run(get()) == b"content"
    with pytest.raises(httpx.ConnectError, match=r"`example\.com`"):
        httpx.get("http://example.com")


def test_the_old_sdk_with_its_own_copy_of_requests_is_answered(aliyun):
    client_module = pytest.importorskip("aliyunsdkcore.client")
    request_module = pytest.importorskip("aliyunsdkcore.request")
    request = request_module.CommonRequest(
        domain="ecs.aliyuncs.com", version="2014-05-26", action_name="DescribeRegions"
    )
    request.set_method("POST")
    answer = client_module.AcsClient("LTAI5tOld", "secret", REGION_ID).do_action_with_exception(request)
    assert b'"RegionId":"cn-hangzhou"' in answer


def test_the_old_sdk_finds_a_product_whose_host_it_has_to_ask_for(aliyun):
    client_module = pytest.importorskip("aliyunsdkcore.client")
    request_module = pytest.importorskip("aliyunsdkcore.request")
    request = request_module.RpcRequest("oos", "2019-06-01", "ListTemplates", "oos")
    answer = client_module.AcsClient("LTAI5tOld", "secret", REGION_ID).do_action_with_exception(request)
    assert b"Templates" in answer


def test_oss2_is_answered(aliyun):
    oss2 = pytest.importorskip("oss2")
    bucket = oss2.Bucket(oss2.Auth("LTAI5tOld", "secret"), "https://oss-cn-hangzhou.aliyuncs.com", "an-old-bucket")
    bucket.create_bucket()
    bucket.put_object("key", iter([b"one", b"two"]))
    assert bucket.get_object("key").read() == b"onetwo"
    assert bucket.head_object("key").content_length == 6
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.get_object("no-such-key")


def test_a_role_is_assumed_by_a_credentials_provider(aliyun):
    from alibabacloud_credentials.provider import RamRoleArnCredentialsProvider, StaticAKCredentialsProvider

    role = aliyun.accounts.add_role("deployer")
    inner = StaticAKCredentialsProvider(access_key_id=aliyun.access_key_id, access_key_secret=aliyun.access_key_secret)
    provider = RamRoleArnCredentialsProvider(
        credentials_provider=inner, role_arn=role.arn, role_session_name="test", sts_endpoint="sts.aliyuncs.com"
    )
    temporary = provider.get_credentials()
    client = StsClient(
        config(
            access_key_id=temporary.get_access_key_id(),
            access_key_secret=temporary.get_access_key_secret(),
            security_token=temporary.get_security_token(),
        )
    )
    assert client.get_caller_identity().body.arn.endswith(":assumed-role/deployer/test")


def test_clients_imported_while_a_mock_runs_are_caught(monkeypatch):
    with mock_aliyun():
        for name in [name for name in sys.modules if name.partition(".")[0] == "requests"]:
            monkeypatch.delitem(sys.modules, name)
        import requests as imported_again

        assert imported_again is not requests
        with pytest.raises(NetworkBlocked):
            imported_again.get("http://example.com", timeout=5)


def test_vpc_is_answered_at_its_irregular_endpoint(aliyun):
    from alibabacloud_vpc20160428 import models as vpc

    vpc_client().create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID))
    assert [call.action for call in aliyun.calls] == ["CreateVpc"]
