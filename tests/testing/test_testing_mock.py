"""`mock_aliyun` itself: how it is entered, what it hides, what it leaves behind, and what it is told."""

import asyncio
import os
import sys
import unittest
import urllib.error
import urllib.request

import pytest
import requests
from alibabacloud_credentials.client import Client as CredentialsClient
from alibabacloud_credentials.utils import auth_util
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_vpc20160428 import models as vpc
from clients import REGION_ID, ecs_client, vpc_client

from deployer.testing import NetworkBlocked, mock_aliyun


def make_vpc() -> str:
    return vpc_client().create_vpc(vpc.CreateVpcRequest(region_id=REGION_ID)).body.vpc_id


def count_vpcs() -> int:
    return vpc_client().describe_vpcs(vpc.DescribeVpcsRequest(region_id=REGION_ID)).body.total_count


def is_mocked() -> bool:
    return requests.adapters.HTTPAdapter.send.__module__ != "requests.adapters"


@mock_aliyun
def decorated(argument):
    """A docstring."""
    make_vpc()
    return argument, count_vpcs()


def test_a_decorated_function_has_a_new_cloud_in_each_call():
    assert [decorated(1), decorated(argument=2)] == [(1, 1), (2, 1)]
    assert (decorated.__name__, decorated.__doc__) == ("decorated", "A docstring.")
    assert not is_mocked()


def test_a_decorated_coroutine_is_mocked_until_it_ends():
    @mock_aliyun(seed=7)
    async def work() -> int:
        make_vpc()
        await asyncio.sleep(0)
        return count_vpcs()

    coroutine = work()
    assert not is_mocked()
    assert asyncio.run(coroutine) == 1
    assert not is_mocked()


def test_a_decorated_generator_is_mocked_while_it_is_open():
    @mock_aliyun
    def work():
        yield make_vpc()
        yield count_vpcs()

    assert list(work())[1] == 1
    assert not is_mocked()


def test_a_decorated_async_generator_is_mocked_while_it_is_open():
    @mock_aliyun
    async def work():
        yield make_vpc()
        yield count_vpcs()

    async def collect() -> list[object]:
        return [value async for value in work()]

    assert asyncio.run(collect())[1] == 1
    assert not is_mocked()


@mock_aliyun
class TestDecoratedMethodsOfTheClass:
    @staticmethod
    def test_a_static_one_is_mocked():
        assert is_mocked()

    @classmethod
    def test_one_of_the_class_is_mocked(cls):
        assert is_mocked()
        assert cls.__name__ == "TestDecoratedMethodsOfTheClass"


@mock_aliyun
class TestDecoratedClass:
    def setup_method(self):
        self.vpc_id = make_vpc()

    def helper(self) -> int:
        return count_vpcs()

    def test_what_the_set_up_made_is_there(self):
        assert self.helper() == 1

    def test_nothing_of_another_test_is_there(self):
        make_vpc()
        assert self.helper() == 2


class Inherited:
    def test_inherited_tests_are_mocked(self):
        make_vpc()
        assert count_vpcs() == 1


@mock_aliyun
class TestDecoratedClassWithABase(Inherited):
    def test_own_tests_are_mocked_beside_them(self):
        assert is_mocked()


def test_the_base_of_a_decorated_class_stays_as_it_was():
    assert not hasattr(Inherited.test_inherited_tests_are_mocked, "__wrapped__")


@mock_aliyun(seed=3)
class TestDecoratedClassWithOptions:
    def helper(self) -> str:
        return make_vpc()

    def test_methods_that_call_each_other_share_the_cloud(self):
        self.helper()
        assert count_vpcs() == 1

    async def coroutine(self) -> int:
        make_vpc()
        return count_vpcs()

    def test_coroutines_are_mocked_too(self):
        assert asyncio.run(self.coroutine()) == 1


@mock_aliyun
class UnittestOfOurs(unittest.TestCase):
    def setUp(self):
        self.vpc_id = make_vpc()
        self.addCleanup(count_vpcs)

    def test_what_the_set_up_made_is_there(self):
        assert count_vpcs() == 1

    def test_nothing_of_another_test_is_there(self):
        assert count_vpcs() == 1


def test_a_mock_ends_when_its_body_raises():
    with pytest.raises(ZeroDivisionError), mock_aliyun():
        raise ZeroDivisionError
    assert not is_mocked()


def test_a_mock_inside_another_joins_its_cloud():
    with mock_aliyun() as outer:
        make_vpc()
        with mock_aliyun() as inner:
            assert inner is outer
            make_vpc()
        assert count_vpcs() == 2
    assert not is_mocked()


def test_a_mock_with_options_inside_another_has_a_cloud_of_its_own():
    with mock_aliyun():
        make_vpc()
        with mock_aliyun(seed=1):
            assert count_vpcs() == 0
        assert count_vpcs() == 1


def test_mocks_may_end_in_any_order():
    first, second = mock_aliyun(seed=1), mock_aliyun(seed=2)
    first.start()
    second.start()
    make_vpc()
    first.stop()
    assert count_vpcs() == 1
    second.stop()
    assert not is_mocked()
    with pytest.raises(RuntimeError):
        second.stop()


def test_the_same_seed_gives_the_same_ids():
    ids = []
    for seed in (5, 5, 6):
        with mock_aliyun(seed=seed):
            ids.append(make_vpc())
    assert ids[0] == ids[1] != ids[2]


def test_nothing_is_left_of_a_mock(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    finders, connect = list(sys.meta_path), __import__("http.client").client.HTTPConnection.connect
    environment = dict(os.environ)
    with mock_aliyun():
        make_vpc()
    assert sys.meta_path == finders
    assert dict(os.environ) == environment
    assert __import__("http.client").client.HTTPConnection.connect is connect
    assert list(tmp_path.iterdir()) == []


def test_the_environment_holds_credentials_of_the_mocked_account_alone(monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tAPersonsOwn")
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", "a-persons-own")
    monkeypatch.setattr(auth_util, "environment_access_key_id", "LTAI5tReadAtImport")
    with mock_aliyun() as aliyun:
        credential = CredentialsClient().get_credential()
        assert credential.access_key_id == os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"] == aliyun.access_key_id
        assert "ALIBABA_CLOUD_SECURITY_TOKEN" not in os.environ
    assert os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"] == "LTAI5tAPersonsOwn"
    assert auth_util.environment_access_key_id == "LTAI5tReadAtImport"


def test_credentials_read_while_a_mock_runs_are_read_again_after_it(monkeypatch):
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI5tAPersonsOwn")
    monkeypatch.delitem(sys.modules, "alibabacloud_credentials.utils.auth_util")
    with mock_aliyun() as aliyun:
        from importlib import import_module

        fresh = import_module("alibabacloud_credentials.utils.auth_util")
        assert fresh.environment_access_key_id == aliyun.access_key_id
    assert fresh.environment_access_key_id == "LTAI5tAPersonsOwn"
    sys.modules["alibabacloud_credentials.utils"].auth_util = auth_util


def test_other_hosts_are_blocked_unless_they_are_allowed(aliyun):
    with pytest.raises(requests.ConnectionError, match="allow_network") as blocked:
        requests.get("http://example.com/", timeout=5)
    assert isinstance(blocked.value, NetworkBlocked)
    with pytest.raises(urllib.error.URLError, match="allow_network"):
        urllib.request.urlopen("http://127.0.0.1:9/")


def test_allowed_hosts_are_passed_to_whoever_was_there_before(monkeypatch):
    sent = []
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda _self, request, **_: sent.append(request.url))
    session = requests.Session()
    request = session.prepare_request(requests.Request("GET", "http://example.com/"))
    for allowed in (True, ("Example.com",)):
        with mock_aliyun(allow_network=allowed):
            session.get_adapter(request.url).send(request)
    with mock_aliyun():  # somebody else mocks requests already: other hosts stay theirs
        session.get_adapter(request.url).send(request)
    assert sent == ["http://example.com/"] * 3


@pytest.mark.parametrize(
    "options", [{"clock": "sun"}, {"machines": "some"}, {"unknown_keys": 1}, {"machines": "real", "clock": "manual"}]
)
def test_options_that_are_none_are_refused(options):
    with pytest.raises(ValueError, match=r"clock|machines|unknown_keys"):
        mock_aliyun(**options)
    with pytest.raises(TypeError):
        mock_aliyun(allow_network="localhost")
    with pytest.raises(TypeError):
        mock_aliyun(colour="red")


def test_a_known_key_with_a_wrong_secret_is_refused(aliyun):
    with pytest.raises(ClientException) as refused:
        ecs_client(access_key_secret="wrong").describe_regions(ecs.DescribeRegionsRequest())
    assert refused.value.code == "SignatureDoesNotMatch"


def test_unknown_keys_are_refused_when_the_mock_is_told_so():
    stranger = ecs_client(access_key_id="LTAI5tStranger", access_key_secret="any")
    with mock_aliyun(unknown_keys="refuse"), pytest.raises(ClientException) as refused:
        stranger.describe_regions(ecs.DescribeRegionsRequest())
    assert refused.value.code == "InvalidAccessKeyId.NotFound"
    with mock_aliyun(), pytest.raises(ClientException) as refused:
        ecs_client(access_key_id="STS.NoSession", security_token="none").describe_regions(ecs.DescribeRegionsRequest())
    assert refused.value.code == "InvalidAccessKeyId.NotFound"
