"""What the cloud's refusals become: decided by API code, with the remedy of each."""

import pytest
from alibabacloud_oss_v2 import exceptions as oss_exceptions
from client_lab import REGION, CloudLab, lab

from deployer.clock import VirtualClock
from deployer.cloud.cloud import Cloud
from deployer.cloud.credentials import StaticKey
from deployer.cloud.failures import Refusal, error_for, translate
from deployer.cloud.session import Endpoints, Session
from deployer.emulator.faults import Fault
from deployer.errors.access import ClockIsWrong, CredentialsMissing, CredentialsRefused, PermissionDenied
from deployer.errors.base import AccessError, DeployerError, TransientError
from deployer.errors.cloud import (
    AnswerNotUnderstood,
    ApiRefused,
    NotEnoughBalance,
    QuotaReached,
    ServiceFailed,
    Throttled,
    Unreachable,
)
from deployer.models.secret import Secret

__all__ = ["lab"]

GATEWAY = "https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature"
DENIED = "https://www.alibabacloud.com/help/en/ram/support/troubleshoot-ram-permission-errors"
OSS_CODES = "https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses"
ECS_CODES = "https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-runinstances"


def refused_with(lab: CloudLab, code: str, status: int = 400, message: str = "no") -> DeployerError:
    lab.emulator.faults.add(Fault(action="*", times=None, status=status, code=code, message=message))
    with pytest.raises(DeployerError) as caught:
        lab.cloud.ecs.list_region_ids()
    return caught.value


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize(
    ("code", "status", "error_class", "remedy"),
    [
        ("InvalidSecurityToken.Expired", 400, CredentialsRefused, "sign in again"),
        ("InvalidSecurityToken.Malformed", 400, CredentialsRefused, "ALIBABA_CLOUD_SECURITY_TOKEN"),
        ("InvalidSecurityToken.MismatchWithAccessKey", 400, CredentialsRefused, "one answer of STS"),
        ("MissingSecurityToken", 400, CredentialsRefused, "ALIBABA_CLOUD_SECURITY_TOKEN"),
        ("InvalidAccessKeyId.NotFound", 404, CredentialsRefused, "ram.console.aliyun.com"),
        ("InvalidAccessKeyId", 403, CredentialsRefused, "ram.console.aliyun.com"),
        ("InvalidAccessKeyId.Inactive", 403, CredentialsRefused, "switch it on"),
        ("SignatureDoesNotMatch", 400, CredentialsRefused, "without spaces"),
        ("Forbidden.RAM", 403, PermissionDenied, "deployer policy"),
        ("NoPermission", 403, PermissionDenied, "deployer policy"),
        ("NotAuthorized", 403, PermissionDenied, "deployer policy"),
        ("InvalidTimeStamp.Expired", 400, ClockIsWrong, "set the clock"),
        ("InvalidAccountStatus.NotEnoughBalance", 403, NotEnoughBalance, "top up"),
        ("QuotaExceed.PostPaidInstance", 403, QuotaReached, "quotas.console"),
        ("QuotaExceeded.Vpc", 400, QuotaReached, "quotas.console"),
    ],
)
def test_each_refusal_has_its_remedy_and_is_final_at_once(lab, code, status, error_class, remedy):
    error = refused_with(lab, code, status)

    assert type(error) is error_class
    assert remedy in (error.hint or "")
    assert error.facts["api_code"] == code
    assert error.facts["request_id"]
    assert (lab.pauses, lab.actions) == ([], ["DescribeRegions"])
    assert error.exit_code == (77 if isinstance(error, AccessError) else 69)


@pytest.mark.documented(ECS_CODES)
def test_any_other_refusal_keeps_code_sentence_and_request_id(lab):
    error = refused_with(lab, "InvalidInstanceType.NotSupported", message="The type is not sold here.")

    assert isinstance(error, ApiRefused)
    assert error.api_code == error.facts["api_code"] == "InvalidInstanceType.NotSupported"
    assert "The type is not sold here." in error.message
    assert error.facts["action"] == "ecs:DescribeRegions"


@pytest.mark.documented(DENIED)
@pytest.mark.parametrize(
    ("ram_action", "ask"),
    [
        ("ecs:DescribeInstances", lambda cloud: cloud.ecs.list_instances()),
        ("vpc:DescribeVpcs", lambda cloud: cloud.vpc.list_vpcs({})),
        ("oos:ListApplications", lambda cloud: cloud.oos.list_application_names()),
        ("oss:ListBuckets", lambda cloud: cloud.oss.list_bucket_names("a", "b")),
        ("bssapi:GetPayAsYouGoPrice", None),
    ],
)
def test_a_missing_permission_names_the_action(lab, ram_action, ask):
    from deployer.cloud.ecs import PriceRequest

    lab.emulator.accounts.add_access_key("LTAIuser", "user-secret", user_name="ci", deny=[ram_action])
    key = StaticKey(access_key_id="LTAIuser", access_key_secret=Secret("user-secret"))
    user = Cloud(Session(endpoints=Endpoints(address=lab.endpoint), static_key=key, clock=lab.clock), REGION)
    wanted = PriceRequest(
        instance_type="ecs.u1-c1m2.large",
        image_id=None,
        system_disk_category="cloud_essd",
        system_disk_gib=40,
        bandwidth_mbps=5,
    )

    with pytest.raises(PermissionDenied) as caught:
        ask(user) if ask else user.bss.get_price(REGION, wanted)

    error = caught.value
    assert error.facts["missing_action"] == ram_action
    assert ram_action in error.message
    assert ram_action in (error.hint or "")
    assert lab.pauses == []


@pytest.mark.documented(DENIED)
def test_the_answer_names_who_was_refused_and_whether_a_policy_says_so(lab):
    lab.emulator.accounts.add_access_key("LTAIuser", "user-secret", user_name="ci", deny=["ecs:*"])
    key = StaticKey(access_key_id="LTAIuser", access_key_secret=Secret("user-secret"))
    user = Cloud(Session(endpoints=Endpoints(address=lab.endpoint), static_key=key, clock=lab.clock), REGION)

    with pytest.raises(PermissionDenied) as caught:
        user.ecs.list_region_ids()

    assert caught.value.facts["no_permission_type"] == "ExplicitDeny"
    assert caught.value.facts["principal"] == "ci"
    assert "a policy denies it" in caught.value.message


@pytest.mark.documented(GATEWAY)
def test_the_named_action_wins_over_the_called_one():
    error = error_for(
        "ecs:RunInstances",
        Refusal(
            api_code="Forbidden.RAM",
            status=403,
            sentence="no",
            access_denied={"AuthAction": "ram:PassRole", "NoPermissionType": "ImplicitDeny"},
        ),
    )

    assert (error.facts["missing_action"], error.facts["action"]) == ("ram:PassRole", "ecs:RunInstances")


def session_with(lab: CloudLab, key_id: str, secret: str, token: str | None = None) -> Cloud:
    key = StaticKey(
        access_key_id=key_id, access_key_secret=Secret(secret), security_token=Secret(token) if token else None
    )
    return Cloud(Session(endpoints=Endpoints(address=lab.endpoint), static_key=key, clock=lab.clock), REGION)


@pytest.mark.documented(GATEWAY)
@pytest.mark.parametrize("product", ["sts", "ecs", "oss"])
@pytest.mark.parametrize("trouble", ["unknown id", "wrong secret", "expired token", "half a token"])
def test_bad_credentials_are_refused_alike_by_every_product(lab, product, trouble):
    session = lab.emulator.accounts.add_session(lab.emulator.accounts.add_role("R"), "s", 900)
    if trouble == "expired token":
        lab.emulator.advance(901)
    cloud = {
        "unknown id": lambda: session_with(lab, "LTAInobody", "x"),
        "wrong secret": lambda: session_with(lab, "LTAI5tTestTestTestTest01", "wrong"),
        "expired token": lambda: session_with(lab, session.access_key_id, session.secret, session.security_token),
        "half a token": lambda: session_with(lab, session.access_key_id, session.secret, "CAISwrong"),
    }[trouble]()
    ask = {
        "sts": cloud.sts.get_identity,
        "ecs": cloud.ecs.list_region_ids,
        "oss": lambda: cloud.oss.list_bucket_names("a", "b"),
    }[product]

    with pytest.raises(CredentialsRefused) as caught:
        ask()

    assert caught.value.exit_code == 77
    assert len(lab.emulator.recorder.calls) <= 1
    assert lab.pauses == []


@pytest.mark.documented(GATEWAY)
def test_a_clock_that_is_wrong_is_named(lab):
    from datetime import datetime, timedelta, timezone

    lab.emulator.set_wall_clock(VirtualClock(datetime.now(timezone.utc) + timedelta(minutes=20)))

    with pytest.raises(ClockIsWrong) as caught:
        lab.cloud.sts.get_identity()

    assert "15 minutes" in caught.value.message


@pytest.mark.documented(OSS_CODES)
@pytest.mark.parametrize(
    ("code", "status", "error_class"),
    [
        ("AccessDenied", 403, PermissionDenied),
        ("InvalidAccessKeyId", 403, CredentialsRefused),
        ("SignatureDoesNotMatch", 403, CredentialsRefused),
        ("SecurityTokenExpired", 403, CredentialsRefused),
        ("RequestTimeTooSkewed", 403, ClockIsWrong),
        ("TooManyBuckets", 400, QuotaReached),
        ("InvalidBucketName", 400, ApiRefused),
        ("InternalError", 500, ServiceFailed),
        ("ServiceUnavailable", 503, ServiceFailed),
        ("DownloadTrafficRateLimitExceeded", 503, ServiceFailed),
    ],
)
def test_object_storage_speaks_the_same_language(lab, code, status, error_class):
    lab.emulator.faults.add(Fault(action="ListBuckets", times=None, status=status, code=code))

    with pytest.raises(error_class) as caught:
        lab.cloud.oss.list_bucket_names("a", "b")

    assert caught.value.facts["api_code"] == code
    assert caught.value.facts["http_status"] == status


@pytest.mark.documented(OSS_CODES)
def test_the_finer_code_of_object_storage_is_passed_on():
    inner = oss_exceptions.ServiceError(
        status_code=403,
        code="AccessDenied",
        message="no",
        request_id="R",
        ec="0003-00000001",
        timestamp=None,
        request_target="PUT /",
    )
    error = translate(oss_exceptions.OperationError(name="PutObject", error=inner), "oss:PutObject")

    assert error.facts["ec"] == "0003-00000001"


@pytest.mark.assumed("what the SDKs raise when something else than the API answers was tried")
@pytest.mark.parametrize(
    ("error", "error_class"),
    [
        (KeyError("InstanceIds"), AnswerNotUnderstood),
        (TypeError("'NoneType' object is not iterable"), AnswerNotUnderstood),
        (RuntimeError('Failed to parse the value as json format, Value: "canary".'), AnswerNotUnderstood),
        (ConnectionResetError(104, "Connection reset by peer"), Unreachable),
        (TimeoutError("timed out"), Unreachable),
        (oss_exceptions.CredentialsEmptyError(), CredentialsMissing),
        (oss_exceptions.RequestError(error=OSError("Cannot connect to proxy")), Unreachable),
        (oss_exceptions.DeserializationError(error="Expect root tag"), AnswerNotUnderstood),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value.__name__,
)
def test_what_is_no_answer_of_the_api_is_a_clean_error(error, error_class):
    translated = translate(error, "ecs:RunInstances")

    assert type(translated) is error_class
    assert "canary" not in str(translated.as_dict())


@pytest.mark.assumed("texts of urllib3 and requests, which keep the cause of a failure nowhere else")
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (("HTTPSConnectionPool(host='h', port=443): (Caused by SSLError(SSLCertVerificationError(1, "
         "'[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer')))"), "its certificate is not trusted"),
        (("(Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy "
         "Authentication Required')))"), "wants a user and password"),
        ("(Caused by ProxyError('Cannot connect to proxy.', NewConnectionError('refused')))", "does not work"),
        ("HTTPSConnectionPool(host='h', port=443): Read timed out. (read timeout=20)", "no answer in time"),
        ("(Caused by ConnectTimeoutError(<c>, 'Connection to h timed out. (connect timeout=5)'))", "no answer in time"),
        ("('Connection aborted.', RemoteDisconnected('Remote end closed connection'))", "the connection was cut"),
        ("[Errno 101] Network is unreachable", "there is no network to it"),
        ("with url: /?CommandContent=canary", "the connection failed"),
    ],
)  # fmt: skip
def test_the_cause_of_silence_is_said_in_words(text, reason):
    error = translate(ConnectionError(text), "ecs:RunCommand")

    assert isinstance(error, TransientError)
    assert reason in error.facts["reason"]
    assert "canary" not in str(error.as_dict())


class TwoSites(Endpoints):
    """Two billing hosts, as the China site and the international one are."""

    def bss(self) -> tuple[str, ...]:
        return (str(self.address), str(self.address).replace("127.0.0.1", "localhost"))


@pytest.mark.documented("https://www.alibabacloud.com/help/en/user-center/developer-reference/error-codes")
class TestBilling:
    """Accounts of one site are told `NotApplicable` by the other's host."""

    def test_a_price_is_asked_at_the_other_site(self, lab):
        cloud = lab.cloud
        cloud.session.endpoints = TwoSites(address=lab.endpoint)
        lab.emulator.faults.add(Fault(action="QueryAccountBalance", status=200, code="NotApplicable"))

        assert cloud.bss.find_balance() is not None
        assert lab.actions == ["QueryAccountBalance", "QueryAccountBalance"]

    def test_throttling_is_not_taken_for_the_other_site(self, lab):
        lab.emulator.faults.add(Fault(action="QueryAccountBalance", times=None, kind="throttle"))

        assert lab.cloud.bss.find_balance() is None
        with pytest.raises(Throttled):
            lab.cloud.bss._call("QueryAccountBalance", lambda sdk: sdk.query_account_balance())
