"""Each changing call goes wrong once, for good, or as the last thing a client lives to see: one of each kind at the end.

Everything runs in virtual time, so that a minute of patience takes none.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cloud_lab import REGION, Project, described
from fault_lab import VirtualLab, virtual_lab

from deployer.api import Deployer
from deployer.errors.base import DeployerError, ReleaseError
from deployer.errors.cloud import NotEnoughBalance, OutOfStock
from deployer.events import WaitProgressed

CHANGING = (
    "PutBucket",
    "PutObject",
    "CreateVpc",
    "CreateVSwitch",
    "CreateSecurityGroup",
    "AuthorizeSecurityGroup",
    "RunInstances",
    "CreateApplication",
    "CreateApplicationGroup",
    "StartExecution",
    "DeleteMultipleObjects",
)
KINDS = (
    "error",
    "timeout_before",
    "timeout_after",
    "reset",
    "http_502_html",
    "html_200",
    "empty_200",
    "cut_json",
)
ONE_OF_EACH = {
    "instances": 1,
    "disks": 1,
    "security groups": 1,
    "vpcs": 1,
    "vswitches": 1,
    "applications": 1,
    "groups": 1,
}
LOCK_LIFE_SECONDS = 60
TAKES_A_CLOCK_MINUTE = 70


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLab]:
    with virtual_lab(tmp_path / "cloud") as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        yield lab


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(path=tmp_path / "shop", name="shop").write()


def check_undisturbed(cloud: VirtualLab, *, objects: int = 6) -> None:
    """What an undisturbed run leaves: one of each, six objects, no lock, no open upload, one bucket."""
    counts = cloud.counts()
    assert {kind: counts[kind] for kind in ONE_OF_EACH} == ONE_OF_EACH
    assert counts["objects"] == objects, cloud.existing()["objects"]
    assert counts["open uploads"] == 0
    assert len(cloud.emulator.services.oss.state.buckets) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_changing_call_may_go_wrong_once(cloud: VirtualLab, shop: Project, kind: str) -> None:
    for action in CHANGING:
        cloud.fail(action, kind)

    report = cloud.deploy(shop.path)

    assert report.status == "deployed"
    assert cloud.emulator.faults.described() == []
    check_undisturbed(cloud)
    assert cloud.machine.released == [report.release_id]


@pytest.mark.parametrize("action", CHANGING[1:10])
def test_a_call_that_takes_effect_but_never_answers_is_gone_on_with_by_the_same_command(
    cloud: VirtualLab, shop: Project, action: str
) -> None:
    cloud.fail(action, "timeout_after", times=None)
    with pytest.raises(DeployerError) as caught:
        cloud.deploy(shop.path)
    assert "Traceback" not in caught.value.message
    cloud.emulator.faults.clear()
    cloud.clock.advance(LOCK_LIFE_SECONDS + 1)

    report = cloud.deploy(shop.path)

    assert report.status in {"deployed", "unchanged"}
    check_undisturbed(cloud)


@pytest.mark.parametrize("takes_effect", [False, True])
def test_a_client_that_dies_at_any_changing_call_is_gone_on_with(
    cloud: VirtualLab, shop: Project, *, takes_effect: bool
) -> None:
    """From the fatal call on the cloud hears nothing of that client: what is there is what a kill -9 would leave."""
    with cloud.recording() as recording:
        cloud.deploy(shop.path)
    fatal = [
        (number, described(call))
        for number, call in enumerate(recording.calls, 1)
        if call.action in CHANGING and "/journal/" not in described(call)
    ]
    assert len(fatal) > 12
    for number, what in fatal[1 if takes_effect else 0 :: 2]:  # each call in one of the two ways
        cloud.host.reset()
        cloud.wire.cut_at(number, takes_effect=takes_effect)
        with pytest.raises(DeployerError):
            cloud.deploy(shop.path)
        cloud.wire.mend()
        cloud.clock.advance(LOCK_LIFE_SECONDS + 1)

        report = cloud.deploy(shop.path)

        counts = cloud.counts()
        assert {kind: counts[kind] for kind in ONE_OF_EACH} == ONE_OF_EACH, what
        assert len(cloud.emulator.services.oss.state.buckets) == 1, what
        has_lock = any(name.endswith("lock.json") for name in cloud.existing()["objects"])
        assert report.status in {"deployed", "unchanged"}, what
        assert not (has_lock and report.status == "deployed"), what


@pytest.mark.parametrize(
    "action", ["RunInstances", "DescribeInstances", "CreateVpc", "StartExecution", "ListExecutions"]
)
def test_a_call_throttled_until_the_next_minute_is_waited_for(cloud: VirtualLab, shop: Project, action: str) -> None:
    cloud.fail(action, "throttle")
    started = cloud.clock.monotonic()

    assert cloud.deploy(shop.path).status == "deployed"

    assert cloud.clock.monotonic() - started < TAKES_A_CLOCK_MINUTE + 10
    throttled = [call for call in cloud.emulator.recorder.calls if call.code == "Throttling.User"]
    assert 1 <= len(throttled) <= 12
    check_undisturbed(cloud)


def test_a_call_that_stays_throttled_ends_with_a_clean_error_that_lists_what_is_left(
    cloud: VirtualLab, shop: Project
) -> None:
    cloud.fail("RunInstances", "error", status=400, code="Throttling.User", times=None)

    with pytest.raises(ReleaseError) as caught:
        cloud.deploy(shop.path)

    error = caught.value
    assert error.exit_code == 1
    assert error.facts["cause"]["code"] == "transient.throttled"
    kinds = {thing["kind"] for thing in error.facts["left"]}
    assert kinds == {"bucket", "object", "vpc", "vswitch", "security group", "security group rule"}
    assert any(command.startswith("deployer delete") for command in error.next_commands)


def test_a_zone_that_sold_out_meanwhile_is_left_for_the_next(cloud: VirtualLab, shop: Project) -> None:
    cloud.fail("RunInstances", "error", status=403, code="OperationDenied.NoStock")

    assert cloud.deploy(shop.path).status == "deployed"

    assert cloud.counts()["instances"] == 1
    assert cloud.counts()["vswitches"] == 2
    zones = {one.zone_id for one in cloud.emulator.services.vpc_state.vswitches.values()}
    assert len(zones) == 2


def test_a_region_that_sold_out_meanwhile_lists_the_zones_that_were_tried(cloud: VirtualLab, shop: Project) -> None:
    cloud.fail("RunInstances", "error", status=403, code="OperationDenied.NoStock", times=None)

    with pytest.raises(ReleaseError) as caught:
        cloud.deploy(shop.path)

    cause = caught.value.facts["cause"]
    assert cause["code"] == OutOfStock.code
    assert len(cause["facts"]["zones_tried"]) >= 2
    assert all(zone.startswith(REGION) for zone in cause["facts"]["zones_tried"])
    assert cloud.counts()["instances"] == 0
    assert {"vpc", "vswitch"} <= {thing["kind"] for thing in caught.value.facts["left"]}


@pytest.mark.parametrize(
    ("action", "api_code", "code"),
    [
        ("RunInstances", "InvalidAccountStatus.NotEnoughBalance", NotEnoughBalance.code),
        ("RunInstances", "QuotaExceed.ElasticQuota", "cloud.quota_reached"),
        ("CreateVpc", "QuotaExceeded.Vpc", "cloud.quota_reached"),
        ("CreateApplication", "QuotaExceeded.Application", "cloud.quota_reached"),
    ],
)
def test_a_refusal_for_money_or_quota_is_final_and_says_where_to_go(
    cloud: VirtualLab, shop: Project, action: str, api_code: str, code: str
) -> None:
    cloud.fail(action, "error", status=403, code=api_code, times=None)

    with pytest.raises(ReleaseError) as caught:
        cloud.deploy(shop.path)

    cause = caught.value.facts["cause"]
    assert cause["code"] == code
    assert "https://" in cause["hint"]
    assert cause["facts"]["request_id"]
    assert len([call for call in cloud.emulator.recorder.calls if call.action == action]) == 1


def test_a_new_instance_may_be_missing_from_every_list_for_a_while(cloud: VirtualLab, shop: Project) -> None:
    """The client dies just after RunInstances; its successor does not see the instance yet, and makes no second one."""
    cloud.wire.cut_at(_number_of(cloud, shop, "RunInstances"), takes_effect=True)
    with pytest.raises(DeployerError):
        cloud.deploy(shop.path)
    cloud.wire.mend()
    cloud.clock.advance(LOCK_LIFE_SECONDS + 1)
    for instance in cloud.emulator.services.ecs_state.instances(None):
        instance.visible_from = cloud.clock.monotonic() + 30

    assert cloud.deploy(shop.path).status == "deployed"

    check_undisturbed(cloud)


def test_lists_may_show_what_is_new_half_a_minute_late(cloud: VirtualLab, shop: Project) -> None:
    cloud.assumptions = replace(cloud.assumptions, list_lag_seconds=30, tag_lag_seconds=40)
    cloud.host.reset()
    started = cloud.clock.monotonic()

    assert cloud.deploy(shop.path).status == "deployed"

    assert cloud.clock.monotonic() - started > LOCK_LIFE_SECONDS
    check_undisturbed(cloud)


def _number_of(cloud: VirtualLab, shop: Project, action: str) -> int:
    """Which call of a whole deploy that is; the cloud is empty again afterwards."""
    with cloud.recording() as recording:
        cloud.deploy(shop.path)
    number = [call.action for call in recording.calls].index(action) + 1
    cloud.host.reset()
    return number


def test_a_part_that_is_lost_is_sent_again_and_an_upload_that_fails_leaves_no_parts(
    cloud: VirtualLab, shop: Project
) -> None:
    (shop.path / "model.bin").write_bytes(_noise(70 * 1024 * 1024))
    cloud.fail("UploadPart", "timeout_after", nth=2)
    cloud.fail("InitiateMultipartUpload", "timeout_after")
    cloud.fail("CompleteMultipartUpload", "timeout_after")

    assert cloud.deploy(shop.path, dry_run=False).status == "deployed"

    assert cloud.counts()["open uploads"] == 0


def test_an_upload_that_cannot_be_finished_is_aborted(cloud: VirtualLab, shop: Project) -> None:
    (shop.path / "model.bin").write_bytes(_noise(40 * 1024 * 1024))
    cloud.fail("UploadPart", "error", status=403, code="AccessDenied", nth=2, times=None)

    with pytest.raises(DeployerError):
        cloud.deploy(shop.path)

    assert cloud.counts()["open uploads"] == 0
    assert cloud.counts()["instances"] == 0


def _noise(size: int) -> bytes:
    import random

    return random.Random(7).randbytes(size)


def test_every_wait_of_a_deploy_is_told_with_its_limit(cloud: VirtualLab, shop: Project) -> None:
    events = []
    Deployer(clock=cloud.clock, on_event=events.append).deploy(shop.path, yes=True)
    waits = [event for event in events if isinstance(event, WaitProgressed)]
    assert waits
    assert all(0 < wait.timeout_seconds <= 600 for wait in waits)
