"""What is found in the bucket may be anybody's: dead locks, hostile journals and records, a bucket that is not ours."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cloud_lab import REGION, Project
from fault_lab import VirtualLab, virtual_lab

from deployer.api import Deployer
from deployer.backends.sdk.bucket import create_bucket
from deployer.clock import TellingClock, VirtualClock
from deployer.cloud.cloud import Cloud
from deployer.cloud.session import Endpoints, Session
from deployer.errors.access import PermissionDenied
from deployer.errors.cloud import ForeignBucket, LockHeld, LockLost, UnsafeBucket
from deployer.ledger.lock import LIFE_SECONDS, LockHolder, hold_lock, read_holder
from deployer.ledger.names import LedgerNames

HOSTILE = (
    b"",
    b"\x00\xff\xfe",
    b"null",
    b"[]",
    b'"../../etc/passwd"',
    b'{"deploy_id": 7, "holder": {"a": 1}, "expires_at": "soon"}',
    b'{"deploy_id": null, "holder": null, "expires_at": null, "schema_version": 99}',
    b"[" * 100_000,
    b'{"schema_version": 1, "release_id": "../x", "instance_ids": 7, "status": "good"}',
    b'{"event": "opened", "version": 1, "content": ["x"]}\n{"event": "before", "operation": {"a": 1}}\n',
)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualLab]:
    with virtual_lab(tmp_path / "cloud") as lab:
        for name, value in lab.environment.items():
            monkeypatch.setenv(name, value)
        yield lab


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    return Project(path=tmp_path / "shop", name="shop").write()


@pytest.fixture
def client(cloud: VirtualLab) -> Cloud:
    return Cloud(Session(endpoints=Endpoints(address=cloud.http.endpoint), clock=cloud.clock), REGION)


NAMES = LedgerNames(application_name="shop", application_group_name=f"default-{REGION}")


def bucket_of(client: Cloud) -> str:
    return client.oss.list_bucket_names("deployer", "artifacts")[0]


def holder(cloud: VirtualLab, *, life_seconds: float = LIFE_SECONDS) -> LockHolder:
    return LockHolder(
        deploy_id="20260101-000000-abcdef",
        holder="ann@laptop (process 7)",
        command="deploy",
        expires_at=cloud.clock.now() + timedelta(seconds=life_seconds),
    )


def test_the_lock_of_a_dead_holder_is_taken_over_once_its_life_is_over(
    cloud: VirtualLab, shop: Project, client: Cloud
) -> None:
    cloud.deploy(shop.path)
    shop.write("second")
    client.oss.put_bytes(bucket_of(client), NAMES.lock, holder(cloud).as_json())
    plan = Deployer(clock=cloud.clock).plan(shop.path)

    with pytest.raises(LockHeld) as held:
        cloud.deploy(shop.path, approve=plan.plan_id, confirm=("overwrite",))
    assert "ann@laptop" in held.value.message
    assert held.value.facts["expires_in_seconds"] <= LIFE_SECONDS
    cloud.clock.advance(LIFE_SECONDS)

    assert cloud.deploy(shop.path, approve=plan.plan_id, confirm=("overwrite",)).status == "deployed"
    assert client.oss.find_bytes(bucket_of(client), NAMES.lock) is None


def test_of_two_that_take_over_a_dead_lock_only_one_holds_it(cloud: VirtualLab, shop: Project, client: Cloud) -> None:
    cloud.deploy(shop.path)
    bucket_name = bucket_of(client)
    client.oss.put_bytes(bucket_name, NAMES.lock, holder(cloud, life_seconds=-1).as_json())
    mine = dataclasses.replace(holder(cloud), deploy_id="20260101-000001-aaaaaa")
    other = dataclasses.replace(holder(cloud), deploy_id="20260101-000001-bbbbbb", holder="bob@ci")
    with hold_lock(client.oss, bucket_name, NAMES.lock, mine, client.session.clock):
        rival = hold_lock(client.oss, bucket_name, NAMES.lock, other, client.session.clock)
        with pytest.raises(LockHeld, match="ann@laptop"), rival:
            pytest.fail("both hold it")
    with hold_lock(client.oss, bucket_name, NAMES.lock, other, client.session.clock) as lock:
        lock.check()


def test_a_lock_is_kept_through_waits_on_any_clock_and_lost_with_its_life(
    cloud: VirtualLab, shop: Project, client: Cloud
) -> None:
    cloud.deploy(shop.path)
    bucket_name, clock = bucket_of(client), client.session.clock

    def ends_at() -> datetime:
        return read_holder(client.oss.find_bytes(bucket_name, NAMES.lock)).expires_at

    with hold_lock(client.oss, bucket_name, NAMES.lock, holder(cloud), clock) as lock:
        for _ in range(LIFE_SECONDS // 5):
            clock.sleep(10)
            lock.check()
        assert ends_at() - clock.now() > timedelta(seconds=LIFE_SECONDS / 2)
        last = ends_at()
        cloud.clock.advance(LIFE_SECONDS + 1)  # nobody was awake to renew it
        clock.sleep(1)
        assert ends_at() == last
        with pytest.raises(LockLost):
            lock.check()


def test_a_machine_that_was_suspended_has_lost_the_lock(cloud: VirtualLab, shop: Project, client: Cloud) -> None:
    cloud.deploy(shop.path)
    suspended = SuspendedClock()
    mine = holder(cloud)
    with hold_lock(client.oss, bucket_of(client), NAMES.lock, mine, TellingClock(suspended)) as lock:
        lock.check()
        suspended.asleep_seconds = LIFE_SECONDS + 1
        with pytest.raises(LockLost):
            lock.check()


class SuspendedClock(VirtualClock):
    """As on Linux: the time asleep counts for the wall clock alone."""

    asleep_seconds = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.asleep_seconds)


@pytest.mark.parametrize("place", ["lock", "journal", "release"])
def test_hostile_objects_in_the_bucket_are_passed_over(
    cloud: VirtualLab, shop: Project, client: Cloud, place: str
) -> None:
    cloud.deploy(shop.path)
    name = {
        "lock": NAMES.lock,
        "journal": NAMES.journal("99990101-000000-abcdef"),
        "release": NAMES.release("99990101-000000-abcdef"),
    }[place]
    for number, data in enumerate(HOSTILE):
        client.oss.put_bytes(bucket_of(client), name, data)
        shop.write(f"greeting {number}")
        plan = Deployer(clock=cloud.clock).plan(shop.path)

        report = cloud.deploy(shop.path, approve=plan.plan_id, confirm=("overwrite",))

        assert report.status == "deployed", data[:60]
        assert cloud.machine.released[-1] == report.release_id
        assert Deployer(clock=cloud.clock).status(name="shop", group=shop.group, region=REGION).releases
    assert cloud.counts()["instances"] == 1


def test_the_bucket_is_private_encrypted_and_drops_unfinished_uploads(
    cloud: VirtualLab, shop: Project, client: Cloud
) -> None:
    cloud.deploy(shop.path)
    facts = client.oss.find_bucket(bucket_of(client))
    assert facts is not None
    assert (facts.acl, facts.block_public_access, facts.owner_id) == (
        "private",
        True,
        cloud.emulator.context.account_id,
    )
    bucket = cloud.emulator.services.oss.state.buckets[facts.name]
    described = repr(bucket)
    assert "AES256" in described
    assert "deployer-abort-unfinished-uploads" in described
    assert facts.name.startswith("deployer-")
    random_part = facts.name.removeprefix("deployer-").removesuffix(f"-{REGION}")
    assert len(bytes.fromhex(random_part)) * 8 >= 64


def test_a_bucket_whose_maker_was_killed_is_protected_by_the_next_run(
    cloud: VirtualLab, shop: Project, client: Cloud
) -> None:
    cloud.fail("PutBucketLifecycle", "error", status=403, code="AccessDenied")
    with pytest.raises(PermissionDenied, match="oss:PutBucketLifecycle"):
        cloud.deploy(shop.path)
    facts = client.oss.find_bucket(bucket_of(client))
    assert facts is not None
    assert not facts.is_encrypted

    cloud.deploy(shop.path)

    facts = client.oss.find_bucket(bucket_of(client))
    assert facts is not None
    assert facts.is_encrypted
    assert cloud.emulator.services.oss.state.buckets[facts.name].lifecycle_rules


def test_of_two_buckets_made_at_the_same_moment_the_older_one_stays(cloud: VirtualLab, client: Cloud) -> None:
    older = create_bucket(client.oss, cloud.emulator.context.account_id, client.session.clock)
    cloud.clock.advance(2)

    assert create_bucket(client.oss, cloud.emulator.context.account_id, client.session.clock) == older
    assert list(cloud.emulator.services.oss.state.buckets) == [older]


@pytest.mark.parametrize(("acl", "words"), [("public-read", "public-read"), ("public-read-write", "public-read-write")])
def test_a_public_bucket_with_our_tag_gets_nothing(
    cloud: VirtualLab, shop: Project, client: Cloud, acl: str, words: str
) -> None:
    bucket = _plant_bucket(cloud, client)
    bucket.acl = acl
    with cloud.recording() as recording, pytest.raises(UnsafeBucket) as caught:
        cloud.deploy(shop.path)
    assert words in caught.value.message
    assert caught.value.exit_code == 69
    assert not [what for what in recording.changing if what.startswith("oss")]
    assert bucket.is_empty
    assert cloud.counts()["vpcs"] == 0


def test_a_bucket_of_another_account_with_our_tag_gets_nothing(cloud: VirtualLab, shop: Project, client: Cloud) -> None:
    """It is not in the account's list, so another one is made."""
    foreign = _plant_bucket(cloud, client)
    foreign.owner_id = "9999999999999999"

    assert cloud.deploy(shop.path).status == "deployed"

    assert foreign.is_empty
    assert len(cloud.emulator.services.oss.state.buckets) == 2


def test_a_bucket_that_changes_hands_before_the_upload_gets_nothing(
    cloud: VirtualLab, shop: Project, client: Cloud
) -> None:
    """Between plan and upload the bucket is deleted and somebody else takes its name."""
    cloud.deploy(shop.path)
    shop.write("second")
    bucket = cloud.emulator.services.oss.state.buckets[bucket_of(client)]
    before = sorted(bucket.versions)
    plan = Deployer(clock=cloud.clock).plan(shop.path)
    events = []

    def take_over(event: object) -> None:
        events.append(event)
        if type(event).__name__ == "PlanMade":
            bucket.owner_id = "9999999999999999"

    with pytest.raises(ForeignBucket):
        cloud.deploy(shop.path, approve=plan.plan_id, confirm=("overwrite",), on_event=take_over)
    assert sorted(bucket.versions) == before


def _plant_bucket(cloud: VirtualLab, client: Cloud) -> Any:
    """A bucket with our tag that the deployer did not make."""
    name = f"deployer-0123456789abcdef-{REGION}"
    client.oss.create_bucket(name, "deployer=artifacts")
    return cloud.emulator.services.oss.state.buckets[name]


def test_records_hold_no_secret_and_no_url(cloud: VirtualLab, shop: Project, client: Cloud) -> None:
    shop.deployer = {"env": {"TOKEN": "canary-5f2b"}}
    shop.write_config()
    cloud.deploy(shop.path)
    bucket_name = bucket_of(client)
    for name in client.oss.list_object_names(bucket_name, NAMES.prefix):
        if "/artifacts/" in name:
            continue
        data = client.oss.find_bytes(bucket_name, name) or b""
        assert b"canary-5f2b" not in data, name
        assert b"x-oss-signature" not in data.lower(), name
        if name.endswith(".json"):
            json.loads(data)
