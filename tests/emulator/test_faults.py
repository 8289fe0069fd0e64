"""What goes wrong on purpose, as the SDK sees it."""

import threading

import pytest
from alibabacloud_sts20150401.client import Client
from alibabacloud_sts20150401.models import AssumeRoleRequest
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException, ThrottlingException
from darabonba.exceptions import UnretryableException

from deployer.emulator.actions import ApiError
from deployer.emulator.faults import Fault

ERRORS = "https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature"
THROTTLING = "https://www.alibabacloud.com/help/doc-detail/437902.htm"
ACTION = "GetCallerIdentity"


@pytest.fixture
def client(sdk_config):
    return Client(sdk_config())


@pytest.mark.documented(ERRORS)
def test_the_second_call_fails_once(emulator, client):
    emulator.faults.add(Fault(action=ACTION, nth=2, status=503, code="ServiceUnavailable", message="try later"))

    client.get_caller_identity()
    with pytest.raises(ServerException) as caught:
        client.get_caller_identity()
    client.get_caller_identity()

    assert caught.value.code == "ServiceUnavailable"
    assert [call.code for call in emulator.recorder.calls] == ["", "ServiceUnavailable", ""]


@pytest.mark.documented(ERRORS)
def test_a_fault_for_ever_stays_until_it_is_cleared(emulator, client):
    emulator.faults.add(Fault(action="*", times=None, status=403, code="Forbidden.RAM"))

    for _ in range(3):
        with pytest.raises(ClientException):
            client.get_caller_identity()
    emulator.faults.clear()

    assert client.get_caller_identity().status_code == 200


@pytest.mark.documented(ERRORS)
def test_other_actions_and_products_are_spared(emulator, client):
    emulator.faults.add(Fault(action="AssumeRole", times=None))
    emulator.faults.add(Fault(action=ACTION, product="ecs", times=None))

    assert client.get_caller_identity().status_code == 200


@pytest.mark.documented(ERRORS)
def test_retry_after_reaches_the_client_in_milliseconds(emulator, client):
    emulator.faults.add(Fault(action=ACTION, status=429, code="Throttling", retry_after_ms=1500))

    with pytest.raises(ThrottlingException) as caught:
        client.get_caller_identity()

    assert caught.value.retry_after == 1500


@pytest.mark.documented(THROTTLING)
def test_a_throttled_action_opens_again_with_the_next_minute_of_the_clock(virtual_server):
    emulator, client = virtual_server.emulator, Client(virtual_server.sdk_config())
    emulator.advance(60 - emulator.context.clock.now().timestamp() % 60 + 10)  # ten seconds past a full minute
    emulator.faults.add(Fault(action=ACTION, kind="throttle"))

    for seconds in (0, 10, 39):
        emulator.advance(seconds)
        with pytest.raises(ClientException) as caught:
            client.get_caller_identity()
        assert caught.value.code == "Throttling.User"
    emulator.advance(2)

    assert client.get_caller_identity().status_code == 200


@pytest.mark.documented(ERRORS)
@pytest.mark.parametrize(
    ("kind", "done"),
    [
        ("timeout_before", False),
        ("reset", False),
        ("timeout_after", True),
        ("empty_200", True),
        ("http_502_html", False),
        ("html_200", False),
        ("cut_json", True),
    ],
)
def test_an_answer_that_is_lost_says_nothing_about_the_work(emulator, client, kind, done):
    role = emulator.accounts.add_role("Deployer")
    made: list[str] = []
    original = emulator.accounts.add_session
    emulator.accounts.add_session = lambda *args: made.append("session") or original(*args)
    emulator.faults.add(Fault(action="AssumeRole", kind=kind))

    with pytest.raises(UnretryableException):
        client.assume_role(AssumeRoleRequest(role_arn=role.arn, role_session_name="ci"))

    assert made == (["session"] if done else [])
    assert client.get_caller_identity().status_code == 200


@pytest.mark.assumed("a lag is the emulator's own")
def test_a_lag_takes_its_time_on_the_clock_of_the_cloud(virtual_server):
    emulator, client = virtual_server.emulator, Client(virtual_server.sdk_config())
    before = emulator.context.clock.now()
    emulator.faults.add(Fault(action=ACTION, kind="lag", seconds=30))

    client.get_caller_identity()

    assert (emulator.context.clock.now() - before).total_seconds() == 30


@pytest.mark.assumed("services that call each other get an error where a client would lose its connection")
@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "reset", "http_502_html", "empty_200"])
def test_inside_the_cloud_a_lost_answer_is_an_unavailable_service(emulator, kind):
    emulator.faults.add(Fault(action=ACTION, kind=kind))

    with pytest.raises(ApiError) as caught:
        emulator.call_api("sts", ACTION, {}, region_id="cn-hangzhou", principal=emulator.accounts.root)

    assert (caught.value.status, caught.value.code) == (503, "ServiceUnavailable")


@pytest.mark.assumed("the recorder is the emulator's own")
def test_calls_are_recorded_without_secrets(emulator, client):
    emulator.call_api(
        "sts",
        "AssumeRole",
        {"RoleArn": emulator.accounts.add_role("Deployer").arn, "RoleSessionName": "inside"},
        region_id="cn-hangzhou",
        principal=emulator.accounts.root,
    )
    client.get_caller_identity()
    with pytest.raises(ApiError):
        emulator.call_api(
            "oos",
            "CreateSecretParameter",
            {"Name": "n", "Value": "hunter2", "Surprise": 1},
            region_id="cn-hangzhou",
            principal=emulator.accounts.root,
        )

    inside, outside, refused = emulator.recorder.calls
    assert (inside.action, inside.is_internal, inside.params["RoleSessionName"]) == ("AssumeRole", True, "inside")
    assert (outside.action, outside.is_internal, outside.status) == (ACTION, False, 200)
    assert outside.access_key_id.startswith("LTAI")
    assert outside.request_id
    assert refused.code == "InvalidParameter"
    assert "hunter2" not in repr(refused)
    assert emulator.recorder.actions() == [ACTION]


@pytest.mark.assumed("the kernel is the emulator's own")
def test_many_clients_at_once_are_all_answered_and_none_twice(emulator, sdk_config):
    request_ids: list[str] = []

    def ask():
        client = Client(sdk_config())
        request_ids.extend(client.get_caller_identity().body.request_id for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(request_ids)) == 160
    assert len(emulator.recorder.calls) == 160


@pytest.mark.assumed("faults are the emulator's own")
@pytest.mark.parametrize("wrong", [{"kind": "meteor"}, {"nth": 0}, {"times": 0}])
def test_a_fault_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"no such kind|count from 1"):
        Fault(action="RunInstances", **wrong)


class TestObjectStorage:
    """Faults strike OSS by the name of the operation."""

    @pytest.fixture
    def oss(self, server):
        import alibabacloud_oss_v2 as oss

        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(
            "LTAI5tTestTestTestTest01", "test-secret-of-the-account"
        )
        config.region, config.endpoint = "cn-hangzhou", f"http://{server.endpoint}"
        config.retryer = oss.retry.NopRetryer()
        client = oss.Client(config)
        client.put_bucket(oss.PutBucketRequest(bucket="faulty-bucket"))
        return client

    def put(self, client, body=b"hello"):
        import alibabacloud_oss_v2 as oss

        return client.put_object(oss.PutObjectRequest(bucket="faulty-bucket", key="key", body=body))

    def exists(self, client):
        return client.is_object_exist("faulty-bucket", "key")

    @pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses")
    def test_an_error_comes_in_the_words_of_oss(self, emulator, oss):
        from alibabacloud_oss_v2.exceptions import OperationError

        emulator.faults.add(Fault(action="PutObject", status=503, code="ServiceUnavailable", message="try later"))

        with pytest.raises(OperationError) as caught:
            self.put(oss)

        assert caught.value.unwrap().code == "ServiceUnavailable"
        assert not self.exists(oss)
        assert self.put(oss).status_code == 200

    @pytest.mark.documented("https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses")
    @pytest.mark.parametrize(("kind", "done"), [("timeout_before", False), ("reset", False), ("timeout_after", True)])
    def test_a_lost_answer_says_nothing_about_the_object(self, emulator, oss, kind, done):
        from alibabacloud_oss_v2.exceptions import OperationError

        emulator.faults.add(Fault(action="PutObject", kind=kind))

        with pytest.raises(OperationError):
            self.put(oss)

        assert self.exists(oss) is done

    @pytest.mark.assumed("the recorder is the emulator's own")
    def test_calls_are_recorded_by_operation_without_signatures(self, emulator, oss):
        self.put(oss)
        self.exists(oss)
        oss.is_object_exist("faulty-bucket", "absent")

        bucket, put, _, absent = emulator.recorder.calls
        assert (bucket.action, put.action) == ("PutBucket", "PutObject")
        assert (put.params["BucketName"], put.params["ObjectName"]) == ("faulty-bucket", "key")
        assert (put.status, put.access_key_id) == (200, "LTAI5tTestTestTestTest01")
        assert (absent.status, absent.code) == (404, "NoSuchKey")
        assert "ignature" not in repr(put)
