"""Small parts of the emulator's kernel, without sockets."""

import io
from datetime import datetime, timezone
from decimal import Decimal

import pytest

from deployer.clock import VirtualClock
from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import ApiError
from deployer.emulator.dispatch import region_of_host
from deployer.emulator.faults import Fault, Faults
from deployer.emulator.http import HttpRequest
from deployer.emulator.ram.policy import Access, Verdict, judge
from deployer.emulator.recorder import masked
from deployer.emulator.services.bss.modules import parse_config
from deployer.emulator.services.bss.prices import PriceBook
from deployer.emulator.wire.answers import render_body, render_error
from deployer.emulator.wire.rpc import parse_rpc


@pytest.fixture
def clock():
    return VirtualClock(datetime(2026, 5, 1, 12, 0, 10, tzinfo=timezone.utc))


class TestRegions:
    @pytest.mark.parametrize(
        ("host", "region_id"),
        [
            ("ecs.cn-beijing.aliyuncs.com", "cn-beijing"),
            ("ecs-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
            ("oos-vpc.ap-southeast-1.aliyuncs.com", "ap-southeast-1"),
            ("vpc.aliyuncs.com", "cn-hangzhou"),
            ("127.0.0.1", "cn-hangzhou"),
            ("ecs.cn-beijing.aliyuncs.com.evil.example", "cn-hangzhou"),
        ],
    )
    def test_a_host_tells_its_region(self, host, region_id):
        assert region_of_host(host) == region_id


class TestAccounts:
    def test_a_session_expires_with_the_clock_and_is_still_known(self, clock):
        accounts = Accounts("1234567890123456", clock)
        key = accounts.add_session(accounts.add_role("Deployer"), "ci", 900)

        assert not accounts.is_expired(key)
        clock.advance(900)

        assert accounts.is_expired(key)
        assert accounts.secret_for(key.access_key_id) is key

    def test_keys_never_show_their_secrets(self, clock):
        accounts = Accounts("1234567890123456", clock)
        key = accounts.add_access_key("LTAI1", "very-secret", user_name="alice")
        session = accounts.add_session(accounts.add_role("Deployer"), "ci", 900)

        assert "very-secret" not in repr(key)
        assert session.secret not in repr(session)
        assert session.security_token not in repr(session)

    def test_user_ids_are_the_same_in_each_run_and_differ_by_name(self, clock):
        ids = [
            Accounts("1", clock).add_access_key("k", "s", user_name=name).principal.user_id
            for name in ("alice", "alice", "bob")
        ]

        assert ids[0] == ids[1] != ids[2]
        assert len(ids[0]) == 18

    @pytest.mark.parametrize(
        ("denied", "asked", "refused"),
        [
            ("ecs:RunInstances", "ecs:RunInstances", True),
            ("ecs:runinstances", "ecs:RunInstances", True),
            ("ecs:*", "ecs:DescribeInstances", True),
            ("ecs:Describe*", "ecs:RunInstances", False),
            ("ecs:Run", "ecs:RunInstances", False),
            ("*", "oss:PutObject", True),
        ],
    )
    def test_denied_actions_are_names_or_patterns(self, clock, denied, asked, refused):
        key = Accounts("1", clock).add_access_key("k", "s", user_name="alice", deny=(denied,))
        [policies] = key.policies().values()

        verdict = judge(policies, Access(action=asked, resource="acs:ecs:cn-hangzhou:1:*", facts={}))

        assert verdict is (Verdict.EXPLICIT_DENY if refused else Verdict.ALLOW)

    def test_the_account_itself_cannot_be_held_back(self, clock):
        with pytest.raises(ValueError, match="name a RAM user"):
            Accounts("1", clock).add_access_key("k", "s", deny=("ecs:*",))


class TestFaults:
    def test_nth_and_times_count_matching_calls_only(self, clock):
        faults = Faults(clock)
        faults.add(Fault(action="A", nth=2, times=2))

        struck = [faults.take("ecs", action) is not None for action in ("A", "B", "A", "B", "A", "A")]

        assert struck == [False, False, True, False, True, False]

    def test_the_fault_armed_first_strikes_first(self, clock):
        faults = Faults(clock)
        faults.add(Fault(action="A", code="First"))
        faults.add(Fault(action="*", code="Second"))

        assert [faults.take("ecs", "A").code for _ in range(2)] == ["First", "Second"]

    def test_throttling_closes_an_action_until_the_next_full_minute(self, clock):
        faults = Faults(clock)
        faults.add(Fault(action="A", kind="throttle"))

        assert faults.take("ecs", "A") is not None
        clock.advance(49)
        assert faults.take("ecs", "A") is not None
        assert faults.take("vpc", "A") is None
        clock.advance(1)
        assert faults.take("ecs", "A") is None


class TestPrices:
    def test_a_larger_type_costs_twice_as_much(self):
        book = PriceBook()

        assert book.instance_hourly("ecs.c7.xlarge") == 2 * book.instance_hourly("ecs.c7.large")
        assert book.instance_hourly("ecs.c7.4xlarge") == 8 * book.instance_hourly("ecs.c7.large")

    @pytest.mark.parametrize("instance_type", ["ecs.unknown.large", "ecs.c7.tiny", "ecs.c7.xxlarge", "", "large"])
    def test_what_is_not_sold_has_no_price(self, instance_type):
        assert PriceBook().instance_hourly(instance_type) is None

    def test_the_level_counts_for_essd_only(self):
        book = PriceBook()

        assert book.disk_hourly("cloud_essd", None, 40) == book.disk_hourly("cloud_essd", "PL1", 40)
        assert book.disk_hourly("cloud_essd", "PL0", 40) < book.disk_hourly("cloud_essd", "PL1", 40)
        assert book.disk_hourly("cloud_auto", "PL3", 40) == book.disk_hourly("cloud_auto", None, 40)
        assert book.disk_hourly("floppy", None, 40) is None
        assert book.disk_hourly("cloud_essd", "PL1", 0) is None

    def test_bandwidth_above_five_is_dearer(self):
        book = PriceBook()

        assert book.bandwidth_hourly(0) == 0
        assert book.bandwidth_hourly(6) - book.bandwidth_hourly(5) > book.bandwidth_hourly(5) - book.bandwidth_hourly(4)

    def test_own_prices_win(self):
        assert PriceBook(instance_overrides={"ecs.c7.large": Decimal(9)}).instance_hourly("ecs.c7.large") == 9

    def test_a_config_is_pairs(self):
        assert parse_config("a:1, b:2:3") == {"a": "1", "b": "2:3"}
        with pytest.raises(ValueError, match="no-pair"):
            parse_config("a:1,no-pair")


class TestAnswers:
    def test_xml_repeats_the_element_of_a_list_and_escapes(self):
        response = render_body(
            "Ask", {"Tags": {"Tag": ["a<b", "c"]}, "Yes": True, "No": None}, wants_xml=True, request_id="R"
        )

        assert (
            b"<AskResponse><RequestId>R</RequestId><Tags><Tag>a&lt;b</Tag><Tag>c</Tag></Tags><Yes>true</Yes>"
            in response.body
        )
        assert b"<No>" not in response.body

    def test_headers_of_a_refusal_reach_the_answer(self):
        error = ApiError(429, "Throttling", "slow down", headers={"x-acs-retry-after": "100"}, extra={"Detail": "x"})

        response = render_error(error, wants_xml=False, request_id="R", host="h")

        assert response.headers["x-acs-retry-after"] == "100"
        assert b'"Detail":"x"' in response.body
        assert b'"HostId":"h"' in response.body

    def test_secrets_are_masked_at_any_depth(self):
        assert masked("RunInstances", {"Password": "p", "LoginConfig.Password": "q", "ImageId": "i"}) == {
            "Password": "***",
            "LoginConfig.Password": "***",
            "ImageId": "i",
        }
        assert masked("CreateParameter", {"Value": "v"}) == {"Value": "v"}
        assert masked("CreateSecretParameter", {"Value": "v"}) == {"Value": "***"}


class TestRpcParsing:
    def request(self, target="/", body=b"", **headers):
        return HttpRequest(
            method="POST",
            target=target,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            body=io.BytesIO(body),
        )

    def test_the_header_names_the_operation_before_the_query_does(self):
        request = parse_rpc(self.request("/?Action=Old&Version=1", x_acs_action="New", x_acs_version="2"))

        assert (request.action, request.version) == ("New", "2")

    def test_the_form_is_read_and_the_query_wins(self):
        form = "application/x-www-form-urlencoded; charset=utf-8"
        request = parse_rpc(self.request("/?A=query&Empty=", b"A=form&B=%E4%BD%A0+x&Action=Do", content_type=form))

        assert request.params == {"A": "query", "Empty": "", "B": "你 x"}
        assert request.action == "Do"

    def test_a_body_that_is_no_form_is_no_parameters(self):
        assert parse_rpc(self.request("/?A=1", b"B=2", content_type="application/json")).params == {"A": "1"}

    def test_a_huge_body_is_refused(self):
        with pytest.raises(ApiError) as caught:
            parse_rpc(self.request(body=b"x" * (9 * 1024 * 1024)))

        assert caught.value.status == 413
