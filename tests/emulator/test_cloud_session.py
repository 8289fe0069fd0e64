"""The session that every call goes through: tries again, waits, signs off as one, and lets no secret out."""

import contextlib
import re
import socket
import traceback
from itertools import pairwise

import pytest
from account_key import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from client_lab import REGION, SESSION_ID, CloudLab, lab, make_lab

from deployer.clock import VirtualClock
from deployer.cloud.cloud import Cloud
from deployer.cloud.credentials import StaticKey
from deployer.cloud.polling import Wait, wait_until
from deployer.cloud.session import Endpoints, Session, make_session_id
from deployer.emulator.faults import Fault
from deployer.errors.base import DeployerError, TransientError, UsageError
from deployer.errors.cloud import AnswerNotUnderstood, ServiceFailed, Throttled, Unreachable, WaitedTooLong
from deployer.models.secret import Secret

__all__ = ["lab"]

ERRORS = "https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature"
THROTTLING = "https://www.alibabacloud.com/help/doc-detail/437902.htm"
OSS_ERRORS = "https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses"


class Nowhere(Endpoints):
    """Public endpoints whose names nobody has."""

    def rpc(self, product: str, region_id: str) -> str | None:  # noqa: ARG002  (as the real ones)
        return "cloud.invalid"

    def oss(self, region_id: str) -> str:  # noqa: ARG002  (as the real ones)
        return "https://cloud.invalid"


def ask_sts(lab: CloudLab):
    return lab.cloud.sts.get_identity()


def ask_oss(lab: CloudLab):
    return lab.cloud.oss.list_bucket_names("deployer", "artifacts")


@pytest.mark.documented(THROTTLING)
@pytest.mark.parametrize("seconds_past_the_minute", [0.0, 10.0, 59.0])
def test_a_throttled_call_is_made_again_until_the_next_minute_opens_the_api(lab, seconds_past_the_minute):
    lab.emulator.advance(60 - lab.emulator.context.clock.now().timestamp() % 60 + seconds_past_the_minute)
    lab.emulator.faults.add(Fault(action="GetCallerIdentity", kind="throttle"))

    assert ask_sts(lab).account_id == lab.emulator.accounts.account_id

    assert 60 - seconds_past_the_minute <= sum(lab.pauses) <= 60 - seconds_past_the_minute + 12
    assert len(lab.actions) <= 15


@pytest.mark.documented(THROTTLING)
def test_an_api_that_stays_throttled_is_given_up_after_a_minute_and_a_quarter(lab):
    lab.emulator.faults.add(Fault(action="*", kind="throttle", times=None))

    with pytest.raises(Throttled) as caught:
        ask_sts(lab)

    assert 75 <= sum(lab.pauses) <= 100
    assert (caught.value.exit_code, caught.value.facts["api_code"]) == (75, "Throttling.User")
    assert caught.value.facts["action"] == "sts:GetCallerIdentity"


@pytest.mark.documented(ERRORS)
def test_a_service_that_asks_for_a_pause_gets_it(lab):
    lab.emulator.faults.add(Fault(action="*", status=429, code="Throttling", retry_after_ms=7_000))

    ask_sts(lab)

    assert lab.pauses == [7.0]


@pytest.mark.documented(ERRORS)
@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "error", "status": 500}, ServiceFailed),
        ({"kind": "error", "status": 503, "code": "ServiceUnavailable"}, ServiceFailed),
        ({"kind": "http_502_html"}, AnswerNotUnderstood),
        ({"kind": "empty_200"}, AnswerNotUnderstood),
        ({"kind": "html_200"}, AnswerNotUnderstood),
        ({"kind": "cut_json"}, AnswerNotUnderstood),
        ({"kind": "reset"}, Unreachable),
        ({"kind": "timeout_before"}, Unreachable),
        ({"kind": "timeout_after"}, Unreachable),
    ],
    ids=lambda value: str(value.get("status") or value["kind"]) if isinstance(value, dict) else value.__name__,
)
class TestTroubleOnTheWay:
    """The same for each kind of trouble: once is overcome, for ever ends clean and soon."""

    def test_once_is_overcome(self, lab, fault, expected):  # noqa: ARG002  (parameters of the class)
        lab.emulator.faults.add(Fault(action="*", times=2, **fault))

        assert ask_sts(lab).account_id

        assert len(lab.actions) == 3

    def test_for_ever_ends_soon_and_names_the_action(self, lab, fault, expected):
        lab.emulator.faults.add(Fault(action="*", times=None, **fault))

        with pytest.raises(expected) as caught:
            ask_sts(lab)

        error = caught.value
        assert isinstance(error, TransientError)
        assert error.facts["action"] == "sts:GetCallerIdentity"
        assert 8 <= sum(lab.pauses) <= 20
        assert error.__cause__ is None
        assert error.__context__ is None  # the SDK's exception holds the signed request

    def test_object_storage_is_no_different(self, lab, fault, expected):  # noqa: ARG002  (parameters of the class)
        lab.emulator.faults.add(Fault(action="*", times=None, **fault))

        with pytest.raises(TransientError) as caught:
            ask_oss(lab)

        assert caught.value.facts["action"] == "oss:ListBuckets"
        assert 8 <= sum(lab.pauses) <= 20

    def test_a_call_that_must_not_happen_twice_is_made_once(self, lab, fault, expected):
        from alibabacloud_ecs20140526.models import DescribeRegionsRequest

        lab.emulator.faults.add(Fault(action="*", times=None, **fault))

        with pytest.raises(expected):
            lab.cloud.ecs.call("DescribeRegions", "describe_regions", DescribeRegionsRequest(), repeatable=False)

        assert lab.pauses == []
        assert lab.actions == ["DescribeRegions"]


@pytest.mark.documented(THROTTLING)
def test_a_throttled_call_did_nothing_so_even_one_that_must_not_happen_twice_is_made_again(lab):
    from alibabacloud_ecs20140526.models import DescribeRegionsRequest

    lab.emulator.faults.add(Fault(action="*", kind="throttle"))

    lab.cloud.ecs.call("DescribeRegions", "describe_regions", DescribeRegionsRequest(), repeatable=False)

    assert len(lab.actions) > 1


@pytest.mark.documented(ERRORS)
def test_a_service_error_keeps_its_request_id(lab):
    lab.emulator.faults.add(Fault(action="*", times=None, status=503, code="ServiceUnavailable"))

    with pytest.raises(ServiceFailed) as caught:
        ask_sts(lab)

    assert caught.value.facts["request_id"] in {call.request_id for call in lab.emulator.recorder.calls}


@pytest.mark.assumed("nothing listens on this port of this machine")
@pytest.mark.parametrize("ask", [ask_sts, ask_oss])
def test_a_refused_connection_is_named(lab, ask):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = make_lab(lab.emulator, f"127.0.0.1:{unused.getsockname()[1]}")

        with pytest.raises(Unreachable) as caught:
            ask(dead)

    assert caught.value.facts["reason"] == "the connection was refused"
    assert caught.value.facts["host"].startswith("127.0.0.1")
    assert sum(dead.pauses) <= 20


@pytest.mark.documented("https://www.rfc-editor.org/rfc/rfc6761#section-6.4")
@pytest.mark.parametrize("ask", [ask_sts, ask_oss])
def test_a_name_that_does_not_exist_is_named(lab, ask):
    lost = make_lab(lab.emulator, lab.endpoint)
    lost.cloud.session.endpoints = Nowhere()

    with pytest.raises(Unreachable) as caught:
        ask(lost)

    assert "cloud.invalid" in caught.value.facts["host"]
    assert caught.value.facts["reason"] == "the name cannot be resolved"


@pytest.mark.assumed("a proxy that is gone, as a variable left over in a shell names it")
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_loopback_cloud_is_reached_whatever_proxy_is_set(lab, monkeypatch, variable):
    monkeypatch.setenv(variable, "http://user:canary-password@127.0.0.1:9")
    proxied = make_lab(lab.emulator, lab.endpoint)

    assert ask_sts(proxied).account_id
    assert ask_oss(proxied) == ()
    assert proxied.cloud.ecs.list_region_ids()


@pytest.mark.assumed("a proxy that is gone, as a variable left over in a shell names it")
def test_a_proxy_that_does_not_work_is_named_without_its_password(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary-password@127.0.0.1:9")
    key = StaticKey(access_key_id="LTAI", access_key_secret=Secret("secret"))
    cloud = Cloud(Session(static_key=key, clock=VirtualClock()), REGION)

    for ask in (cloud.sts.get_identity, lambda: cloud.oss.list_bucket_names("a", "b")):
        with pytest.raises(Unreachable) as caught:
            ask()
        assert "HTTPS_PROXY" in caught.value.facts["reason"]
        assert "canary" not in str(caught.value.as_dict())


@pytest.mark.documented("https://www.alibabacloud.com/help/en/sdk/developer-reference/v2-python-integrated-sdk")
def test_every_call_carries_the_session_exactly_once(lab, monkeypatch):
    monkeypatch.setenv(
        "ALIBABA_CLOUD_USER_AGENT", f"AlibabaCloud-Agent-Skills/alibabacloud-ecs-code-deploy/{SESSION_ID}"
    )
    cloud = lab.cloud
    ask_sts(lab), ask_oss(lab), cloud.ecs.list_region_ids(), cloud.vpc.list_vpcs({}), cloud.bss.find_balance()
    cloud.oos.list_application_names()

    agents = [call.user_agent for call in lab.emulator.recorder.calls]
    assert {call.product for call in lab.emulator.recorder.calls} == {"sts", "oss", "ecs", "vpc", "bss", "oos"}
    for agent in agents:
        found = re.findall(r"AlibabaCloud-Agent-Skills/alibabacloud-ecs-code-deploy/([0-9a-f-]{16,64})", agent)
        assert found == [SESSION_ID]


@pytest.mark.assumed("the form of the id is the original tool's: lower-case hexadecimal or a UUID")
def test_the_session_id_is_made_once_or_taken_from_outside():
    made = make_session_id(None, {})
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert make_session_id(None, {}) != made
    assert make_session_id(None, {"DEPLOYER_SESSION_ID": SESSION_ID}) == SESSION_ID
    assert make_session_id(made, {"DEPLOYER_SESSION_ID": SESSION_ID}) == made
    for wrong in ("SHORT", "0123", "x" * 32, SESSION_ID.upper()[::-1].replace("0", "A")):
        with pytest.raises(UsageError):
            make_session_id(wrong, {})


@pytest.mark.documented(ERRORS)
@pytest.mark.parametrize(
    "kind", ["error", "throttle", "reset", "timeout_after", "http_502_html", "cut_json", "html_200"]
)
@pytest.mark.parametrize("ask", [ask_sts, ask_oss])
def test_no_secret_and_no_signature_gets_out_with_an_error(lab, kind, ask, capfd, monkeypatch):
    monkeypatch.setenv("DEBUG", "sdk")  # makes the SDK print requests with their signatures
    role = lab.emulator.accounts.add_role("Deployer")
    key = lab.emulator.accounts.add_session(role, "canary", 3600)
    lab.emulator.faults.add(Fault(action="*", kind=kind, times=None))
    watched = make_lab(lab.emulator, lab.endpoint)
    watched.cloud.session._static_key = StaticKey(
        access_key_id=key.access_key_id,
        access_key_secret=Secret(key.secret),
        security_token=Secret(key.security_token or ""),
    )

    with pytest.raises(DeployerError) as caught:
        ask(watched)

    shown = (
        str(caught.value.as_dict()) + "".join(traceback.format_exception(caught.value)) + "".join(capfd.readouterr())
    )
    for canary in (key.secret, key.security_token, "Signature", "Authorization", ACCESS_KEY_SECRET):
        assert canary not in shown


@pytest.mark.documented(ERRORS)
def test_debugging_the_sdk_prints_no_signed_request(lab, capfd, monkeypatch):
    monkeypatch.setenv("DEBUG", "sdk")

    ask_sts(make_lab(lab.emulator, lab.endpoint))

    assert "uthorization" not in "".join(capfd.readouterr())


@pytest.mark.documented(ERRORS)
def test_a_key_is_not_in_the_repr_of_what_holds_it(lab):
    key = StaticKey(access_key_id=ACCESS_KEY_ID, access_key_secret=Secret(ACCESS_KEY_SECRET))

    assert ACCESS_KEY_SECRET not in repr(key) + repr(lab.cloud.session) + str(vars(lab.cloud.session))


@pytest.mark.documented("https://www.alibabacloud.com/help/en/sts/product-overview/endpoints")
def test_the_public_endpoints_follow_the_region():
    public, local = Endpoints(), Endpoints(address="127.0.0.1:1234")

    assert (public.protocol, local.protocol) == ("https", "http")
    assert public.oss("cn-beijing") == "https://oss-cn-beijing.aliyuncs.com"
    assert public.oss_from_instance("cn-beijing") == "https://oss-cn-beijing-internal.aliyuncs.com"
    assert public.rpc("oos", "cn-beijing") == "oos.cn-beijing.aliyuncs.com"
    assert public.rpc("ecs", "cn-beijing") is None  # the SDK's own table knows
    assert public.bss() == ("business.aliyuncs.com", "business.ap-southeast-1.aliyuncs.com")
    assert {local.rpc("ecs", "cn-beijing"), *local.bss()} == {"127.0.0.1:1234"}


@pytest.mark.assumed("waiting is our own")
class TestWaiting:
    """`wait_until` looks, decides, and looks again ever more seldom."""

    def wait(self, statuses, *, timeout_seconds=60.0, longest=5.0, start=0.0):
        clock = VirtualClock()
        clock.advance(start)
        seen: list[tuple[str, float]] = []
        looks: list[float] = []
        answers = iter(statuses)

        def probe():
            looks.append(clock.monotonic())
            return next(answers)

        result = None
        with contextlib.suppress(StopIteration):
            result = wait_until(
                probe,
                lambda status: status == "Running",
                Wait(what="instance i-1", timeout_seconds=timeout_seconds, longest_pause_seconds=longest),
                status=str,
                clock=clock,
                on_change=lambda status, elapsed: seen.append((status, round(elapsed, 2))),
            )
        return result, seen, looks

    def test_what_is_there_already_is_not_waited_for(self):
        result, seen, looks = self.wait(["Running"])

        assert (result, seen, looks) == ("Running", [("Running", 0.0)], [0.0])

    def test_each_change_is_told_once(self):
        _, seen, _ = self.wait(["Pending", "Pending", "Starting", "Starting", "Running"])

        assert [status for status, _ in seen] == ["Pending", "Starting", "Running"]

    def test_looks_become_rarer_up_to_the_longest_pause(self):
        _, _, looks = self.wait(["Pending"] * 30 + ["Running"], timeout_seconds=600)

        pauses = [after - before for before, after in pairwise(looks)]
        assert pauses[0] == pytest.approx(0.2)
        assert all(later >= earlier - 1e-9 for earlier, later in pairwise(pauses))
        assert max(pauses) == pytest.approx(5.0)

    @pytest.mark.parametrize("start", [1000 + 0.0137 * n for n in range(20)])
    def test_the_end_comes_though_the_last_pause_is_too_short_to_count(self, start):
        """What is left of the time may be less than the clock can tell."""
        with pytest.raises(WaitedTooLong):
            self.wait(["Pending"] * 100, timeout_seconds=30, start=start)

    def test_the_end_comes_at_the_deadline_with_a_last_look(self):
        with pytest.raises(WaitedTooLong) as caught:
            self.wait(["Pending"] * 100, timeout_seconds=10)

        assert caught.value.facts == {"what": "instance i-1", "status": "Pending", "timeout_seconds": 10}
        assert caught.value.exit_code == 75
