"""Broken connections in the process: each client fails as it does on a network, and goes on with the next call."""

import asyncio
import http.client
import urllib.request

import aiohttp
import alibabacloud_oss_v2 as oss
import pytest
import requests
import urllib3
from clients import oss_client
from darabonba.exceptions import UnretryableException

BODY = bytes(range(256)) * 512


@pytest.fixture
def url(aliyun) -> str:
    """A signed URL of an object."""
    client = oss_client()
    client.put_bucket(oss.PutBucketRequest(bucket="a-bucket"))
    client.put_object(oss.PutObjectRequest(bucket="a-bucket", key="key", body=BODY))
    return client.presign(oss.GetObjectRequest(bucket="a-bucket", key="key")).url


def by_requests(url: str) -> bytes:
    return requests.get(url, timeout=5).content


def by_urllib(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def by_urllib3(url: str) -> bytes:
    return urllib3.PoolManager(retries=False).request("GET", url, retries=False).data


def by_aiohttp(url: str) -> bytes:
    async def get() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.read()

    return asyncio.run(get())


def by_httpx(url: str) -> bytes:
    return pytest.importorskip("httpx").get(url).content


CARRIERS = [by_requests, by_urllib, by_urllib3, by_aiohttp, by_httpx]
LOST = (OSError, http.client.HTTPException, urllib3.exceptions.HTTPError, aiohttp.ClientError)


def lost_errors() -> tuple[type[BaseException], ...]:
    try:
        import httpx
    except ImportError:
        return LOST
    return (*LOST, httpx.TransportError)


@pytest.mark.parametrize("kind", ["cut_answer", "reset_after", "reset", "timeout_after"])
@pytest.mark.parametrize("fetch", CARRIERS)
def test_a_broken_connection_fails_each_client_in_its_own_way_and_the_next_call_works(aliyun, url, fetch, kind):
    aliyun.faults.add_described({"action": "GetObject", "kind": kind, "times": None})  # aiohttp tries twice
    with pytest.raises(lost_errors()):
        fetch(url)
    aliyun.faults.clear()
    assert fetch(url) == BODY


@pytest.mark.parametrize("fetch", CARRIERS)
def test_a_slow_network_takes_the_clouds_time_and_none_of_the_tests(aliyun, url, fetch):
    before = aliyun.clock.monotonic()
    aliyun.faults.add_described({"kind": "slow", "bytes_per_second": 1024})
    assert fetch(url) == BODY
    assert aliyun.clock.monotonic() - before >= len(BODY) / 1024


def test_an_api_that_was_asked_over_a_slow_network_answers(aliyun):
    from alibabacloud_ecs20140526 import models as ecs
    from clients import ecs_client

    aliyun.faults.add_described({"kind": "slow", "bytes_per_second": 100})
    before = aliyun.clock.monotonic()
    assert ecs_client().describe_regions(ecs.DescribeRegionsRequest()).body.regions.region
    assert aliyun.clock.monotonic() - before > 10
    aliyun.faults.clear()
    aliyun.fault("cut_answer@describe_regions")
    with pytest.raises((UnretryableException, OSError)):
        ecs_client().describe_regions(ecs.DescribeRegionsRequest())
