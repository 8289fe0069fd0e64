"""The account's artifact bucket in a region: found by tag, made when there is none, refused when it is not safe."""

import secrets
from contextlib import suppress

from deployer.clock import Clock
from deployer.cloud.oss import BucketFacts, OssClient
from deployer.cloud.polling import Wait, wait_until
from deployer.errors.base import AccessError
from deployer.errors.cloud import ForeignBucket, UnsafeBucket, WaitedTooLong
from deployer.ledger.names import BUCKET_TAG


def find_bucket_name(oss: OssClient, account_id: str) -> str | None:
    """The bucket to use, None when there is none. With two (made at the same moment) the older one wins.

    Errors: ForeignBucket, UnsafeBucket; nothing is written to either.
    """
    names = oss.list_bucket_names(*BUCKET_TAG)
    if not names:
        return None
    check_bucket(oss, names[0], account_id)
    return names[0]


def check_bucket(oss: OssClient, bucket_name: str, account_id: str) -> BucketFacts:
    """The bucket, unless it is somebody else's, public, or keeps versions (under which locks do not hold).

    Errors: ForeignBucket, UnsafeBucket; PermissionDenied when RAM keeps us from looking.
    """
    try:
        facts = oss.find_bucket(bucket_name)
    except AccessError as denied:
        if denied.facts.get("no_permission_type"):  # our own policies say no, whoever owns the bucket
            raise
        raise ForeignBucket(bucket_name) from None
    if facts is None:
        raise UnsafeBucket(bucket_name, "it disappeared a moment ago")
    if facts.owner_id != account_id:
        raise ForeignBucket(bucket_name)
    reason = _unsafe_because(facts, oss.region_id)
    if reason is not None:
        raise UnsafeBucket(bucket_name, reason)
    return facts


def _unsafe_because(facts: BucketFacts, region_id: str) -> str | None:
    if facts.region_id != region_id:
        return f"it is in {facts.region_id}"
    if facts.acl != "private":
        return f"its access control list is `{facts.acl}`"
    if facts.versioning in {"Enabled", "Suspended"}:
        return "versioning is switched on, under which locks do not hold"
    return None


def create_bucket(oss: OssClient, account_id: str, clock: Clock) -> str:
    """A new bucket with an unguessable name, or the older one when two were made at once.

    Creation times are whole seconds, so the choice is made once that second is over: by then whoever made one in the
    same second sees the same buckets and chooses the same one.

    Source: bucket names are shared by all accounts, so 64 random bits keep a stranger from taking ours first.
    """
    key, value = BUCKET_TAG
    name = f"deployer-{secrets.token_hex(8)}-{oss.region_id}"
    oss.create_bucket(name, f"{key}={value}")
    _let_the_second_pass(oss, clock)
    older = find_bucket_name(oss, account_id)
    if older is None or older == name:
        return name
    oss.delete_bucket(name)
    finish_bucket(oss, older, account_id)
    return older


def _let_the_second_pass(oss: OssClient, clock: Clock) -> None:
    made_at = oss.read_server_time()
    with suppress(WaitedTooLong):  # a service without a clock: then the choice is made now
        wait_until(
            oss.read_server_time,
            lambda served_at: served_at != made_at,
            Wait(what="the second in which the bucket was made", timeout_seconds=3),
            status=str,
            clock=clock,
        )


def finish_bucket(oss: OssClient, bucket_name: str, account_id: str) -> None:
    """The bucket is still ours, and protected also when whoever made it was killed before it was done.

    Errors: ForeignBucket, UnsafeBucket; nothing is written to either.
    """
    facts = check_bucket(oss, bucket_name, account_id)
    if not (facts.block_public_access and facts.is_encrypted):
        oss.protect_bucket(bucket_name)
